// A rebuild gives way to the records of pipelines that run, and is never starved by them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pace, pacing } from '../../src/control/pace.ts';
import { limits } from '../../src/core/limits.ts';

/** Works at so many records a millisecond, while others wait for so long; resolves with what the last micro-batch was like. */
function work(pace: Pace, batches: number, recordsPerMs: number, waitMs: number) {
  let last = { count: 0, workMs: 0, restMs: 0 };
  for (let i = 0; i < batches; i++) {
    const count = pace.records;
    const workMs = count / recordsPerMs;
    last = { count, workMs, restMs: pace.worked(count, workMs, waitMs) };
  }
  return last;
}

test('while nobody waits it works all of the time, and takes as much as a micro-batch may have', () => {
  const pace = new Pace();
  const { count, restMs } = work(pace, 40, 200, 0);
  assert.deepEqual([count, restMs, pace.share], [limits.microBatchRecordsMax, 0, 1]);
});

test('while records wait too long it takes less at once and rests longer, down to its least share', () => {
  const pace = new Pace();
  work(pace, 40, 20, 0);
  const waiting = pacing.waitMsMax + 1;
  const before = work(pace, 1, 20, waiting);
  const { count, workMs, restMs } = work(pace, 40, 20, waiting);
  assert.ok(count < before.count && workMs <= pacing.workMs.least * 1.01, `${count} records in ${workMs} ms`);
  assert.equal(pace.share, pacing.shareMin);
  assert.ok(Math.abs(workMs / (workMs + restMs) - pacing.shareMin) < 1e-9);
});

test('a micro-batch has at least so many records, however slow it is', () => {
  const pace = new Pace();
  assert.equal(work(pace, 40, 0.1, 10_000).count, pacing.recordsMin);
});

test('a short micro-batch at the end of a partition does not make the next one larger', () => {
  const pace = new Pace();
  work(pace, 40, 20, 0);
  const before = pace.records;
  pace.worked(3, 1, 0);
  assert.equal(pace.records, before);
});

test('where more comes in than it makes, it works more of the time, whoever waits', () => {
  const pace = new Pace();
  work(pace, 40, 20, 10_000);
  assert.equal(pace.share, pacing.shareMin);
  for (let i = 0; i < 10; i++) pace.left(1_000_000 + i, i * pacing.patienceMs);
  work(pace, 1, 20, 10_000);
  assert.equal(pace.share, 1);
});

test('where it makes more than comes in, its least share stays', () => {
  const pace = new Pace();
  for (let i = 0; i < 10; i++) pace.left(1_000_000 - i * 80_000, i * pacing.patienceMs);
  work(pace, 40, 20, 10_000);
  assert.equal(pace.share, pacing.shareMin);
});

test('it knows how many records it makes within a time', () => {
  const pace = new Pace();
  assert.equal(pace.within(100), 0);
  work(pace, 20, 30, 0);
  assert.ok(Math.abs(pace.within(100) - 3000) < 1);
});
