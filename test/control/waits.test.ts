// How long records wait for their pipeline, as a rebuild beside it sees it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Waits } from '../../src/control/waits.ts';
import { virtualClock } from '../../src/core/clock.ts';

function made() {
  const clock = virtualClock();
  const state = { end: 0, next: 0 };
  const waits = new Waits({ clock, log: { range: () => ({ start: 0, end: state.end }) }, next: () => state.next });
  const partition = { topic: 'f', partition: 0 };
  return { clock, state, waits, ms: () => waits.ms([partition]), ...partition };
}

test('nobody waits where everything is processed', async () => {
  const { clock, waits, ms, topic, partition } = made();
  assert.equal(ms(), 0);
  waits.seen(topic, partition);
  await clock.advance(500);
  assert.equal(ms(), 0);
});

test('records that came since the last look have waited no longer than since then', async () => {
  const { clock, state, waits, ms, topic, partition } = made();
  waits.seen(topic, partition);
  await clock.advance(100);
  state.end = 10;
  waits.seen(topic, partition);
  assert.equal(ms(), 100);
  await clock.advance(50);
  assert.equal(ms(), 150);
  // while the micro-batch is committed the next ones come
  state.end = 20;
  state.next = 10;
  waits.processed({ topic, partition, count: 10, next: 10 });
  assert.equal(ms(), 150);
  await clock.advance(400);
  assert.equal(ms(), 450);
});

test('what the last micro-batch has waited counts for a second', async () => {
  const { clock, state, waits, ms, topic, partition } = made();
  waits.seen(topic, partition);
  await clock.advance(300);
  state.end = 10;
  waits.seen(topic, partition);
  state.next = 10;
  waits.processed({ topic, partition, count: 10, next: 10 });
  assert.equal(ms(), 300);
  await clock.advance(1001);
  assert.equal(ms(), 0);
});
