// The upsert: the newest row of each key of a micro-batch takes the place of the one that is there.
import type { Table } from '../../define/table.ts';
import { quote, type RowSet } from '../../process/database.ts';
import type { Changes } from './changes.ts';

/** The table that holds the rows; the view of the same name in `main` shows the declared columns. */
export function physical(table: string): string {
  return `store.${quote(table)}`;
}

/**
 * Upserts the rows: the newest of each key wins, by version or by order, also against the row that is there. Resolves with the rows written.
 *
 * First the rows that are beaten go, by any row of the batch: rows of the batch that lose to one another have the same key. What of a key
 * is still there then beats the batch.
 */
export async function write(table: Table, rows: RowSet, changes: Changes, nowMs: number): Promise<number> {
  const { session, relation } = rows;
  const stored = physical(table.name);
  const keys = table.key.map(quote).join(', ');
  const names = Object.keys(table.fields).map(quote).join(', ');
  await session.run(
    `delete from ${stored} t using ${keyed(table, relation)} b where ${sameKey(table)}${isBeaten(table)}`,
  );
  // a join costs as much as the insertion: without doubles there is nothing to leave out
  const isEachNew = table.version === undefined && (await isDistinct(table, rows));
  const won = await session.run(
    isEachNew
      ? `insert into ${stored} (${names}, _hash) select ${names}, hash(${keys}) from ${relation}`
      : `insert into ${stored} (${names}, _hash) select ${of('x', Object.keys(table.fields))}, hash(${of('x', table.key)}) from ${relation} x, (${best(table, relation)}) w where x.rowid = w._r`,
  );
  if (won === 0) return 0;
  const outdated = outdatedSql(table);
  const removed = outdated === undefined ? 0 : await session.run(`delete from ${stored} where ${outdated}`, nowMs);
  const written =
    won === rows.count ? relation : `(select * from ${relation} where rowid in (${winners(table, relation)}))`;
  await changes.wrote(session, table, { relation: written, count: won, removed, outdated, nowMs });
  return won;
}

/**
 * Whether a row is older than the table keeps, against the newest row that is not ahead of the clock ($1, milliseconds since 1970): one
 * record with a wrong time may not empty the table. Undefined where the table keeps all.
 */
function outdatedSql({ name, time, keepMs }: Table): string | undefined {
  if (keepMs === undefined || time === undefined) return undefined;
  const newest = `select max(${quote(time)}) from ${physical(name)} where ${quote(time)} <= make_timestamp_ms($1::bigint)`;
  return `${quote(time)} < (${newest}) - to_milliseconds(${keepMs})`;
}

/** Removes the rows with the keys of these. */
export async function remove(table: Table, { session, relation }: RowSet, changes: Changes): Promise<void> {
  const keys = table.key.map(quote).join(', ');
  const removed = await session.run(
    `delete from ${physical(table.name)} t using (select ${keys}, hash(${keys}) as _hash from ${relation}) b where ${sameKey(table)}`,
  );
  changes.removed(session, table, removed);
}

/** Whether no two rows have one key, as far as the hashes of their keys can tell. */
async function isDistinct(table: Table, { session, relation, count }: RowSet): Promise<boolean> {
  if (count === 1) return true;
  const keys = table.key.map(quote).join(', ');
  return Number((await session.rows(`select count(distinct hash(${keys})) from ${relation}`))[0]![0]) === count;
}

function of(alias: string, columns: readonly string[]): string {
  return columns.map((name) => `${alias}.${quote(name)}`).join(', ');
}

/** The rows to insert, by their row id `_r`: one of each key. */
function best(table: Table, relation: string): string {
  return table.version === undefined ? latest(table, relation) : unbeaten(table, relation);
}

/** The last row of each key. */
function latest(table: Table, relation: string): string {
  return `select max(rowid) as _r from ${relation} group by ${table.key.map(quote).join(', ')}`;
}

/** The row of each key with the greatest version, the last of those that are equal: as the columns of the key, `_hash`, `_version` and `_r`. */
function newest(table: Table, relation: string): string {
  const keys = table.key.map(quote).join(', ');
  const version = quote(table.version!);
  return `(select ${keys}, hash(${keys}) as _hash, _best.version as _version, _best.r as _r from (
      select ${keys}, max({isThere: ${version} is not null, version: ${version}, r: rowid}) as _best from ${relation} group by ${keys}))`;
}

/** The newest row of each key that is not in the table any more, or was not. */
function unbeaten(table: Table, relation: string): string {
  return `select b._r from ${newest(table, relation)} b where not exists (select 1 from ${physical(table.name)} t where ${sameKey(table)})`;
}

/** The rows that an upsert wrote, where it is done. */
function winners(table: Table, relation: string): string {
  if (table.version === undefined) return latest(table, relation);
  // a row that is still there from before has a greater version than all of the batch
  return `select b._r from ${newest(table, relation)} b join ${physical(table.name)} t on ${sameKey(table)} where t.${quote(table.version)} is not distinct from b._version`;
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
