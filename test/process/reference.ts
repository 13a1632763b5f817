// What the tests of streams compare with: windows worked out one record at a time, aggregates by DuckDB over all rows at once.
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';

/** A record of the tests' topic. `v` is a multiple of 0.25, so that sums are exact in any order. */
export type Event = { n: number; k: string; v: number; tag: string; at: number };

/** A window as the tests describe it, in milliseconds. */
export type Shape =
  | { kind: 'tumble'; size: number }
  | { kind: 'hop'; size: number; every: number }
  | { kind: 'session'; gap: number };

/** A record in a window. */
export type Placed = Event & { ws: number; we: number };

/** The windows of fixed size that hold a time. */
export function windowsOf(shape: Exclude<Shape, { kind: 'session' }>, at: number): { ws: number; we: number }[] {
  const every = shape.kind === 'hop' ? shape.every : shape.size;
  const found: { ws: number; we: number }[] = [];
  const first = Math.floor((at - shape.size) / every) * every;
  for (let ws = first; ws <= at; ws += every) if (ws + shape.size > at) found.push({ ws, we: ws + shape.size });
  return found;
}

/** Every record in every window that it belongs to. */
export function place(shape: Shape, events: readonly Event[]): Placed[] {
  if (shape.kind !== 'session')
    return events.flatMap((event) => windowsOf(shape, event.at).map((window) => ({ ...event, ...window })));
  const placed: Placed[] = [];
  for (const k of new Set(events.map((event) => event.k))) {
    const own = events.filter((event) => event.k === k).sort((a, b) => a.at - b.at);
    let session: Event[] = [];
    const end = () => {
      const ws = session[0]!.at;
      const we = session.at(-1)!.at + shape.gap;
      placed.push(...session.map((event) => ({ ...event, ws, we })));
      session = [];
    };
    for (const event of own) {
      if (session.length > 0 && event.at - session.at(-1)!.at >= shape.gap) end();
      session.push(event);
    }
    end();
  }
  return placed;
}

/** DuckDB beside the one under test. */
export async function reference(): Promise<{
  aggregate(placed: readonly Placed[], aggregates: string): Promise<Record<string, unknown>[]>;
  close(): void;
}> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection: DuckDBConnection = await instance.connect();
  return {
    async aggregate(placed, aggregates) {
      await connection.run(
        'create or replace temp table e (n integer, k varchar, v double, tag varchar, "at" bigint, ws bigint, we bigint)',
      );
      const insert = await connection.prepare(
        'insert into e select unnest(cast(cast($1 as json) as struct(n integer, k varchar, v double, tag varchar, "at" bigint, ws bigint, we bigint)[]), recursive := true)',
      );
      insert.bindVarchar(1, JSON.stringify(placed));
      await insert.run();
      const reader = await connection.runAndReadAll(
        `select k, ws, we, ${aggregates} from e group by k, ws, we order by k, ws`,
      );
      return reader.getRowObjectsJS().map((row) => ({
        ...Object.fromEntries(
          Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
        ),
        ws: new Date(Number(row.ws)),
        we: new Date(Number(row.we)),
      }));
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** Aggregates that the tests draw from: the same SQL on both sides. */
export const aggregates = {
  count: 'count(*) as a',
  sum: 'sum(v) as a',
  avg: 'avg(v) as a',
  min: 'min(v) as a',
  max: 'max(n) as a',
  quantile: 'quantile_cont(v, 0.3) as a',
  distinct: 'count(distinct tag) as a',
  filtered: "count(*) filter (where tag = 'x') as a",
} as const;

/** Moments at which clocks and calendars are strange, as milliseconds since 1970. */
export const moments = [
  0,
  -1,
  -86_400_000 * 400 - 61_001,
  Date.UTC(2024, 1, 28, 23, 55),
  Date.UTC(2000, 1, 29, 0, 0),
  Date.UTC(1900, 1, 28, 23, 59),
  Date.UTC(2026, 2, 29, 0, 58),
  Date.UTC(9999, 11, 31, 23, 50),
];

/** Events near one of the moments, many of them exactly on a border of windows or a millisecond beside it. */
export function events(maxLength = 60): fc.Arbitrary<Event[]> {
  const offset = fc.oneof(
    fc.integer({ min: 0, max: 1_200_000 }),
    fc
      .tuple(fc.integer({ min: 0, max: 120 }), fc.constantFrom(-1, 0, 1))
      .map(([tens, beside]) => tens * 10_000 + beside),
  );
  const event = fc.record({
    // in both of two partitions, and in two of three
    k: fc.constantFrom('a', 'd', 'c\'"é'),
    v: fc.integer({ min: -400, max: 400 }).map((quarters) => quarters / 4),
    tag: fc.constantFrom('x', 'y', 'z'),
    offset,
  });
  return fc
    .tuple(fc.constantFrom(...moments), fc.array(event, { minLength: 1, maxLength }))
    .map(([base, found]) =>
      found.map(({ k, v, tag, offset }, n) => ({ n, k, v, tag, at: Math.floor(base / 10_000) * 10_000 + offset })),
    );
}

/** The events in an order in which none is more than `lateness` behind one before it. */
export function shuffled(some: readonly Event[], lateness: number, jitter: readonly number[]): Event[] {
  return some
    .map((event, i) => ({ event, at: event.at + (jitter[i % jitter.length]! % Math.max(1, lateness)) }))
    .sort((a, b) => a.at - b.at)
    .map(({ event }) => event);
}

/** Cuts a list at the given places (any numbers). */
export function split<T>(list: readonly T[], cuts: readonly number[]): T[][] {
  const at = [...new Set(cuts.map((cut) => cut % list.length))].filter((cut) => cut > 0).sort((a, b) => a - b);
  return [0, ...at].map((from, i) => list.slice(from, at[i] ?? list.length));
}
