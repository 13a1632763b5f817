// The DuckDB store: tables in one file, upserts by key without an index, in the engine's own transaction.
import { assert, MillraceError } from '../../core/errors.ts';
import { isPlaceKey } from '../../define/place.ts';
import { shadowMark } from '../../define/shadow.ts';
import { quote, type Session } from '../../process/database.ts';
import type { Sink } from '../../process/engine.ts';
import type { Store, StoredTable } from '../store.ts';
import { append, lastPlaces } from './append.ts';
import { onlyKey, ReadsByKey } from './by-key.ts';
import { Changes } from './changes.ts';
import { adoptTable, dropTable, prepareTable, tableDefinition } from './prepare.ts';
import { readRows } from './read.ts';
import { Readers } from './readers.ts';
import { sample, summarise } from './summarise.ts';
import { refusals } from './unique.ts';
import { physical, replace, write } from './write.ts';

/** What the store works with: a session of the database that it shares with the engine, for what is outside the engine's transactions. */
export type DuckStoreOptions = {
  session: Session;
  /** Milliseconds since 1970: times after it are not taken for the newest of a table. */
  now: () => number;
  /** Opens more sessions, so that those who read wait neither for each other nor for summaries. */
  openSession?: () => Promise<Session>;
};

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
  const readers = options.openSession && new Readers(options.openSession);
  const reading = <T>(work: (session: Session) => Promise<T>): Promise<T> =>
    readers ? readers.use(work) : inTurn(() => work(session));
  const byKey = new ReadsByKey(reading);
  /** As of the last `prepare`: only this process changes them. */
  let known: Promise<readonly StoredTable[]> | undefined;
  let summaries: Promise<Session> | undefined;
  let lastSummary: Promise<unknown> = Promise.resolve();
  let isClosed = false;
  const summing = <T>(table: string, work: (session: Session, table: StoredTable) => Promise<T>): Promise<T> => {
    const step = async () => {
      if (isClosed) throw new MillraceError('STORE_UNAVAILABLE', 'the store is closed', { place: table });
      const found = await definition(table);
      if (!options.openSession) return inTurn(() => work(session, found));
      summaries ??= options.openSession();
      return work(await summaries, found);
    };
    const next = lastSummary.then(step, step);
    lastSummary = next.catch(() => undefined);
    return next;
  };
  await session.run('create schema if not exists store');
  await session.run('create schema if not exists meta');
  await session.run(
    'create table if not exists meta.tables (name varchar not null, pipeline varchar not null, definition varchar not null)',
  );
  const changes = new Changes();
  const sink: Sink = {
    async refuse(tables) {
      for (const { rows } of tables) assert(rows.session.database === session.database, 'rows of another database');
      return refusals(tables);
    },
    async write(table, rows) {
      assert(rows.session.database === session.database, 'rows of another database');
      return (table.isByPlace ? append : write)(table, rows, changes, options.now());
    },
    async replace(table, wanted) {
      assert(wanted.put.session.database === session.database, 'rows of another database');
      return replace(table, wanted, changes, options.now());
    },
    counts: (on, tables) => countsOf(on, tables),
    async lastPlaces(on, { name, isByPlace }) {
      const [found] = await on.rows('select definition from meta.tables where name = $1', name);
      // one that is still to be made again has another key
      const hasPlaces = isByPlace && found && isPlaceKey(tableDefinition(String(found[0])).key);
      return hasPlaces ? lastPlaces(on, name) : new Map();
    },
    async adopt(on, pipeline, table, made) {
      await adoptTable(on, pipeline, table, made);
      changes.replaced(on, table.name);
    },
    drop: (on, table) => dropTable(on, table),
    settled(on, isCommitted) {
      // definitions may have changed
      if (changes.hasReplaced(on)) known = undefined;
      changes.settled(on, isCommitted);
    },
  };
  return {
    sink,
    prepare: (pipeline, tables) =>
      inTurn(async () => {
        await rehash(session);
        known = undefined;
        for (const table of tables) await prepareTable(session, pipeline, table);
        known = undefined;
      }),
    drop: (names, beside) =>
      inTurn(async () => {
        try {
          await session.transaction(async () => {
            for (const name of names) await dropTable(session, name);
            await beside?.(session);
          });
        } finally {
          known = undefined;
        }
      }),
    tables: async () => [...(await tables())],
    async count(table) {
      await definition(table);
      return (await reading((on) => countsOf(on, [table])))[0]!;
    },
    async read(table, options) {
      const found = await definition(table);
      const key = onlyKey(found, options ?? {});
      return key ? byKey.read(found, key) : reading((on) => readRows(on, found, options ?? {}));
    },
    summarise: (table, wanted) => summing(table, (on, found) => summarise(on, found, wanted)),
    sample: (table, wanted) => summing(table, (on, found) => sample(on, found, wanted)),
    version: (table) => changes.version(table),
    watch: (table, listener) => changes.watch(table, listener),
    async close() {
      isClosed = true;
      await lastSummary;
      (await summaries)?.close();
      readers?.close();
      await inTurn(async () => session.close());
    },
  };

  function tables(): Promise<readonly StoredTable[]> {
    known ??= inTurn(async () => {
      const rows = await session.rows(
        `select name, pipeline, definition from meta.tables where not ends_with(name, '${shadowMark}') order by name`,
      );
      return rows.map(
        ([name, pipeline, definition]): StoredTable => ({
          name: String(name),
          pipeline: String(pipeline),
          ...tableDefinition(String(definition)),
        }),
      );
    });
    known.catch(() => {
      known = undefined;
    });
    return known;
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

async function countsOf(session: Session, tables: readonly string[]): Promise<number[]> {
  const counts = tables.map((table) => `(select count(*) from ${physical(table)})`);
  return counts.length === 0 ? [] : (await session.rows(`select ${counts.join(', ')}`))[0]!.map(Number);
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
        if (isPlaceKey(key)) continue;
        await session.run(`update ${physical(String(name))} set _hash = hash(${key.map(quote).join(', ')})`);
      }
      await session.run('update meta.hash set probe = $1::ubigint', probe);
    });
  }
}
