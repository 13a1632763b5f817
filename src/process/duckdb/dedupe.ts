// Deduplication within a time: which rows of a micro-batch repeat one that was kept, now or before.
import type { Dedupe } from '../../define/relation.ts';
import { quote, type Session } from '../database.ts';

/**
 * Fills the relation `duplicates` with the rows (`_row`) of `rows` that repeat one kept less than `withinMs` of event time away, in the
 * order of the log, and remembers the keys of those that are kept. Resolves with how many are duplicates.
 *
 * @param rows a relation with the fields, `_row` and `_ts`
 */
export async function markDuplicates(
  session: Session,
  dedupe: Dedupe,
  rows: string,
  keys: string,
  duplicates: string,
): Promise<number> {
  const key = `cast(to_json([${dedupe.by.map((name) => `cast(${quote(name)} as varchar)`).join(', ')}]) as varchar)`;
  const seen = await session.rows(
    `select r._row, r.k, r._ts, list(s.ts) from (select _row, ${key} as k, _ts from ${rows}) r
      left join ${keys} s on s.k = r.k and abs(s.ts - r._ts) < ${dedupe.withinMs} group by all order by r._row`,
  );
  const kept = new Map<string, number[]>();
  const repeated: number[] = [];
  const added: { k: string; ts: number }[] = [];
  for (const [row, rowKey, time, before] of seen) {
    const k = String(rowKey);
    const ts = Number(time);
    const earlier = (before as unknown[]).some((one) => one !== null);
    const now = kept.get(k);
    if (earlier || now?.some((other) => Math.abs(other - ts) < dedupe.withinMs)) repeated.push(Number(row));
    else {
      if (now) now.push(ts);
      else kept.set(k, [ts]);
      added.push({ k, ts });
    }
  }
  await session.run(`delete from ${duplicates}`);
  if (repeated.length > 0) {
    await session.run(
      `insert into ${duplicates} select unnest(cast(cast($1 as json) as integer[]))`,
      JSON.stringify(repeated),
    );
  }
  if (added.length > 0) {
    await session.run(
      `insert into ${keys} select unnest(cast(cast($1 as json) as struct(k varchar, ts bigint)[]), recursive := true)`,
      JSON.stringify(added),
    );
  }
  return repeated.length;
}
