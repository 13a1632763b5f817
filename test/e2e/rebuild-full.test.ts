// A disk that fills up while a pipeline is made again: the tables that are there stay, and the rebuild waits and goes on, or is given up.
import assert from 'node:assert/strict';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadPipeline } from '../../src/control/load.ts';
import type { Millrace, RebuildStatus } from '../../src/control/millrace.ts';
import { noMounts, smallDisk } from './small-disk.ts';
import { busFile, opened, rowsOf, runOnce, until } from './tools.ts';

const params = { count: '20000', rate: '1000000/s' };
const options = { skip: noMounts(), timeout: 120_000 };

/** A small disk with a data folder in which the buses have run. */
async function busDisk(t: TestContext) {
  const mount = await smallDisk(t, '200m');
  const data = join(mount, 'data');
  await (await runOnce(t, data, busFile, params)).millrace.close();
  const filler = join(mount, 'filler');
  return {
    data,
    async fill() {
      const { bavail, bsize } = await statfs(mount);
      await writeFile(filler, Buffer.alloc(bavail * bsize - 200_000));
    },
    free: () => rm(filler),
  };
}

const allRows = (millrace: Millrace) => rowsOf(millrace, 'select * from bus_traffic_processed order by all');

/** What is said of a full disk: what happened, to what, and what to do. */
function saysFull({ state, code, reason, place, remedy }: RebuildStatus, data: string): void {
  assert.deepEqual([state, code, place], ['waiting', 'DISK_FULL', join(data, 'tables.duckdb')]);
  assert.match(reason!, /no space left on the disk/);
  assert.match(remedy!, /Free some space/);
}

test(
  'a rebuild waits for a full disk, beside tables that can be read, and goes on when there is space',
  options,
  async (t) => {
    const { data, fill, free } = await busDisk(t);
    const millrace = await opened(t, data);
    const running = await millrace.start([await loadPipeline(busFile)], { params });
    const backend = millrace.backend(running);
    const view = () => backend.pipelines()[0]!;
    const before = await allRows(millrace);
    await fill();
    await backend.rebuild('bus', undefined, false);
    await until('it waits for space', () => view().rebuild?.state === 'waiting', 60_000);
    saysFull(view().rebuild!, data);
    assert.deepEqual(await allRows(millrace), before);
    await free();
    await until('it has changed places', () => view().rebuild === undefined, 60_000);
    assert.deepEqual(await allRows(millrace), before);
    assert.ok(view().ledger.balanced);
    await running.stop();
    await millrace.close();
  },
);

test(
  'a rebuild that waits for a full disk can be given up, and begun again when there is space',
  options,
  async (t) => {
    const { data, fill, free } = await busDisk(t);
    const millrace = await opened(t, data);
    const running = await millrace.start([await loadPipeline(busFile)], { params });
    const backend = millrace.backend(running);
    const view = () => backend.pipelines()[0]!;
    const before = await allRows(millrace);
    await fill();
    await backend.rebuild('bus', undefined, false);
    await until('it waits for space', () => view().rebuild?.state === 'waiting', 60_000);
    await backend.cancelRebuild('bus');
    assert.equal(view().rebuild, undefined);
    assert.deepEqual(await allRows(millrace), before);
    await free();
    await backend.rebuild('bus', undefined, false);
    await until('it has changed places', () => view().rebuild === undefined, 60_000);
    assert.deepEqual(await allRows(millrace), before);
    await running.stop();
    await millrace.close();
  },
);

test('a rebuild of a pipeline that does not run waits for a full disk, says so, and goes on', options, async (t) => {
  const { data, fill, free } = await busDisk(t);
  const millrace = await opened(t, data);
  const before = await allRows(millrace);
  await fill();
  const told = Promise.withResolvers<RebuildStatus>();
  const done = millrace.rebuild(await loadPipeline(busFile), undefined, {
    params,
    told: (status) => {
      if (status.state === 'waiting') told.resolve(status);
    },
  });
  saysFull(await told.promise, data);
  assert.deepEqual(await allRows(millrace), before);
  await free();
  assert.equal((await done).done, 20_000);
  assert.deepEqual(await allRows(millrace), before);
  await millrace.close();
});
