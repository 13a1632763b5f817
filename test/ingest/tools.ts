// What the tests of sources need: files in memory and on disk, clocks, a context, and a reader of everything.
import { open as openDisk, readFile } from 'node:fs/promises';
import { systemClock } from '../../src/core/clock.ts';
import type { FileHandle, Files } from '../../src/core/files.ts';
import { random } from '../../src/core/random.ts';
import type { Value } from '../../src/define/accept.ts';
import type { Fields } from '../../src/define/fields.ts';
import type { Position, Refusal, Source, SourceBatch, SourceContext } from '../../src/ingest/source.ts';

const refuse = () => Promise.reject(new Error('not used by sources'));
const unused: Omit<Files, 'openRead'> = {
  openWrite: refuse,
  readText: refuse,
  replace: refuse,
  makeFolder: refuse,
  list: refuse,
  remove: refuse,
  exists: refuse,
  syncFolder: refuse,
  removeFolder: refuse,
  rename: refuse,
};

function missing(path: string): Error {
  return Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
}

/** A handle that reads by a function. */
export function readHandle(size: () => number, read: FileHandle['read']): FileHandle {
  return { read, size: async () => size(), write: refuse, sync: refuse, truncate: refuse, close: async () => {} };
}

/** Files in memory, by path; `chunkBytes` bounds what one read returns. */
export function memoryFiles(contents: Record<string, string | Uint8Array>, chunkBytes = 2 ** 30): Files {
  return {
    ...unused,
    async openRead(path) {
      if (!Object.hasOwn(contents, path)) throw missing(path);
      const bytes = () => Buffer.from(contents[path]!);
      return readHandle(
        () => bytes().length,
        async (target, position) => {
          const part = bytes().subarray(position, position + Math.min(target.length, chunkBytes));
          target.set(part);
          return part.length;
        },
      );
    },
  };
}

/** Files whose content a function makes. */
export function generatedFiles(size: number, read: (target: Uint8Array, position: number) => number): Files {
  return {
    ...unused,
    openRead: async () =>
      readHandle(
        () => size,
        async (target, position) => read(target, position),
      ),
  };
}

/** Real files, for reading. */
export const diskFiles: Files = {
  ...unused,
  readText: (path) => readFile(path, 'utf8'),
  async openRead(path) {
    const file = await openDisk(path, 'r');
    return {
      ...readHandle(
        () => 0,
        async (target, position) => (await file.read(target, 0, target.length, position)).bytesRead,
      ),
      size: async () => (await file.stat()).size,
      close: () => file.close(),
    };
  },
};

/** A context with everything set; `notices` collects what the source says. */
export function context(
  fields: Fields,
  given: Partial<SourceContext> = {},
): SourceContext & { readonly notices: (string | undefined)[] } {
  const notices: (string | undefined)[] = [];
  return {
    clock: systemClock(),
    random: random('test'),
    files: memoryFiles({}),
    fetch: globalThis.fetch,
    lookup: async () => [{ address: '127.0.0.1', family: 4 }],
    fields,
    time: undefined,
    position: undefined,
    nextSequence: 0,
    signal: new AbortController().signal,
    notice: (text) => notices.push(text),
    notices,
    ...given,
  };
}

/** Everything that a source gave. */
export type Gathered = {
  rows: Value[][];
  sequences: number[];
  refusals: Refusal[];
  batches: SourceBatch[];
  last: Position | undefined;
};

/** Reads a source to its end, or `batchesMax` batches of it, and closes it. */
export async function gather(source: Source, batchesMax = Number.POSITIVE_INFINITY): Promise<Gathered> {
  const all: Gathered = { rows: [], sequences: [], refusals: [], batches: [], last: undefined };
  for await (const batch of source.batches()) {
    all.rows.push(...batch.rows);
    all.sequences.push(...batch.sequences);
    all.refusals.push(...batch.refusals);
    all.batches.push(batch);
    all.last = batch.position;
    if (all.batches.length >= batchesMax) break;
  }
  await source.close();
  return all;
}
