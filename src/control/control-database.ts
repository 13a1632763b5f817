// control.db, the SQLite file of what is no record: opened, its transactions, and SQLite's errors as ours.
import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { MillraceError, messageOf } from '../core/errors.ts';

const busyMsMax = 5000;

/**
 * Opens the file and makes these tables where they are missing. Several parts, and several processes, may have it open.
 *
 * @throws STORE_UNAVAILABLE, DISK_FULL
 */
export function openControl(path: string, tables: string): DatabaseSync {
  return translated(path, () => {
    // readable by its owner only, from the beginning
    if (path !== ':memory:') closeSync(openSync(path, 'a', 0o600));
    const database = new DatabaseSync(path, { timeout: busyMsMax });
    try {
      database.exec('pragma journal_mode = wal; pragma synchronous = full');
      inTransaction(database, () => database.exec(tables));
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** Runs statements as one transaction: all of them happen, or none. */
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
    // the low byte is the primary code: 13 full
    const isFull = errcode !== undefined && (errcode & 255) === 13;
    throw new MillraceError(isFull ? 'DISK_FULL' : 'STORE_UNAVAILABLE', `${path}: ${messageOf(error)}`, {
      place: path,
      remedy: isFull ? 'Free some space.' : 'See that it may be written, and that no other process holds it.',
      cause: error,
    });
  }
}
