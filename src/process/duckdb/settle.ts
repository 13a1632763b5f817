// Tables over streams that retract: of each key, the newest of the rows that hold.
import type { Table } from '../../define/table.ts';
import { quote } from '../database.ts';
import type { RowChanges } from '../engine.ts';
import type { DuckSession } from './database.ts';
import { type Emission, type Emitted, forgotten, isPinned } from './emitted.ts';
import { columnList, nullable, sqlColumns } from './types.ts';

/** A table over a stream that retracts. */
export type Settled = {
  readonly table: Table;
  /** The rows that a transaction puts into it, one of a key, and the keys that it takes out. */
  readonly put: string;
  readonly gone: string;
};

/** Makes the relations in which the changes of a table are put. */
export async function makeSettled(session: DuckSession, table: Table): Promise<Settled> {
  const [put, gone] = [`${table.name}/put`, `${table.name}/gone`];
  const key = Object.fromEntries(table.key.map((name) => [name, table.fields[name]!]));
  await session.run(`create or replace temp table ${quote(put)} (${sqlColumns(nullable(table.fields))})`);
  await session.run(`create or replace temp table ${quote(gone)} (${sqlColumns(nullable(key))})`);
  return { table, put: `temp.main.${quote(put)}`, gone: `temp.main.${quote(gone)}` };
}

/** What an emission of a stream changes in a table. */
export async function changesOf(
  session: DuckSession,
  { table, put, gone }: Settled,
  emitted: Emitted,
  emission: Emission,
): Promise<RowChanges> {
  const { kept, fresh, retracted } = emitted;
  const keys = table.key.map(quote).join(', ');
  await session.run(`delete from ${put}`);
  await session.run(`delete from ${gone}`);
  // where each window has keys of its own and is emitted for the first time, nothing else has one of its keys
  const isAlone = emission.isFirst && emission.retracted === 0 && isPinned(emitted, table.key);
  const changed =
    emission.retracted > 0 ? `(select ${keys} from ${fresh} union select ${keys} from ${retracted})` : fresh;
  const rows = isAlone ? fresh : `(select * from ${kept} semi join ${changed} using (${keys}))`;
  const putCount = await session.run(
    `insert into ${put} select ${columnList(table.fields)} from (${newest(table, emitted, rows)}) where _rank = 1`,
  );
  const goneCount =
    emission.retracted === 0
      ? 0
      : await session.run(
          `insert into ${gone} select distinct ${keys} from ${retracted} anti join ${put} using (${keys})`,
        );
  return {
    put: { session, relation: put, count: putCount },
    gone: { session, relation: gone, count: goneCount },
  };
}

/** Rows with their rank within their key: by version, then by window, then by their values, so that the order of arrival says nothing. */
function newest(table: Table, emitted: Emitted, rows: string): string {
  const order = [
    ...(table.version === undefined ? [] : [`${quote(table.version)} desc nulls last`]),
    '_w desc',
    ...Object.keys(emitted.fields).map((name) => `${quote(name)} desc nulls last`),
  ];
  return `select *, row_number() over (partition by ${table.key.map(quote).join(', ')} order by ${order.join(', ')}) as _rank from ${rows}`;
}

/**
 * Forgets emitted rows that nothing retracts any more. Where several windows have rows of one key, the newest of each key stays: a table
 * shows it again when the rows that beat it are retracted.
 *
 * @param isFinal a condition on emitted rows (`e`)
 */
export async function forgetEmitted(
  session: DuckSession,
  emitted: Emitted,
  tables: readonly Table[],
  isFinal: string,
): Promise<void> {
  const final = `(select * from ${emitted.kept} e where ${isFinal})`;
  const kept = tables
    .filter((table) => !isPinned(emitted, table.key))
    .map((table) => ` and _id not in (select _id from (${newest(table, emitted, final)}) where _rank = 1)`);
  await session.run(`delete from ${emitted.kept} where _id in (select _id from ${final})${kept.join('')}`);
  if (kept.length > 0)
    await session.run(
      `update ${emitted.kept} set _parent = ${forgotten} where _parent is null and _id in (select _id from ${final})`,
    );
}
