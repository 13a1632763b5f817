// The upsert: the newest row of each key of a micro-batch takes the place of the one that is there.
import type { Table } from '../../define/table.ts';
import { quote, type RowSet } from '../../process/database.ts';
import type { RowChanges, RowCounts } from '../../process/engine.ts';
import type { Changes, Outdated } from './changes.ts';

/** The table that holds the rows; the view of the same name in `main` shows the declared columns. */
export function physical(table: string): string {
  return `store.${quote(table)}`;
}

/**
 * Upserts the rows: the newest of each key wins, by version or by its place in the log, also against the row that is there.
 *
 * First the rows that are beaten go, by any row of the batch: rows of the batch that lose to one another have the same key. What of a key
 * is still there then beats the batch.
 */
export async function write(table: Table, rows: RowSet, changes: Changes, nowMs: number): Promise<RowCounts> {
  const { session, relation } = rows;
  const stored = physical(table.name);
  const isRanked = rows.isInOrder === false || rows.hasTies === true;
  const beaten = await session.run(
    isRanked
      ? `delete from ${stored} t using ${ranked(table, rows)} b where ${sameKey(table)} and ${isBeatenByRank(table)}`
      : `delete from ${stored} t using ${keyed(table, relation)} b where ${sameKey(table)}${isBeaten(table)}`,
  );
  // a join costs as much as the insertion: without doubles there is nothing to leave out
  const mayBeEachNew = !isRanked && table.version === undefined;
  const { came, isDistinct } = await arrived(table, rows, mayBeEachNew);
  const isEachNew = mayBeEachNew && isDistinct;
  const best = isRanked
    ? `select b._r from ${ranked(table, rows)} b where not exists (select 1 from ${stored} t where ${sameKey(table)})`
    : bestOf(table, relation);
  const won = await session.run(
    isEachNew
      ? insertion(table, relation, rows.place)
      : `${insertion(table, `${relation} x`, rows.place)}, (${best}) w where x.rowid = w._r`,
  );
  // by what came and was to be inserted: a row that is lost on its way is in none of these numbers, and in those of the engine
  const replaced = beaten + (isEachNew ? 0 : came - won);
  if (won === 0) return { replaced, retracted: 0, expired: 0 };
  const { outdated, expired } = await removeOutdated(table, session, changes, nowMs);
  const winning = isRanked
    ? `select b._r from ${ranked(table, rows)} b join ${stored} t on ${sameKey(table)} and t._place is not distinct from b._place`
    : winners(table, relation);
  const written = won === rows.count ? relation : `(select * from ${relation} where rowid in (${winning}))`;
  await changes.wrote(session, table, { relation: written, count: won, outdated });
  return { replaced, retracted: 0, expired };
}

/** Puts rows, one of a key, in the place of those with their keys, and removes the rows of keys. */
export async function replace(
  table: Table,
  { put, gone }: RowChanges,
  changes: Changes,
  nowMs: number,
): Promise<RowCounts> {
  const { session } = put;
  const stored = physical(table.name);
  let replaced = 0;
  if (put.count > 0) {
    replaced = await session.run(
      `delete from ${stored} t using ${keyed(table, put.relation, false)} b where ${sameKey(table)}`,
    );
    await session.run(insertion(table, put.relation, undefined));
  }
  let retracted = 0;
  if (gone.count > 0) {
    const keys = table.key.map(quote).join(', ');
    retracted = await session.run(
      `delete from ${stored} t using (select ${keys}, hash(${keys}) as _hash from ${gone.relation}) b where ${sameKey(table)}`,
    );
    await changes.removed(session, table, gone.relation, retracted);
  }
  const { outdated, expired } = await removeOutdated(table, session, changes, nowMs);
  if (put.count > 0) await changes.wrote(session, table, { relation: put.relation, count: put.count, outdated });
  return { replaced, retracted, expired };
}

/** Removes the rows that are older than the table keeps. Resolves with how many, and which they were; undefined where there were none. */
export async function removeOutdated(
  table: Table,
  session: RowSet['session'],
  changes: Changes,
  nowMs: number,
): Promise<{ readonly outdated: Outdated | undefined; readonly expired: number }> {
  const condition = outdatedSql(table);
  if (condition === undefined) return { outdated: undefined, expired: 0 };
  const outdated = { condition, nowMs };
  const expired = await changes.outdated(session, table, physical(table.name), outdated);
  return { outdated: expired > 0 ? outdated : undefined, expired };
}

/** The statement that inserts the rows of a relation: the columns of the table, the hash of the key, the place in the log. */
function insertion(table: Table, from: string, place: string | undefined): string {
  const names = Object.keys(table.fields).map(quote).join(', ');
  const keys = table.key.map(quote).join(', ');
  return `insert into ${physical(table.name)} (${names}, _hash, _place) select ${names}, hash(${keys}), ${place ?? 'null'} from ${from}`;
}

/**
 * The newest row of each key, with its row id `_r`: by version, then by its place. Of the rows of one record the last one is the newest; the
 * greatest, where they are in no order.
 */
function ranked(table: Table, { relation, place = 'rowid', hasTies }: RowSet): string {
  const keys = table.key.map(quote).join(', ');
  const version = table.version === undefined ? 'null' : quote(table.version);
  const order = [
    ...(table.version === undefined ? [] : [`${version} desc nulls last`]),
    `${place} desc`,
    ...(hasTies ? Object.keys(table.fields).map((name) => `${quote(name)} desc nulls last`) : []),
    'rowid desc',
  ];
  return `(select * from (select ${keys}, hash(${keys}) as _hash, ${version} as _version, ${place} as _place, rowid as _r,
      row_number() over (partition by ${keys} order by ${order.join(', ')}) as _rank from ${relation}) where _rank = 1)`;
}

/** That the row that is there is not newer than the newest of the batch (`b`): by version, then by its place; one without a place is older. */
function isBeatenByRank(table: Table): string {
  const isEarlier = 'coalesce(t._place, -1) <= b._place';
  if (table.version === undefined) return isEarlier;
  const version = `t.${quote(table.version)}`;
  return `(${version} is null and (b._version is not null or ${isEarlier}) or b._version > ${version} or (b._version = ${version} and ${isEarlier}))`;
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

/** How many rows there are; and, where that is asked, whether no two have one key, as far as the hashes of their keys can tell. */
async function arrived(
  table: Table,
  { session, relation, count }: RowSet,
  isAsked: boolean,
): Promise<{ came: number; isDistinct: boolean }> {
  if (isAsked && count === 1) return { came: 1, isDistinct: true };
  const hash = `hash(${table.key.map(quote).join(', ')})`;
  const [row] = await session.rows(`select count(*)${isAsked ? `, count(distinct ${hash})` : ''} from ${relation}`);
  const came = Number(row![0]);
  return { came, isDistinct: Number(row![1]) === came };
}

/** The rows to insert, by their row id `_r`: one of each key. */
function bestOf(table: Table, relation: string): string {
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
function keyed(table: Table, relation: string, isVersioned = true): string {
  const keys = table.key.map(quote).join(', ');
  const version = table.version === undefined || !isVersioned ? '' : `, ${quote(table.version)} as _version`;
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
