// Late rows are exactly those that a look at one record after the other says, whatever came together; none is lost, and all can be corrected.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { drive } from '../../src/index.ts';
import {
  aggregates,
  type Event,
  events,
  type Placed,
  place,
  reference,
  type Shape,
  split,
  windowsOf,
} from './reference.ts';
import { windowed } from './windowed.ts';

let known: Awaited<ReturnType<typeof reference>>;
before(async () => {
  known = await reference();
});
after(() => known.close());

const shapes: Shape[] = [
  { kind: 'tumble', size: 60_000 },
  { kind: 'hop', size: 90_000, every: 30_000 },
  { kind: 'session', gap: 20_000 },
];

/** What one record after the other says: the rows that are in time in each of their windows, and the numbers of the late ones. */
function sequential(shape: Shape, list: readonly Event[], lateness: number): { placed: Placed[]; late: number[] } {
  let newest = Number.NEGATIVE_INFINITY;
  const kept: Event[] = [];
  const placed: Placed[] = [];
  const late: number[] = [];
  for (const event of list) {
    const watermark = newest - lateness;
    newest = Math.max(newest, event.at);
    if (shape.kind === 'session') {
      if (event.at >= watermark) kept.push(event);
      else late.push(event.n);
      continue;
    }
    const open = windowsOf(shape, event.at).filter(({ we }) => we > watermark);
    if (open.length === 0) late.push(event.n);
    placed.push(...open.map((window) => ({ ...event, ...window })));
  }
  return { placed: shape.kind === 'session' ? place(shape, kept) : placed, late };
}

const settings = fc.record({
  list: events(50),
  lateness: fc.constantFrom(0, 10_000, 61_000),
  cuts: fc.array(fc.nat(1000), { maxLength: 5 }),
  aggregate: fc.constantFrom(aggregates.count, aggregates.sum, aggregates.quantile),
});

/** Sends the events and gives everything that can be seen of what became of them. */
async function outcome(list: readonly Event[], lateness: number, cuts: readonly number[], aggregate: string) {
  const { all, tables, made } = windowed(lateness, shapes, `(${aggregate.replace(' as a', '')})::double as a`);
  await using driver = await drive(made);
  for (const part of split(list, cuts)) await driver.send(all, part);
  await driver.flush();
  const lates = (await driver.dead({ kind: 'late' })).map(({ stage, offset }) => `${stage} ${offset}`).sort();
  const rows = new Map<string, unknown>();
  for (const { made } of tables) rows.set(made.name, await driver.rows(made));
  return { rows, lates, ledger: driver.ledger(), tables };
}

describe('late rows', () => {
  test('are the same for every split of the same sequence, and those that a sequential model names', async () => {
    await fc.assert(
      fc.asyncProperty(settings, async ({ list, lateness, cuts, aggregate }) => {
        const whole = await outcome(list, lateness, [], aggregate);
        const parts = await outcome(list, lateness, cuts, aggregate);
        assert.deepEqual(parts.rows, whole.rows);
        assert.deepEqual(parts.lates, whole.lates);
        assert.deepEqual(parts.ledger, whole.ledger);
        const allLate = new Set<number>();
        const expectedLates: string[] = [];
        for (const { made, shape, filtered } of whole.tables) {
          // the stream leaves rows out, but time passes with every row of the topic
          const { placed, late } = sequential(shape, list, lateness);
          const isIn = (n: number) => !filtered || list[0]!.n > n || list.find((event) => event.n === n)!.v > -50;
          for (const n of late.filter(isIn)) {
            allLate.add(n);
            expectedLates.push(`${made.name}_rows ${list.findIndex((event) => event.n === n)}`);
          }
          const some = filtered
            ? (shape.kind === 'session'
                ? place(
                    shape,
                    keptOf(placed).filter((one) => one.v > -50),
                  )
                : placed.filter((one) => one.v > -50)
              ).map((one) => ({ ...one, v: one.v * 2 }))
            : placed;
          const expected = await known.aggregate(some, `(${aggregate.replace(' as a', '')})::double as a`);
          assert.deepEqual(whole.rows.get(made.name), expected, made.name);
        }
        assert.deepEqual(whole.lates, expectedLates.sort());
        assert.deepEqual(
          [whole.ledger.balanced, whole.ledger.late, whole.ledger.in],
          [true, allLate.size, list.length],
        );
      }),
      { numRuns: 8 },
    );
  });

  test('sent again correct their windows: the tables equal those of an ordered sequence', async () => {
    await fc.assert(
      fc.asyncProperty(settings, async ({ list, lateness, cuts, aggregate }) => {
        const fixed = shapes.filter(({ kind }) => kind !== 'session');
        const computed = `(${aggregate.replace(' as a', '')})::double as a`;
        const { all, tables, made } = windowed(lateness, fixed.slice(0, 1), computed);
        await using driver = await drive(made);
        for (const part of split(list, cuts)) await driver.send(all, part);
        await driver.flush();
        const { sent, stillDead } = await driver.redrive({ kind: 'late' });
        assert.equal(stillDead, 0);
        await driver.flush();
        for (const { made, shape, filtered } of tables) {
          const some = filtered ? list.filter(({ v }) => v > -50).map((event) => ({ ...event, v: event.v * 2 })) : list;
          assert.deepEqual(
            await driver.rows(made),
            await known.aggregate(place(shape, some), computed),
            `${made.name} after ${sent}`,
          );
        }
        const { in: arrived, out, late, balanced } = driver.ledger();
        assert.deepEqual(
          { arrived, out, late, balanced },
          { arrived: list.length, out: list.length, late: 0, balanced: true },
        );
      }),
      { numRuns: 12 },
    );
  });
});

function keptOf(placed: readonly Placed[]): Event[] {
  return placed.map(({ ws: _start, we: _end, ...event }) => event);
}
