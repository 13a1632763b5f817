// What is refused of any request, whichever route it is for: without Host, with an Expect, packed, not readable, too long.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { App } from '../../src/web/app.ts';
import { makeApp, type Served, serve } from '../../src/web/server.ts';
import { fakeBackend } from './backend.ts';
import { judged } from './document.ts';
import { made } from './own-pipeline.ts';

let app: App;
let served: Served;
before(async () => {
  const backend = fakeBackend({ definitions: [made] });
  app = await judged(await makeApp(backend));
  served = await serve(backend, { port: 0 });
});
after(async () => {
  await app.close();
  await served.close();
});

type Problem = { status: number; code: string; title: string; place: string; remedy: string };

/** An answer to what is sent as it stands. */
async function send(
  text: string,
): Promise<{ status: number; type: string | undefined; body: Record<string, unknown> }> {
  const socket = connect(Number(new URL(served.url).port), '127.0.0.1');
  socket.write(text);
  let answer = '';
  socket.on('data', (chunk) => {
    answer += String(chunk);
  });
  await once(socket, 'close');
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  const type = /^content-type: ([^;\r]+)/im.exec(head)?.[1];
  return { status: Number(head.split(' ')[1]), type, body: JSON.parse(body) as Record<string, unknown> };
}

const registryType = 'application/vnd.schemaregistry.v1+json';

test('without Host it is 400 with a problem, or in the words of the registry', async () => {
  const answer = await send('GET /api/health HTTP/1.1\r\nConnection: close\r\n\r\n');
  assert.deepEqual([answer.status, answer.type], [400, 'application/problem+json']);
  assert.deepEqual([answer.body.code, answer.body.place], ['OPTION_INVALID', 'Host']);
  const confluent = await send('GET /registry/subjects HTTP/1.1\r\nConnection: close\r\n\r\n');
  assert.deepEqual([confluent.status, confluent.type, confluent.body.error_code], [400, registryType, 400]);
});

test('with an Expect that nobody can meet it is 417, and the connection ends', async () => {
  const head = 'Host: 127.0.0.1\r\nContent-Length: 2\r\nExpect: tea\r\n\r\n';
  const answer = await send(`POST /api/query HTTP/1.1\r\n${head}`);
  assert.deepEqual([answer.status, answer.type], [417, 'application/problem+json']);
  assert.deepEqual([answer.body.status, answer.body.place], [417, 'Expect']);
  const confluent = await send(`POST /registry/subjects/a HTTP/1.1\r\n${head}`);
  assert.deepEqual([confluent.status, confluent.type, confluent.body.error_code], [417, registryType, 417]);
});

test('a line and headers of more than 16 KiB are 431, and the remedy says how to look for a long key', async () => {
  const answer = await send(
    `GET /api/tables/rides/rows/${'x'.repeat(17_000)} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`,
  );
  assert.deepEqual([answer.status, answer.body.status], [431, 431]);
  assert.match(String(answer.body.title), /16384 bytes/);
  assert.match(String(answer.body.remedy), /POST \/api\/query/);
});

test('a packed body is 415 wherever a body is taken', async () => {
  const packed = gzipSync('{}');
  const headers = { 'content-encoding': 'gzip', 'content-type': 'application/json' };
  for (const url of [
    '/api/topics/rides/records',
    '/api/query',
    '/api/dead/redrive',
    '/api/session',
    '/api/buses',
    '/registry/subjects/a/versions',
  ]) {
    const answer = await app.inject({ method: 'POST', url, payload: packed, headers });
    const isRegistry = url.startsWith('/registry');
    assert.equal(answer.statusCode, 415, `${url}: ${answer.body}`);
    const { code, error_code, place } = answer.json<Problem & { error_code: number }>();
    assert.deepEqual(
      isRegistry ? [error_code] : [code, place],
      isRegistry ? [415] : ['MEDIA_TYPE', 'Content-Encoding'],
    );
  }
});

test('a path or a query that is no UTF-8 is 400 everywhere', async () => {
  for (const url of ['/api/tables/%', '/api/tables/rides/rows?where.zone=%FF', '/api/health?x=%', '/api/tables/%FF']) {
    const answer = await app.inject(url);
    assert.equal(answer.statusCode, 400, `${url}: ${answer.body}`);
    assert.equal(answer.json<Problem>().code, 'OPTION_INVALID', url);
  }
  for (const url of ['/registry/subjects/%', '/registry/subjects?subjectPrefix=%FF']) {
    const answer = await app.inject(url);
    assert.deepEqual([answer.statusCode, answer.json<{ error_code: number }>().error_code], [400, 400], url);
    assert.equal(answer.headers['content-type'], registryType, url);
  }
});

test('a value in a path may be as long as a request: 404 where it is not there; one that is longer is 414', async () => {
  for (const [url, status] of [
    [`/api/tables/${'x'.repeat(5000)}`, 404],
    [`/api/tables/rides/rows/${'x'.repeat(16_000)}`, 404],
    [`/api/tables/${'x'.repeat(17_000)}`, 414],
    [`/api/tables/rides/rows/${'x'.repeat(17_000)}`, 414],
  ] as const) {
    const answer = await app.inject(url);
    const problem = answer.json<Problem>();
    assert.deepEqual([answer.statusCode, problem.status], [status, status], answer.body.slice(0, 300));
    if (status === 414) assert.match(problem.title, /longer than 16384 characters/);
  }
  const changing = await app.inject({ method: 'POST', url: `/api/pipelines/${'x'.repeat(17_000)}/pause` });
  assert.deepEqual([changing.statusCode, changing.json<Problem>().status], [414, 414], changing.body.slice(0, 300));
});

test('a parameter that a route does not have is 400 at the session and the document too', async () => {
  for (const [method, url] of [
    ['GET', '/api/session'],
    ['POST', '/api/session'],
    ['DELETE', '/api/session'],
    ['GET', '/api/openapi.json'],
  ] as const) {
    const payload = method === 'POST' ? { payload: { token: 'x' } } : {};
    const answer = await app.inject({ method, url: `${url}?nonsense=1`, ...payload });
    assert.deepEqual([answer.statusCode, answer.json<Problem>().place], [400, 'nonsense'], `${method} ${url}`);
  }
});
