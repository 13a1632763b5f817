// The watermark of a topic: the least of its partitions, where one that has records counts before they are read.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { int, timestamp, topic } from '../../src/index.ts';
import { Watermarks } from '../../src/process/duckdb/watermarks.ts';
import { Work } from '../../src/process/duckdb/work.ts';
import { newProgress } from '../../src/process/progress.ts';

const event = topic('event', { n: int(), at: timestamp() }, { time: 'at', lateness: '10 ms', partitions: 3 });

/** The watermark where the partitions have these newest times, and some of the others records that were not read yet. */
function advanced(newest: readonly (number | undefined)[], unread: readonly number[] = [], before?: number) {
  const progress = newProgress();
  progress.topics.event = newest.map((newestMs) => ({ base: 0, next: 1, newestMs }));
  if (before !== undefined) progress.watermarks.event = before;
  const hasRecords = (partition: number) => unread.includes(partition) || newest[partition] !== undefined;
  const watermarks = new Watermarks(
    (_topic, partition) => ({ start: 0, end: hasRecords(partition) ? 1 : 0 }),
    () => 0,
  );
  const work = { watermarks };
  Work.prototype.advance.call(work as unknown as Work, progress, event);
  return progress.watermarks.event;
}

test('is the least of the partitions, less the lateness, whichever that is', () => {
  assert.equal(advanced([100, 200, 300]), 90);
  assert.equal(advanced([300, 100, 200]), 90);
  assert.equal(advanced([300, 200, 100]), 90);
});

test('passes over a partition without records, and waits for one whose records were not read yet', () => {
  assert.equal(advanced([300, undefined, 200]), 190);
  assert.equal(advanced([300, undefined, 200], [1]), undefined);
  assert.equal(advanced([300, undefined, 200], [1], 50), 50);
});

test('does not go back', () => {
  assert.equal(advanced([100, 200, 300], [], 150), 150);
});

describe('a partition is passed over', () => {
  const idle = topic('idle', { n: int(), at: timestamp() }, { time: 'at', partitions: 2, idle: '10 s' });

  /** Two partitions, of which the second one has brought the first moment only: what is the least of them, later. */
  function quietAfter(seconds: number, { unread = false, isHeard = true } = {}) {
    let nowMs = 0;
    const watermarks = new Watermarks(
      () => ({ start: 0, end: unread ? 2 : 1 }),
      () => nowMs,
    );
    const progress = newProgress();
    progress.topics.idle = [
      { base: 0, next: unread ? 2 : 1, newestMs: 100 },
      { base: 0, next: 1, newestMs: 0 },
    ];
    const least = () =>
      watermarks.least(progress, idle, 'idle', (partition) => progress.topics.idle![partition]!.newestMs);
    if (isHeard) watermarks.heard('idle', 1);
    least();
    nowMs = seconds * 1000;
    watermarks.heard('idle', 0);
    return { least: least(), quiet: watermarks.quiet(progress, idle).map(({ partition }) => partition) };
  }

  test('when it was quiet for its time, and not before', () => {
    assert.deepEqual(quietAfter(9.999), { least: 0, quiet: [] });
    assert.deepEqual(quietAfter(10), { least: 100, quiet: [1] });
  });

  test('also where nothing has come of it since the start', () => {
    assert.deepEqual(quietAfter(9.999, { isHeard: false }), { least: 0, quiet: [] });
    assert.deepEqual(quietAfter(10, { isHeard: false }), { least: 100, quiet: [1] });
  });

  test('and not where it has records that were not processed', () => {
    assert.deepEqual(quietAfter(10, { unread: true }), { least: 0, quiet: [] });
  });

  test('and is told as quiet while others are not, and has records', () => {
    let nowMs = 0;
    const ends = [1, 1];
    const watermarks = new Watermarks(
      (_topic, partition) => ({ start: 0, end: ends[partition]! }),
      () => nowMs,
    );
    const progress = newProgress();
    progress.topics.idle = [0, 1].map(() => ({ base: 0, next: 1, newestMs: 0 }));
    const quiet = () => watermarks.quiet(progress, idle);
    assert.deepEqual(quiet(), []);
    nowMs = 20_000;
    assert.deepEqual(quiet(), []);
    watermarks.heard('idle', 0);
    assert.deepEqual(quiet(), [{ topic: 'idle', partition: 1, sinceMs: 0 }]);
    ends[1] = 0;
    assert.deepEqual(quiet(), []);
  });
});
