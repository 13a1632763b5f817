// Viewers of one chart share its queries, and each sees what was stored when it asked.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chartsOf } from '../../src/control/charts.ts';
import { virtualClock } from '../../src/core/clock.ts';
import { bar, number } from '../../src/index.ts';
import type { Store } from '../../src/store/store.ts';
import { charted, ride, rides } from './chart-store.ts';

const request = { where: {} };

/** A store whose tables change and whose queries answer when the test says so. */
function slowStore() {
  const state = { version: 1, queries: 0, answers: [] as (() => void)[], isSlow: true, fails: false };
  const store = {
    version: () => state.version,
    async summarise() {
      state.queries++;
      const seen = state.version;
      if (state.isSlow) await new Promise<void>((resolve) => state.answers.push(resolve));
      if (state.fails) throw new Error('the disk is away');
      return [[null, seen]];
    },
  } as unknown as Store;
  const answer = () => {
    state.isSlow = false;
    for (const resolve of state.answers) resolve();
  };
  return { store, state, answer };
}

async function oneChart(t: Parameters<typeof charted>[0]) {
  const { pipeline } = await charted(
    t,
    [number(rides, { title: 'n', value: 'km' }), bar(rides, { title: 'b', x: 'zone' })],
    [],
  );
  return pipeline;
}

test('a hundred viewers at once cost one query; while the table stays as it is the next cost none', async (t) => {
  const pipeline = await oneChart(t);
  const { store, state, answer } = slowStore();
  const charts = chartsOf(store, virtualClock());
  const all = Array.from({ length: 100 }, () => charts.data(pipeline, 'n', { ...request }));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(state.queries, 1);
  answer();
  assert.equal((await Promise.all(all)).length, 100);
  const { queries } = state;
  await charts.data(pipeline, 'n', request);
  assert.equal(state.queries, queries);
  await charts.data(pipeline, 'n', { where: { zone: { eq: 'A' } } });
  assert.ok(state.queries > queries, 'another filter is another answer');
});

test('after a change an answer is computed anew, at most twice a second, and never older than the question', async (t) => {
  const { store, pipeline, write } = await charted(t, [number(rides, { title: 'n' })], [ride(1)]);
  const clock = virtualClock();
  const charts = chartsOf(store, clock);
  const count = async () => (await charts.data(pipeline, 'n', request)).rows[0]![1];
  assert.equal(await count(), 1);
  await write(rides, [ride(2)]);
  const [first, second] = [count(), count()];
  let isAnswered = false;
  void first.then(() => {
    isAnswered = true;
  });
  await clock.advance(499);
  assert.equal(isAnswered, false, 'the last query began less than half a second ago');
  await clock.advance(1);
  assert.deepEqual(await Promise.all([first, second]), [2, 2]);
  await write(rides, [ride(3)]);
  await clock.advance(10_000);
  assert.equal(await count(), 3);
});

test('a failure is told to those who asked, and the next question is asked again', async (t) => {
  const pipeline = await oneChart(t);
  const { store, state, answer } = slowStore();
  const charts = chartsOf(store, virtualClock());
  state.fails = true;
  const failed = charts.data(pipeline, 'n', request);
  const both = Promise.allSettled([failed, charts.data(pipeline, 'n', request)]);
  await new Promise((resolve) => setImmediate(resolve));
  answer();
  assert.deepEqual(
    (await both).map((one) => one.status),
    ['rejected', 'rejected'],
  );
  state.fails = false;
  assert.equal((await charts.data(pipeline, 'n', request)).rows[0]![0], null);
});

test('what a commit undoes is no change', async (t) => {
  const { store, write } = await charted(t, [number(rides, {})], [ride(1)]);
  const before = store.version('rides');
  store.sink.settled({} as never, false);
  assert.equal(store.version('rides'), before);
  await write(rides, [ride(1)]);
  assert.equal(store.version('rides'), before + 1);
});
