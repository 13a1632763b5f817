// A disk that fills up while a pipeline is made again: the tables that are there stay, and the rebuild waits and goes on.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadPipeline } from '../../src/control/load.ts';
import { busFile, opened, rowsOf, runOnce, until } from './tools.ts';

/** A small file system in memory, or why there can be none here. */
function canMount(): string | false {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'only root on Linux can mount a small file system';
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'this machine does not allow mounts';
  }
}

test('a rebuild waits for a full disk, beside tables that can be read, and goes on when there is space', {
  skip: canMount(),
  timeout: 120_000,
}, async (t) => {
  const mount = await mkdtemp(join(tmpdir(), 'millrace-disk-'));
  const system = (...words: string[]) => execFileSync(words[0]!, words.slice(1), { stdio: 'ignore' });
  system('mount', '-t', 'tmpfs', '-o', 'size=200m', 'tmpfs', mount);
  t.after(async () => {
    system('umount', '-l', mount);
    await rm(mount, { recursive: true });
  });
  const data = join(mount, 'data');
  const given = { count: '20000', rate: '1000000/s' };
  await (await runOnce(t, data, busFile, given)).millrace.close();
  const millrace = await opened(t, data);
  const running = await millrace.start([await loadPipeline(busFile)], { params: given });
  const view = () => millrace.backend(running).pipelines()[0]!;
  const [table] = (await millrace.backend(running).tables()).map(({ name }) => name);
  const all = () => rowsOf(millrace, `select * from ${table} order by all`);
  const before = await all();
  const { bavail, bsize } = await statfs(mount);
  await writeFile(join(mount, 'filler'), Buffer.alloc(bavail * bsize - 200_000));
  await millrace.backend(running).rebuild(view().name, undefined, false);
  await until('it waits for space', () => view().rebuild?.state === 'waiting', 60_000);
  assert.match(view().rebuild!.reason!, /no space left/);
  assert.deepEqual(await all(), before);
  await rm(join(mount, 'filler'));
  await until('it has changed places', () => view().rebuild === undefined, 60_000);
  assert.deepEqual(await all(), before);
  assert.ok(view().ledger.balanced);
  await running.stop();
  await millrace.close();
});
