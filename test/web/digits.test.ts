// Digits, bytes and times from edge to edge on a real data folder: what is posted is stored, queried and given as it was sent.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Millrace, Running } from '../../src/control/millrace.ts';
import { open } from '../../src/control/open.ts';
import {
  bool,
  decimal,
  double,
  http,
  int,
  json,
  long,
  pipeline,
  route,
  sql,
  stream,
  table,
  text,
  timestamp,
  topic,
} from '../../src/index.ts';
import type { App } from '../../src/web/app.ts';
import type { Backend } from '../../src/web/backend.ts';
import { makeApp } from '../../src/web/server.ts';

const sent = topic('sent', {
  id: text(),
  amount: decimal(38, 2).optional(),
  long: long().optional(),
  data: json().optional(),
  double: double().optional(),
  at: timestamp({ format: 'dd/MM/yyyy HH:mm', zone: 'Europe/Berlin', unit: 's' }).optional(),
  ok: bool().optional(),
});
const sentTable = table('sent', sent, { key: 'id' });
const pairs = stream('pairs', { id: text(), long: long() }, sql`select id, long from ${sent} where long is not null`);
const pairsTable = table('pairs', pairs, { key: ['id', 'long'] });
const raw = topic('raw', {
  id: text(),
  n: text(),
  at: timestamp({ format: 'dd/MM/yyyy', zone: 'Europe/Berlin' }),
  data: json(),
});
const ints = stream(
  'ints',
  { id: text(), n: int(), at: timestamp(), data: json() },
  sql`select id, n::int as n, "at", data from ${raw}`,
);
const early = topic('early', { id: int(), at: timestamp() }, { time: 'at' });
const meant = topic('meant', { id: int(), at: timestamp({ unit: 's' }) }, { time: 'at' });

const body = '{"list":[ {"id":  1e0, "at":"soon"},{"id":9007199254740993, "at":1700000000.5}, {"id":1.50,"at":"x"} ]}';
const large = `{"id":  "${'x'.repeat(9_000_000)}", "at": 1e0 }`;
const api = createServer(({ url }, response) => response.end(url === '/large' ? `[${large}]` : body));

let folder: string;
let millrace: Millrace;
let running: Running;
let backend: Backend;
let app: App;

before(async () => {
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(api.address() as AddressInfo).port}/`;
  const polled = topic('polled', { id: text(), at: timestamp({ unit: 's' }) }).from(
    http({ url, every: '1 hour', items: 'list', allowPrivate: true }),
  );
  const huge = topic('huge', { id: text(), at: timestamp({ unit: 's' }) }).from(
    http({ url: `${url}large`, every: '1 hour', allowPrivate: true }),
  );
  const hugeTable = table('huge', huge, { key: 'id' });
  const edges = pipeline('edges', {
    tables: [
      sentTable,
      table('polled', polled, { key: 'id' }),
      table('meant', meant, { key: 'id' }),
      pairsTable,
      table('ints', ints, { key: 'id' }),
    ],
    get: { '/one/:id': ({ params }) => sentTable.where({ id: String(params.id) }) },
    post: {
      '/own': route({ body: { id: text(), data: json() } }, ({ body }) => sent.record(body)),
      '/free': ({ body }) => ({ body }) as never,
    },
  });
  folder = await mkdtemp(join(tmpdir(), 'millrace-edges-'));
  millrace = await open({ folder: join(folder, 'data') });
  running = await millrace.start([
    edges,
    pipeline('huge', { tables: [hugeTable] }),
    pipeline('early', { tables: [table('early', early, { key: 'id' })] }),
  ]);
  backend = millrace.backend(running);
  app = await makeApp(backend);
});
after(async () => {
  await app?.close();
  await running?.stop(5000);
  await millrace?.close();
  api.close();
  await rm(folder, { recursive: true, force: true });
});

async function post(url: string, payload: string, type = 'application/json') {
  const answer = await app.inject({ method: 'POST', url, payload, headers: { 'content-type': type } });
  while (backend.pipelines().some(({ ledger }) => ledger.inFlight > 0))
    await new Promise((next) => setTimeout(next, 20));
  return answer;
}

const get = async (url: string) => (await app.inject(url)).body;
const rowOf = (id: string) => get(`/api/tables/sent/rows?where.id=${id}`);

describe('JSON numbers', { timeout: 60_000 }, () => {
  test('stay apart in a text key, whether posted as a list, as lines or as a body that is read in slices', async () => {
    const records = '[{"id":9007199254740992},{"id":9007199254740993}]';
    assert.equal((await post('/api/topics/sent/records', records)).statusCode, 200);
    const lines = '{"id":9007199254740994}\n{"id":9007199254740995}';
    assert.equal((await post('/api/topics/sent/records', lines, 'application/x-ndjson')).statusCode, 200);
    const long = `[${Array.from({ length: 3 }, (_, i) => `{"id":900719925474099${6 + i},"data":"${'x'.repeat(700_000)}"}`)}]`;
    assert.equal((await post('/api/topics/sent/records', long)).statusCode, 200);
    const { rows } = JSON.parse(await get('/api/tables/sent/rows')) as { rows: { id: string }[] };
    assert.deepEqual(
      rows.map((row) => row.id),
      ['2', '3', '4', '5', '6', '7', '8'].map((one) => `900719925474099${one}`),
    );
  });

  test('keep their digits in the log, in SQL and in rows', async () => {
    const record =
      '{"id":"d","amount":1234567890123456.78,"long":9223372036854775807,"data":{"big":9007199254740993,"list":[0.12345678901234567890]}}';
    assert.equal((await post('/api/topics/sent/records', record)).statusCode, 200);
    const json = '"data":{"big":9007199254740993,"list":[0.12345678901234567890]}';
    for (const given of [
      await rowOf('d'),
      await get('/api/one/d'),
      await get('/api/topics/sent/records?limit=1'),
      await get('/api/tables/sent/rows?format=ndjson&where.id=d'),
      await get('/api/topics/sent/records?search=9007199254740993%2C'),
    ])
      assert.ok(given.includes(json) && given.includes('"amount":"1234567890123456.78"'), given.slice(0, 500));
    const asked = JSON.stringify({
      sql: "select data->>'big' as big, amount::varchar as amount, long from sent where id = 'd'",
    });
    const { rows } = JSON.parse((await post('/api/query', asked)).body) as { rows: unknown[][] };
    assert.deepEqual(rows, [['9007199254740993', '1234567890123456.78', '9223372036854775807']]);
  });

  test('keep their digits in the bodies of own routes, and in their answers', async () => {
    const record = '{"id":9007199254740997,"data":{"n":9007199254740999}}';
    assert.equal((await post('/api/own', record)).statusCode, 201);
    assert.ok((await rowOf('9007199254740997')).includes('"data":{"n":9007199254740999}'));
    assert.equal((await post('/api/free', '{"n":[9007199254740993]}')).body, '{"body":{"n":[9007199254740993]}}');
  });

  test('beyond what 64 bits hold are refused by name, and never stored as an infinity', async () => {
    const given = '[{"id":"e1","double":1e400},{"id":"e2","data":[-1e400]},{"id":"e3","double":1e300,"other":1e400}]';
    const { accepted, rejected } = (await post('/api/topics/sent/records', given)).json<{
      accepted: number;
      rejected: { reason: string }[];
    }>();
    assert.equal(accepted, 1);
    assert.match(rejected[0]!.reason, /field 'double': 1e400 is not a number of 64 bits: it is beyond 1.8e308/);
    assert.match(rejected[1]!.reason, /field 'data': \[-1e400\] is not JSON whose numbers have 64 bits/);
  });

  test('find a row by a key of several columns, given as JSON', async () => {
    const given = await get(`/api/tables/pairs/rows/${encodeURIComponent('["d", 9223372036854775807]')}`);
    assert.ok(given.includes('"long":"9223372036854775807"'), given);
  });
});

describe('a dead letter', { timeout: 60_000 }, () => {
  test('of an http item has the bytes that came, and is sent again with the digits that are written into it', async () => {
    const { letters } = JSON.parse(await get('/api/dead?pipeline=edges')) as { letters: { id: number }[] };
    const details = await Promise.all(
      letters.map(
        async ({ id }) => JSON.parse(await get(`/api/dead/${id}`)) as { id: number; edit: string; bytes: string },
      ),
    );
    const bytes = details.map((one) => Buffer.from(one.bytes, 'base64').toString());
    assert.deepEqual(bytes.sort(), ['{"id":  1e0, "at":"soon"}', '{"id":1.50,"at":"x"}']);
    assert.ok(
      (await get('/api/tables/polled/rows')).includes('{"id":"9007199254740993","at":"2023-11-14T22:13:20.500Z"}'),
    );
    const replacement = '{"id":9007199254740995,"at":"1700000000"}';
    const answer = await post(
      '/api/dead/redrive',
      JSON.stringify({ pipeline: 'edges', ids: [details[0]!.id], replacement }),
    );
    assert.equal(answer.statusCode, 200, answer.body);
    assert.ok(
      (await get('/api/tables/polled/rows')).includes('{"id":"9007199254740995","at":"2023-11-14T22:13:20.000Z"}'),
      answer.body,
    );
  });
});

describe('a dead letter of an item that is too large for the log', { timeout: 60_000 }, () => {
  test('has the bytes that came too, which the source can read again', async () => {
    const found = async () =>
      (JSON.parse(await get('/api/dead?pipeline=huge')) as { letters: { id: number }[] }).letters;
    while ((await found()).length === 0) await new Promise((next) => setTimeout(next, 20));
    const [letter] = await found();
    const { bytes, code } = JSON.parse(await get(`/api/dead/${letter!.id}`)) as { bytes: string; code: string };
    assert.equal(code, 'RECORD_TOO_LARGE');
    assert.ok(Buffer.from(bytes, 'base64').toString() === large);
  });
});

describe('a dead letter of the log', { timeout: 60_000 }, () => {
  test('is edited with its times as they are shown, whatever the format of the field, and with its digits', async () => {
    const record = '{"id":"a","n":"x","at":"01/07/2024","data":[9007199254740993]}';
    assert.equal((await post('/api/topics/raw/records', record)).statusCode, 200);
    const { letters } = JSON.parse(await get('/api/dead?pipeline=edges&stage=ints')) as { letters: { id: number }[] };
    const { id, edit } = JSON.parse(await get(`/api/dead/${letters[0]!.id}`)) as { id: number; edit: string };
    assert.match(edit, /"at": "2024-06-30T22:00:00.000Z"/);
    assert.match(edit, /9007199254740993/);
    for (const at of ['2024-06-30T22:00:00.000Z', '01/07/2024']) {
      const replacement = edit.replace('"x"', '"5"').replace('2024-06-30T22:00:00.000Z', at);
      const asked = { pipeline: 'edges', ids: [id], replacement, isTrial: at !== '01/07/2024' };
      const answer = await post('/api/dead/redrive', JSON.stringify(asked));
      assert.equal(answer.json<{ stillDead: number }>().stillDead, 0, answer.body);
    }
    const rows = await get('/api/tables/ints/rows');
    assert.ok(rows.includes('{"id":"a","n":5,"at":"2024-06-30T22:00:00.000Z","data":[9007199254740993]}'), rows);
  });
});

describe('times and truths', { timeout: 60_000 }, () => {
  test('are read by the format, zone and unit of their field, and given in UTC', async () => {
    const given =
      '[{"id":"t1","at":"01/07/2024 12:00","ok":"Yes"},{"id":"t2","at":1719828000.25,"ok":0},{"id":"t3","at":"2024-07-01"}]';
    const { rejected } = (await post('/api/topics/sent/records', given)).json<{ rejected: { reason: string }[] }>();
    assert.match(
      rejected[0]!.reason,
      /'2024-07-01' is not a time as 'dd\/MM\/yyyy HH:mm' \(for example '22\/11\/2026 08:05'\)/,
    );
    assert.ok((await rowOf('t1')).includes('"at":"2024-07-01T10:00:00.000Z","ok":true'), await rowOf('t1'));
    assert.ok((await rowOf('t2')).includes('"at":"2024-07-01T10:00:00.250Z","ok":false'));
    assert.ok((await get('/api/tables/sent/rows?where.at=1719828000250')).includes('"id":"t2"'));
    assert.ok(
      (await get('/api/tables/sent/rows?where.ok=on&where.at.lt=2024-07-01T10:00:00.1Z')).includes('"id":"t1"'),
    );
    const fields = (JSON.parse(await get('/api/topics/sent')) as { fields: { name: string; description?: string }[] })
      .fields;
    assert.match(
      fields.find((one) => one.name === 'at')!.description!,
      /'dd\/MM\/yyyy HH:mm'.*Europe\/Berlin.*seconds/,
    );
  });

  test('that are probably seconds are a reason of the status, unless the field says what numbers count', async () => {
    const reason = () => backend.pipelines().find((one) => one.name === 'early')!.reason;
    assert.equal(reason(), undefined);
    await post('/api/topics/early/records', '{"id":1,"at":999999999}');
    assert.equal(reason(), undefined);
    await post('/api/topics/early/records', '{"id":1,"at":1700000000}');
    assert.match(reason()!, /newest event time of topic early is 1970-01-20.*at: timestamp\(\{ unit: 's' \}\)/);
    await post('/api/topics/early/records', '{"id":1,"at":1700000000000}');
    assert.equal(reason(), undefined);
    await post('/api/topics/meant/records', '{"id":1,"at":1700000}');
    assert.ok(
      !backend
        .pipelines()
        .find((one) => one.name === 'edges')!
        .reason?.includes('1970'),
    );
  });
});
