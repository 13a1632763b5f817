// A data folder to try definitions on: what decides about them is copied into memory, so that a start can be tried and nothing is written.
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { MillraceError } from '../core/errors.ts';
import { quote, type Session } from '../process/database.ts';
import { embedded } from './adapters.ts';
import { closeParts, type Folder, partsOver } from './folder.ts';
import { readForgetting, refuseUnfinished } from './forgetting.ts';
import { hasTables, isFolder } from './layout.ts';
import { finishDeletions } from './remove.ts';
import type { System } from './system.ts';
import { trialLog } from './trial-log.ts';

/** A data folder in memory, and what takes it away again. */
export type Trial = { readonly folder: Folder; close(): Promise<void> };

/**
 * Opens a data folder for a trial: definitions, progress and schemas are copied, of each table and each state one row, which says that there
 * are some. Tables in `whole` are copied with all their rows. Nothing in the folder is changed.
 *
 * @throws DATA_IN_USE while a process has it; DATA_VERSION, LOG_DAMAGED, TABLES_DAMAGED, as opening it would
 */
export async function openTrial(path: string, system: System, whole: ReadonlySet<string>): Promise<Trial> {
  const { files } = system;
  await isFolder(files, path);
  refuseUnfinished(await readForgetting(files, path, { isReadOnly: true }), path);
  const tables = resolve(path, 'tables.duckdb');
  const log = join(path, 'log');
  const kept = (await hasTables(files, tables, log)) ? tables : undefined;
  const scratch = await mkdtemp(join(tmpdir(), 'millrace-check-'));
  const opened: (() => unknown)[] = [() => rm(scratch, { recursive: true, force: true })];
  try {
    const database = await (await embedded.database())
      .open({ tempFolder: join(scratch, 'temp'), ...(kept === undefined ? {} : { kept }) })
      .catch((error) => {
        throw error instanceof MillraceError && error.code === 'DATA_IN_USE' ? inUse(path, error) : error;
      });
    opened.push(() => database.close());
    if (kept !== undefined) {
      const session = await database.session();
      await copyKept(session, whole).finally(() => session.close());
    }
    const trial = await trialLog(log, system);
    opened.push(() => trial.close());
    for (const name of ['registry.db', 'registry.db-wal'])
      if (await files.exists(join(path, name))) await copyFile(join(path, name), join(scratch, name));
    const registry = await (await embedded.registry())({ path: join(scratch, 'registry.db') });
    opened.push(() => registry.close());
    const folder = await partsOver(scratch, system, { database, log: trial, registry }, opened);
    await finishDeletions(folder);
    return {
      folder,
      async close() {
        await closeParts(folder);
        await rm(scratch, { recursive: true, force: true });
      },
    };
  } catch (error) {
    for (const close of opened.reverse()) await close();
    throw error;
  }
}

async function copyKept(session: Session, whole: ReadonlySet<string>): Promise<void> {
  await session.run('copy from database kept to millrace (schema)');
  const found = await session.rows(
    `select schema_name, table_name from duckdb_tables() where database_name = 'kept' and not internal`,
  );
  for (const [schema, name] of found) {
    const table = `${quote(String(schema))}.${quote(String(name))}`;
    // of a letter's bytes only the schema id decides
    const columns = schema === 'meta' && name === 'aside' ? '* replace (bytes[1:5] as bytes)' : '*';
    const limit = schema === 'meta' || (schema === 'store' && whole.has(String(name))) ? '' : 'limit 1';
    await session.run(`insert into millrace.${table} select ${columns} from kept.${table} ${limit}`);
  }
  await session.run('detach kept');
}

function inUse(path: string, error: MillraceError): MillraceError {
  return new MillraceError('DATA_IN_USE', error.message, {
    place: path,
    remedy:
      'What a change means for the folder can be said only while nothing runs in it: stop the process (nothing is lost), check, then start it. Without --data the file alone is checked.',
    cause: error,
  });
}
