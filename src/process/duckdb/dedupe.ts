// Deduplication within a time: which rows of a micro-batch repeat one that was kept, now or before.
//
// The keys that were kept lie in a table of the file, roughly in the order of time. A micro-batch is compared with those near its own times
// only: DuckDB skips the row groups of other times. So a micro-batch costs what its rows cost, however many keys are kept.
import type { Fields } from '../../define/fields.ts';
import type { Dedupe } from '../../define/relation.ts';
import { quote, type Session } from '../database.ts';
import type { DuckSession } from './database.ts';
import { beginning, correctableMs } from './flowing.ts';
import { makeTemp, relations } from './relations.ts';
import { sqlType } from './types.ts';

/** A stretch of event time, both ends within, milliseconds since 1970. */
type Span = { readonly low: number; readonly high: number };

/** Stretches into which the times of a micro-batch are parted: one record with a far time must not make all keys in between be read. */
const spansMax = 8;
const cells = 32;

/** A deduplicated view: the relation of its kept keys, and the relation that gets the rows (`_row`) of a micro-batch that are duplicates. */
export type Deduping = { readonly dedupe: Dedupe; readonly keys: string; readonly duplicates: string };

/** The relations of a deduplicated view. */
export function dedupingOf(pipeline: string, stream: string, dedupe: Dedupe): Deduping {
  return { dedupe, keys: relations.keys(pipeline, stream), duplicates: relations.duplicates(stream) };
}

/** How the column of a `by` field is called among the kept keys: a field may be called as the time column is. */
function column(name: string): string {
  return quote(`by ${name}`);
}

/** How long a key is known: within its time, and for as long as letters that are sent again may come. */
function keptMs({ withinMs }: Dedupe): number {
  return withinMs + correctableMs;
}

/** That two rows have one key. */
function isSameKey({ by }: Dedupe, left: string, right: string): string {
  return by.map((name) => `${left}.${column(name)} is not distinct from ${right}.${column(name)}`).join(' and ');
}

/** The number of the stretch of `within` that a time lies in: two rows that are kept are never in the same one. */
function cellOf({ withinMs }: Dedupe, time: string): string {
  return `cast(floor(${time} / ${withinMs}) as bigint)`;
}

/** The columns that are selected of a relation of rows: those of the key, time and watermark. */
function keyed({ by }: Dedupe): string {
  const names = by.map((name) => `${quote(name)} as ${column(name)}`).join(', ');
  return `_row, ${names}, _ts, coalesce(_wm, ${beginning}) as _wm`;
}

/**
 * Fills the relation `duplicates` with the rows (`_row`) of `rows` that repeat one kept less than `withinMs` of event time away, in the
 * order of the log, and remembers the keys of those that are kept. Resolves with how many are duplicates.
 *
 * A record is compared with keys of a day and `within` before its own watermark, and no older ones: when those are forgotten changes nothing.
 *
 * @param rows a relation with the fields, `_row`, `_ts` and `_wm`
 */
export async function markDuplicates(session: DuckSession, deduping: Deduping, rows: string): Promise<number> {
  const { dedupe, keys, duplicates } = deduping;
  await session.run(`delete from ${duplicates}`);
  const { count, distinct, spans } = await extentOf(session, dedupe, rows);
  if (count === 0) return 0;
  const before = await session.run(repeatsOfKept(deduping, rows, spans.length), ...boundsOf(spans, dedupe.withinMs));
  // two keys of one hash are told from each other there
  const within = distinct < count ? await markRepeatsWithin(session, deduping, rows) : 0;
  const repeated = before + within;
  const columns = [...dedupe.by.map(column), 'ts'].join(', ');
  const chosen = [...dedupe.by.map(quote), '_ts'].join(', ');
  if (repeated < count) {
    const kept = repeated === 0 ? '' : ` where _row not in (select _row from ${duplicates})`;
    await session.run(`insert into ${keys} (${columns}) select ${chosen} from ${rows}${kept}`);
  }
  return repeated;
}

/** How many rows there are, how many hashes of keys, and in which stretches their times lie. */
async function extentOf(
  session: DuckSession,
  { by, withinMs }: Dedupe,
  rows: string,
): Promise<{ count: number; distinct: number; spans: Span[] }> {
  const hash = `hash(${by.map(quote).join(', ')})`;
  const [lows = [], highs = [], counts = [], distincts = []] = (await session.columns(
    `with r as (select _ts, ${hash} as h from ${rows}),
      all_rows as (select min(_ts) as low, greatest(1, max(_ts) - min(_ts)) as size, count(distinct h) as keys from r)
    select cast(min(_ts) as double), cast(max(_ts) as double), cast(count(*) as integer), cast(any_value(keys) as integer)
      from r, all_rows group by cast(floor((_ts - low) * ${cells}.0 / size) as integer) order by 1`,
  )) as number[][];
  const spans = lows.map((low, i): Span => ({ low, high: highs[i]! }));
  return {
    count: counts.reduce((sum, one) => sum + one, 0),
    distinct: distincts[0] ?? 0,
    spans: joined(spans, withinMs),
  };
}

/** The stretches, in order, with those joined that `within` reaches across, and then the nearest, until there are few. */
export function joined(spans: readonly Span[], withinMs: number): Span[] {
  const found = [...spans];
  const gap = (i: number) => found[i + 1]!.low - found[i]!.high;
  for (;;) {
    let least = 0;
    for (let i = 1; i < found.length - 1; i++) if (gap(i) < gap(least)) least = i;
    if (found.length < 2 || (found.length <= spansMax && gap(least) > 2 * withinMs)) return found;
    found.splice(least, 2, { low: found[least]!.low, high: found[least + 1]!.high });
  }
}

function boundsOf(spans: readonly Span[], withinMs: number): bigint[] {
  return spans.flatMap(({ low, high }) => [BigInt(low - withinMs), BigInt(high + withinMs)]);
}

/** Notes the rows that repeat a key which was kept before; $1, $2 and so on are the stretches of time to look in. */
function repeatsOfKept({ dedupe, keys, duplicates }: Deduping, rows: string, spans: number): string {
  // DuckDB skips row groups for a range, and not for one range or another
  const near = Array.from(
    { length: spans },
    (_, i) => `select * from ${keys} where ts between $${2 * i + 1}::bigint and $${2 * i + 2}::bigint`,
  ).join(' union all ');
  return `insert into ${duplicates} select distinct r._row from
    (select ${keyed(dedupe)}, unnest([cell - 1, cell, cell + 1]) as _cell from (select *, ${cellOf(dedupe, '_ts')} as cell from ${rows})) r
    join (select *, ${cellOf(dedupe, 'ts')} as _cell from (${near})) s
      on s._cell = r._cell and ${isSameKey(dedupe, 's', 'r')}
    where abs(s.ts - r._ts) < ${dedupe.withinMs} and s.ts >= r._wm - ${keptMs(dedupe)}`;
}

/** Notes the rows that repeat one of the same micro-batch, one after the other. Resolves with how many do. */
async function markRepeatsWithin(
  session: DuckSession,
  { dedupe, duplicates }: Deduping,
  rows: string,
): Promise<number> {
  const key = dedupe.by.map(quote).join(', ');
  const [numbers = [], groups = [], times = [], watermarks = []] = (await session.columns(
    `select _row, cast(min(_row) over (partition by ${key}) as integer), cast(_ts as double), cast(coalesce(_wm, ${beginning}) as double)
      from ${rows} where _row not in (select _row from ${duplicates}) qualify count(*) over (partition by ${key}) > 1 order by _row`,
  )) as [number[], number[], number[], number[]];
  const repeated = repeatsAmong({ groups, times, watermarks }, dedupe);
  if (repeated.length === 0) return 0;
  // a bit for each row, the first one in the highest place of the first byte
  const bits = new Uint8Array((numbers.at(-1)! >> 3) + 1);
  for (const i of repeated) bits[numbers[i]! >> 3]! |= 128 >> (numbers[i]! & 7);
  return session.run(
    `insert into ${duplicates} select _row from ${rows} where _row < $2 and get_bit(cast($1 as bit), cast(if(_row < $2, _row, 0) as integer)) = 1`,
    bits,
    bits.length * 8,
  );
}

/** Rows in the order of the log: to which key each belongs, its time and its watermark, milliseconds since 1970. */
type Candidates = {
  readonly groups: readonly number[];
  readonly times: readonly number[];
  readonly watermarks: readonly number[];
};

/** The places of the rows that repeat one before them that is kept. A stretch of `within` holds one kept row of a key at most, so three are looked at. */
export function repeatsAmong({ groups, times, watermarks }: Candidates, dedupe: Dedupe): number[] {
  const { withinMs } = dedupe;
  const kept = new Map<number, Map<number, number>>();
  const repeated: number[] = [];
  for (let i = 0; i < groups.length; i++) {
    const time = times[i]!;
    const oldest = watermarks[i]! - keptMs(dedupe);
    const cell = Math.floor(time / withinMs);
    let own = kept.get(groups[i]!);
    if (!own) {
      own = new Map();
      kept.set(groups[i]!, own);
    }
    let isRepeated = false;
    for (let beside = cell - 1; beside <= cell + 1; beside++) {
      const other = own.get(beside);
      if (other !== undefined && Math.abs(other - time) < withinMs && other >= oldest) isRepeated = true;
    }
    if (isRepeated) repeated.push(i);
    else own.set(cell, time);
  }
  return repeated;
}

/**
 * Forgets the keys that the watermark has left behind.
 *
 * @param watermarkMs of the topic, or of a stream with a time of its own, before the micro-batch at hand: its records still know what is within reach of it
 */
export async function forgetKeys(session: Session, { dedupe, keys }: Deduping, watermarkMs: number): Promise<void> {
  await session.run(`delete from ${keys} where ts < $1`, watermarkMs - keptMs(dedupe));
}

/** Makes the relations of a deduplicated view; keys that were kept stay where the same fields are compared, in the types that they have now. */
export async function makeDedupe(
  session: DuckSession,
  { dedupe, keys, duplicates }: Deduping,
  fields: Fields,
): Promise<void> {
  await makeTemp(session, duplicates, '_row integer');
  const wanted = dedupe.by.map((name) => ({ name: `by ${name}`, type: sqlType(fields[name]!.type) }));
  const columns = [...wanted.map(({ name, type }) => `${quote(name)} ${type}`), 'ts bigint'].join(', ');
  await session.run(`create table if not exists ${keys} (${columns})`);
  const had = (await session.describe(`select * from ${keys}`)).slice(0, -1);
  if (JSON.stringify(had) === JSON.stringify(wanted)) return;
  const kept = wanted.map(({ name, type }, i) => {
    // Millrace 0.2 kept a key as the JSON list of its texts, without their names
    if (had[0]?.name === 'k') return `try_cast(json_extract_string(k, '$[${i}]') as ${type})`;
    return had.some((one) => one.name === name) ? `try_cast(${quote(name)} as ${type})` : undefined;
  });
  const isSame = had[0]?.name === 'k' || (had.length === wanted.length && !kept.includes(undefined));
  await session.transaction(async () => {
    await session.run(`alter table ${keys} rename to "dedupe keys before"`);
    await session.run(`create table ${keys} (${columns})`);
    if (isSame)
      await session.run(
        `insert into ${keys} select ${kept.join(', ')}, ts from state."dedupe keys before" order by ts`,
      );
    await session.run('drop table state."dedupe keys before"');
  });
}
