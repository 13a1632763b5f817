// A pipeline's own routes over HTTP: what they are given, what they answer, and what becomes of what goes wrong.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MillraceError } from '../../src/core/errors.ts';
import type { App } from '../../src/web/app.ts';
import type { Backend, PostRequest } from '../../src/web/backend.ts';
import type { PostResult, Problem } from '../../src/web/schemas.ts';
import { makeApp } from '../../src/web/server.ts';
import { fakeBackend } from './backend.ts';
import { judged } from './document.ts';
import { made, minute, rows } from './own-pipeline.ts';
import { readRows } from './rows.ts';

type Posted = { topic: string; request: PostRequest };

async function open(overrides: Partial<Backend> = {}) {
  const posted: Posted[] = [];
  const backend = fakeBackend({
    definitions: [made],
    rows: async (name, options) => {
      const defined = made.tables.find((one) => one.name === name)!;
      const columns = Object.keys(defined.fields).map((column) => ({
        name: column,
        type: 'text',
        isOptional: true,
        isPersonal: false,
      }));
      const view = { name, pipeline: 'bus', rows: 0, key: [...defined.key], columns };
      return readRows(view, name === 'latest' ? rows : [], options);
    },
    async post(name, request): Promise<PostResult> {
      posted.push({ topic: name, request });
      return { accepted: request.records.length, rejected: [], offsets: [], isRepeated: false };
    },
    ...overrides,
  });
  const app = await judged(await makeApp(backend));
  return { app, posted };
}

const get = async (app: App, url: string) => {
  const answer = await app.inject(`/api${url}`);
  return { status: answer.statusCode, type: answer.headers['content-type'], json: answer.json<never>() as unknown };
};
const post = async (app: App, url: string, payload: unknown, headers: Record<string, string> = {}) => {
  const answer = await app.inject({
    method: 'POST',
    url: `/api${url}`,
    ...(payload === undefined
      ? {}
      : {
          payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
          headers: { 'content-type': 'application/json', ...headers },
        }),
  });
  return { status: answer.statusCode, json: answer.json<never>() as unknown };
};
const problem = (
  one: { status: number; json: unknown; type?: unknown },
  status: number,
  code: string,
  title = /./,
): Problem => {
  const json = one.json as Problem;
  assert.deepEqual([one.status, json.status, json.code], [status, status, code], JSON.stringify(json));
  assert.match(json.title, title);
  assert.ok(!JSON.stringify(json).includes('.ts:'), 'there is a stack in it');
  if (one.type !== undefined) assert.match(String(one.type), /^application\/problem\+json/);
  return json;
};

describe('a get route', () => {
  test('answers a read as a page of rows, as values of JSON', async () => {
    const { app } = await open();
    const all = await get(app, '/all');
    assert.equal(all.status, 200);
    assert.match(String(all.type), /^application\/json/);
    const page = all.json as { rows: Record<string, unknown>[]; next?: string };
    assert.equal(page.rows.length, 25);
    assert.equal(page.next, undefined);
    assert.deepEqual(page.rows[0], {
      vehicle: 'v00',
      line: 'M1',
      at: '2026-11-22T08:00:00.000Z',
      delay_s: 0,
      count: '1152921504606846976',
    });
    const line = (await get(app, '/lines/B8')).json as { rows: unknown[]; next?: string };
    assert.deepEqual(
      line.rows,
      [23, 21, 19].map((i) => ({ vehicle: `v${i}`, at: minute(i).toISOString() })),
    );
    await app.close();
  });

  test('answers page after page by its cursor', async () => {
    const { app } = await open();
    const seen: string[] = [];
    let after = '';
    for (let pages = 0; pages < 10; pages++) {
      const { json } = await get(app, `/pages?limit=7${after}`);
      const page = json as { rows: { vehicle: string }[]; next?: string };
      seen.push(...page.rows.map((row) => row.vehicle));
      if (page.next === undefined) break;
      after = `&after=${page.next}`;
    }
    assert.equal(new Set(seen).size, 25);
    assert.equal(seen.length, 25);
    problem(await get(app, '/pages?after=nonsense'), 400, 'OPTION_INVALID', /after/);
    problem(await get(app, '/pages?limit=0'), 400, 'OPTION_INVALID', /0 rows/);
    await app.close();
  });

  test('answers one row, or that it is not there', async () => {
    const { app } = await open();
    assert.equal(((await get(app, '/buses/v07')).json as { count: number }).count, 7);
    problem(await get(app, '/buses/v99'), 404, 'NOT_FOUND', /no such row in table 'latest'/);
    assert.equal(((await get(app, '/buses/newest')).json as { rows: { count: number }[] }).rows[0]!.count, 24);
    await app.close();
  });

  test('answers reads and plain values in lists and objects', async () => {
    const { app } = await open();
    const { json } = await get(app, '/mixed');
    const mixed = json as { late: { vehicle: string }[]; first: { vehicle: string }; list: unknown[] };
    assert.deepEqual(
      mixed.late.map((row) => row.vehicle),
      ['v21', 'v22', 'v23', 'v24'],
    );
    assert.equal(mixed.first.vehicle, 'v00');
    assert.deepEqual(mixed.list, [
      [],
      1,
      null,
      { big: '1152921504606846976', at: minute(0).toISOString(), bytes: 'AQI=' },
    ]);
    assert.deepEqual(Object.keys(mixed), ['late', 'first', 'list', 'nothing']);
    assert.equal((await get(app, '/null')).json, null);
    await app.close();
  });

  test('is given what it declares, as values; what does not fit never reaches it', async () => {
    const { app } = await open();
    assert.deepEqual((await get(app, '/echo/7?at=2026-11-22T08:00Z&lines=a&lines=b')).json, {
      n: 7,
      at: '2026-11-22T08:00:00.000Z',
      lines: ['a', 'b'],
    });
    assert.deepEqual((await get(app, '/echo/9007199254740993')).json, { n: '9007199254740993' });
    problem(await get(app, '/echo/seven'), 400, 'OPTION_INVALID', /params: 'n': 'seven'/);
    problem(await get(app, '/echo/7?at=noon'), 400, 'OPTION_INVALID', /query: 'at': 'noon'/);
    problem(await get(app, '/echo/7?on=noon&at=noon'), 400, 'OPTION_INVALID', /'on'; 'at'/);
    assert.deepEqual((await get(app, '/texts?a=1&b=%C3%A9')).json, { a: '1', b: 'é', params: 0, hasBody: false });
    problem(await get(app, '/texts?a=1&a=2'), 400, 'OPTION_INVALID', /twice/);
    await app.close();
  });

  test('that refuses or fails answers a problem, never a stack', async () => {
    const { app } = await open();
    problem(await get(app, '/refused'), 404, 'NOT_FOUND', /^there is no bus 7$/);
    problem(await get(app, '/teapot'), 418, 'RECORD_INVALID', /^short and stout$/);
    assert.equal(
      problem(await get(app, '/invalid'), 400, 'RECORD_INVALID', /^no such day$/).remedy,
      'Give another one.',
    );
    problem(await get(app, '/broken'), 500, 'PIPELINE_INVALID', /x is not a function/);
    problem(await get(app, '/thrown'), 500, 'PIPELINE_INVALID', /a text/);
    problem(await get(app, '/untimed'), 500, 'PIPELINE_INVALID', /neither a time nor a version/);
    problem(await get(app, '/elsewhere'), 500, 'PIPELINE_INVALID', /'elsewhere'/);
    problem(await get(app, '/function'), 500, 'PIPELINE_INVALID', /holds a function/);
    problem(await get(app, '/cycle'), 500, 'PIPELINE_INVALID', /holds itself/);
    problem(await get(app, '/many'), 500, 'PIPELINE_INVALID', /100 reads/);
    await app.close();
  });

  test('passes on what the store cannot do', async () => {
    const { app } = await open({
      rows: async () => {
        throw new MillraceError('STORE_UNAVAILABLE', 'the database is busy', { remedy: 'Wait.' });
      },
    });
    problem(await get(app, '/all'), 503, 'STORE_UNAVAILABLE', /busy/);
    await app.close();
  });

  test('is not there with another method, and HEAD has no body', async () => {
    const { app } = await open();
    const wrong = await app.inject({ method: 'DELETE', url: '/api/all' });
    assert.equal(wrong.statusCode, 405);
    const head = await app.inject({ method: 'HEAD', url: '/api/all' });
    assert.deepEqual([head.statusCode, head.body], [200, '']);
    problem(await get(app, '/nothing/here'), 404, 'NOT_FOUND');
    await app.close();
  });
});

describe('a post route', () => {
  const bus = { vehicle: 'v1', line: 'B8', at: '2026-11-22T08:00:00Z', count: '9007199254740993' };

  test('answers 201 with what is stored, once it is', async () => {
    const { app, posted } = await open();
    const answer = await post(app, '/buses', bus);
    assert.equal(answer.status, 201);
    assert.deepEqual(answer.json, {
      stored: [{ topic: 'buses', record: { ...bus, at: '2026-11-22T08:00:00.000Z' } }],
      isRepeated: false,
    });
    assert.equal(posted.length, 1);
    assert.equal((posted[0]!.request.records[0] as { noun: string }).noun, 'record');
    await app.close();
  });

  test('stores records of several topics', async () => {
    const { app, posted } = await open();
    const answer = await post(app, '/both', { id: 'x' });
    assert.deepEqual(
      (answer.json as { stored: { topic: string }[] }).stored.map((one) => one.topic),
      ['alarms', 'buses'],
    );
    assert.deepEqual(
      posted.map((one) => [one.topic, one.request.records.length]),
      [
        ['alarms', 1],
        ['buses', 1],
      ],
    );
    await app.close();
  });

  test('refuses a body that does not fit, with all that is wrong, and stores nothing', async () => {
    const { app, posted } = await open();
    const wrong = await post(app, '/buses', { ...bus, at: 'noon', count: undefined, lime: 'B8' });
    problem(wrong, 400, 'RECORD_INVALID', /there is no 'lime'; 'at': 'noon' is not a time.*; 'count' is missing/);
    problem(await post(app, '/buses', '{'), 400, 'RECORD_MALFORMED', /not JSON/);
    problem(await post(app, '/buses', '[]'), 400, 'RECORD_INVALID', /no object/);
    problem(await post(app, '/buses', undefined), 400, 'RECORD_INVALID', /no object/);
    problem(
      await post(app, '/buses', 'x=1', { 'content-type': 'application/x-www-form-urlencoded' }),
      415,
      'MEDIA_TYPE',
    );
    assert.deepEqual(posted, []);
    await app.close();
  });

  test('that returns no records answers as a get route does', async () => {
    const { app, posted } = await open();
    assert.deepEqual(await post(app, '/check/B8', { a: 1 }), { status: 200, json: { body: { a: 1 }, line: 'B8' } });
    assert.deepEqual((await post(app, '/count', undefined)).json, { calls: 1 });
    assert.deepEqual(posted, []);
    await app.close();
  });

  test('gives its Idempotency-Key on, for this path and this body', async () => {
    const { app, posted } = await open();
    const key = { 'idempotency-key': 'k1' };
    await post(app, '/buses', bus, key);
    await post(app, '/buses', bus, key);
    await post(app, '/buses', { ...bus, line: 'M1' }, key);
    await post(app, '/both', { id: 'x' }, key);
    const bodies = posted.map((one) => Buffer.from(one.request.body).toString());
    assert.ok(posted.every((one) => one.request.idempotencyKey === 'k1'));
    assert.equal(bodies[0], bodies[1]);
    assert.equal(new Set(bodies).size, 3);
    for (const wrong of ['', 'x'.repeat(256)])
      problem(await post(app, '/buses', bus, { 'idempotency-key': wrong }), 400, 'OPTION_INVALID', /Idempotency-Key/);
    await app.close();
  });

  test('says what was rejected, and passes on what storing throws', async () => {
    const rejected = [{ index: 0, code: 'RECORD_TOO_LARGE', reason: 'the record is too large' }];
    const { app } = await open({ post: async () => ({ accepted: 0, rejected, offsets: [], isRepeated: false }) });
    problem(await post(app, '/buses', bus), 400, 'RECORD_INVALID', /too large \(0 of 1 records are stored\)/);
    await app.close();
    const reused = await open({
      post: async () => {
        throw new MillraceError('IDEMPOTENCY_REUSED', 'used', { remedy: 'Use another.' });
      },
    });
    problem(await post(reused.app, '/buses', bus, { 'idempotency-key': 'k' }), 422, 'IDEMPOTENCY_REUSED');
    await reused.app.close();
  });

  test('may store only in topics of its pipeline, and only what it returns alone', async () => {
    const { app, posted } = await open();
    problem(await post(app, '/foreign', undefined), 500, 'PIPELINE_INVALID', /topic 'foreign'/);
    problem(await post(app, '/inside', undefined), 500, 'PIPELINE_INVALID', /a record among other things/);
    assert.deepEqual(posted, []);
    await app.close();
  });
});

test('own routes are in the OpenAPI document, with the pipeline as tag and their inputs described', async () => {
  const { app } = await open();
  const document = (await app.inject('/api/openapi.json')).json<{ paths: Record<string, Record<string, Operation>> }>();
  type Operation = {
    tags: string[];
    summary: string;
    'x-role': string;
    parameters?: { name: string; in: string; description?: string; required?: boolean; schema: { type: string } }[];
    requestBody?: { content: Record<string, { schema: { required: string[] } }> };
    responses: Record<string, unknown>;
  };
  const echo = document.paths['/api/echo/{n}']!.get!;
  assert.deepEqual([echo.tags, echo.summary, echo['x-role']], [['bus'], 'Says it again', 'reader']);
  assert.deepEqual(
    echo.parameters!.map(({ name, in: place, schema, description }) => [name, place, schema.type, description]).sort(),
    [
      ['at', 'query', 'string', undefined],
      ['lines', 'query', 'array', undefined],
      ['n', 'path', 'integer', 'Any number.'],
    ],
  );
  const pages = document.paths['/api/pages']!.get!;
  assert.equal(pages.parameters!.find(({ name }) => name === 'after')!.description, 'Where to go on.');
  const buses = document.paths['/api/buses']!.post!;
  assert.equal(buses['x-role'], 'writer');
  assert.deepEqual(buses.requestBody!.content['application/json']!.schema.required, ['vehicle', 'line', 'at', 'count']);
  assert.ok(buses.responses['201']);
  await app.close();
});
