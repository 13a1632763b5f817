// After failures http waits with full jitter, and as long as the server asks.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { virtualClock } from '../../../src/core/clock.ts';
import { random } from '../../../src/core/random.ts';
import { int } from '../../../src/define/fields.ts';
import { backoffMs, retryAfterMs } from '../../../src/ingest/http/backoff.ts';
import { open } from '../../../src/ingest/http/open.ts';
import { context } from '../tools.ts';

const fields = { id: int() };

test('the back-off is uniform up to a bound that doubles to 60 s', () => {
  for (let failures = 1; failures < 40; failures++) {
    const bound = Math.min(60_000, 1000 * 2 ** (failures - 1));
    const drawn = Array.from({ length: 200 }, (_, i) => backoffMs(failures, random(i)));
    assert.ok(Math.max(...drawn) <= bound && Math.max(...drawn) > bound * 0.9, `${failures}`);
    assert.ok(Math.min(...drawn) >= 0 && Math.min(...drawn) < bound * 0.1, `${failures}`);
  }
});

test('Retry-After is read as seconds and as a date, and capped at an hour', () => {
  const nowMs = Date.parse('2026-11-22T08:00:00Z');
  assert.equal(retryAfterMs('120', nowMs), 120_000);
  assert.equal(retryAfterMs('Sun, 22 Nov 2026 08:00:30 GMT', nowMs), 30_000);
  assert.equal(retryAfterMs('Sun, 22 Nov 2020 08:00:30 GMT', nowMs), 0);
  assert.equal(retryAfterMs('99999999', nowMs), 3_600_000);
  for (const none of [null, '', 'soon']) assert.equal(retryAfterMs(none, nowMs), undefined);
});

/** Polls answers in turn under a virtual clock; returns the second of each poll, and what was noticed. */
async function polled(answers: (() => Response)[], forMs: number, options: object = {}) {
  const clock = virtualClock(Date.parse('2026-11-22T08:00:00Z'));
  const atMs: number[] = [];
  const stop = new AbortController();
  // always the largest jitter
  const dice = { ...random(1), next: () => 0.999999 };
  const fetch = async () => {
    atMs.push(clock.elapsed());
    return (answers[atMs.length - 1] ?? answers.at(-1)!)();
  };
  const given = context(fields, {
    clock,
    random: dice,
    fetch,
    signal: stop.signal,
    lookup: async () => [{ address: '8.8.8.8', family: 4 }],
  });
  const source = await open({ url: 'https://example.com/', every: '10s', ...options }, given);
  const sequences: number[] = [];
  const reading = (async () => {
    for await (const batch of source.batches()) sequences.push(...batch.sequences);
  })();
  for (let ms = 0; ms < forMs; ms += 500) await clock.advance(500);
  stop.abort();
  await reading;
  await source.close();
  return { seconds: atMs.map((ms) => Math.round(ms / 1000)), notices: given.notices, sequences };
}

const good = () => Response.json({ id: 1 });
const bad =
  (status: number, headers = {}) =>
  () =>
    new Response('no', { status, headers });

test('polls come at their interval', async () => {
  const { seconds, notices, sequences } = await polled([good], 45_000);
  assert.deepEqual(seconds, [0, 10, 20, 30, 40]);
  assert.deepEqual(notices, []);
  assert.deepEqual(sequences, [0, 1, 2, 3, 4]);
});

test('failures that pass are tried again with growing waits, told, and told to be over', async () => {
  const { seconds, notices } = await polled([good, bad(503), bad(500), bad(429), bad(408), good], 60_000);
  assert.deepEqual(seconds, [0, 10, 11, 13, 17, 25, 35, 45, 55]);
  assert.match(notices[0]!, /^https:\/\/example\.com\/ answered 503; trying again in 1\.0s$/);
  assert.deepEqual([notices.length, notices.at(-1)], [5, undefined]);
});

test('a status that does not pass by itself is told, and not polled more often than usual', async () => {
  for (const status of [401, 403, 404, 418]) {
    const { seconds, notices } = await polled([bad(status), bad(status), good], 35_000);
    assert.deepEqual(seconds, [0, 10, 20, 30]);
    assert.match(notices[0]!, new RegExp(`answered ${status}`));
  }
});

test('the server’s Retry-After is waited for', async () => {
  const date = 'Sun, 22 Nov 2026 08:00:40 GMT';
  const { seconds } = await polled(
    [bad(429, { 'retry-after': '20' }), bad(503, { 'retry-after': date }), good],
    55_000,
  );
  assert.deepEqual(seconds, [0, 20, 40, 50]);
});

test('a network that goes away later is told, and its polls are not made up for', async () => {
  const gone = () => {
    throw Object.assign(new TypeError('fetch failed'), {
      cause: Object.assign(new Error('x'), { code: 'ECONNRESET' }),
    });
  };
  const { seconds, notices } = await polled([good, gone, gone, good], 40_000);
  assert.deepEqual(seconds, [0, 10, 11, 13, 23, 33]);
  assert.match(notices[0]!, /could not be reached: ECONNRESET/);
});

test('a run length ends it', async () => {
  const { seconds } = await polled([good], 200_000, { for: '60s' });
  assert.deepEqual(seconds, [0, 10, 20, 30, 40, 50]);
});

test('a poll that takes longer than its time is given up by the clock', async () => {
  const clock = virtualClock(0);
  const stop = new AbortController();
  let polls = 0;
  const fetch = () => (polls++ === 0 ? Promise.resolve(good()) : new Promise<Response>(() => {}));
  const given = context(fields, {
    clock,
    fetch,
    signal: stop.signal,
    lookup: async () => [{ address: '8.8.8.8', family: 4 }],
  });
  const source = await open({ url: 'https://example.com/', every: '1s', timeout: '3s' }, given);
  const reading = (async () => {
    for await (const _ of source.batches());
  })();
  for (let i = 0; i < 5; i++) await clock.advance(1000);
  assert.match(given.notices[0]!, /did not answer within 3000 ms/);
  stop.abort();
  await reading;
  await source.close();
  assert.equal(clock.sleeping, 0);
});
