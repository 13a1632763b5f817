// The first start of a data folder: killed at any moment, with the power gone or not, the next start finds a folder that it can take.
import assert from 'node:assert/strict';
import { mkdir, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { takeFolder } from '../../src/control/layout.ts';
import { open } from '../../src/control/open.ts';
import { memoryFiles } from '../../src/core/memory-files.ts';
import { random } from '../../src/core/random.ts';
import { int, pipeline, table, topic } from '../../src/index.ts';
import { temporary } from './tools.ts';

const path = '/home/ann/data';
const rides = pipeline('rides', { tables: [table('rides', topic('ride', { id: int() }), { key: 'id' })] });

test('a first start that is killed at any operation leaves a folder that can be taken, and one that it took stays', async () => {
  for (let operations = 0; ; operations++) {
    let isTaken = false;
    for (const seed of [undefined, 1, 2, 3, 4, 5, 6, 7]) {
      const files = memoryFiles();
      files.crashAfter(operations);
      isTaken = await takeFolder(files, path).then(
        () => true,
        () => false,
      );
      const disk = files.crash(seed === undefined ? undefined : random(seed));
      if (isTaken) assert.deepEqual(await disk.list(path), ['millrace.json']);
      await takeFolder(disk, path);
      assert.ok(await disk.exists(`${path}/millrace.json`));
      await takeFolder(disk, path);
    }
    if (isTaken) break;
  }
});

test('a marker that was being written when the process was killed does not stand in the way; anything else does', async (t) => {
  const folder = await temporary(t);
  await mkdir(folder);
  await writeFile(join(folder, 'millrace.json.new'), '{"lay');
  await (await open({ folder })).close();
  assert.ok((await readdir(folder)).includes('millrace.json'));
  const other = join(dirname(folder), 'other');
  await mkdir(other);
  await writeFile(join(other, 'letter.txt'), 'Dear Ann');
  await assert.rejects(open({ folder: other }), { code: 'DATA_VERSION', message: /holds other things/ });
});

test('a folder of another layout is refused', async () => {
  const files = memoryFiles();
  files.put(`${path}/millrace.json`, Buffer.from('{"layout":2}'));
  await assert.rejects(takeFolder(files, path), { code: 'DATA_VERSION', message: /has layout 2/ });
});

test('a marker that is no JSON is told with its place', async () => {
  for (const text of ['', '{"lay', 'null']) {
    const files = memoryFiles();
    files.put(`${path}/millrace.json`, Buffer.from(text));
    await assert.rejects(takeFolder(files, path), { code: 'DATA_VERSION', place: `${path}/millrace.json` });
  }
});

test('tables that are missing beside a log are refused, and none are made', async (t) => {
  const folder = await temporary(t);
  const used = await open({ folder });
  const running = await used.start([rides], { withoutSources: true });
  await running.stop(1000);
  await used.close();
  await rename(join(folder, 'tables.duckdb'), join(folder, 'away'));
  await assert.rejects(open({ folder }), { code: 'TABLES_DAMAGED', message: /missing/, place: /tables\.duckdb$/ });
  assert.equal((await readdir(folder)).includes('tables.duckdb'), false);
  await writeFile(join(folder, 'tables.duckdb'), '');
  await assert.rejects(open({ folder }), { code: 'TABLES_DAMAGED', message: /damaged/, place: /tables\.duckdb$/ });
  await rm(join(folder, 'tables.duckdb'));
  await rename(join(folder, 'away'), join(folder, 'tables.duckdb'));
  await (await open({ folder })).close();
});

test('what a first start that was killed has left of the tables does not stand in the way', async (t) => {
  for (const bytes of [0, 100, 4096, 8192]) {
    const folder = await temporary(t);
    await (await open({ folder })).close();
    await truncate(join(folder, 'tables.duckdb'), bytes);
    await (await open({ folder })).close();
  }
});

test('a file in place of the folder, or above it, is told', async (t) => {
  const file = await temporary(t);
  await writeFile(file, 'a,b');
  for (const folder of [file, join(file, 'data')])
    await assert.rejects(open({ folder }), { code: 'DATA_VERSION', place: folder, message: /^this is a file/ });
});
