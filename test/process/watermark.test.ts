// The watermark of a topic: the least of its partitions, where one that has records counts before they are read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
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
