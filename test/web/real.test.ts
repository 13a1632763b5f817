// The API on a real data folder: what is posted comes out of every route as it went in, and nothing in a request is ever run as SQL.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Millrace, Running } from '../../src/control/millrace.ts';
import { open } from '../../src/control/open.ts';
import type { App } from '../../src/web/app.ts';
import type { Backend } from '../../src/web/backend.ts';
import { makeApp } from '../../src/web/server.ts';
import { cases } from './cases.ts';
import { rides, users } from './data.ts';
import { type Judge, judged, judgeOf } from './document.ts';
import { fuzz, naughtyTexts } from './fuzz.ts';

type Row = Record<string, unknown>;

let folder: string;
let millrace: Millrace;
let running: Running;
let backend: Backend;
let app: App;
let judge: Judge;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-rest-'));
  millrace = await open({ folder: join(folder, 'data') });
  running = await millrace.start([rides, users]);
  backend = millrace.backend(running);
  app = await judged(await makeApp(backend));
  judge = await judgeOf(app);
});
after(async () => {
  await app?.close();
  await running?.stop(5000);
  await millrace?.close();
  await rm(folder, { recursive: true, force: true });
});

const operation = (name: string) => judge.operations.find((one) => one.name === name)!;

async function get<T = Row>(url: string, name?: string): Promise<T> {
  const answer = await app.inject(url);
  assert.equal(answer.statusCode, 200, `${url}: ${answer.body.slice(0, 300)}`);
  if (name) judge.judge(operation(name), answer);
  return answer.json<T>();
}

async function post(topic: string, records: unknown): Promise<Row> {
  const answer = await app.inject({
    method: 'POST',
    url: `/api/topics/${topic}/records`,
    payload: JSON.stringify(records),
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(answer.statusCode, 200, answer.body.slice(0, 500));
  judge.judge(operation('POST /api/topics/{name}/records'), answer);
  return answer.json<Row>();
}

/** Resolves when every record that was accepted has been processed. */
async function settled(): Promise<void> {
  for (;;) {
    if (backend.pipelines().every(({ ledger }) => ledger.inFlight === 0)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const at = '2026-11-22T08:00:00.000Z';
const naughty = naughtyTexts.map((zone, i) => ({ id: `n${i}`, zone, km: i, at }));
// in the key too, but for the text that several of them are
const keys = [...new Set(naughtyTexts)].map((id) => ({ id: `k${id}`, zone: 'key', km: 1, at }));

describe('naughty texts', { timeout: 120_000 }, () => {
  before(async () => {
    assert.equal((await post('rides', naughty)).accepted, naughty.length);
    assert.equal((await post('rides', keys)).accepted, keys.length);
    await settled();
    // windows that are still open are given after two quiet seconds: from then on nothing changes by itself
    for (let count = 0; count === 0; ) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      const { tables } = await get<{ tables: Row[] }>('/api/tables');
      count = Number(tables.find((table) => table.time === 'minute')!.rows);
    }
  });

  test('are found by a filter, each just as it was posted', async () => {
    for (const { zone } of naughty) {
      const { rows } = await get<{ rows: Row[] }>(
        `/api/tables/rides/rows?limit=1000&where.zone=${encodeURIComponent(zone)}`,
      );
      const expected = naughty.filter((one) => one.zone === zone).map((one) => one.id);
      assert.deepEqual(
        rows.map((row) => row.id),
        expected.sort(),
        JSON.stringify(zone),
      );
      for (const row of rows) assert.equal(row.zone, zone);
    }
  });

  test('are found as keys', async () => {
    for (const { id } of keys) {
      // the router takes paths of 4,096 characters at most
      if (encodeURIComponent(id).length > 4000) continue;
      assert.equal((await get(`/api/tables/rides/rows/${encodeURIComponent(id)}`)).id, id);
    }
  });

  test('come in pages and in files just once each, ordered by them', async () => {
    const seen: unknown[] = [];
    let next: string | undefined;
    do {
      const after: string = next === undefined ? '' : `&after=${next}`;
      const page = await get<{ rows: Row[]; next?: string }>(
        `/api/tables/rides/rows?order=-zone&limit=37${after}`,
        'GET /api/tables/{name}/rows',
      );
      seen.push(...page.rows.map((row) => row.id));
      next = page.next;
    } while (next !== undefined);
    assert.equal(new Set(seen).size, naughty.length + keys.length);
    assert.equal(seen.length, naughty.length + keys.length);
    const file = await app.inject('/api/tables/rides/rows?order=-zone&format=ndjson');
    assert.deepEqual(
      file.body
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as Row).id),
      seen,
    );
  });

  test('change nothing as filters, operators, orders, names and searches', async () => {
    const before = await get<{ tables: Row[] }>('/api/tables');
    for (const text of naughtyTexts.filter((one) => /['"`;%\\$()]|--|select/i.test(one)).slice(0, 120)) {
      const given = encodeURIComponent(text);
      for (const url of [
        `/api/tables/rides/rows?where.zone.like=${given}`,
        `/api/tables/rides/rows?where.zone.in=${given}&where.zone.in=A`,
        `/api/tables/rides/rows?where.zone.gt=${given}&limit=1`,
        `/api/tables/rides/rows?order=${given}`,
        `/api/tables/rides/rows?where.${given}=1`,
        `/api/tables/${given}/rows`,
        `/api/topics/rides/records?limit=1&search=${given}`,
        `/api/dead?stage=${given}&limit=1`,
      ]) {
        const { statusCode, body } = await app.inject(url);
        assert.ok([200, 400, 404].includes(statusCode), `${url}: ${statusCode} ${body.slice(0, 300)}`);
      }
    }
    assert.deepEqual(await get('/api/tables'), before);
  });

  test('in SQL of a query change nothing', async () => {
    const before = await get<{ tables: Row[] }>('/api/tables');
    for (const sql of [
      ...naughtyTexts,
      'drop table rides',
      'select 1; drop table rides',
      'delete from rides',
      'create table x as select 1',
      "copy rides to '/tmp/millrace-should-not-be-there'",
      "attach '/tmp/millrace-should-not-be-there.db' as x",
      'pragma database_list',
      'set threads = 1',
      'checkpoint',
      "select * from read_text('/etc/passwd')",
      "from '/etc/passwd'",
      "select * from glob('/*')",
      'with x as (delete from rides returning *) select * from x',
      "select nextval('x')",
      'call pragma_version()',
      'install httpfs',
    ]) {
      if (sql === '') continue;
      const answer = await app.inject({ method: 'POST', url: '/api/query', payload: { sql } });
      assert.ok([200, 400].includes(answer.statusCode), `${sql}: ${answer.statusCode} ${answer.body.slice(0, 300)}`);
      assert.doesNotMatch(answer.body, /root:.*:0:0:/, 'no file is read');
    }
    assert.deepEqual(await get('/api/tables'), before);
  });
});

describe('every type', { timeout: 60_000 }, () => {
  const user = {
    id: '9223372036854775807',
    name: '=1+1,"x"\r\n',
    country: 'Chile',
    gender: 'female',
    active: true,
    born: '1970-03-10',
    balance: '123456789012.654321',
    score: 0.1,
    tags: ['a', 'b "c"'],
    extra: { n: 1, deep: [null, { x: 'y' }] },
    at,
  };

  before(async () => {
    const bare = { id: -1, name: '', country: 'x', active: false, tags: [], at: '2017-01-01T00:00:00Z', score: 'NaN' };
    assert.equal((await post('users', [user, bare])).accepted, 2);
    await settled();
  });

  test('comes back as it was posted', async () => {
    const row = await get('/api/tables/users/rows/9223372036854775807', 'GET /api/tables/{name}/rows/{key}');
    assert.deepEqual(row, { ...user, photo: null });
    assert.equal((await get('/api/tables/users/rows/-1')).score, 'NaN');
  });

  test('can be filtered by, ordered by and paged by', async () => {
    for (const [name, value] of Object.entries(user)) {
      const type = { tags: 'list', extra: 'json' }[name];
      if (type) continue;
      const url = `/api/tables/users/rows?where.${name}=${encodeURIComponent(String(value))}`;
      assert.deepEqual(
        (await get<{ rows: Row[] }>(url)).rows.map((row) => row.id),
        [user.id],
        name,
      );
      for (const order of [name, `-${name}`]) {
        const first = await get<{ rows: Row[]; next: string }>(`/api/tables/users/rows?limit=1&order=${order}`);
        const second = await get<{ rows: Row[]; next?: string }>(
          `/api/tables/users/rows?limit=1&order=${order}&after=${first.next}`,
        );
        assert.deepEqual([...first.rows, ...second.rows].map((row) => row.id).sort(), [-1, user.id], order);
        assert.equal(second.next, undefined);
      }
    }
  });
});

describe('fuzzed requests on a real folder', { timeout: 300_000 }, () => {
  for (const name of Object.keys(cases)) {
    test(`${name} never fails with 500`, async () => {
      await fuzz(app, judge, operation(name), 60);
    });
  }

  test('and afterwards all is still there', async () => {
    const { tables } = await get<{ tables: { name: string; rows: number }[] }>('/api/tables', 'GET /api/tables');
    assert.deepEqual(tables.map((table) => table.name).sort(), ['fare_by_zone', 'rides', 'users']);
    assert.ok(tables.find((table) => table.name === 'rides')!.rows >= naughty.length + keys.length);
    for (const { ledger, status } of backend.pipelines()) {
      assert.equal(ledger.balanced, true);
      assert.notEqual(status, 'failed');
    }
  });
});
