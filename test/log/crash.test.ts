// Whatever happens to the process or the disk: what was acknowledged is there, in order, without a gap; damage is refused, a torn tail cut.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { virtualClock } from '../../src/core/clock.ts';
import { MillraceError } from '../../src/core/errors.ts';
import { type MemoryFiles, memoryFiles } from '../../src/core/memory-files.ts';
import { random } from '../../src/core/random.ts';
import { embeddedLog } from '../../src/log/embedded/embedded.ts';
import type { EmbeddedLogOptions } from '../../src/log/embedded/options.ts';
import type { Log } from '../../src/log/log.ts';
import { numbered, readAll, rejects, textsOf } from '../contracts/log.ts';

const topic = 'ride';
const first = '/log/ride/0/00000000000000000000.log';

type Opening = Partial<EmbeddedLogOptions> & { notices?: string[] };

function open(files: MemoryFiles, { notices = [], ...options }: Opening = {}): Promise<Log> {
  const notice = (text: string) => notices.push(text);
  return embeddedLog({ folder: '/log', files, clock: virtualClock(0), notice, ...options });
}

async function filled(count: number, options: Opening = {}): Promise<{ files: MemoryFiles; log: Log }> {
  const files = memoryFiles();
  const log = await open(files, options);
  await log.createTopic(topic, { partitions: 1, retention: {} });
  for (let i = 0; i < count; i++) await log.append(topic, 0, numbered(2, 2 * i), { id: 'source', sequence: 2 * i + 1 });
  return { files, log };
}

const texts = (count: number) => Array.from({ length: count }, (_, i) => `v${i}`);

/** The same disk with one file changed. */
function changed(files: MemoryFiles, path: string, change: (bytes: Uint8Array) => Uint8Array): MemoryFiles {
  const copy = files.crash();
  copy.put(path, change(copy.bytes(path)));
  return copy;
}

test('log.torn_tail_truncated: cut at any byte of the last batch, the log has all before it and goes on', async () => {
  const { files } = await filled(4);
  const whole = files.bytes(first).slice();
  const shorter = (await filled(3)).files.bytes(first).length;
  const disk = files.crash();
  for (let length = shorter; length < whole.length; length++) {
    for (const zeros of [0, 3, 4096]) {
      const bytes = new Uint8Array(length + zeros);
      bytes.set(whole.subarray(0, length));
      disk.put(first, bytes);
      const notices: string[] = [];
      const log = await open(disk, { notices });
      const isCut = bytes.length > shorter;
      assert.equal(notices.length, isCut ? 1 : 0, `${length} bytes`);
      if (isCut)
        assert.match(notices[0]!, new RegExp(`cut ${bytes.length - shorter} bytes.*byte ${shorter}, offset 6`));
      assert.deepEqual(textsOf(await readAll(log, topic)), texts(6));
      assert.equal(await log.lastSequence(topic, 0, 'source'), 5);
      assert.equal(await log.append(topic, 0, numbered(2, 6)), 6);
      await log.close();
      const again = await open(disk, { notices });
      assert.equal(notices.length, isCut ? 1 : 0);
      assert.deepEqual(textsOf(await readAll(again, topic)), texts(8));
    }
  }
});

test('an empty file, a file of zeros and a torn header of a new segment are taken for what they are: nothing', async () => {
  for (const bytes of [new Uint8Array(0), new Uint8Array(5000), (await filled(1)).files.bytes(first).slice(0, 20)]) {
    const { files } = await filled(4, { segmentBytes: 1024 });
    const disk = files.crash();
    disk.put('/log/ride/0/00000000000000000008.log', bytes);
    const notices: string[] = [];
    const log = await open(disk, { notices });
    assert.match(notices[0]!, /unfinished segment/);
    assert.deepEqual(log.range(topic, 0), { start: 0, end: 8 });
    assert.equal(await log.lastSequence(topic, 0, 'source'), 7);
    await log.append(topic, 0, numbered(2, 8));
    assert.deepEqual(textsOf(await readAll(log, topic)), texts(10));
  }
  const { files } = await filled(0);
  files.put(first, new Uint8Array(0));
  assert.deepEqual((await open(files)).range(topic, 0), { start: 0, end: 0 });
});

test('log.damage_refused_loudly: a flipped bit anywhere before the last commit is refused with its place', async () => {
  const { files, log } = await filled(4);
  const before = files.bytes(first).length;
  await log.append(topic, 0, numbered(2, 8));
  const disk = files.crash();
  const whole = disk.bytes(first).slice();
  for (let at = 0; at < before; at++) {
    const bytes = whole.slice();
    bytes[at]! ^= 1 << (at % 8);
    disk.put(first, bytes);
    await rejects(open(disk), 'LOG_DAMAGED', /ride\/0\/0{20}\.log is damaged at byte \d+, offset \d+: /);
  }
});

test('after a clean close, damage of the very last batch is refused too', async () => {
  const { files, log } = await filled(4);
  const length = files.bytes(first).length;
  await log.close();
  const disk = changed(files, first, (bytes) => bytes.with(length - 9, bytes[length - 9]! ^ 4));
  await rejects(open(disk), 'LOG_DAMAGED', /offset 6: its checksum/);
});

test('damage in older segments is refused when it is opened or read: a flipped bit, a cut, a segment that is gone', async () => {
  const { files, log } = await filled(60, { segmentBytes: 1024 });
  await log.close();
  const flipped = changed(files, first, (bytes) => bytes.with(500, bytes[500]! ^ 1));
  const opened = await open(flipped, { cacheBytesMax: 0 });
  await rejects(readAll(opened, topic), 'LOG_DAMAGED', /0{20}\.log is damaged at byte \d+/);
  await rejects(open(changed(files, first, (bytes) => bytes.slice(0, -8))), 'LOG_DAMAGED', /instead of/);
  const index = first.replace('.log', '.index');
  const withoutIndex = changed(flipped, index, () => new Uint8Array(3));
  await rejects(open(withoutIndex), 'LOG_DAMAGED', /damaged at byte 448, offset 6/);
  const gone = files.crash();
  const second = (await gone.list('/log/ride/0')).filter((name) => name.endsWith('.log'))[1]!;
  await gone.remove(`/log/ride/0/${second}`);
  await rejects(open(gone), 'LOG_DAMAGED', /one is missing/);
});

test('damage anywhere in an older segment never gives other records: they are as they were, or refused when they are read', async () => {
  const { files, log } = await filled(60, { segmentBytes: 1024 });
  await log.close();
  let refused = 0;
  const length = files.bytes(first).length;
  for (let at = 0; at < length; at++) {
    const flipped = changed(files, first, (bytes) => bytes.with(at, bytes[at]! ^ (1 << (at % 8))));
    const opened = await open(flipped, { cacheBytesMax: 0 });
    try {
      assert.deepEqual(textsOf(await readAll(opened, topic)), texts(120), `byte ${at}`);
    } catch (error) {
      assert.ok(error instanceof MillraceError && error.code === 'LOG_DAMAGED', `byte ${at}: ${error}`);
      refused++;
    }
    await opened.close();
  }
  // the header of an older segment is not read where its index is there
  assert.ok(refused > length - 256, `${refused} of ${length}`);
});

test('appends that wait behind one that fails, fail too: none of them is stored before it', async () => {
  const { files, log } = await filled(1, { flushBytesMax: 1024 });
  files.fail('sync', 'ENOSPC', 1);
  // each is more than one flush takes
  const appends = [2, 102, 202].map((from) => log.append(topic, 0, numbered(100, from)));
  for (const append of appends) await rejects(append, 'DISK_FULL', /no space left/);
  assert.equal(log.range(topic, 0).end, 2);
  assert.equal(await log.append(topic, 0, numbered(1, 2)), 2);
  assert.deepEqual(textsOf(await readAll(await open(files.crash()), topic)), texts(3));
});

test('an index file that is missing or damaged is made anew', async () => {
  const { files, log } = await filled(60, { segmentBytes: 1024 });
  await log.close();
  const disk = files.crash();
  const indexes = (await disk.list('/log/ride/0')).filter((name) => name.endsWith('.index'));
  assert.ok(indexes.length > 3);
  for (const [i, name] of indexes.entries()) {
    const path = `/log/ride/0/${name}`;
    if (i % 2 === 0) await disk.remove(path);
    else disk.bytes(path)[20]! ^= 1;
  }
  assert.deepEqual(textsOf(await readAll(await open(disk), topic)), texts(120));
  assert.deepEqual(
    (await disk.list('/log/ride/0')).filter((name) => name.endsWith('.index')),
    indexes,
  );
});

test('log.resumes_after_disk_full: a full disk fails the appends in order, leaves nothing of them, and ends with the space', async () => {
  for (const segmentBytes of [1024, 2 ** 20]) {
    const { files, log } = await filled(3, { segmentBytes });
    const used = files.bytes(first).length + (await files.readText('/log/ride/topic.json')).length;
    files.diskBytes = used + 150;
    const appends = Array.from({ length: 20 }, (_, i) => log.append(topic, 0, numbered(5, 6 + 5 * i)));
    for (const append of appends) await rejects(append, 'DISK_FULL', /no space left/);
    assert.deepEqual(textsOf(await readAll(log, topic)), texts(6));
    await rejects(log.append(topic, 0, numbered(50)), 'DISK_FULL');

    // a start while it is full
    const started = await open(files, { segmentBytes });
    await started.createTopic(topic, { partitions: 1, retention: {} });
    await rejects(started.append(topic, 0, numbered(50)), 'DISK_FULL');
    files.diskBytes = Number.POSITIVE_INFINITY;
    assert.equal(await started.append(topic, 0, numbered(2, 6)), 6);
    assert.deepEqual(textsOf(await readAll(await open(files.crash()), topic)), texts(8));
  }
});

test('after a sync that failed nothing of it is trusted: the file is cut, and the same batch can be appended again', async () => {
  const { files, log } = await filled(2);
  files.fail('sync', 'EIO');
  const failing = [log.append(topic, 0, numbered(2, 4)), log.append(topic, 0, numbered(2, 6))];
  for (const append of failing) await rejects(append, 'STORE_UNAVAILABLE', /EIO/);
  assert.equal(log.range(topic, 0).end, 4);
  // the repair fails too, at first
  files.fail('sync', 'EIO');
  files.fail('truncate', 'EIO', 2);
  await rejects(log.append(topic, 0, numbered(2, 4)), 'STORE_UNAVAILABLE');
  await rejects(log.append(topic, 0, numbered(2, 4)), 'STORE_UNAVAILABLE');
  assert.equal(await log.append(topic, 0, numbered(2, 4)), 4);
  assert.deepEqual(textsOf(await readAll(await open(files.crash()), topic)), texts(6));
});

test('log.no_gap: the power goes off at any moment, with torn writes: all that was acknowledged is there, in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.integer({ min: 0, max: 60 }), fc.boolean(), async (seed, operations, isTorn) => {
      const dice = random(seed);
      let files = memoryFiles();
      const options = { segmentBytes: 1500, indexBytes: 200, cacheBytesMax: 600 };
      await (await open(files, options)).createTopic(topic, { partitions: 1, retention: {} });
      let kept: string[] = [];
      for (let life = 0; life < 3; life++) {
        const log = await open(files, options);
        const found = textsOf(await readAll(log, topic));
        assert.deepEqual(found.slice(0, kept.length), kept, 'what was acknowledged');
        assert.deepEqual(found, texts(found.length), 'no gap, in order');
        assert.equal(await log.lastSequence(topic, 0, 'source'), found.length - 1);
        files.crashAfter(operations);
        kept = found;
        let next = found.length;
        const appends: Promise<unknown>[] = [];
        for (let i = 0; i < 25; i++) {
          const count = dice.whole(1, 20);
          const until = next + count;
          const append = log.append(topic, 0, numbered(count, next), { id: 'source', sequence: until - 1 });
          next = until;
          appends.push(
            append.then(
              () => {
                if (until > kept.length) kept = texts(until);
              },
              () => {},
            ),
          );
          if (dice.next() < 0.5) await new Promise((resolve) => setImmediate(resolve));
          if (dice.next() < 0.2) await append.catch(() => {});
        }
        await Promise.allSettled(appends);
        files = files.crash(isTorn ? dice : undefined);
      }
    }),
    { numRuns: 200 },
  );
});

test('log.retention_leaves_no_gap: whatever removal fails, at whatever moment the power goes off, the log opens with its newest records', async () => {
  const retention = { ageMs: undefined, bytes: 2000 };
  const options = { segmentBytes: 1024 };
  /** A log of many small segments, of which all but the newest are to be removed. */
  async function overfull() {
    const { files, log } = await filled(80, options);
    await log.createTopic(topic, { partitions: 1, retention });
    const names = (await files.list('/log/ride/0')).filter((name) => name !== 'topic.json');
    assert.ok(names.length > 8);
    return { files, log, names };
  }
  async function isSound(files: MemoryFiles, what: string) {
    const log = await open(files, options).catch((error) => assert.fail(`${what}: ${error.message}`));
    const { start, end } = log.range(topic, 0);
    assert.equal(end, 160, what);
    assert.deepEqual(textsOf(await readAll(log, topic)), texts(160).slice(start), what);
    await log.retain(() => end);
    assert.ok(log.range(topic, 0).start > 40, what);
    assert.ok((await log.topic(topic)).partitions[0]!.bytes <= 2000 + 1024);
  }
  const { names } = await overfull();
  for (const [operation, parts] of [['remove', names] as const, ['syncFolder', ['', '']] as const]) {
    for (const [i, part] of parts.entries()) {
      for (const times of [1, 3]) {
        for (const isHealed of [false, true]) {
          const { files, log } = await overfull();
          files.fail(operation, 'EIO', times, part);
          for (let tries = 0; tries < (isHealed ? 5 : 2); tries++) await log.retain(() => 160).catch(() => {});
          // where the failure has passed by, what was to go is gone
          const [oldest] = await files.list('/log/ride/0');
          if (isHealed) assert.equal(oldest, `${String(log.range(topic, 0).start).padStart(20, '0')}.index`);
          await isSound(files.crash(isHealed ? random(i) : undefined), `${operation} ${part} fails ${times} times`);
        }
      }
    }
  }
  for (let operations = 0; operations < 30; operations++) {
    for (const seed of [undefined, 1, 2]) {
      const { files, log } = await overfull();
      files.crashAfter(operations);
      await log.retain(() => 160).catch(() => {});
      await isSound(files.crash(seed === undefined ? undefined : random(seed)), `${operations} operations, ${seed}`);
    }
  }
});

test('a deletion of a topic that is killed at any operation leaves it whole or not there, and a second one ends in the same state', async () => {
  for (let operations = 0, isDone = false; !isDone; operations++) {
    for (const seed of [undefined, 1, 2, 3]) {
      const { files, log } = await filled(4, { segmentBytes: 1024 });
      await log.createTopic('other', { partitions: 1, retention: {} });
      await log.append('other', 0, numbered(3));
      files.crashAfter(operations);
      isDone = await log.deleteTopic(topic).then(
        () => true,
        () => false,
      );
      const disk = files.crash(seed === undefined ? undefined : random(seed));
      const again = await open(disk);
      const what = `${operations} operations, ${seed}`;
      const isThere = (await again.topics()).some(({ name }) => name === topic);
      if (isDone) assert.equal(isThere, false, what);
      if (isThere) assert.deepEqual(textsOf(await readAll(again, topic)), texts(8), what);
      await again.deleteTopic(topic);
      assert.deepEqual(await disk.list('/log'), ['other'], what);
      await again.createTopic(topic, { partitions: 1, retention: {} });
      assert.equal(await again.append(topic, 0, numbered(1)), 0, what);
      assert.equal(await again.lastSequence(topic, 0, 'source'), -1, what);
      assert.deepEqual(textsOf(await readAll(again, 'other')), texts(3), what);
    }
  }
});
