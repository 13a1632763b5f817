// Queries by the API: how many run, how many wait, and for how long.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Queries } from '../../src/control/queries.ts';
import { virtualClock } from '../../src/core/clock.ts';
import { limits } from '../../src/core/limits.ts';

/** Queries that end when they are told to. */
function held() {
  const clock = virtualClock(0);
  const queries = new Queries(clock);
  const begun: { readonly name: number; readonly msLeft: number; end(error?: Error): void }[] = [];
  const run = (name: number, { msMax = 1000, asker = 'one', signal = new AbortController().signal } = {}) =>
    queries.run(
      asker,
      msMax,
      signal,
      (msLeft) =>
        new Promise<number>((resolve, reject) => {
          begun.push({ name, msLeft, end: (error) => (error ? reject(error) : resolve(name)) });
        }),
    );
  const names = async () => {
    await new Promise(setImmediate);
    return begun.map(({ name }) => name);
  };
  return { clock, run, begun, names };
}

test('two run at a time, the others in their order, also after one that fails', async () => {
  const { run, begun, names } = held();
  const outcome = Promise.allSettled([0, 1, 2, 3].map((name) => run(name)));
  assert.deepEqual(await names(), [0, 1]);
  begun[0]!.end(new Error('it fails'));
  assert.deepEqual(await names(), [0, 1, 2]);
  begun[1]!.end();
  begun[2]!.end();
  assert.deepEqual(await names(), [0, 1, 2, 3]);
  begun[3]!.end();
  assert.deepEqual(
    (await outcome).map(({ status }) => status),
    ['rejected', 'fulfilled', 'fulfilled', 'fulfilled'],
  );
});

test('waiting counts: one runs for what is left of its time, or is told that its turn did not come', async () => {
  const { clock, run, begun, names } = held();
  const first = [run(0), run(1)];
  const short = assert.rejects(run(2, { msMax: 300 }), { code: 'QUERY_LIMIT', message: /waited 300 ms/ });
  const long = run(3);
  await clock.advance(400);
  await short;
  begun[0]!.end();
  assert.deepEqual(await names(), [0, 1, 3]);
  assert.equal(begun[2]!.msLeft, 600);
  begun[1]!.end();
  begun[2]!.end();
  assert.deepEqual(await Promise.all([...first, long]), [0, 1, 3]);
});

test('askers have their turns, however many queries one of them has', async () => {
  const { run, begun, names } = held();
  const all = [0, 1, 2, 3, 4].map((name) => run(name, { asker: 'greedy' }));
  all.push(run(10, { asker: 'other' }), run(11, { asker: 'third' }));
  assert.deepEqual(await names(), [0, 1]);
  for (let i = 0; i < all.length; i++) {
    begun[i]!.end();
    await names();
  }
  assert.deepEqual(await names(), [0, 1, 2, 10, 11, 3, 4]);
  await Promise.all(all);
});

test('one that is cancelled while it waits never runs, and takes no turn', async () => {
  const { run, begun, names } = held();
  const all = [run(0), run(1)];
  const left = new AbortController();
  const gone = assert.rejects(run(2, { signal: left.signal }), /left/);
  all.push(run(3));
  left.abort(new Error('left'));
  await gone;
  begun[0]!.end();
  assert.deepEqual(await names(), [0, 1, 3]);
  begun[1]!.end();
  begun[2]!.end();
  await Promise.all(all);
});

test('where too many wait, the next one is sent away at once, and one asker takes half of the places at most', async () => {
  const { run, begun, names } = held();
  const half = limits.queriesWaitingMax / 2;
  const askers = [...Array(2 + half).fill('one'), ...Array(half).fill('other')] as string[];
  const all = askers.slice(0, 2 + half).map((asker, name) => run(name, { asker }));
  await assert.rejects(run(-1), { code: 'RATE_LIMITED' });
  all.push(...askers.slice(2 + half).map((asker, i) => run(2 + half + i, { asker })));
  await assert.rejects(run(-1, { asker: 'third' }), { code: 'RATE_LIMITED' });
  for (let i = 0; i < all.length; i++) {
    await names();
    begun[i]!.end();
  }
  assert.equal((await Promise.all(all)).length, all.length);
});
