// The marker of a data folder: by it one is told from a folder with other things in it, and from one of another Millrace.
import { join } from 'node:path';
import { MillraceError, systemCode } from '../core/errors.ts';
import { type Files, makeDurableFolder } from '../core/files.ts';

/** The version of the folder's layout. */
const layoutVersion = 1;

const markerName = 'millrace.json';

/**
 * Takes a folder for data: makes it where there is none, and marks a new one. Killed at any moment, it can be taken again.
 *
 * @throws DATA_VERSION where it has another layout, or other things in it and no marker, or one that cannot be read
 */
export async function takeFolder(files: Files, path: string): Promise<void> {
  if (await isFolder(files, path)) return;
  await makeDurableFolder(files, path);
  await files.replace(join(path, markerName), `${JSON.stringify({ layout: layoutVersion })}\n`);
}

/**
 * Whether a folder is one of data already; nothing is written.
 *
 * @throws DATA_VERSION where it cannot become one
 */
export async function isFolder(files: Files, path: string): Promise<boolean> {
  const marker = join(path, markerName);
  if (await files.exists(marker)) {
    const version = layoutOf(await files.readText(marker), marker);
    if (version !== layoutVersion) {
      throw new MillraceError(
        'DATA_VERSION',
        `the data folder has layout ${version}, this Millrace reads layout ${layoutVersion}`,
        {
          place: path,
          remedy: 'Use the Millrace that made it, or another folder with --data.',
        },
      );
    }
    return true;
  }
  const names = await files.list(path).catch((error) => {
    if (systemCode(error) !== 'ENOTDIR') throw error;
    throw new MillraceError('DATA_VERSION', 'this is a file, or lies in one, and is no data folder', {
      place: path,
      remedy: 'Give a folder with --data.',
      cause: error,
    });
  });
  // a marker that was being written when the process was killed is replaced by the next
  if (names.some((name) => name !== `${markerName}.new`)) {
    throw new MillraceError('DATA_VERSION', 'this folder holds other things and is no data folder', {
      place: path,
      remedy: 'Give an empty or a new folder with --data.',
    });
  }
  return false;
}

function layoutOf(text: string, marker: string): unknown {
  try {
    const { layout } = JSON.parse(text) as { layout?: unknown };
    return layout;
  } catch (error) {
    throw new MillraceError('DATA_VERSION', 'the marker of the data folder cannot be read: it is no JSON', {
      place: marker,
      remedy: `Put the whole folder back from a backup; where this file alone is damaged, write {"layout":${layoutVersion}} into it.`,
      cause: error,
    });
  }
}

/** Bytes of a file of tables that has nothing in it yet: a start that ended before them has left no table behind. */
const emptyTablesBytes = 3 * 4096;

/**
 * Checks that the tables are where the log is: without them all of it would be read into new tables, and all sources into the log, a
 * second time. What a first start that was killed, or met a full disk, has left of their file is taken away.
 *
 * @throws TABLES_DAMAGED
 */
export async function checkTables(files: Files, tables: string, log: string): Promise<void> {
  if (!(await hasTables(files, tables, log)) && (await files.exists(tables))) await files.remove(tables);
}

/**
 * Whether there are tables: a file that has nothing in it yet does not count. Nothing is written.
 *
 * @throws TABLES_DAMAGED where there are none beside a log
 */
export async function hasTables(files: Files, tables: string, log: string): Promise<boolean> {
  const isThere = await files.exists(tables);
  if (await hasTopics(files, log)) {
    if (isThere) return true;
    throw new MillraceError('TABLES_DAMAGED', 'the file of the tables is missing, while the log beside it is there', {
      place: tables,
      remedy: 'Put the whole folder back from a backup, or start with a new data folder.',
    });
  }
  if (!isThere) return false;
  const file = await files.openRead(tables);
  return (await file.size().finally(() => file.close())) >= emptyTablesBytes;
}

async function hasTopics(files: Files, log: string): Promise<boolean> {
  for (const name of await files.list(log)) if (await files.exists(join(log, name, 'topic.json'))) return true;
  return false;
}
