// Records that are erased from the embedded log: no byte of theirs is left, whatever happens to the disk meanwhile, and nothing else is lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { virtualClock } from '../../src/core/clock.ts';
import { type MemoryFiles, memoryFiles } from '../../src/core/memory-files.ts';
import { random } from '../../src/core/random.ts';
import { type Batch, BatchBuilder } from '../../src/log/batch.ts';
import { embeddedLog } from '../../src/log/embedded/embedded.ts';
import type { EmbeddedLogOptions } from '../../src/log/embedded/options.ts';
import type { Log } from '../../src/log/log.ts';
import { readAll, recordsOf, rejects } from '../contracts/log.ts';

const topic = 'ride';
const folder = `/log/${topic}/0`;
const headers = { 'millrace-forgotten': Buffer.from('1') };
const secret = 'Xanthippe-of-Athens';

function open(files: MemoryFiles, options: Partial<EmbeddedLogOptions> = {}): Promise<Log> {
  return embeddedLog({
    folder: '/log',
    files,
    clock: virtualClock(0),
    segmentBytes: 1024,
    indexBytes: 200,
    ...options,
  });
}

/** A batch of records of which every fifth is about the person. */
function mixed(from: number, count: number): Batch {
  const builder = new BatchBuilder();
  for (let i = from; i < from + count; i++)
    builder.add(i, Buffer.from(`k${i}`), Buffer.from(i % 5 === 2 ? `${secret} ${i}` : `other ${i}`), {
      n: Buffer.from(i % 5 === 2 ? secret : 'n'),
    });
  return builder.take();
}

/** A log of several segments, and the offsets of the records that are about the person. */
async function filled(options: Partial<EmbeddedLogOptions> = {}) {
  const files = memoryFiles();
  const log = await open(files, options);
  await log.createTopic(topic, { partitions: 1, retention: {} });
  for (let i = 0; i < 60; i += 3) await log.append(topic, 0, mixed(i, 3), { id: 'source', sequence: i + 2 });
  const gone = Array.from({ length: 60 }, (_, i) => i).filter((i) => i % 5 === 2);
  const expected = (await readAll(log, topic))
    .flatMap(recordsOf)
    .map((one) =>
      gone.includes(one.offset) ? { ...one, key: null, value: null, headers: { 'millrace-forgotten': '1' } } : one,
    );
  return { files, log, gone, expected };
}

/** Names of files that hold the person. */
async function traces(files: MemoryFiles): Promise<string[]> {
  const names = await files.list(folder);
  return names.filter((name) => Buffer.from(files.bytes(`${folder}/${name}`)).includes(secret));
}

test('no byte of a record that was erased is left in any file, nor in memory', async () => {
  for (const cacheBytesMax of [0, 1e6]) {
    const { files, log, gone, expected } = await filled({ cacheBytesMax });
    assert.ok((await traces(files)).length > 3);
    assert.equal(await log.erase(topic, 0, gone, headers), gone.length);
    assert.deepEqual((await readAll(log, topic)).flatMap(recordsOf), expected);
    await log.close();
    assert.deepEqual(await traces(files), []);
    const names = await files.list(folder);
    // the active segment has no index
    assert.equal(names.filter((name) => name.endsWith('.index')).length * 2 + 1, names.length, names.join());
  }
});

test('segments without such records are not touched, and what comes after goes into the one that was written anew', async () => {
  const { files, log, expected } = await filled();
  const [first, second] = (await files.list(folder)).filter((name) => name.endsWith('.log'));
  const whole = files.bytes(`${folder}/${first}`);
  const { rename } = files.counts;
  await log.erase(topic, 0, [57], headers);
  assert.equal(files.counts.rename, rename + 1);
  assert.equal(files.bytes(`${folder}/${first}`), whole);
  assert.ok(second);
  assert.equal(await log.append(topic, 0, mixed(60, 1), { id: 'source', sequence: 60 }), 60);
  await log.close();
  const again = await open(files.crash());
  const found = (await readAll(again, topic)).flatMap(recordsOf);
  assert.equal(found.length, 61);
  assert.deepEqual(found[57], expected[57]);
  assert.equal(await again.lastSequence(topic, 0, 'source'), 60);
});

test('killed at any operation it leaves the old or the new segment, and is done when it is called again', async () => {
  for (let seed = 0; seed < 3; seed++) {
    let operations = 0;
    for (let isDone = false; !isDone; operations++) {
      const { files, log, gone, expected } = await filled({ cacheBytesMax: 0 });
      files.crashAfter(operations);
      isDone = await log.erase(topic, 0, gone, headers).then(
        () => true,
        () => false,
      );
      const disk = files.crash(seed === 0 ? undefined : random(`${seed}/${operations}`));
      const again = await open(disk, { cacheBytesMax: 0 });
      const found = (await readAll(again, topic)).flatMap(recordsOf);
      assert.equal(found.length, 60, `after ${operations} operations`);
      for (const [i, one] of found.entries())
        if (one.value !== null) assert.equal(one.value, i % 5 === 2 ? `${secret} ${i}` : `other ${i}`);
      assert.equal(await again.erase(topic, 0, gone, headers), gone.length);
      assert.deepEqual((await readAll(again, topic)).flatMap(recordsOf), expected);
      assert.equal(await again.lastSequence(topic, 0, 'source'), 59);
      await again.close();
      assert.deepEqual(await traces(disk), [], `after ${operations} operations`);
      const third = await open(disk, { cacheBytesMax: 0 });
      assert.deepEqual((await readAll(third, topic)).flatMap(recordsOf), expected);
    }
    assert.ok(operations > 20, `${operations} operations`);
  }
});

test('a full disk, or one that fails, leaves the old segment, and it can be called again', async () => {
  for (const [operation, code] of [
    ['write', 'ENOSPC'],
    ['sync', 'EIO'],
    ['rename', 'EIO'],
    ['remove', 'EIO'],
    ['syncFolder', 'EIO'],
  ] as const) {
    for (const times of [1, 3]) {
      const { files, log, gone, expected } = await filled();
      files.fail(operation, code, times);
      await rejects(log.erase(topic, 0, gone, headers), code === 'ENOSPC' ? 'DISK_FULL' : 'STORE_UNAVAILABLE');
      const found = (await readAll(log, topic)).flatMap(recordsOf);
      assert.equal(found.length, 60);
      files.fail(operation, code, 0);
      while ((await log.erase(topic, 0, gone, headers).catch(() => true)) === true);
      assert.deepEqual((await readAll(log, topic)).flatMap(recordsOf), expected, operation);
      assert.equal(await log.append(topic, 0, mixed(60, 1)), 60);
      await log.close();
      assert.deepEqual(await traces(files), []);
    }
  }
});

test('what a crash has left of a segment that was being written is removed at opening', async () => {
  const { files, log } = await filled();
  await log.close();
  files.put(`${folder}/00000000000000000000.log.new`, Buffer.from(secret));
  const reader = await open(files, { readOnly: true });
  await reader.topics();
  assert.ok(
    (await files.list(folder)).some((name) => name.endsWith('.new')),
    'a reader removes nothing',
  );
  await open(files);
  assert.ok(!(await files.list(folder)).some((name) => name.endsWith('.new')));
});

test('damage in a segment is refused, and the segment stays as it is', async () => {
  const { files, log, gone } = await filled({ cacheBytesMax: 0 });
  const path = `${folder}/00000000000000000000.log`;
  const bytes = files.bytes(path);
  bytes[400]! ^= 1;
  await rejects(log.erase(topic, 0, gone, headers), 'LOG_DAMAGED', /damaged at byte/);
  assert.equal(files.bytes(path), bytes);
});

test('who reads beside the process that erases reads the new segments', async () => {
  const { files, log, gone, expected } = await filled();
  const reader = await open(files, { readOnly: true, cacheBytesMax: 0 });
  assert.equal((await readAll(reader, topic)).flatMap(recordsOf).length, 60);
  await log.erase(topic, 0, gone, headers);
  assert.deepEqual((await readAll(reader, topic)).flatMap(recordsOf), expected);
});
