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
  const run = (name: number, msMax = 1000) =>
    queries.run(
      msMax,
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
  const short = assert.rejects(run(2, 300), { code: 'QUERY_LIMIT', message: /waited 300 ms/ });
  const long = run(3, 1000);
  await clock.advance(400);
  await short;
  begun[0]!.end();
  assert.deepEqual(await names(), [0, 1, 3]);
  assert.equal(begun[2]!.msLeft, 600);
  begun[1]!.end();
  begun[2]!.end();
  assert.deepEqual(await Promise.all([...first, long]), [0, 1, 3]);
});

test('where too many wait, the next one is sent away at once', async () => {
  const { run, begun, names } = held();
  const all = Array.from({ length: 2 + limits.queriesWaitingMax }, (_, name) => run(name));
  await assert.rejects(run(-1), { code: 'RATE_LIMITED' });
  for (let i = 0; i < all.length; i++) {
    await names();
    begun[i]!.end();
  }
  assert.equal((await Promise.all(all)).length, all.length);
});
