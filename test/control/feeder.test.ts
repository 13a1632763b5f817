// The feeder between a source and a log that is in the test's hand: what it appends, when it reports, what it waits for.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { chooseSource } from '../../src/control/adapters.ts';
import { Feeder, TopicWriter } from '../../src/control/feeder.ts';
import { systemClock } from '../../src/core/clock.ts';
import { MillraceError } from '../../src/core/errors.ts';
import { limits } from '../../src/core/limits.ts';
import type { SourceDefinition } from '../../src/define/source.ts';
import type { Topic } from '../../src/define/topic.ts';
import { csv, int, simulate, text, topic } from '../../src/index.ts';
import { type Batch, keyOf } from '../../src/log/batch.ts';
import type { Log, Producer } from '../../src/log/log.ts';
import { partitionOf } from '../../src/log/partition.ts';
import type { SourceReport } from '../../src/process/engine.ts';
import type { SourceProgress } from '../../src/process/progress.ts';
import { context, memoryFiles } from '../ingest/tools.ts';

type Append = {
  readonly partition: number;
  readonly keys: readonly string[];
  readonly producer: Producer | undefined;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
};

const rows = topic('rows', { id: text(), n: int() }, { key: 'id' });
const spread = topic('rows', { id: text(), n: int() }, { key: 'id', partitions: 4 });
const keyless = topic('rows', { id: text(), n: int() }, { partitions: 4 });

/** A feeder of a source of `rows`; the log resolves an append when the test says so, or at once. */
async function fed(
  source: SourceDefinition,
  options: {
    of?: Topic;
    contents?: Record<string, string>;
    progress?: SourceProgress;
    lastSequence?: (partition: number) => number;
    byHand?: boolean;
    room?: () => Promise<void>;
  } = {},
) {
  const { of = rows, contents = {}, progress, lastSequence = () => -1, byHand = false } = options;
  const appends: Append[] = [];
  const reports: SourceReport[] = [];
  const log = {
    lastSequence: async (_topic: string, partition: number) => lastSequence(partition),
    append: (_topic: string, partition: number, batch: Batch, producer?: Producer) =>
      new Promise<number>((resolve, reject) => {
        const keys = Array.from({ length: batch.count }, (_, i) => Buffer.from(keyOf(batch, i) ?? []).toString());
        appends.push({ partition, keys, producer, resolve: () => resolve(0), reject });
        if (!byHand) resolve(0);
      }),
  } as unknown as Log;
  const feeder = new Feeder({
    name: 'rows/test',
    topic: of,
    chosen: await chooseSource(source, new Map(), of.fields, 'here'),
    progress,
    writer: new TopicWriter(of, 1, systemClock()),
    log,
    clock: systemClock(),
    context: (_name, known, nextSequence, notice, signal) =>
      context(of.fields, { files: memoryFiles(contents), position: known?.position, nextSequence, notice, signal }),
    room: options.room ?? (async () => undefined),
    report: (report) => reports.push(report),
  });
  const stop = new AbortController();
  await feeder.open(stop.signal, async () => undefined);
  return { feeder, appends, reports, stop, run: () => feeder.run(stop.signal) };
}

/** Records `id 0` and so on, in batches of the source's own size. */
const some = (count: number) =>
  simulate({
    seed: 1,
    count,
    rows: function* () {
      for (let n = 0; ; n++) yield { id: `id ${n}`, n };
    },
  });

const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `id ${from + i}`);
const file = { 'a.csv': 'id,n\na,1\nb,x\nc,3\nd,4\n' };

const refusalsIn = (reports: readonly SourceReport[]) => reports.flatMap(({ refusals }) => refusals);

/** Lets everything happen that needs no answer of the log. */
async function settled(): Promise<void> {
  for (let i = 0; i < 50; i++) await turn();
}

describe('a feeder', () => {
  test('appends what the source gives, numbered, and reports position, counts and refusals', async () => {
    const { run, appends, reports, feeder } = await fed(csv({ file: 'a.csv' }), { contents: file });
    await run();
    assert.deepEqual(
      appends.map(({ keys, producer }) => [keys, producer]),
      [[['a', 'c', 'd'], { id: 'rows/test', sequence: 3 }]],
    );
    const { progress } = reports.at(-1)!;
    assert.deepEqual([progress.next, progress.read, progress.refused], [4, 4, 1]);
    assert.deepEqual(
      refusalsIn(reports).map(({ sequence, place, bytes }) => [sequence, place, Buffer.from(bytes).toString()]),
      [[1, 'line 3', 'b,x']],
    );
    assert.equal(feeder.status().state, 'ended');
  });

  test('leaves out the very rows that the log has from an earlier run, and refuses again what was refused', async () => {
    const source = csv({ file: 'a.csv' });
    // where it begins is saved before anything of it is stored
    const { progress } = (await fed(source, { contents: file })).feeder.beginning!;
    const { run, appends, reports } = await fed(source, { contents: file, progress, lastSequence: () => 2 });
    await run();
    assert.deepEqual(
      appends.map(({ keys }) => keys),
      [['d']],
    );
    assert.deepEqual([reports.at(-1)!.progress.read, refusalsIn(reports).length], [4, 1]);
  });

  test('numbers on from what was read, whatever came last', async () => {
    const { run, reports } = await fed(csv({ file: 'a.csv' }), { contents: { 'a.csv': 'id,n\na,1\nb,x\n' } });
    await run();
    assert.equal(reports.at(-1)!.progress.next, 2);
  });

  test('puts a record into the partition of its key, and one without a key into that of its number', async () => {
    const keyed = await fed(some(40), { of: spread });
    await keyed.run();
    const byKey = new Set<string>();
    for (const { partition, keys } of keyed.appends)
      for (const key of keys) {
        assert.equal(partition, partitionOf(Buffer.from(key), 4));
        byKey.add(key);
      }
    assert.equal(byKey.size, 40);
    const unkeyed = await fed(some(10), { of: keyless });
    await unkeyed.run();
    assert.deepEqual(
      unkeyed.appends.map(({ partition, keys, producer }) => [partition, keys.length, producer!.sequence]),
      [
        [0, 3, 8],
        [1, 3, 9],
        [2, 2, 6],
        [3, 2, 7],
      ],
    );
  });

  test('reports a batch when it is on disk and not before, in the order of the batches', async () => {
    const count = limits.batchRecordsMax * 2;
    const { run, appends, reports } = await fed(some(count), { byHand: true });
    const running = run();
    while (appends.length < 2) await turn();
    await settled();
    assert.equal(reports.length, 0);
    appends[1]!.resolve();
    await settled();
    assert.equal(reports.length, 0, 'the second batch was reported before the first');
    appends[0]!.resolve();
    await settled();
    assert.deepEqual(
      // the last report says that the source is at its end
      reports.filter(({ progress }) => !progress.isAtEnd).map(({ progress }) => progress.read),
      [appends[0]!.keys.length, appends[0]!.keys.length + appends[1]!.keys.length],
    );
    for (let i = 2; ; i++) {
      appends[i]?.resolve();
      if (await Promise.race([running.then(() => true), turn(false)])) break;
    }
    assert.deepEqual(
      appends.flatMap(({ keys }) => keys),
      ids(0, count),
    );
  });

  test('has three batches on their way at most', async () => {
    const { run, appends, stop } = await fed(some(limits.batchRecordsMax * 6), { byHand: true });
    const running = run();
    while (appends.length < 3) await turn();
    await settled();
    assert.equal(appends.length, 3);
    stop.abort();
    for (const { resolve } of appends) resolve();
    await settled();
    for (const { resolve } of appends) resolve();
    await running;
  });

  test('ends with the failure of an append, reports nothing from there on, and goes on from what it reported', async () => {
    const { run, appends, reports, feeder } = await fed(some(limits.batchRecordsMax * 6), { byHand: true });
    const running = run();
    running.catch(() => undefined);
    while (appends.length < 2) await turn();
    appends[0]!.resolve();
    appends[1]!.reject(new MillraceError('DISK_FULL', 'no space left'));
    for (let i = 2; i < 20; i++) {
      await turn();
      appends[i]?.resolve();
    }
    await assert.rejects(running, { code: 'DISK_FULL' });
    assert.equal(reports.length, 1);
    assert.ok(appends.length < 6, 'it went on reading');
    assert.equal(feeder.status().state, 'failed');
  });

  test('waits for room before it takes the next batch', async () => {
    let wait: () => void = () => undefined;
    const room = () =>
      new Promise<void>((resolve) => {
        wait = resolve;
      });
    const { run, appends } = await fed(some(limits.batchRecordsMax * 2), { room });
    const running = run();
    while (appends.length < 1) await turn();
    await settled();
    assert.equal(appends.length, 1);
    for (let done = false; !done; ) {
      wait();
      done = await Promise.race([running.then(() => true), turn(false)]);
    }
    assert.ok(appends.length > 1);
  });

  test('makes a refusal of a row that is too large for a record, also of one that is read again', async () => {
    const large = simulate({
      seed: 1,
      count: 2,
      rows: function* () {
        yield { id: 'x'.repeat(limits.recordBytesMax + 1), n: 1 };
        yield { id: 'small', n: 2 };
      },
    });
    const { progress } = (await fed(large)).feeder.beginning!;
    for (const last of [-1, 0]) {
      const { run, appends, reports } = await fed(large, { progress, lastSequence: () => last });
      await run();
      assert.deepEqual(
        appends.flatMap(({ keys }) => keys),
        ['small'],
      );
      const refusals = reports.flatMap((one) => one.refusals);
      assert.deepEqual(
        refusals.map(({ sequence, error }) => [sequence, error.code]),
        [[0, 'RECORD_TOO_LARGE']],
      );
      assert.deepEqual([reports.at(-1)!.progress.read, reports.at(-1)!.progress.refused], [2, 1]);
    }
  });
});
