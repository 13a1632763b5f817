// A finite table on its way: what it waits for, when it is loaded, and what is said while it is not. Loader, sources and log are the test's.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Ending, Holds, Load, type Loader, savedEnding } from '../../src/control/loading.ts';
import { MillraceError } from '../../src/core/errors.ts';
import { int, long, pipeline, sql, stream, type Table, table, timestamp, topic } from '../../src/index.ts';
import type { Log } from '../../src/log/log.ts';

const zone = topic('zone', { id: int(), at: timestamp() }, { key: 'id', time: 'at', partitions: 2 });
const zones = table('zones', zone, { key: 'id' });
const counted = stream(
  'counted',
  { w: timestamp(), n: long() },
  sql`select window_start as w, count(*) as n from ${zone.tumble('1 minute')} group by window_start`,
);
const counts = table('counts', counted, { key: 'w' });
const made = pipeline('zones', { tables: [zones, counts] });

/** A load of a table over a log with three records in each partition, and what steers it. */
function loading({ of = zones as Table, areAtEnd = true, unanswered = undefined as MillraceError | undefined } = {}) {
  const told: (string | MillraceError)[] = [];
  const next = [0, 0];
  let moved = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  const read = Promise.withResolvers<void>();
  const loader = {
    pipeline: made,
    isPaused: false,
    failure: undefined as MillraceError | undefined,
    isOver: false,
    done: done.promise,
    next: (_topic: string, partition: number) => next[partition]!,
    moved: () => moved.promise,
    flush: async () => {
      told.push('flush');
    },
  };
  const ending: Ending = { read: read.promise, areAtEnd, unanswered, status: () => [], troubleOf: () => undefined };
  const log = { range: () => ({ start: 0, end: 3 }) } as unknown as Log;
  const load = new Load(of, loader satisfies Loader, [ending], log);
  load.add({ release: () => told.push('released'), give: (up) => told.push(up) });
  load.start();
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    load,
    loader,
    told,
    async read() {
      read.resolve();
      await settle();
    },
    async process(...to: number[]) {
      for (const [partition, offset] of to.entries()) next[partition] = offset;
      moved.resolve();
      moved = Promise.withResolvers();
      await settle();
    },
    async end(failure?: MillraceError) {
      loader.failure = failure;
      loader.isOver = true;
      done.resolve();
      moved.resolve();
      await settle();
    },
  };
}

describe('a finite table is loaded', () => {
  test('when its sources are read to their end and the last record of each partition is processed', async () => {
    const { load, told, read, process } = loading();
    await process(3, 2);
    assert.deepEqual(told, []);
    await read();
    assert.deepEqual([told, load.isLoaded], [[], false]);
    await process(3, 3);
    assert.deepEqual([told, load.isLoaded], [['released'], true]);
  });

  test('and not where its sources were stopped before their end', async () => {
    const { load, told, read, process } = loading({ areAtEnd: false });
    await process(3, 3);
    await read();
    assert.deepEqual([told, load.isLoaded], [[], false]);
  });

  test('after the windows that feed it, unless its pipeline has ended and emitted them', async () => {
    const { told, read, process } = loading({ of: counts });
    await process(3, 3);
    await read();
    assert.deepEqual(told, ['flush', 'released']);
    const over = loading({ of: counts });
    over.loader.isOver = true;
    await over.process(3, 3);
    await over.read();
    assert.deepEqual(over.told, ['released']);
  });

  test('never where its pipeline ends before', async () => {
    const { load, told, read, end } = loading();
    await read();
    await end();
    assert.deepEqual([told, load.isLoaded], [[], false]);
  });
});

describe('what waits for a table is told that it waits in vain', () => {
  test('where the pipeline that loads the table has failed', async () => {
    const { told, end, load } = loading();
    await end(new MillraceError('DISK_FULL', 'no space', { remedy: 'Free some.' }));
    const [given] = told as [MillraceError];
    assert.equal(given.code, 'DISK_FULL');
    assert.equal(given.message, "table 'zones' is not loaded, since pipeline 'zones' has failed: no space");
    assert.equal(load.isUnderWay, false);
  });

  test('where a source had no answer', async () => {
    const unanswered = new MillraceError('SOURCE_UNAVAILABLE', 'source zone/http: none of its 3 polls was answered');
    const { told, read, load } = loading({ areAtEnd: false, unanswered });
    await read();
    assert.deepEqual(told, [unanswered]);
    assert.equal(load.isUnderWay, false);
  });

  test('where that pipeline is paused, as long as it is', async () => {
    const { load, loader } = loading();
    assert.equal(load.isUnderWay, true);
    loader.isPaused = true;
    assert.deepEqual(
      [load.isUnderWay, load.text],
      [false, "waits until table 'zones' is loaded, but pipeline 'zones', which loads it, is paused"],
    );
  });
});

test('a topic is held until all that it waits for is loaded', async () => {
  const [one, other] = [loading(), loading()];
  const holds = new Holds();
  holds.add('ride', one.load);
  holds.add('ride', other.load);
  assert.deepEqual([holds.isHolding('ride'), holds.isHolding('zone'), holds.isStuck('ride')], [true, false, false]);
  for (const { read, process } of [one, other]) {
    assert.equal(holds.isHolding('ride'), true);
    await process(3, 3);
    await read();
  }
  assert.deepEqual([holds.isHolding('ride'), holds.textOf('ride')], [false, undefined]);
});

test('what the last run knew of the sources of a topic says whether they were read to their end', async () => {
  const source = (isAtEnd?: boolean) => ({
    position: undefined,
    next: 0,
    read: 1,
    refused: 0,
    ...(isAtEnd === undefined ? {} : { isAtEnd }),
  });
  // one that says nothing is of a version that did not save it
  for (const [saved, wanted] of [
    [{}, false],
    [{ a: source(true) }, true],
    [{ a: source() }, true],
    [{ a: source(true), b: source(false) }, false],
  ] as const)
    assert.equal(savedEnding('zone', saved).areAtEnd, wanted, JSON.stringify(saved));
});
