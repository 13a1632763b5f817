// SQLite files of what is no record: opened so that what is committed survives a crash, their transactions, and SQLite's errors as ours.
import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { type Code, MillraceError, messageOf } from '../core/errors.ts';

/** A file, and how its errors are told. */
export type SqliteFile = {
  /** Its path; `':memory:'` keeps nothing. */
  readonly path: string;
  /** What it holds, as an error names it: `the tokens in`. */
  readonly name?: string;
  /** What is said where it is damaged. Default: that it cannot be used. */
  readonly damaged?: { readonly code: Code; readonly remedy: string };
};

/** How long a write waits for another process that writes, in milliseconds. */
const busyMsMax = 5000;

/** The low bytes of SQLite's result codes: corrupt, full, not a database. */
const sqlite = { corrupt: 11, full: 13, notADatabase: 26 } as const;

/**
 * Opens a file, readable by its owner only, and makes what is missing in it. Several parts, and several processes, may have it open.
 *
 * @param make statements that make its tables where they are missing, or what does so
 * @throws STORE_UNAVAILABLE, DISK_FULL, and the code of `damaged`
 */
export function openSqlite(file: SqliteFile, make: string | ((database: DatabaseSync) => void)): DatabaseSync {
  return translated(file, () => {
    // from the beginning: SQLite would make it readable by others where the umask lets it
    if (file.path !== ':memory:') closeSync(openSync(file.path, 'a', 0o600));
    const database = new DatabaseSync(file.path, { timeout: busyMsMax });
    try {
      database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on');
      if (typeof make === 'string') inTransaction(database, () => database.exec(make));
      else make(database);
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

/** Runs what uses the file, and gives the errors of SQLite and of the system as ours. */
export function translated<Result>(file: SqliteFile, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    const { errcode, code } = error as { errcode?: number; code?: string };
    // what is no error of the file is one of the program
    if (errcode === undefined && code === undefined) throw error;
    const [ours, remedy] = reasonOf(file, (errcode ?? 0) & 255, code);
    throw new MillraceError(
      ours,
      `${file.name === undefined ? '' : `${file.name} `}${file.path}: ${messageOf(error)}`,
      {
        place: file.path,
        remedy,
        cause: error,
      },
    );
  }
}

function reasonOf({ damaged }: SqliteFile, sqliteCode: number, code: string | undefined): [Code, string] {
  if (sqliteCode === sqlite.full || code === 'ENOSPC') return ['DISK_FULL', 'Free some space.'];
  if (damaged && (sqliteCode === sqlite.corrupt || sqliteCode === sqlite.notADatabase))
    return [damaged.code, damaged.remedy];
  return [
    'STORE_UNAVAILABLE',
    'See that the folder exists and may be written, and that no other process holds the file.',
  ];
}
