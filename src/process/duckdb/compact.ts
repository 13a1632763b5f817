// Writes a database file anew: what was deleted from the one that is there stays readable in its free blocks, and is not in the copy.
import { quote, type Session } from '../database.ts';
import { DuckDatabase, fileCatalog, keptCatalog } from './database.ts';

/**
 * Copies all that a database file holds into a new one: tables, views with their comments, sequences. Nobody may have the file open. Where it
 * fails, what it has left of the new file is the caller's to remove.
 *
 * @param to a file that is not there
 * @throws DISK_FULL, STORE_UNAVAILABLE, TABLES_DAMAGED
 */
export async function copyDatabase(path: string, to: string, tempFolder: string): Promise<void> {
  const database = await DuckDatabase.open({ path: to, kept: path, tempFolder });
  try {
    const session = await database.session();
    try {
      await session.run(`copy from database ${keptCatalog} to ${fileCatalog} (schema)`);
      // a table at a time, so that each needs no more memory than its own
      for (const table of await tablesOf(session, keptCatalog)) {
        await session.run(`insert into ${fileCatalog}.${table} select * from ${keptCatalog}.${table}`);
        await session.run(`checkpoint ${fileCatalog}`);
      }
    } finally {
      session.close();
    }
  } finally {
    database.close();
  }
}

/** Writes what stands in the write-ahead log of a database file into the file. Nobody may have it open. */
export async function settleDatabase(path: string, tempFolder: string): Promise<void> {
  const database = await DuckDatabase.open({ path, tempFolder });
  try {
    const session = await database.session();
    try {
      await session.run(`checkpoint ${fileCatalog}`);
    } finally {
      session.close();
    }
  } finally {
    database.close();
  }
}

async function tablesOf(session: Session, catalog: string): Promise<string[]> {
  const rows = await session.rows(
    `select schema_name, table_name from duckdb_tables() where database_name = $1 and not internal order by all`,
    catalog,
  );
  return rows.map(([schema, name]) => `${quote(String(schema))}.${quote(String(name))}`);
}
