// The registry's SQLite file: its layout and its tables.
import type { DatabaseSync } from 'node:sqlite';
import { MillraceError } from '../../core/errors.ts';
import { inTransaction, openSqlite, type SqliteFile } from '../sqlite.ts';

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

/** The file, and how its errors are told. */
export function registryFile(path: string): SqliteFile {
  const remedy = 'Restore the file from a copy, or move it away to begin with an empty registry.';
  return { path, name: 'the schema registry', damaged: { code: 'LOG_DAMAGED', remedy } };
}

/** Opens the file, making it and its tables where there are none. @throws DATA_VERSION, LOG_DAMAGED, STORE_UNAVAILABLE, DISK_FULL */
export function openDatabase(file: SqliteFile): DatabaseSync {
  return openSqlite(file, (database) => {
    const { user_version: found } = database.prepare('pragma user_version').get() as { user_version: number };
    if (found > layout) {
      throw new MillraceError('DATA_VERSION', `the registry's layout is ${found}, this Millrace knows ${layout}`, {
        place: file.path,
        remedy: 'Use the Millrace that wrote it, or a newer one.',
      });
    }
    if (found < layout) inTransaction(database, () => database.exec(tables));
  });
}
