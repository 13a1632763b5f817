// Rows with the rows before them of the same key, in the order of the log, whatever the batches: the last rows of each key are kept.
import type { Fields } from '../../define/fields.ts';
import type { Previous } from '../../define/relation.ts';
import { quote } from '../database.ts';
import type { DuckSession } from './database.ts';
import { makeTemp, relations } from './relations.ts';
import { columnList, nullable, sqlColumns } from './types.ts';

/** The columns that hold the rows before: `previous`, `previous_2`, …. */
export function previousColumns({ count }: Previous): string[] {
  return Array.from({ length: count }, (_, i) => (i === 0 ? 'previous' : `previous_${i + 1}`));
}

/** Makes the relation that keeps the last rows of each key. Those of a topic or stream that was declared otherwise are forgotten. */
export async function makeLast(session: DuckSession, pipeline: string, stream: string, fields: Fields): Promise<void> {
  const relation = relations.last(pipeline, stream);
  const declared = relations.declared(stream);
  const columns = `${sqlColumns(nullable(fields))}, _place bigint, _n bigint`;
  await session.run(`create table if not exists ${relation} (${columns})`);
  const kept = await session.describe(`select * from ${relation}`);
  await makeTemp(session, declared, columns);
  const wanted = await session.describe(`select * from ${declared}`);
  if (JSON.stringify(kept) === JSON.stringify(wanted)) return;
  await session.run(`drop table ${relation}`);
  await session.run(`create table ${relation} (${columns})`);
}

/**
 * The FROM subquery: the rows of a relation, each with the rows before it.
 *
 * @param meta the columns of ours that the relation has after the fields
 */
export function withPrevious(
  previous: Previous,
  fields: Fields,
  rows: string,
  last: string,
  place: string,
  meta: readonly string[],
): string {
  const keys = previous.by.map(quote).join(', ');
  const names = columnList(fields);
  const whole = `struct_pack(${Object.keys(fields)
    .map((name) => `${quote(name)} := ${quote(name)}`)
    .join(', ')})`;
  const before = previousColumns(previous).map((name, i) => `lag(_self, ${i + 1}) over by_key as ${quote(name)}`);
  const ofKeys = previous.by.map((name) => `l.${quote(name)} is not distinct from r.${quote(name)}`).join(' and ');
  return `(select * from (
      select ${[names, ...meta, ...before].join(', ')} from (
        select ${[names, ...meta].join(', ')}, ${place} as _place, _row as _n, ${whole} as _self from ${rows}
        union all
        select ${[names, ...meta.map((name) => `null as ${name}`)].join(', ')}, _place, _n, ${whole} as _self from ${last} l
          where exists (select 1 from ${rows} r where ${ofKeys}))
      window by_key as (partition by ${keys} order by _place, _n, ${names}))
    where _row is not null)`;
}

/** Keeps the last rows of each key of a relation in place of those that were kept. */
export async function keepLast(
  session: DuckSession,
  previous: Previous,
  fields: Fields,
  rows: string,
  last: string,
  place: string,
): Promise<void> {
  const keys = previous.by.map(quote).join(', ');
  const names = columnList(fields);
  await session.run(`insert into ${last} (${names}, _place, _n) select ${names}, ${place}, _row from ${rows}`);
  await session.run(
    `delete from ${last} where rowid in (select rowid from (
      select l.rowid, row_number() over (partition by ${keys} order by _place desc, _n desc, ${Object.keys(fields)
        .map((name) => `${quote(name)} desc nulls first`)
        .join(', ')}) as _rank from ${last} l
        where exists (select 1 from ${rows} r where ${previous.by.map((name) => `l.${quote(name)} is not distinct from r.${quote(name)}`).join(' and ')}))
      where _rank > ${previous.count})`,
  );
}
