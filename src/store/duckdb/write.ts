// The upsert: the newest row of each key of a micro-batch takes the place of the one that is there.
import type { Table } from '../../define/table.ts';
import { quote, type RowSet, type Session } from '../../process/database.ts';

/** The table that holds the rows; the view of the same name in `main` shows the declared columns. */
export function physical(table: string): string {
  return `store.${quote(table)}`;
}

/** The hash of a key's columns. */
function keyHash(table: Table, prefix = ''): string {
  return `hash(${table.key.map((name) => prefix + quote(name)).join(', ')})`;
}

/** Upserts the rows: the newest of each key wins, by version or by order. */
export async function write(table: Table, rows: RowSet): Promise<number> {
  const { session, relation } = rows;
  const names = Object.keys(table.fields).map(quote);
  const keys = table.key.map(quote).join(', ');
  const winners = `temp.main.${quote(`${table.name}/winners`)}`;
  await makeWinners(session, table.name);
  await session.run(`delete from ${winners}`);
  const newest = table.version
    ? `select rowid from ${relation} qualify row_number() over (partition by ${keys} order by ${quote(table.version)} desc nulls last, rowid desc) = 1`
    : `select max(rowid) from ${relation} group by ${keys}`;
  const won = await session.run(`insert into ${winners} ${newest}`);
  const batch = won === rows.count ? relation : `(select * from ${relation} where rowid in (select r from ${winners}))`;
  const same = (left: string, right: string) =>
    table.key.map((name) => `${left}.${quote(name)} = ${right}.${quote(name)}`).join(' and ');
  const version = table.version && quote(table.version);
  // a row that is there stays where it is newer: it is neither removed nor replaced
  const older = version ? ` and (t.${version} is null or b.${version} >= t.${version})` : '';
  const hashed = `(select ${[...new Set([...table.key, ...(table.version ? [table.version] : [])])].map(quote).join(', ')}, ${keyHash(table)} as _hash from ${batch})`;
  await session.run(
    `delete from ${physical(table.name)} t using ${hashed} b where t._hash = b._hash and ${same('t', 'b')}${older}`,
  );
  const unlessNewer = version
    ? ` where not exists (select 1 from ${physical(table.name)} t where t._hash = ${keyHash(table, 'b.')} and ${same('t', 'b')})`
    : '';
  await session.run(
    `insert into ${physical(table.name)} (${names.join(', ')}, _hash) select ${names.join(', ')}, ${keyHash(table)} from ${batch} b${unlessNewer}`,
  );
  if (table.keepMs !== undefined && table.time !== undefined) {
    const time = quote(table.time);
    await session.run(
      `delete from ${physical(table.name)} where ${time} < (select max(${time}) from ${physical(table.name)}) - to_milliseconds(${table.keepMs})`,
    );
  }
  return won;
}

/** The relations of winners that a session has: each is made once. */
const made = new WeakMap<Session, Set<string>>();

async function makeWinners(session: Session, table: string): Promise<void> {
  const known = made.get(session) ?? new Set();
  if (known.has(table)) return;
  await session.run(`create temp table if not exists ${quote(`${table}/winners`)} (r bigint)`);
  made.set(session, known.add(table));
}
