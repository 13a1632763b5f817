// The API against its own document: each operation answers as documented, each documented error can be had, no other status comes.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { MillraceError } from '../../src/core/errors.ts';
import { limits } from '../../src/core/limits.ts';
import { pipeline } from '../../src/index.ts';
import { openTokens, type Tokens } from '../../src/web/access/tokens.ts';
import type { App } from '../../src/web/app.ts';
import type { Backend } from '../../src/web/backend.ts';
import { makeApp } from '../../src/web/server.ts';
import { fakeBackend } from './backend.ts';
import { cases, type Request } from './cases.ts';
import { type Answer, type Judge, judgeOf, type Operation } from './document.ts';
import { made } from './own-pipeline.ts';

/** What other tests hold against its documents: streams that do not end, Confluent's own API, signing in. */
const elsewhere = ['live', 'registry', 'session'];

let app: App;
let guarded: App;
/** Takes one request of each token. */
let limited: App;
let folder: string;
let tokens: Tokens;
let judge: Judge;
let addresses = 0;
before(async () => {
  app = await makeApp(fakeBackend());
  folder = await mkdtemp(join(tmpdir(), 'millrace-contract-'));
  tokens = openTokens(join(folder, 'control.db'));
  guarded = await makeApp(fakeBackend(), { access: { tokens, needsTokens: true } });
  limited = await makeApp(fakeBackend(), { access: { tokens, needsTokens: true, requestsPerMinute: 1 } });
  judge = await judgeOf(app);
});
after(async () => {
  await app.close();
  await guarded.close();
  await limited.close();
  tokens.close();
  await rm(folder, { recursive: true });
});

const fails = async () => {
  throw new MillraceError('STORE_UNAVAILABLE', 'the store does not answer', { remedy: 'Try again.' });
};
/** A backend of which nothing can be had but what is in memory. */
const unavailable: Partial<Backend> = Object.fromEntries(
  ['plan', 'pause', 'resume', 'topics', 'topic', 'records', 'post', 'tables', 'table', 'rows', 'query', 'chart', 'dead']
    .concat(['deadLetter', 'redrive', 'rebuild', 'cancelRebuild'])
    .map((name) => [name, fails]),
);

async function ask(operation: Operation, request: Request, on: App = app): Promise<Answer> {
  const { path, payload, headers = {}, backend } = request;
  const asked = backend ? await makeApp(fakeBackend(backend)) : on;
  // each from an address of its own: an address that gives many wrong tokens is refused by another status
  addresses++;
  const answer = await asked.inject({
    remoteAddress: `10.0.${addresses >> 8}.${addresses & 255}`,
    method: operation.method as 'GET',
    url: path,
    headers: { ...headers },
    ...(payload === undefined ? {} : { payload: payload as object }),
  });
  if (backend) await asked.close();
  judge.judge(operation, answer);
  return answer;
}

/** What the frame refuses in the same way everywhere. */
async function provoke(operation: Operation, status: number): Promise<number[]> {
  const [good] = cases[operation.name]!.good;
  const fresh = { ...good!, path: good!.path.split('?')[0]! };
  const requests: Record<number, () => Promise<Answer>[]> = {
    400: () => [ask(operation, { ...fresh, path: `${fresh.path}?nonsense=1` })],
    401: () => [
      ask(operation, fresh, guarded),
      ask(operation, { ...fresh, headers: { ...fresh.headers, authorization: 'Bearer wrong' } }, guarded),
    ],
    403: () => {
      const { token } = tokens.create({ role: 'reader' });
      const foreign = ask(operation, { ...fresh, headers: { ...fresh.headers, host: 'evil.example' } });
      if (operation.role === 'reader' || operation.role === 'anyone') return [foreign];
      const headers = { ...fresh.headers, authorization: `Bearer ${token}` };
      return [foreign, ask(operation, { ...fresh, headers }, guarded)];
    },
    404: () => {
      const ids = operation.parameters.filter((one) => one.in === 'path');
      if (ids.length === 0) return [];
      const path = operation.path.replace(/\{(\w+)\}/g, (_all, name) =>
        ids.find((one) => one.name === name)?.schema.type === 'integer' ? '999999' : 'nope',
      );
      return [ask(operation, { ...fresh, path })];
    },
    413: () => [
      ask(operation, {
        path: fresh.path,
        payload: `"${'x'.repeat(limits.bodyBytesMax)}"`,
        headers: { 'content-type': 'application/json' },
      }),
    ],
    429: () => {
      const { token } = tokens.create({ role: 'admin' });
      const headers = { ...fresh.headers, authorization: `Bearer ${token}` };
      return [
        limited.inject({ url: '/api/session', headers }).then(() => ask(operation, { ...fresh, headers }, limited)),
      ];
    },
    503: () => (operation.name === 'GET /api/health' ? [] : [ask(operation, { ...good!, backend: unavailable })]),
    415: () => [ask(operation, { path: fresh.path, payload: 'x=1', headers: { 'content-type': 'text/plain' } })],
  };
  const answers = await Promise.all(requests[status]?.() ?? []);
  return answers.map((answer) => answer.statusCode);
}

describe('the OpenAPI document', () => {
  test('names only operations that are tested here or elsewhere, and these are all there', () => {
    const here = judge.operations.filter((one) => !elsewhere.some((tag) => one.tags.includes(tag)));
    assert.deepEqual(
      here.map((one) => one.name).filter((name) => !cases[name]),
      [],
    );
    const names = judge.operations.map((one) => one.name);
    assert.deepEqual(
      Object.keys(cases).filter((name) => !names.includes(name)),
      [],
    );
  });

  test('gives each operation a name that stays, and that no other one has', async (t) => {
    const own = pipeline('clash', {
      tables: made.tables,
      get: { '/topic': () => 1, '/late-buses': () => 1, '/late/buses': () => 1, '/lines/:line': () => 1 },
      post: { '/topic/:name': () => 1 },
    });
    const more = await makeApp(fakeBackend({ definitions: [own] }));
    t.after(() => more.close());
    const { operations } = await judgeOf(more);
    const ids = operations.map((one) => one.id);
    assert.deepEqual(
      ids.filter((id, i) => !/^[a-z][A-Za-z0-9]*$/.test(id) || ids.indexOf(id) < i),
      [],
    );
    const idOf = (name: string) => operations.find((one) => one.name === name)?.id;
    assert.deepEqual(
      [
        'GET /api/topics',
        'GET /api/topics/{name}',
        'POST /api/topics/{name}/records',
        'GET /api/tables/{name}/rows',
      ].map(idOf),
      ['listTopics', 'getTopic', 'postRecords', 'listRows'],
    );
    assert.deepEqual(
      [
        'GET /api/topic',
        'GET /api/late-buses',
        'GET /api/late/buses',
        'GET /api/lines/{line}',
        'POST /api/topic/{name}',
      ].map(idOf),
      ['getTopic2', 'getLateBuses', 'getLateBuses2', 'getLinesByLine', 'postTopicByName'],
    );
  });

  test('says for each operation what it is for, and shows its problems as problems', () => {
    for (const { name, tags, responses } of judge.operations) {
      assert.ok(tags.length > 0, name);
      if (elsewhere.some((tag) => tags.includes(tag))) continue;
      for (const [status, { content = {}, description }] of Object.entries(responses)) {
        assert.notEqual(description, 'Default Response', `${name} ${status}`);
        if (Number(status) >= 400 && !(name === 'GET /api/health' && status === '503'))
          assert.deepEqual(Object.keys(content), ['application/problem+json'], `${name} ${status}`);
      }
    }
  });
});

describe('every operation answers as documented', () => {
  for (const [name, { good, bad = {} }] of Object.entries(cases)) {
    test(name, async () => {
      const operation = judge.operations.find((one) => one.name === name);
      assert.ok(operation, 'it is in the document');
      const seen = new Set<number>();
      for (const request of good) {
        const { statusCode, body } = await ask(operation, request);
        assert.ok(statusCode < 300, `${request.path}: ${statusCode} ${body}`);
        seen.add(statusCode);
      }
      for (const [status, requests] of Object.entries(bad)) {
        for (const request of requests) {
          const { statusCode, body } = await ask(operation, request);
          assert.equal(statusCode, Number(status), `${request.path}: ${body}`);
          seen.add(statusCode);
        }
      }
      for (const status of Object.keys(operation.responses).map(Number)) {
        for (const provoked of status >= 400 ? await provoke(operation, status) : []) {
          assert.equal(provoked, status, name);
          seen.add(provoked);
        }
      }
      if (operation.name === 'POST /api/topics/{name}/records') {
        const path = '/api/topics/rides/records';
        const headers = { 'idempotency-key': 'once' };
        const first = await ask(operation, { path, payload: { id: 'a' }, headers });
        assert.equal(first.statusCode, 200);
        const again = await ask(operation, { path, payload: { id: 'a' }, headers });
        assert.equal(JSON.parse(again.body).isRepeated, true);
        seen.add((await ask(operation, { path, payload: { id: 'b' }, headers })).statusCode);
      }
      assert.deepEqual([...seen].map(String).sort(), Object.keys(operation.responses).sort());
    });
  }
});

describe('methods', () => {
  test('HEAD answers as GET does, without a body', async () => {
    const fresh = await makeApp(fakeBackend());
    for (const { path } of judge.operations.flatMap((one) =>
      one.method === 'GET' && cases[one.name] ? cases[one.name]!.good : [],
    )) {
      const { statusCode, body, headers } = await fresh.inject({ method: 'HEAD', url: path });
      assert.deepEqual([statusCode, body], [200, ''], path);
      assert.ok(headers['content-type'], path);
    }
    await fresh.close();
  });

  test('another method than those of a path is refused by 405, which names them', async () => {
    for (const [method, url, allow] of [
      ['DELETE', '/api/tables/rides/rows', 'GET, HEAD, OPTIONS'],
      ['GET', '/api/query', 'OPTIONS, POST'],
      ['PUT', '/api/topics/rides/records?x=1', 'GET, HEAD, OPTIONS, POST'],
    ] as const) {
      const answer = await app.inject({ method, url });
      assert.deepEqual(
        [answer.statusCode, answer.headers.allow, answer.json<{ code: string }>().code],
        [405, allow, 'METHOD_NOT_ALLOWED'],
        url,
      );
    }
  });

  test('OPTIONS names the methods of a path that is known, and is 404 elsewhere', async () => {
    const answer = await app.inject({ method: 'OPTIONS', url: '/api/dead/5' });
    assert.deepEqual([answer.statusCode, answer.headers.allow, answer.body], [204, 'GET, HEAD, OPTIONS', '']);
    assert.equal((await app.inject({ method: 'OPTIONS', url: '/api/nope' })).statusCode, 404);
  });
});

describe('failures', () => {
  test('what should not happen is 500 without a stack, and is told to the one who runs the server', async () => {
    const notices: string[] = [];
    const tables = async () => {
      throw new TypeError('boom');
    };
    const broken = await makeApp(fakeBackend({ tables }), { notice: (text) => notices.push(text) });
    const answer = await broken.inject('/api/tables');
    assert.equal(answer.statusCode, 500);
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
    assert.equal(answer.json<{ code: string }>().code, 'ASSERTION');
    assert.doesNotMatch(answer.body, /\.ts:\d+/);
    assert.deepEqual(notices, ['web server: boom']);
    await broken.close();
  });
});
