// Tokens that may only post, and tokens with a rate of their own.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bearer, guarded } from './guarded.ts';

const url = '/api/pipelines';

test('a poster may post to its topics, and do nothing else', async (t) => {
  const { app, tokens } = await guarded(t);
  const { token } = tokens.create({ role: 'poster', topics: ['rides'], name: 'device 1' });
  const headers = { ...bearer(token), 'content-type': 'application/json' };
  const post = async (topic: string) =>
    app.inject({ method: 'POST', url: `/api/topics/${topic}/records`, headers, payload: '[]' });
  assert.equal((await post('rides')).statusCode, 200);
  const other = await post('users');
  assert.deepEqual([other.statusCode, other.json().code], [403, 'FORBIDDEN']);
  assert.match(other.json().remedy, /--role poster --topic users/);
  assert.equal((await post('%72ides')).statusCode, 200);
  for (const one of [
    url,
    '/api/topics/rides/records',
    '/api/tables/rides/rows',
    '/metrics',
    '/api/session',
    '/api/live/pipelines',
  ])
    assert.equal((await app.inject({ url: one, headers: bearer(token) })).statusCode, 403, one);
  for (const one of ['/api/query', '/api/dead/redrive', '/api/pipelines/rides/pause'])
    assert.equal((await app.inject({ method: 'POST', url: one, headers, payload: '{}' })).statusCode, 403, one);
});

test('a token has a rate of its own, above or below that of the server', async (t) => {
  const { app, tokens, of } = await guarded(t, { requestsPerMinute: 3 });
  const statuses = async (token: string, count: number) => {
    const all: number[] = [];
    for (let i = 0; i < count; i++) all.push((await app.inject({ url, headers: bearer(token) })).statusCode);
    return all;
  };
  const [low, high, endless] = [1, 5, 0].map(
    (requestsPerMinute) => tokens.create({ role: 'reader', requestsPerMinute }).token,
  );
  assert.deepEqual(await statuses(of.reader, 4), [200, 200, 200, 429]);
  assert.deepEqual(await statuses(low!, 2), [200, 429]);
  assert.deepEqual(await statuses(high!, 6), [200, 200, 200, 200, 200, 429]);
  assert.ok((await statuses(endless!, 10)).every((status) => status === 200));
});
