// The DuckDB store: tables in one file, upserts by key without an index, in the engine's own transaction.
import { assert, MillraceError } from '../../core/errors.ts';
import { quote, type Session } from '../../process/database.ts';
import type { Sink } from '../../process/engine.ts';
import type { Store, StoredTable } from '../store.ts';
import { prepareTable, tableDefinition } from './prepare.ts';
import { readRows } from './read.ts';
import { refusals } from './unique.ts';
import { makeWinners, physical, remove, write } from './write.ts';

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
    ready: (engineSession, tables) => makeWinners(engineSession, tables),
    async refuse(table, rows) {
      assert(rows.session.database === session.database, 'rows of another database');
      return table.unique.length === 0 ? [] : refusals(table, rows);
    },
    async write(table, rows) {
      assert(rows.session.database === session.database, 'rows of another database');
      return write(table, rows);
    },
    remove: (table, rows) => remove(table, rows),
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
    read: (table, options) => inTurn(async () => readRows(session, await definition(table), options ?? {})),
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
    await definition(table);
    return Number((await session.rows(`select count(*) from ${physical(table)}`))[0]![0]);
  }

  async function definition(table: string): Promise<StoredTable> {
    const found = (await tables()).find((one) => one.name === table);
    if (!found) {
      throw new MillraceError('NOT_FOUND', `there is no table '${table}'`, {
        place: table,
        remedy: 'See `millrace tables`.',
      });
    }
    return found;
  }
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
