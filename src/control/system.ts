// The machine behind the interfaces of core/: its clock, its chance, its file system, which only this touches, and its network.

import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Clock, systemClock } from '../core/clock.ts';
import { systemCode } from '../core/errors.ts';
import type { FileHandle, Files } from '../core/files.ts';
import { type Random, random } from '../core/random.ts';
import type { SourceContext } from '../ingest/source.ts';

/** Everything from outside that the product uses, injected: a test gives its own. */
export type System = {
  clock: Clock;
  random: Random;
  files: Files;
  fetch: typeof fetch;
  lookup: SourceContext['lookup'];
};

/** The machine itself. */
export function system(): System {
  return {
    clock: systemClock(),
    random: random(randomBytes(16).toString('hex')),
    files: nodeFiles(),
    fetch: globalThis.fetch,
    lookup: (host) => lookup(host, { all: true }),
  };
}

/** The machine's file system. `sync` is fdatasync; new files are readable by their owner only. */
export function nodeFiles(): Files {
  const files: Files = {
    // a named pipe would be opened only when somebody writes to it
    openRead: async (path) => handleOf(await fs.open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))),
    openWrite: async (path) => handleOf(await fs.open(path, constants.O_RDWR | constants.O_CREAT, 0o600)),
    readText: (path) => fs.readFile(path, 'utf8'),
    async replace(path, content) {
      const temporary = `${path}.new`;
      try {
        const file = await fs.open(temporary, 'w', 0o600);
        try {
          await file.writeFile(content);
          await file.datasync();
        } finally {
          await file.close();
        }
        await fs.rename(temporary, path);
      } catch (error) {
        await fs.rm(temporary, { force: true });
        throw error;
      }
      await files.syncFolder(dirname(path));
    },
    async makeFolder(path) {
      await fs.mkdir(path, { recursive: true, mode: 0o700 });
    },
    async list(path) {
      try {
        return (await fs.readdir(path)).sort();
      } catch (error) {
        if (systemCode(error) === 'ENOENT') return [];
        throw error;
      }
    },
    remove: (path) => fs.unlink(path),
    rename: (from, to) => fs.rename(from, to),
    async removeFolder(path) {
      try {
        await fs.rmdir(path);
      } catch (error) {
        if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '')) throw error;
      }
    },
    async exists(path) {
      try {
        await fs.access(path);
        return true;
      } catch (error) {
        if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return false;
        throw error;
      }
    },
    async syncFolder(path) {
      // Windows cannot open a folder, and makes its entries durable by itself
      if (process.platform === 'win32') return;
      const folder = await fs.open(path, constants.O_RDONLY);
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    },
  };
  return files;
}

function handleOf(file: fs.FileHandle): FileHandle {
  return {
    read: async (target, position) => (await file.read(target, 0, target.length, position)).bytesRead,
    write: (parts, position) => writeAll(file, parts, position),
    sync: () => file.datasync(),
    truncate: (length) => file.truncate(length),
    size: async () => (await file.stat()).size,
    close: () => file.close(),
  };
}

/** A write may take only a part, as when the disk fills up: goes on with the rest until all is written or it fails. */
async function writeAll(file: fs.FileHandle, parts: readonly Uint8Array[], position: number): Promise<void> {
  let left = [...parts];
  let at = position;
  while (left.length > 0) {
    let { bytesWritten } = await file.writev(left, at);
    at += bytesWritten;
    let done = 0;
    while (done < left.length && bytesWritten >= left[done]!.length) bytesWritten -= left[done++]!.length;
    left = left.slice(done);
    if (bytesWritten > 0) left[0] = left[0]!.subarray(bytesWritten);
  }
}
