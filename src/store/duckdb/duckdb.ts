// The DuckDB store: tables in one file, upserts by key without an index, in the engine's own transaction.
import { assert, MillraceError } from '../../core/errors.ts';
import type { Table } from '../../define/table.ts';
import { quote, type RowSet, type Session } from '../../process/database.ts';
import type { Sink } from '../../process/engine.ts';
import type { Store, StoredTable } from '../store.ts';
import { prepareTable, tableDefinition } from './prepare.ts';
import { refusals } from './unique.ts';

/** What the store works with: a session of the database that it shares with the engine, for what is outside the engine's transactions. */
export type DuckStoreOptions = { session: Session };

/**
 * Opens the store.
 *
 * A primary key index of DuckDB would have to fit in memory and costs more than the rest of an upsert; instead each row keeps the
 * 64-bit hash of its key, and an upsert removes rows of equal hash and equal key before it inserts. There is one writer only.
 */
export async function duckStore(options: DuckStoreOptions): Promise<Store> {
  const { session } = options;
  // those who ask for counts and names may do so at the same time, on one connection
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work, work);
    last = next.catch(() => undefined);
    return next;
  };
  await session.run('create schema if not exists store');
  await session.run('create schema if not exists meta');
  await session.run(
    'create table if not exists meta.tables (name varchar not null, pipeline varchar not null, definition varchar not null)',
  );
  const sink: Sink = {
    async refuse(table, rows) {
      assert(rows.session.database === session.database, 'rows of another database');
      return table.unique.length === 0 ? [] : refusals(table, rows);
    },
    async write(table, rows) {
      assert(rows.session.database === session.database, 'rows of another database');
      return write(table, rows);
    },
  };
  return {
    sink,
    prepare: (pipeline, tables) =>
      inTurn(async () => {
        await rehash(session);
        for (const table of tables) await prepareTable(session, pipeline, table);
      }),
    tables: () => inTurn(tables),
    count: (table) => inTurn(() => count(table)),
    close: () => inTurn(async () => session.close()),
  };

  async function tables(): Promise<StoredTable[]> {
    const rows = await session.rows('select name, pipeline, definition from meta.tables order by name');
    return rows.map(
      ([name, pipeline, definition]): StoredTable => ({
        name: String(name),
        pipeline: String(pipeline),
        ...tableDefinition(String(definition)),
      }),
    );
  }

  async function count(table: string): Promise<number> {
    const known = await session.rows('select 1 from meta.tables where name = $1', table);
    if (known.length === 0)
      throw new MillraceError('NOT_FOUND', `there is no table '${table}'`, {
        place: table,
        remedy: 'See `millrace tables`.',
      });
    return Number((await session.rows(`select count(*) from ${physical(table)}`))[0]![0]);
  }
}

/** The table that holds the rows; the view of the same name in `main` shows the declared columns. */
export function physical(table: string): string {
  return `store.${quote(table)}`;
}

/** The hash of a key's columns. */
export function keyHash(table: Table, prefix = ''): string {
  return `hash(${table.key.map((name) => prefix + quote(name)).join(', ')})`;
}

/** Upserts the rows: the newest of each key wins, by version or by order. */
async function write(table: Table, rows: RowSet): Promise<number> {
  const { session, relation } = rows;
  const names = Object.keys(table.fields).map(quote);
  const keys = table.key.map(quote).join(', ');
  const winners = `temp.main.${quote(`${table.name}/winners`)}`;
  await session.run(`create temp table if not exists ${quote(`${table.name}/winners`)} (r bigint)`);
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

/** Another version of DuckDB may hash differently: the hashes that are kept are then made anew. */
async function rehash(session: Session): Promise<void> {
  await session.run('create table if not exists meta.hash (probe ubigint not null)');
  const probe = String((await session.rows("select hash('probe', 1::bigint)"))[0]![0]);
  const kept = (await session.rows('select probe from meta.hash'))[0]?.[0];
  if (kept === undefined) await session.run('insert into meta.hash values ($1::ubigint)', probe);
  else if (String(kept) !== probe) {
    await session.transaction(async () => {
      for (const [name, definition] of await session.rows('select name, definition from meta.tables')) {
        const { key } = tableDefinition(String(definition));
        await session.run(`update ${physical(String(name))} set _hash = hash(${key.map(quote).join(', ')})`);
      }
      await session.run('update meta.hash set probe = $1::ubigint', probe);
    });
  }
}
