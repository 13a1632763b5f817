// Whatever is sent to the API, it answers with what it documents: fuzzed parameters, headers and bodies, also against a real data folder.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import type { App } from '../../src/web/app.ts';
import { makeApp, type Served, serve } from '../../src/web/server.ts';
import { fakeBackend } from './backend.ts';
import { cases } from './cases.ts';
import { judgeOf } from './document.ts';
import { fuzz, naughtyTexts } from './fuzz.ts';

describe('fuzzed requests', () => {
  let app: App;
  before(async () => {
    app = await makeApp(fakeBackend());
  });
  after(() => app.close());

  for (const name of Object.keys(cases)) {
    test(`${name} never fails with 500`, { timeout: 60_000 }, async () => {
      const judge = await judgeOf(app);
      await fuzz(app, judge, judge.operations.find((one) => one.name === name)!, 150);
    });
  }

  test('no route of the registry fails with 500', { timeout: 120_000 }, async () => {
    const judge = await judgeOf(app);
    const routes = judge.operations.filter((one) => one.tags.includes('registry'));
    assert.ok(routes.length > 20);
    for (const route of routes) await fuzz(app, judge, route, 25);
  });

  test('a body that is nested a hundred thousand times is refused', async () => {
    for (const url of ['/api/query', '/api/dead/redrive', '/api/topics/rides/records']) {
      for (const [open, close] of [
        ['[', ']'],
        ['{"id":', '}'],
      ] as const) {
        const payload = open.repeat(100_000) + (open === '[' ? '' : '1') + close.repeat(100_000);
        const answer = await app.inject({
          method: 'POST',
          url,
          payload,
          headers: { 'content-type': 'application/json' },
        });
        assert.ok([400, 413].includes(answer.statusCode), `${url}: ${answer.statusCode} ${answer.body.slice(0, 200)}`);
      }
    }
  });
});

describe('on the wire', () => {
  let served: Served;
  before(async () => {
    served = await serve(fakeBackend(), { port: 0 });
  });
  after(() => served.close());

  /** What the server answers to some bytes. */
  async function send(bytes: Uint8Array | string): Promise<string> {
    const socket = connect(Number(new URL(served.url).port), '127.0.0.1');
    let answer = '';
    socket.on('data', (data) => {
      answer += data.toString();
    });
    socket.on('error', () => undefined);
    socket.end(bytes);
    await once(socket, 'close');
    return answer;
  }

  test('bytes that are no HTTP get a problem, and the server goes on', { timeout: 60_000 }, async () => {
    for (const bytes of [
      '\0\0\0',
      'GET\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`,
    ]) {
      const answer = await send(bytes);
      assert.match(answer, /^HTTP\/1\.1 4\d\d /, JSON.stringify(bytes.slice(0, 30)));
      assert.match(answer, /content-type: application\/problem\+json/i);
    }
    assert.equal((await fetch(`${served.url}/api/health`)).status, 200);
  });

  test('naughty paths and headers are never 500', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...naughtyTexts),
        fc.constantFrom('path', 'query', 'header'),
        async (text, place) => {
          const clean = text.replace(/[\r\n]/g, '');
          const path =
            place === 'path'
              ? `/api/tables/${clean}/rows`
              : `/api/tables/rides/rows?where.zone=${place === 'query' ? clean : 'A'}`;
          const header = place === 'header' ? `x-naughty: ${clean}\r\n` : '';
          const answer = await send(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n${header}connection: close\r\n\r\n`);
          assert.match(answer, /^HTTP\/1\.1 [24]\d\d /, answer.slice(0, 200));
        },
      ),
      { numRuns: 300 },
    );
    assert.equal((await fetch(`${served.url}/api/health`)).status, 200);
  });
});
