// What the embedded log does beyond the contract: group commit, memory at the tail, retention, following from another process.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { nodeFiles } from '../../src/control/system.ts';
import { systemClock, virtualClock } from '../../src/core/clock.ts';
import { type MemoryFiles, memoryFiles } from '../../src/core/memory-files.ts';
import { crc32c } from '../../src/log/embedded/crc32c.ts';
import { embeddedLog } from '../../src/log/embedded/embedded.ts';
import type { EmbeddedLogOptions } from '../../src/log/embedded/options.ts';
import type { Log, Retention } from '../../src/log/log.ts';
import { numbered, plenty, readAll, rejects, textsOf } from '../contracts/log.ts';

const topic = 'ride';
const nothingHeld = () => Number.POSITIVE_INFINITY;

async function make(
  options: Partial<EmbeddedLogOptions> & { retention?: Retention } = {},
): Promise<{ files: MemoryFiles; log: Log }> {
  const { retention = {}, ...given } = options;
  const files = memoryFiles();
  const log = await embeddedLog({ folder: '/log', files, clock: virtualClock(0), ...given });
  await log.createTopic(topic, { partitions: 1, retention });
  return { files, log };
}

describe('group commit', () => {
  test('a thousand appends at once take a few syncs', async () => {
    const { files, log } = await make();
    await log.append(topic, 0, numbered(1));
    const before = files.counts.sync;
    await Promise.all(Array.from({ length: 1000 }, (_, i) => log.append(topic, 0, numbered(1, i))));
    assert.ok(files.counts.sync - before <= 2, `${files.counts.sync - before} syncs`);
  });

  test('what arrives during a sync shares the next one', async () => {
    const { files, log } = await make();
    await log.append(topic, 0, numbered(1));
    const before = files.counts.sync;
    const appends: Promise<number>[] = [];
    for (let i = 0; i < 100; i++) {
      appends.push(log.append(topic, 0, numbered(1, i)));
      if (i % 10 === 0) await undefined;
    }
    await Promise.all(appends);
    assert.ok(files.counts.sync - before <= 3, `${files.counts.sync - before} syncs`);
  });

  test('with a linger an idle partition still syncs at once, and the next sync waits', async () => {
    const clock = virtualClock(0);
    const { log } = await make({ clock, lingerMs: 10 });
    await clock.advance(10);
    await log.append(topic, 0, numbered(1));
    let isDone = false;
    const second = log.append(topic, 0, numbered(1)).then(() => {
      isDone = true;
    });
    await clock.advance(9);
    assert.equal(isDone, false);
    await clock.advance(1);
    await second;
  });

  test('an append resolves only after its sync', async () => {
    const { files, log } = await make();
    await log.append(topic, 0, numbered(3));
    assert.deepEqual(
      textsOf(
        await readAll(await embeddedLog({ folder: '/log', files: files.crash(), clock: virtualClock(0) }), topic),
      ),
      ['v0', 'v1', 'v2'],
    );
  });

  test('a batch beyond the limit is refused by name and the next one is taken', async () => {
    const { log } = await make({ batchBytesMax: 2000 });
    await rejects(log.append(topic, 0, numbered(1000)), 'RECORD_TOO_LARGE', /1000 records/);
    assert.equal(await log.append(topic, 0, numbered(1)), 0);
  });
});

describe('memory at the tail', () => {
  test('whoever follows the tail reads no disk, and the memory is bounded', async () => {
    const { files, log } = await make({ cacheBytesMax: 20_000, cachePartitionBytesMax: 10_000 });
    await log.createTopic('other', { partitions: 4, retention: {} });
    for (let i = 0; i < 300; i++) {
      const before = files.counts.read;
      await log.append(topic, 0, numbered(5, 5 * i));
      await log.append('other', i % 4, numbered(5));
      assert.deepEqual(textsOf(await log.read(topic, 0, 5 * i, plenty)).length, 5);
      assert.equal(files.counts.read, before);
    }
    assert.equal(textsOf(await readAll(log, topic, 0, { recordsMax: 50, bytesMax: 5000 })).length, 1500);
    assert.ok(files.counts.read > 0, 'the older ones came from disk');
  });
});

describe('retention', () => {
  test('by age: whole segments that are older, the active one too, but nothing that is held', async () => {
    const clock = virtualClock(0);
    const { files, log } = await make({ clock, segmentBytes: 1024, retention: { ageMs: 1000 } });
    for (let i = 0; i < 50; i++) await log.append(topic, 0, numbered(2, 2 * i), { id: 'source', sequence: 2 * i + 1 });
    await clock.advance(2050);
    await log.retain(() => 20);
    const { start } = log.range(topic, 0);
    assert.ok(start > 0 && start <= 20, `start ${start}`);
    await log.retain(nothingHeld);
    const aged = log.range(topic, 0).start;
    assert.ok(aged <= 50 && aged > 30, `only what is older than 1050: ${aged}`);
    await rejects(log.read(topic, 0, aged - 1, plenty), 'OFFSET_OUT_OF_RANGE', /\[\d+, 100\)/);
    assert.equal(textsOf(await readAll(log, topic)).length, 100 - aged);
    await clock.advance(10_000);
    await log.retain(nothingHeld);
    assert.deepEqual(log.range(topic, 0), { start: 100, end: 100 });
    assert.equal(await log.offsetAt(topic, 0, 0), 100);
    const again = await embeddedLog({ folder: '/log', files: files.crash(), clock });
    assert.deepEqual(again.range(topic, 0), { start: 100, end: 100 });
    assert.equal(await again.lastSequence(topic, 0, 'source'), 99);
    assert.equal(await again.append(topic, 0, numbered(1)), 100);
  });

  test('by size: the oldest segments go until the rest fits', async () => {
    const { files, log } = await make({ segmentBytes: 4096, retention: { bytes: 20_000 } });
    for (let i = 0; i < 500; i++) await log.append(topic, 0, numbered(2, 2 * i));
    await log.retain(nothingHeld);
    const { start, end, bytes } = (await log.topic(topic)).partitions[0]!;
    assert.equal(end, 1000);
    assert.ok(start > 0 && bytes <= 20_000 && bytes > 14_000, `${bytes} bytes`);
    assert.equal(textsOf(await readAll(log, topic))[0], `v${start}`);
    const names = await files.list('/log/ride/0');
    assert.equal(
      names.filter((name) => name.endsWith('.log')).length,
      names.filter((name) => name.endsWith('.index')).length + 1,
    );
  });

  test('a slow topic whose records are fresh still lets its old ones go', async () => {
    const clock = virtualClock(0);
    const { log } = await make({ clock, retention: { ageMs: 1000 } });
    for (let now = 0; now < 10_000; now += 100) {
      await log.append(topic, 0, numbered(1, now, { startMs: 0 }));
      await log.retain(nothingHeld);
      await clock.advance(100);
    }
    const { start, end } = log.range(topic, 0);
    assert.ok(end - start <= 15 && end - start >= 9, `${end - start} of ${end} are kept`);
  });

  test('the power goes off while segments are removed: what is left has no gap', async () => {
    for (let operations = 0; operations < 30; operations++) {
      const { files, log } = await make({ segmentBytes: 1024, retention: { bytes: 1 } });
      for (let i = 0; i < 50; i++) await log.append(topic, 0, numbered(2, 2 * i));
      files.crashAfter(operations);
      await log.retain(nothingHeld).catch(() => {});
      const again = await embeddedLog({ folder: '/log', files: files.crash(), clock: virtualClock(0) });
      assert.equal(again.range(topic, 0).end, 100);
      await readAll(again, topic);
    }
  });
});

describe('a read-only log beside the one that writes', () => {
  test('sees what is appended, over new segments, new topics and retention, and changes nothing', async () => {
    const clock = virtualClock(0);
    const { files, log } = await make({ clock, segmentBytes: 1024, retention: { bytes: 3000 } });
    const reader = await embeddedLog({ folder: '/log', files, clock, readOnly: true });
    const stop = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      for (let offset = 0; offset < 400; ) {
        await reader.wait(topic, 0, offset, stop.signal);
        for (const batch of await reader.read(topic, 0, offset, plenty)) {
          seen.push(...textsOf([batch]));
          offset += batch.count;
        }
      }
    })();
    for (let i = 0; i < 200; i++) {
      await log.append(topic, 0, numbered(2, 2 * i));
      if (i % 7 === 0) await clock.advance(50);
    }
    await clock.advance(50);
    await following;
    assert.deepEqual(
      seen,
      Array.from({ length: 400 }, (_, i) => `v${i}`),
    );
    await log.retain(nothingHeld);
    await log.createTopic('later', { partitions: 1, retention: {} });
    await log.append('later', 0, numbered(1));
    const [later, ride] = await reader.topics();
    assert.equal(later!.partitions[0]!.end, 1);
    assert.deepEqual(ride!.partitions[0], (await log.topic(topic)).partitions[0]);
    const wait = reader.wait(topic, 0, 400, stop.signal);
    stop.abort();
    await wait;
    await rejects(reader.append(topic, 0, numbered(1)), 'ASSERTION');
  });

  test('leaves a torn tail alone, and an absent folder absent', async () => {
    const { files, log } = await make();
    await log.append(topic, 0, numbered(2));
    const path = '/log/ride/0/00000000000000000000.log';
    const bytes = new Uint8Array([...files.bytes(path), 1, 2, 3]);
    files.put(path, bytes);
    const reader = await embeddedLog({ folder: '/log', files, clock: virtualClock(0), readOnly: true });
    assert.deepEqual(reader.range(topic, 0), { start: 0, end: 2 });
    assert.equal(files.bytes(path).length, bytes.length);
    const none = await embeddedLog({ folder: '/none', files, clock: virtualClock(0), readOnly: true });
    assert.deepEqual(await none.topics(), []);
    assert.equal(await files.exists('/none'), false);
  });
});

test('any sequence of appends, reads, searches by time and reopenings agrees with a plain list', async () => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('append' as const),
        count: fc.integer({ min: 1, max: 30 }),
        ms: fc.integer({ min: 0, max: 500 }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('read' as const),
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        records: fc.integer({ min: 1, max: 60 }),
        bytes: fc.integer({ min: 1, max: 4000 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('time' as const), ms: fc.integer({ min: 0, max: 600 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.constantFrom(0, 700, 1e6), async (steps, cacheBytesMax) => {
      const files = memoryFiles();
      const options = {
        folder: '/log',
        files,
        clock: virtualClock(0),
        segmentBytes: 2000,
        indexBytes: 400,
        cacheBytesMax,
      };
      let log = await embeddedLog(options);
      await log.createTopic(topic, { partitions: 1, retention: {} });
      const model: { text: string; ms: number }[] = [];
      for (const one of steps) {
        if (one.do === 'append') {
          const first = model.length;
          assert.equal(await log.append(topic, 0, numbered(one.count, first, { startMs: one.ms - first })), first);
          for (let i = 0; i < one.count; i++) model.push({ text: `v${first + i}`, ms: one.ms + i });
        } else if (one.do === 'read') {
          const offset = Math.round(one.at * model.length);
          const batches = await log.read(topic, 0, offset, { recordsMax: one.records, bytesMax: one.bytes });
          const texts = textsOf(batches);
          assert.deepEqual(
            texts,
            model.slice(offset, offset + texts.length).map(({ text }) => text),
          );
          assert.equal(texts.length > 0, offset < model.length);
          assert.ok(batches.length <= 1 || texts.length <= one.records);
        } else if (one.do === 'time') {
          const found = model.findIndex(({ ms }) => ms >= one.ms);
          assert.equal(await log.offsetAt(topic, 0, one.ms), found < 0 ? model.length : found);
        } else {
          await log.close();
          log = await embeddedLog(options);
          assert.deepEqual(log.range(topic, 0), { start: 0, end: model.length });
        }
      }
      assert.deepEqual(
        textsOf(await readAll(log, topic)),
        model.map(({ text }) => text),
      );
    }),
    { numRuns: 150 },
  );
});

test('large batches survive real files, several partitions and reopening', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-log-'));
  const options = { folder, files: nodeFiles(), clock: systemClock(), segmentBytes: 2 ** 20, cacheBytesMax: 0 };
  let log = await embeddedLog(options);
  await log.createTopic(topic, { partitions: 3, retention: {} });
  const appends = [];
  for (let i = 0; i < 30; i++) appends.push(log.append(topic, i % 3, numbered(5000, 5000 * Math.floor(i / 3))));
  await Promise.all(appends);
  for (const partition of [0, 1, 2]) assert.equal(textsOf(await readAll(log, topic, partition)).at(-1), 'v49999');
  await log.close();
  log = await embeddedLog(options);
  for (const partition of [0, 1, 2]) assert.equal(textsOf(await readAll(log, topic, partition)).at(-1), 'v49999');
  assert.equal(await log.offsetAt(topic, 1, 1000 + 33_333), 33_333);
  await log.close();
  await rm(folder, { recursive: true });
});

test('options are checked by name', async () => {
  const base = { folder: '/log', files: memoryFiles(), clock: virtualClock(0) };
  await rejects(embeddedLog({ ...base, segmentBytes: 3 }), 'OPTION_INVALID', /segmentBytes is 3/);
  await rejects(embeddedLog({ ...base, folder: '' }), 'OPTION_INVALID', /folder/);
  await rejects(embeddedLog({ ...base, ...{ segmentByte: 3 } }), 'OPTION_INVALID', /segmentByte/);
});

test('topics whose names differ only in case are refused, since some file systems cannot tell them apart', async () => {
  const { log } = await make();
  await rejects(log.createTopic('Ride', { partitions: 1, retention: {} }), 'NAME_TAKEN');
});

test('a damaged topic file and one of a newer version are refused by name', async () => {
  const { files } = await make();
  const disk = files.crash();
  const open = () => embeddedLog({ folder: '/log', files: disk, clock: virtualClock(0) });
  for (const text of ['', '{', 'null', '{"version":1}', '{"version":1,"name":"bus","partitions":1,"retention":{}}']) {
    disk.put('/log/ride/topic.json', new TextEncoder().encode(text));
    await rejects(open(), 'LOG_DAMAGED', /ride\/topic\.json/);
  }
  disk.put('/log/ride/topic.json', new TextEncoder().encode('{"version":2}'));
  await rejects(open(), 'DATA_VERSION', /version 2/);
});

test('the CRC-32C is that of RFC 3720, in any alignment and in parts', () => {
  const encode = (text: string) => new TextEncoder().encode(text);
  assert.equal(crc32c(encode('123456789')), 0xe3069283);
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(crc32c(new Uint8Array(32).fill(255)), 0x62a8ab43);
  assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(7), fc.nat(200), (bytes, shift, cut) => {
      const shifted = new Uint8Array(bytes.length + shift);
      shifted.set(bytes, shift);
      const whole = crc32c(bytes);
      assert.equal(crc32c(shifted.subarray(shift)), whole);
      assert.equal(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut))), whole);
    }),
  );
});
