// Records of a topic: the newest, from an offset or a time on, those with a text; and watched as they come.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { limits } from '../../src/core/limits.ts';
import { pipeline, table, text, topic } from '../../src/index.ts';
import { BatchBuilder } from '../../src/log/batch.ts';
import type { TopicRecord } from '../../src/web/schemas.ts';
import { one, ride, rides } from './rides.ts';
import { type Serving, serving, temporary, told, until } from './tools.ts';

const limited = { timeout: 60_000 };
const places = (records: readonly TopicRecord[]) => records.map(({ partition, offset }) => `${partition}/${offset}`);
const numbers = (records: readonly TopicRecord[]) =>
  records.map(({ value }) => value!.n as number).sort((a, b) => a - b);

/** Posts so many rides one after the other. */
async function filled(t: Parameters<typeof serving>[0], count: number): Promise<Serving> {
  const served = await serving(t, await temporary(t), [rides]);
  await served.post('ride', ...Array.from({ length: count }, (_, n) => one(n, { rider: `Ann ${n}`, zone: n % 7 })));
  return served;
}

describe('records()', limited, () => {
  test('gives the newest of all partitions, in order, personal fields masked', async (t) => {
    const { backend } = await filled(t, 100);
    const page = await backend.records('ride', { limit: 12 });
    assert.equal(page.records.length, 12);
    assert.deepEqual([page.scanned, page.isEnd], [12, true]);
    const { partitions } = await backend.topic('ride');
    assert.deepEqual(page.next, Object.fromEntries(partitions.map(({ partition, end }) => [partition, end])));
    for (const { partition, end } of partitions)
      assert.deepEqual(
        page.records.filter((record) => record.partition === partition).map(({ offset }) => offset),
        [end - 3, end - 2, end - 1],
      );
    const [first] = page.records;
    assert.deepEqual(Object.keys(first!.value!), Object.keys(ride.fields));
    assert.deepEqual([first!.value!.rider, first!.value!.kind], ['•••', null]);
    assert.equal(first!.value!.at, new Date(first!.time).toISOString());
    assert.equal(first!.key, String(first!.value!.n));
  });

  test('gives all there are where partitions have few, and one partition where that is named', async (t) => {
    const { backend } = await filled(t, 9);
    assert.deepEqual(numbers((await backend.records('ride', { limit: 1000 })).records), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    const { partitions } = await backend.topic('ride');
    const [fullest] = [...partitions].sort((a, b) => b.end - a.end);
    const page = await backend.records('ride', { limit: 1000, partition: fullest!.partition });
    assert.equal(page.records.length, fullest!.end);
    assert.deepEqual(Object.keys(page.next), [String(fullest!.partition)]);
  });

  test('goes on page by page from an offset', async (t) => {
    const { backend } = await filled(t, 60);
    const { end } = (await backend.topic('ride')).partitions[2]!;
    const seen: number[] = [];
    for (let offset = 0, isEnd = false; !isEnd; ) {
      const page = await backend.records('ride', { limit: 4, partition: 2, offset });
      seen.push(...page.records.map((record) => record.offset));
      offset = page.next['2']!;
      isEnd = page.isEnd;
    }
    assert.deepEqual(
      seen,
      Array.from({ length: end }, (_, offset) => offset),
    );
    assert.deepEqual((await backend.records('ride', { limit: 4, partition: 2, offset: end })).records, []);
  });

  test('begins at a time, in all partitions', async (t) => {
    const { backend } = await filled(t, 60);
    const at = Date.UTC(2026, 10, 22, 8, 0, 50);
    const { records } = await backend.records('ride', { limit: 1000, at });
    for (const partition of [0, 1, 2, 3]) {
      const own = records.filter((record) => record.partition === partition);
      assert.ok(own.length === 0 || own[0]!.time >= at);
    }
    assert.deepEqual(
      numbers(records).filter((n) => n >= 50),
      [50, 51, 52, 53, 54, 55, 56, 57, 58, 59],
    );
    assert.deepEqual((await backend.records('ride', { limit: 10, at: at + 1e9 })).records, []);
  });

  test('finds a text in keys and values, case aside, the newest first found; not in what is masked', async (t) => {
    const { backend } = await filled(t, 300);
    assert.deepEqual(numbers((await backend.records('ride', { limit: 10, search: '"FARE":"77"' })).records), [77]);
    const two = await backend.records('ride', { limit: 2, partition: 1, search: '"zone":3' });
    assert.equal(two.records.length, 2);
    const all = await backend.records('ride', { limit: 1000, partition: 1, search: '"zone":3' });
    assert.deepEqual(places(two.records), places(all.records).slice(-2));
    assert.ok(two.scanned < all.scanned);
    const none = await backend.records('ride', { limit: 10, search: 'Ann' });
    assert.deepEqual([none.records.length, none.scanned], [0, 300]);
    const forward = await backend.records('ride', { limit: 2, partition: 1, offset: 0, search: '"zone":3' });
    assert.deepEqual(places(forward.records), places(all.records).slice(0, 2));
    assert.equal(forward.next['1'], forward.records[1]!.offset + 1);
  });

  test('names what is wrong with a request', async (t) => {
    const { backend } = await filled(t, 20);
    const { end } = (await backend.topic('ride')).partitions[0]!;
    const wrong = (request: Parameters<typeof backend.records>[1], error: object) =>
      assert.rejects(backend.records('ride', request), error);
    await wrong({ limit: 0 }, { code: 'OPTION_INVALID', place: 'limit' });
    await wrong({ limit: 1001 }, { code: 'OPTION_INVALID' });
    await wrong({ limit: 1, partition: 4 }, { code: 'NOT_FOUND', remedy: 'Its partitions are 0 to 3.' });
    await wrong({ limit: 1, offset: 0 }, { code: 'OPTION_INVALID', remedy: 'Name the partition too.' });
    await wrong({ limit: 1, offset: 0, partition: 0, at: 5 }, { code: 'OPTION_INVALID', place: 'at' });
    await wrong(
      { limit: 1, partition: 0, offset: end + 1 },
      { code: 'OFFSET_OUT_OF_RANGE', remedy: `Ask for 0 to ${end - 1}.` },
    );
    await assert.rejects(backend.records('nothing', { limit: 1 }), { code: 'NOT_FOUND' });
  });

  test('says why a record cannot be decoded, and masks a key that is personal', async (t) => {
    const people = topic('people', { email: text().personal() }, { key: 'email' });
    const made = pipeline('people', { tables: [table('people', people, { key: 'email' })] });
    const folder = await temporary(t);
    const before = await serving(t, folder, [made]);
    await before.post('people', { email: 'ann@example.org' });
    await before.settled();
    await before.stop();
    // what another producer may have written
    await appendBytes(folder, 'people', Buffer.from('no record'));
    const { backend } = await serving(t, folder, [made]);
    const { records } = await backend.records('people', { limit: 10 });
    assert.deepEqual(
      records.map(({ key, value, error }) => [key, value, error?.slice(0, 20)]),
      [
        ['•••', { email: '•••' }, undefined],
        [null, undefined, 'the record cannot be'],
      ],
    );
    assert.equal((await backend.records('people', { limit: 10, search: 'ann@' })).records.length, 0);
  });
});

/** Appends a record that is no Avro to the log of a folder. */
async function appendBytes(folder: string, topic: string, bytes: Uint8Array): Promise<void> {
  const { embeddedLog } = await import('../../src/log/embedded/embedded.ts');
  const { nodeFiles } = await import('../../src/control/system.ts');
  const { systemClock } = await import('../../src/core/clock.ts');
  const log = await embeddedLog({ folder: `${folder}/log`, files: nodeFiles(), clock: systemClock() });
  const builder = new BatchBuilder();
  builder.add(0, null, bytes);
  await log.append(topic, 0, builder.take());
  await log.close();
}

describe('watchTopic()', limited, () => {
  test('tells all who watch of the records that come, and none of those before', async (t) => {
    const { backend, post } = await filled(t, 5);
    const seen: number[][] = [[], []];
    const stops = await Promise.all(
      seen.map((mine) => backend.watchTopic('ride', (records) => mine.push(...numbers(records)))),
    );
    await post('ride', one(100), one(101));
    await post('ride', one(102));
    await until('both have all', () => seen.every((mine) => mine.length === 3));
    for (const mine of seen) assert.deepEqual(mine.sort(), [100, 101, 102]);
    stops[0]!();
    await post('ride', one(103));
    await until('the other has it', () => seen[1]!.length === 4);
    assert.equal(seen[0]!.length, 3);
    stops[1]!();
    await assert.rejects(
      backend.watchTopic('nothing', () => undefined),
      { code: 'NOT_FOUND' },
    );
  });

  test('leaves out the oldest where more come than can be told, and says how many', async (t) => {
    const { backend, post } = await filled(t, 0);
    let skipped = 0;
    const seen: number[] = [];
    await backend.watchTopic('ride', (records, left) => {
      assert.ok(records.length <= limits.changeRowsMax);
      skipped += left;
      seen.push(...numbers(records));
    });
    await post('ride', ...Array.from({ length: 5000 }, (_, n) => one(n % 60)));
    await until('all are told or left out', () => skipped + seen.length === 5000);
    assert.ok(skipped > 0);
  });

  test('reads nothing while nobody watches', async () => {
    const { TopicWatches } = await import('../../src/control/topic-watches.ts');
    const { virtualClock } = await import('../../src/core/clock.ts');
    let waits = 0;
    const end = { start: 0, end: 0 };
    const arrivals = told<void>();
    const info = { name: 'x', retention: {}, partitions: [{ partition: 0, ...end, bytes: 0, newestMs: undefined }] };
    const log = {
      topic: async () => info,
      range: () => end,
      wait: (_topic: string, _partition: number, _offset: number, signal: AbortSignal) => {
        waits++;
        arrivals.tell();
        return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      },
    };
    const reader = { read: () => assert.fail('nothing came') };
    const watches = new TopicWatches({
      log: log as never,
      clock: virtualClock(),
      reader: () => reader as never,
    });
    assert.deepEqual([watches.size, waits], [0, 0]);
    const stops = [await watches.watch('x', () => undefined), await watches.watch('x', () => undefined)];
    await arrivals.told;
    assert.deepEqual([watches.size, waits], [1, 1]);
    stops[0]!();
    stops[0]!();
    assert.equal(watches.size, 1);
    stops[1]!();
    assert.equal(watches.size, 0);
  });
});
