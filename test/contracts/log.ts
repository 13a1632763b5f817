// The contract of a log as tests, for every adapter: give it a way to open one.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { type Code, MillraceError } from '../../src/core/errors.ts';
import { type Batch, BatchBuilder, headersOf, keyOf, valueIn as valueBytesOf } from '../../src/log/batch.ts';
import type { Log } from '../../src/log/log.ts';

/** What a read takes where a test does not care. */
export const plenty = { recordsMax: 1_000_000, bytesMax: 64 * 2 ** 20 };

/** A batch of numbered records: value `<name><number>`, key `k<number>`, time `startMs + number`. */
export function numbered(count: number, first = 0, { name = 'v', startMs = 1000 } = {}): Batch {
  const builder = new BatchBuilder(64);
  const encoder = new TextEncoder();
  for (let i = first; i < first + count; i++)
    builder.add(startMs + i, encoder.encode(`k${i}`), encoder.encode(`${name}${i}`));
  return builder.take();
}

/** The values of all records, as text. */
export function textsOf(batches: readonly Batch[]): string[] {
  const texts: string[] = [];
  for (const batch of batches)
    for (let i = 0; i < batch.count; i++) texts.push(new TextDecoder().decode(valueBytesOf(batch, i)!));
  return texts;
}

/** Every record of a partition, read with the given limits, checked to be without a gap. */
export async function readAll(log: Log, topic: string, partition = 0, limits = plenty): Promise<Batch[]> {
  const all: Batch[] = [];
  const { start, end } = log.range(topic, partition);
  let offset = start;
  while (offset < end) {
    const batches = await log.read(topic, partition, offset, limits);
    assert.ok(batches.length > 0, `nothing at ${offset} of [${start}, ${end})`);
    for (const batch of batches) {
      assert.equal(batch.baseOffset, offset);
      offset += batch.count;
      all.push(batch);
    }
  }
  return all;
}

/** The records of a batch, each with all that it has. */
export function recordsOf(batch: Batch) {
  const latin = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes).toString('latin1');
  return Array.from({ length: batch.count }, (_, i) => ({
    offset: batch.baseOffset + i,
    time: batch.times[i],
    key: latin(keyOf(batch, i)),
    value: latin(valueBytesOf(batch, i)),
    headers: Object.fromEntries(Object.entries(headersOf(batch, i)).map(([name, value]) => [name, latin(value)])),
  }));
}

/** Checks that a promise fails with a code, and a message that says something. */
export async function rejects(promise: Promise<unknown>, code: Code, pattern?: RegExp): Promise<void> {
  await assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof MillraceError, String(error));
    assert.equal(error.code, code, error.message);
    assert.ok(error.remedy, 'it has a remedy');
    if (pattern) assert.match(error.message, pattern);
    return true;
  });
}

/** Opens the same log each time it is called. The log before it was closed. */
export type OpenLog = () => Promise<Log>;

/** The suite: `make` gives, for a name, a log that is empty at first. */
export function testLog(adapter: string, make: () => Promise<OpenLog>): void {
  describe(`log contract: ${adapter}`, () => {
    let open: OpenLog;
    let log: Log;
    const forever = { partitions: 1, retention: {} };
    before(async () => {
      open = await make();
      log = await open();
    });
    after(() => log.close());

    test('a new topic is empty, and stays as it is when it is made again', async () => {
      await log.createTopic('empty', { partitions: 2, retention: { ageMs: 1000 } });
      await log.createTopic('empty', { partitions: 2, retention: { bytes: 5000 } });
      const topic = await log.topic('empty');
      assert.deepEqual(
        topic.partitions.map(({ start, end, newestMs }) => ({ start, end, newestMs })),
        [
          { start: 0, end: 0, newestMs: undefined },
          { start: 0, end: 0, newestMs: undefined },
        ],
      );
      assert.equal(topic.retention.bytes, 5000);
      assert.equal(topic.retention.ageMs, undefined);
      assert.deepEqual(await log.read('empty', 1, 0, plenty), []);
      assert.equal(await log.offsetAt('empty', 0, 0), 0);
      assert.ok((await log.topics()).some(({ name }) => name === 'empty'));
    });

    test('partitions may be added, never taken away', async () => {
      await log.createTopic('grows', forever);
      await log.append('grows', 0, numbered(3));
      await log.createTopic('grows', { partitions: 3, retention: {} });
      assert.equal((await log.topic('grows')).partitions.length, 3);
      assert.deepEqual(log.range('grows', 0), { start: 0, end: 3 });
      await log.append('grows', 2, numbered(1));
      await rejects(log.createTopic('grows', { partitions: 2, retention: {} }), 'OPTION_INVALID', /grows/);
    });

    test('what is unknown or cannot be is refused by name', async () => {
      await rejects(log.topic('nowhere'), 'NOT_FOUND', /nowhere/);
      await rejects(log.append('nowhere', 0, numbered(1)), 'NOT_FOUND', /nowhere/);
      await rejects(log.read('nowhere', 0, 0, plenty), 'NOT_FOUND', /nowhere/);
      for (const name of ['../up', 'a/b', '', '.', 'a.b', 'x'.repeat(121)])
        await rejects(log.createTopic(name, forever), 'NAME_INVALID');
      await rejects(log.createTopic('zero', { partitions: 0, retention: {} }), 'OPTION_INVALID');
    });

    test('records come back as they were: keys, values, headers, times, nulls and empty values', async () => {
      await log.createTopic('exact', forever);
      const builder = new BatchBuilder(8);
      const bytes = Uint8Array.from({ length: 300 }, (_, i) => i % 256);
      builder.add(-5, bytes, null, { a: Uint8Array.of(1, 2), ü: new Uint8Array(0) });
      builder.add(8.64e15, null, new Uint8Array(0));
      builder.add(0.5, new Uint8Array(0), bytes, { z: bytes });
      await log.append('exact', 0, builder.take());
      await log.close();
      log = await open();
      const [batch] = await log.read('exact', 0, 0, plenty);
      assert.equal(batch!.topic, 'exact');
      assert.deepEqual([...batch!.times], [-5, 8.64e15, 0.5]);
      assert.deepEqual(
        [0, 1, 2].map((i) => keyOf(batch!, i)?.length),
        [300, undefined, 0],
      );
      assert.deepEqual(
        [0, 1, 2].map((i) => valueBytesOf(batch!, i)?.length),
        [undefined, 0, 300],
      );
      assert.deepEqual(Buffer.from(valueBytesOf(batch!, 2)!), Buffer.from(bytes));
      assert.deepEqual(Object.keys(headersOf(batch!, 0)), ['a', 'ü']);
      assert.deepEqual(Buffer.from(headersOf(batch!, 2).z!), Buffer.from(bytes));
      assert.deepEqual(Object.keys(headersOf(batch!, 1)), []);
    });

    test('offsets have no gap, and appends keep the order of their calls', async () => {
      await log.createTopic('order', { partitions: 2, retention: {} });
      const offsets = await Promise.all(
        Array.from({ length: 200 }, (_, i) => log.append('order', i % 2, numbered(3, 3 * i))),
      );
      for (let i = 0; i < 200; i++) assert.equal(offsets[i], 3 * (i >> 1));
      for (const partition of [0, 1]) {
        const expected = Array.from({ length: 100 }, (_, i) => 2 * i + partition).flatMap((i) =>
          [0, 1, 2].map((j) => `v${3 * i + j}`),
        );
        assert.deepEqual(textsOf(await readAll(log, 'order', partition)), expected);
      }
    });

    test('everything is there after the log was closed and opened again', async () => {
      await log.createTopic('again', forever);
      for (let i = 0; i < 5; i++) await log.append('again', 0, numbered(10, 10 * i));
      await log.close();
      log = await open();
      assert.equal(await log.append('again', 0, numbered(10, 50)), 50);
      assert.deepEqual(
        textsOf(await readAll(log, 'again')),
        Array.from({ length: 60 }, (_, i) => `v${i}`),
      );
    });

    test('a read begins in the middle of a batch and keeps to its limits, but always gives one batch', async () => {
      await log.createTopic('limits', forever);
      for (let i = 0; i < 10; i++) await log.append('limits', 0, numbered(10, 10 * i));
      for (const reopen of [false, true]) {
        if (reopen) {
          await log.close();
          log = await open();
        }
        const middle = await log.read('limits', 0, 25, plenty);
        assert.equal(middle[0]!.baseOffset, 25);
        assert.equal(textsOf(middle)[0], 'v25');
        assert.equal(textsOf(middle).length, 75);
        assert.equal(textsOf(await log.read('limits', 0, 0, { recordsMax: 35, bytesMax: 1e9 })).length, 30);
        assert.equal(textsOf(await log.read('limits', 0, 0, { recordsMax: 1, bytesMax: 1 })).length, 10);
        assert.equal(textsOf(await log.read('limits', 0, 99, { recordsMax: 1, bytesMax: 1 })).length, 1);
        assert.deepEqual(await log.read('limits', 0, 100, plenty), []);
        for (const offset of [-1, 101, Number.NaN])
          await rejects(log.read('limits', 0, offset, plenty), 'OFFSET_OUT_OF_RANGE', /limits/);
      }
    });

    test('the last sequence of each producer is kept with what it appended', async () => {
      await log.createTopic('sequence', { partitions: 2, retention: {} });
      assert.equal(await log.lastSequence('sequence', 0, 'one'), -1);
      await log.append('sequence', 0, numbered(3), { id: 'one', sequence: 2 });
      await log.append('sequence', 0, numbered(3), { id: 'two', sequence: 9_007_199_254_740_991 });
      await log.append('sequence', 0, numbered(3), { id: 'one', sequence: 7 });
      await log.append('sequence', 0, numbered(3));
      for (const reopen of [false, true]) {
        if (reopen) {
          await log.close();
          log = await open();
        }
        assert.equal(await log.lastSequence('sequence', 0, 'one'), 7);
        assert.equal(await log.lastSequence('sequence', 0, 'two'), 9_007_199_254_740_991);
        assert.equal(await log.lastSequence('sequence', 1, 'one'), -1);
      }
    });

    test('an offset is found by time, also among records that are out of order', async () => {
      await log.createTopic('times', forever);
      const times = [100, 300, 200, 150, 400, 350, 120, 500];
      for (const timeMs of times) await log.append('times', 0, numbered(1, 0, { startMs: timeMs }));
      for (const [timeMs, offset] of [
        [0, 0],
        [100, 0],
        [101, 1],
        [300, 1],
        [301, 4],
        [401, 7],
        [500, 7],
        [501, 8],
      ] as const)
        assert.equal(await log.offsetAt('times', 0, timeMs), offset, `at ${timeMs}`);
    });

    test('a wait ends when records come, at once where they are there, and when it is aborted', async () => {
      await log.createTopic('waits', forever);
      const stop = new AbortController();
      let woken = 0;
      const waits = Array.from({ length: 2000 }, () => log.wait('waits', 0, 0, stop.signal).then(() => woken++));
      const beyond = log.wait('waits', 0, 5, stop.signal);
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(woken, 0);
      await log.append('waits', 0, numbered(2));
      await Promise.all(waits);
      assert.equal(woken, 2000);
      await log.wait('waits', 0, 1, new AbortController().signal);
      await log.wait('waits', 0, 9, AbortSignal.abort());
      stop.abort();
      await beyond;
      assert.equal(getEventListeners(stop.signal, 'abort').length, 0, 'nothing is left behind');
    });

    test('a topic that is deleted is not there any more, its name is free, and the others stay', async () => {
      const log = await open();
      const none = { partitions: 1, retention: {} };
      await log.createTopic('stays', none);
      await log.append('stays', 0, numbered(3));
      await log.createTopic('goes', { partitions: 3, retention: {} });
      await log.append('goes', 2, numbered(50), { id: 'one', sequence: 49 });
      const waiting = log.wait('goes', 0, 0, new AbortController().signal);
      await log.deleteTopic('goes');
      await waiting;
      await rejects(log.topic('goes'), 'NOT_FOUND');
      await log.deleteTopic('goes');
      await log.deleteTopic('never-there');
      await log.createTopic('goes', none);
      assert.equal((await log.topic('goes')).partitions.length, 1);
      assert.equal(await log.lastSequence('goes', 0, 'one'), -1);
      assert.equal(await log.append('goes', 0, numbered(2, 0, { name: 'anew' })), 0);
      assert.deepEqual(textsOf(await readAll(log, 'goes')), ['anew0', 'anew1']);
      await log.deleteTopic('goes');
      await log.close();
      const again = await open();
      assert.equal(
        (await again.topics()).some(({ name }) => name === 'goes'),
        false,
      );
      assert.deepEqual(textsOf(await readAll(again, 'stays')), ['v0', 'v1', 'v2']);
      await again.close();
    });

    test('erased records keep offset and time and hold their new headers, all others are as they were', async () => {
      const log = await open();
      await log.createTopic('erased', { partitions: 2, retention: {} });
      const producer = { id: 'one', sequence: 29 };
      for (let i = 0; i < 60; i += 10) await log.append('erased', 0, numbered(10, i), producer);
      await log.append('erased', 1, numbered(10));
      // a batch whose bytes must be read from beyond one chunk, with headers and nulls beside the record that goes
      const builder = new BatchBuilder();
      const long = new Uint8Array(70_000).fill(7);
      builder.add(5, null, long, { a: Uint8Array.of(1) });
      builder.add(6, long, null, { b: Uint8Array.of(2) });
      builder.add(7, long, long, { c: long });
      await log.append('erased', 0, builder.take());
      const before = await readAll(log, 'erased');
      const sequences = async (log: Log) => [
        await log.lastSequence('erased', 0, 'one'),
        await log.lastSequence('erased', 1, 'one'),
      ];
      const [start, other] = [await sequences(log), await readAll(log, 'erased', 1)];
      const headers = { 'millrace-forgotten': Buffer.from('12') };
      const gone = [0, 9, 10, 25, 26, 59, 61, 999];
      assert.equal(await log.erase('erased', 0, gone, headers), 7);
      assert.equal(await log.erase('erased', 0, [], headers), 0);
      const expected = before
        .flatMap(recordsOf)
        .map((one) =>
          gone.includes(one.offset) ? { ...one, key: null, value: null, headers: { 'millrace-forgotten': '12' } } : one,
        );
      const check = async (log: Log) => {
        assert.deepEqual((await readAll(log, 'erased')).flatMap(recordsOf), expected);
        assert.deepEqual((await readAll(log, 'erased', 1)).flatMap(recordsOf), other.flatMap(recordsOf));
        assert.deepEqual(await sequences(log), start);
        assert.equal(await log.offsetAt('erased', 0, 1030), 30);
      };
      await check(log);
      assert.equal(await log.append('erased', 0, numbered(1, 70)), 63);
      expected.push(...recordsOf({ ...numbered(1, 70), baseOffset: 63 }));
      await check(log);
      await log.close();
      const again = await open();
      await check(again);
      // killed before it was said to be done, it is called again
      assert.equal(await again.erase('erased', 0, gone, headers), 7);
      await check(again);
      await rejects(again.erase('erased', 2, [0], headers), 'NOT_FOUND', /partition 2/);
      await again.close();
    });

    test('retention never removes what is held or without limits', async () => {
      await log.createTopic('kept', { partitions: 1, retention: { ageMs: 1 } });
      await log.createTopic('forever', forever);
      for (const topic of ['kept', 'forever']) await log.append(topic, 0, numbered(100));
      await log.retain((topic) => (topic === 'kept' ? 0 : Number.POSITIVE_INFINITY));
      for (const topic of ['kept', 'forever']) {
        assert.deepEqual(log.range(topic, 0), { start: 0, end: 100 });
        assert.equal(textsOf(await readAll(log, topic)).length, 100);
      }
    });
  });
}
