// A disk that fills up soon: a small file system in memory.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const system = (...words: [string, ...string[]]) => execFileSync(words[0], words.slice(1), { stdio: 'ignore' });

/** Why this machine can have no small disk, else false: for a test's `skip`. */
export function noMounts(): string | false {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'only root on Linux can mount a small file system';
  try {
    system('unshare', '--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt');
    return false;
  } catch {
    return 'this machine does not allow mounts';
  }
}

/** The folder of a small disk, such as of 12m, which is unmounted when the test ends. */
export async function smallDisk(t: TestContext, size: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-disk-'));
  system('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder);
  t.after(async () => {
    system('umount', '-l', folder);
    await rm(folder, { recursive: true });
  });
  return folder;
}

/** Gives a small disk another size. */
export const resizeDisk = (folder: string, size: string) => system('mount', '-o', `remount,size=${size}`, folder);
