// Writes the files of a data folder anew that keep what is deleted: DuckDB's and SQLite's leave it readable in free blocks.
import { join } from 'node:path';
import { assert, systemCode, translateSystemError } from '../core/errors.ts';
import type { Files } from '../core/files.ts';
import { embedded } from './adapters.ts';
import { compactSqlite } from './post-forget.ts';

/**
 * Writes the tables and control.db anew, and takes away what queries have put aside on disk. Nobody may have the folder open. Killed in between it
 * is called again; until the new file takes the place of the old one in one step, the old one is as it was.
 *
 * @throws DISK_FULL: beside the tables there must be room for a copy of them
 */
export async function compactFiles(folder: string, files: Files): Promise<void> {
  const temp = join(folder, 'temp');
  await compactTables(join(folder, 'tables.duckdb'), temp, files);
  const control = join(folder, 'control.db');
  if (await files.exists(control)) compactSqlite(control);
  // what a process that was killed has left: parts of queries, and copies of tables for them
  for (const name of [temp, join(folder, 'queries')]) await removeAll(files, name);
}

/** Removes a folder with all that is in it. */
async function removeAll(files: Files, folder: string): Promise<void> {
  for (const name of await files.list(folder)) {
    const path = join(folder, name);
    const isFile = await files.remove(path).then(
      () => true,
      (error) => {
        // what a system says of a folder that is to be removed as a file
        if (!['EISDIR', 'EPERM', 'ENOTEMPTY'].includes(systemCode(error) ?? '')) throw error;
        return false;
      },
    );
    if (!isFile) await removeAll(files, path);
  }
  await files.removeFolder(folder);
}

async function compactTables(path: string, temp: string, files: Files): Promise<void> {
  const copy = `${path}.new`;
  const log = `${path}.wal`;
  const { copyDatabase, settleDatabase } = await embedded.compact();
  const removeCopy = async () => {
    for (const one of [copy, `${copy}.wal`]) if (await files.exists(one)) await files.remove(one);
  };
  // what a crash has left of an attempt before this one
  await removeCopy();
  try {
    await settleDatabase(path, temp);
    await copyDatabase(path, copy, temp);
    await sync(files, copy);
    // a log that stayed would be taken for one of the new file
    if (await files.exists(log)) {
      assert((await sizeOf(files, log)) === 0, `${log} holds what is not in the tables`);
      await files.remove(log);
    }
    await files.syncFolder(join(path, '..'));
    await files.rename(copy, path);
    await files.syncFolder(join(path, '..'));
  } catch (error) {
    await removeCopy().catch(() => undefined);
    throw translateSystemError(error, path);
  }
}

async function sync(files: Files, path: string): Promise<void> {
  const file = await files.openWrite(path);
  await file.sync().finally(() => file.close());
}

async function sizeOf(files: Files, path: string): Promise<number> {
  const file = await files.openRead(path);
  return await file.size().finally(() => file.close());
}
