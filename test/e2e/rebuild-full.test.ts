// A disk that fills up while a pipeline is made again: the tables that are there stay, and the rebuild waits and goes on.
import assert from 'node:assert/strict';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadPipeline } from '../../src/control/load.ts';
import { noMounts, smallDisk } from './small-disk.ts';
import { busFile, opened, rowsOf, runOnce, until } from './tools.ts';

test('a rebuild waits for a full disk, beside tables that can be read, and goes on when there is space', {
  skip: noMounts(),
  timeout: 120_000,
}, async (t) => {
  const mount = await smallDisk(t, '200m');
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
