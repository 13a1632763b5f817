// A forgetting that is decided and not finished: a file in the data folder says whom, until nothing of them is left; another one how far it is.
import { join } from 'node:path';
import { MillraceError, messageOf, translateSystemError } from '../core/errors.ts';
import type { Files } from '../core/files.ts';

/** What is decided. Its file is the only one that has the names: it is written once, and overwritten before it is removed. */
export type Decision = {
  readonly number: number;
  readonly names: readonly string[];
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly command: string;
  /** The one topic that it is limited to; undefined: all that declare a person. */
  readonly topic?: string | undefined;
  /** What was found before anything was removed: records by topic, letters, and rows by table of those tables that are not made again. */
  readonly records: Readonly<Record<string, number>>;
  readonly letters: number;
  readonly rows: Readonly<Record<string, number>>;
};

/**
 * How far it is: records are erased and rows removed (`log`), tables made again (`tables`), files written anew (`files`); nothing is left but
 * the decision itself (`done`). No name is in it.
 */
export type Stand = {
  readonly number: number;
  readonly phase: 'log' | 'tables' | 'files' | 'done';
  /** Rows that went one by one, by table. */
  readonly rows: Readonly<Record<string, number>>;
  /** Tables that are made again, by pipeline; and the pipelines for which that is done. */
  readonly remade: Readonly<Record<string, readonly string[]>>;
  readonly done: readonly string[];
  /** Tables that keep what was computed of records which the log no longer has. */
  readonly stale: readonly string[];
};

/** A forgetting that is not finished. */
export type Forgetting = { readonly decision: Decision; readonly stand: Stand };

const version = 1;

/** The files in a data folder. */
const decisionPath = (folder: string): string => join(folder, 'forgetting.json');
const standPath = (folder: string): string => join(folder, 'forgetting-progress.json');

/** Where a forgetting begins. */
export function begun(number: number): Stand {
  return { number, phase: 'log', rows: {}, remade: {}, done: [], stale: [] };
}

/**
 * What is decided in a data folder and not finished; undefined: nothing is. What a crash has left of one that was finished, or not decided, is
 * taken away, unless `isReadOnly`.
 *
 * @throws DATA_VERSION
 */
export async function readForgetting(
  files: Files,
  folder: string,
  { isReadOnly = false } = {},
): Promise<Forgetting | undefined> {
  if (!isReadOnly) await wipe(files, `${decisionPath(folder)}.new`);
  if (!(await files.exists(decisionPath(folder)))) {
    if (!isReadOnly) await removeStand(files, folder);
    return undefined;
  }
  const stand = await read<Stand>(files, standPath(folder));
  const isDone = stand?.phase === 'done';
  const decision = await read<Decision>(files, decisionPath(folder)).catch((error: unknown) => {
    // half overwritten
    if (isDone) return undefined;
    throw error;
  });
  if (!decision || (isDone && stand.number === decision.number)) {
    if (!isReadOnly) await removeForgetting(files, folder);
    return undefined;
  }
  // one of a forgetting before this is of no use
  return { decision, stand: stand?.number === decision.number ? stand : begun(decision.number) };
}

async function read<T>(files: Files, path: string): Promise<T | undefined> {
  if (!(await files.exists(path))) return undefined;
  let kept: T & { version: number };
  try {
    kept = JSON.parse(await files.readText(path)) as T & { version: number };
  } catch (error) {
    throw unreadable(path, messageOf(error), error);
  }
  if (kept.version !== version) throw unreadable(path, `it has version ${kept.version}, not ${version}`);
  return kept;
}

function unreadable(path: string, why: string, cause?: unknown): MillraceError {
  return new MillraceError('DATA_VERSION', `what is to be forgotten cannot be read: ${why}`, {
    place: path,
    remedy: 'Run the Millrace that wrote it; or remove the file and forget again: millrace forget VALUE.',
    cause,
  });
}

/** Decides. Durable when it resolves. @throws DISK_FULL */
export const decide = (files: Files, folder: string, decision: Decision): Promise<void> =>
  write(files, decisionPath(folder), decision);

/** Notes how far it is. Durable when it resolves. @throws DISK_FULL */
export const noteStand = (files: Files, folder: string, stand: Stand): Promise<void> =>
  write(files, standPath(folder), stand);

async function write(files: Files, path: string, content: object): Promise<void> {
  try {
    await files.replace(path, `${JSON.stringify({ version, ...content })}\n`);
  } catch (error) {
    throw translateSystemError(error, path);
  }
}

/** Ends a forgetting: its files go, the one with the names overwritten first. Killed in between, the next reading does it again. */
export async function endForgetting(files: Files, folder: string, stand: Stand): Promise<void> {
  await noteStand(files, folder, { ...stand, phase: 'done' });
  await removeForgetting(files, folder);
}

async function removeForgetting(files: Files, folder: string): Promise<void> {
  await wipe(files, decisionPath(folder));
  await files.syncFolder(folder);
  await removeStand(files, folder);
}

async function removeStand(files: Files, folder: string): Promise<void> {
  for (const path of [standPath(folder), `${standPath(folder)}.new`])
    if (await files.exists(path)) await files.remove(path);
}

async function wipe(files: Files, path: string): Promise<void> {
  if (!(await files.exists(path))) return;
  const file = await files.openWrite(path);
  try {
    const length = await file.size();
    if (length > 0) await file.write([new Uint8Array(length).fill(0x20)], 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await files.remove(path);
}

/** Refuses to go on with a data folder in which a person is half forgotten. @throws FORGET_UNFINISHED */
export function refuseUnfinished(forgetting: Forgetting | undefined, folder: string): void {
  if (!forgetting) return;
  throw new MillraceError(
    'FORGET_UNFINISHED',
    `forgetting number ${forgetting.decision.number} was cut short: what is left of the person would be processed again`,
    { place: folder, remedy: 'Finish it first: millrace forget --finish. It goes on where it was.' },
  );
}
