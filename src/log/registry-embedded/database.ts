// The registry's SQLite file: its tables, its transactions, and SQLite's errors as ours.
import { DatabaseSync } from 'node:sqlite';
import { MillraceError, messageOf } from '../../core/errors.ts';
import { busyMsMax } from './options.ts';

/** The layout that this code reads and writes; a file of a later one is refused. */
const layout = 1;

const tables = `
  create table if not exists schemas (
    id integer primary key autoincrement,
    hash text not null unique,
    schema text not null
  ) strict;
  create table if not exists versions (
    subject text not null,
    version integer not null,
    id integer not null references schemas (id),
    deleted integer not null default 0,
    primary key (subject, version)
  ) strict;
  create index if not exists versions_id on versions (id);
  -- subject '' is the global level
  create table if not exists settings (
    subject text primary key,
    compatibility text,
    mode text
  ) strict;
  pragma user_version = ${layout};
`;

/** Opens the file, making it and its tables where there are none. @throws DATA_VERSION, LOG_DAMAGED, STORE_UNAVAILABLE, DISK_FULL */
export function openDatabase(path: string): DatabaseSync {
  return translated(path, () => {
    const database = new DatabaseSync(path, { timeout: busyMsMax });
    try {
      database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on');
      const { user_version: found } = database.prepare('pragma user_version').get() as { user_version: number };
      if (found > layout) {
        throw new MillraceError('DATA_VERSION', `the registry's layout is ${found}, this Millrace knows ${layout}`, {
          place: path,
          remedy: 'Use the Millrace that wrote it, or a newer one.',
        });
      }
      if (found < layout) inTransaction(database, () => database.exec(tables));
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** Runs statements as one transaction that holds the write lock from its beginning: all of them happen, or none. */
export function inTransaction<Result>(database: DatabaseSync, run: () => Result): Result {
  database.exec('begin immediate');
  try {
    const result = run();
    database.exec('commit');
    return result;
  } catch (error) {
    // a full disk may have ended the transaction already
    if (database.isTransaction) database.exec('rollback');
    throw error;
  }
}

/** Runs what uses the file, and gives SQLite's errors as ours. */
export function translated<Result>(path: string, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    const { errcode } = error as { errcode?: number };
    if (errcode === undefined) throw error;
    // the low byte is the primary code: 11 corrupt, 13 full, 26 not a database
    const code = errcode & 255;
    const [ours, remedy] =
      code === 13
        ? (['DISK_FULL', 'Free some space.'] as const)
        : code === 11 || code === 26
          ? (['LOG_DAMAGED', 'Restore the file from a copy, or move it away to begin with an empty registry.'] as const)
          : ([
              'STORE_UNAVAILABLE',
              'See that the folder exists and may be written, and that no process holds the file.',
            ] as const);
    throw new MillraceError(ours, `the schema registry ${path}: ${messageOf(error)}`, {
      place: path,
      remedy,
      cause: error,
    });
  }
}
