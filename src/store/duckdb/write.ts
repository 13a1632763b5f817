// The upsert: the newest row of each key of a micro-batch takes the place of the one that is there.
import type { Table } from '../../define/table.ts';
import { quote, type RowSet, type Session } from '../../process/database.ts';
import type { Changes } from './changes.ts';

/** The table that holds the rows; the view of the same name in `main` shows the declared columns. */
export function physical(table: string): string {
  return `store.${quote(table)}`;
}

/** Makes what the upserts of a session need, outside of any transaction. */
export async function makeWinners(session: Session, tables: readonly Table[]): Promise<void> {
  for (const table of tables)
    await session.run(`create or replace temp table ${quote(`${table.name}/winners`)} (r bigint)`);
}

/** Upserts the rows: the newest of each key wins, by version or by order, also against the row that is there. Resolves with the rows written. */
export async function write(table: Table, rows: RowSet, changes: Changes): Promise<number> {
  const { session, relation } = rows;
  const stored = physical(table.name);
  const winners = `temp.main.${quote(`${table.name}/winners`)}`;
  await session.run(`delete from ${winners}`);
  const won = await session.run(
    `insert into ${winners} ${table.version === undefined ? latest(table, relation) : newest(table, relation)}`,
  );
  if (won === 0) return 0;
  const batch = won === rows.count ? relation : `(select * from ${relation} where rowid in (select r from ${winners}))`;
  const keys = table.key.map(quote).join(', ');
  await session.run(
    `delete from ${stored} t using ${keyed(table, relation)} b where ${sameKey(table)}${isBeaten(table)}`,
  );
  const names = Object.keys(table.fields).map(quote).join(', ');
  await session.run(`insert into ${stored} (${names}, _hash) select ${names}, hash(${keys}) from ${batch}`);
  let removed = 0;
  if (table.keepMs !== undefined && table.time !== undefined) {
    const time = quote(table.time);
    removed = await session.run(
      `delete from ${stored} where ${time} < (select max(${time}) from ${stored}) - to_milliseconds(${table.keepMs})`,
    );
  }
  await changes.wrote(session, table, { relation: batch, count: won, removed });
  return won;
}

/** Removes the rows with the keys of these. */
export async function remove(table: Table, { session, relation }: RowSet, changes: Changes): Promise<void> {
  const keys = table.key.map(quote).join(', ');
  const removed = await session.run(
    `delete from ${physical(table.name)} t using (select ${keys}, hash(${keys}) as _hash from ${relation}) b where ${sameKey(table)}`,
  );
  changes.removed(session, table, removed);
}

/** The last row of each key. */
function latest(table: Table, relation: string): string {
  return `select max(rowid) from ${relation} group by ${table.key.map(quote).join(', ')}`;
}

/** The row of each key with the greatest version, the last of those that are equal, unless the row that is there has a greater one. */
function newest(table: Table, relation: string): string {
  const keys = table.key.map(quote).join(', ');
  const version = quote(table.version!);
  return `select b.r from (select ${keys}, hash(${keys}) as _hash, best.version as _version, best.r as r from (
      select ${keys}, max({isThere: ${version} is not null, version: ${version}, r: rowid}) as best from ${relation} group by ${keys})) b
    left join ${physical(table.name)} t on ${sameKey(table)}
    where t._hash is null or t.${version} is null or b._version >= t.${version}`;
}

/** The keys of rows with their hash, and the version where there is one. */
function keyed(table: Table, relation: string): string {
  const keys = table.key.map(quote).join(', ');
  const version = table.version === undefined ? '' : `, ${quote(table.version)} as _version`;
  return `(select ${keys}, hash(${keys}) as _hash${version} from ${relation})`;
}

/** That the row that is there is not newer. */
function isBeaten(table: Table): string {
  if (table.version === undefined) return '';
  const version = `t.${quote(table.version)}`;
  return ` and (${version} is null or b._version >= ${version})`;
}

function sameKey(table: Table): string {
  return ['t._hash = b._hash', ...table.key.map((name) => `t.${quote(name)} = b.${quote(name)}`)].join(' and ');
}
