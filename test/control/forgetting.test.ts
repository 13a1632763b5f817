// The decision to forget somebody, on a disk that fails: it is there as a whole or not at all, and when it has ended no byte of the name is left.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  begun,
  type Decision,
  decide,
  endForgetting,
  noteStand,
  readForgetting,
  refuseUnfinished,
} from '../../src/control/forgetting.ts';
import { type MemoryFiles, memoryFiles } from '../../src/core/memory-files.ts';
import { random } from '../../src/core/random.ts';

const who = 'xanthippe-of-athens-4711';
const decision: Decision = {
  number: 3,
  // longer than a sector: what is overwritten may be torn
  names: [who, ...Array.from({ length: 60 }, (_, i) => `${who} ${i}`)],
  atMs: 5,
  command: 'millrace forget',
  records: { rides: 2 },
  letters: 1,
  rows: {},
};

async function disk(): Promise<MemoryFiles> {
  const files = memoryFiles();
  await files.makeFolder('/data');
  await files.syncFolder('/');
  return files;
}

async function traces(files: MemoryFiles): Promise<string[]> {
  const names = await files.list('/data');
  return names.filter((name) => Buffer.from(files.bytes(`/data/${name}`)).includes(who));
}

test('it is read as it was written, with how far it is, and refuses what would go on', async () => {
  const files = await disk();
  assert.equal(await readForgetting(files, '/data'), undefined);
  await decide(files, '/data', decision);
  const found = (await readForgetting(files, '/data'))!;
  assert.deepEqual({ ...found.decision }, { version: 1, ...decision });
  assert.deepEqual(found.stand, begun(3));
  await noteStand(files, '/data', { ...begun(3), phase: 'files', done: ['p'] });
  assert.equal((await readForgetting(files, '/data'))!.stand.phase, 'files');
  assert.throws(() => refuseUnfinished(found, '/data'), { code: 'FORGET_UNFINISHED', remedy: /--finish/ });
  refuseUnfinished(undefined, '/data');
  // how far another one was says nothing of this one
  await noteStand(files, '/data', { ...begun(2), phase: 'done' });
  assert.equal((await readForgetting(files, '/data'))!.stand.phase, 'log');
  await endForgetting(files, '/data', begun(3));
  assert.deepEqual([await readForgetting(files, '/data'), await files.list('/data')], [undefined, []]);
});

test('killed at any operation it is decided or not, ended or not; and once it has ended, its name is in no file', async () => {
  for (let seed = 0; seed < 20; seed++) {
    let operations = 0;
    for (let isDone = false; !isDone; operations++) {
      const files = await disk();
      files.crashAfter(operations);
      const work = async () => {
        await decide(files, '/data', decision);
        await noteStand(files, '/data', { ...begun(3), phase: 'tables' });
        await endForgetting(files, '/data', begun(3));
      };
      isDone = await work().then(
        () => true,
        () => false,
      );
      const after = files.crash(random(`${seed}/${operations}`));
      const found = await readForgetting(after, '/data');
      if (found) {
        assert.deepEqual(found.decision.names, decision.names);
        // it goes on, and ends
        await endForgetting(after, '/data', found.stand);
        assert.equal(await readForgetting(after, '/data'), undefined);
      }
      assert.deepEqual(await traces(after), [], `${seed}, after ${operations} operations`);
      assert.deepEqual(await after.list('/data'), []);
    }
    assert.ok(operations > 6);
  }
});

test('it is overwritten before it is removed', async () => {
  const files = await disk();
  await decide(files, '/data', decision);
  files.fail('remove', 'EIO');
  await assert.rejects(endForgetting(files, '/data', begun(3)));
  assert.deepEqual(await traces(files), []);
  // a full disk is no hindrance: nothing is written that was not there
  const full = await disk();
  await decide(full, '/data', decision);
  await noteStand(full, '/data', { ...begun(3), phase: 'done' });
  full.diskBytes = 0;
  assert.equal(await readForgetting(full, '/data'), undefined);
  assert.deepEqual(await full.list('/data'), []);
});

test('who only looks changes nothing', async () => {
  const files = await disk();
  await decide(files, '/data', decision);
  files.put('/data/forgetting.json.new', Buffer.from(who));
  const before = await files.list('/data');
  assert.ok(await readForgetting(files, '/data', { isReadOnly: true }));
  assert.deepEqual(await files.list('/data'), before);
  await readForgetting(files, '/data');
  assert.deepEqual(await files.list('/data'), ['forgetting.json']);
});

test('a file that is none is refused with what to do', async () => {
  const files = await disk();
  for (const text of ['{"version":1,"na', '{"version":2}']) {
    files.put('/data/forgetting.json', Buffer.from(text));
    await assert.rejects(readForgetting(files, '/data'), { code: 'DATA_VERSION', remedy: /remove the file/ });
  }
});
