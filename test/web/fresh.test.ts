// Answers about a table that are kept: none is older than the table.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FreshAnswers } from '../../src/web/fresh.ts';

/** Answers about a table with a version, which say how often they were made. */
function answering() {
  const state = { version: 0, made: 0 };
  const answers = new FreshAnswers(() => state.version);
  const get = async (question: string, make = async () => Buffer.from(`${question} ${++state.made}`)) =>
    String(await answers.get('rides', question, make));
  return { state, get };
}

test('an answer is made once for all who ask, until the table changes', async () => {
  const { state, get } = answering();
  assert.deepEqual(await Promise.all([get('a'), get('a'), get('b')]), ['a 1', 'a 1', 'b 2']);
  assert.equal(await get('a'), 'a 1');
  state.version++;
  assert.equal(await get('a'), 'a 3');
});

test('an answer that was being made when the table changed is not given to those who ask later', async () => {
  const { state, get } = answering();
  const first = get('a', async () => {
    await new Promise(setImmediate);
    return Buffer.from('old');
  });
  state.version++;
  assert.equal(await get('a'), 'a 1');
  assert.equal(await first, 'old');
  assert.equal(await get('a'), 'a 1');
});

test('a failure is told to those who wait for it, and is not kept', async () => {
  const { get } = answering();
  const failing = () => get('a', async () => Promise.reject(new Error('it fails')));
  assert.deepEqual(
    (await Promise.allSettled([failing(), get('a')])).map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  assert.equal(await get('a'), 'a 1');
});

test('the oldest answers make room for new ones', async () => {
  const { state, get } = answering();
  const large = async () => {
    state.made++;
    return Buffer.alloc(10 * 2 ** 20);
  };
  for (const question of ['a', 'b', 'c', 'd']) await get(question, large);
  await get('d', large);
  assert.equal(state.made, 4);
  await get('a', large);
  assert.equal(state.made, 5);
});
