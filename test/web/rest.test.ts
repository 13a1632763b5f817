// Posting, parameters and metrics: what the routes give to the backend, and what they make of its answers.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RecordsRequest } from '../../src/web/backend.ts';
import { readJson, readLines } from '../../src/web/bodies.ts';
import { makeApp } from '../../src/web/server.ts';
import { fakeBackend } from './backend.ts';

const lines = { 'content-type': 'application/x-ndjson' };

describe('posting', () => {
  test('gives the bytes as they came, the key and the signature to the backend', async (t) => {
    const backend = fakeBackend();
    const app = await makeApp(backend);
    t.after(() => app.close());
    const payload = ' {"id": "ä",\n "n": 1.50} ';
    await app.inject({
      method: 'POST',
      url: '/api/topics/users/records',
      payload,
      headers: { 'content-type': 'application/json', 'idempotency-key': 'k 1', 'x-millrace-signature': 'sha256=ab' },
    });
    const [{ topic, request }] = backend.posted as [(typeof backend.posted)[number]];
    assert.equal(topic, 'users');
    assert.deepEqual(request.records, [{ id: 'ä', n: 1.5 }]);
    assert.deepEqual(
      [Buffer.from(request.body).toString(), request.idempotencyKey, request.signature],
      [payload, 'k 1', 'sha256=ab'],
    );
  });

  test('a line that is no JSON is rejected by its place, and the others are taken', async (t) => {
    const app = await makeApp(fakeBackend());
    t.after(() => app.close());
    const payload = Buffer.concat([
      Buffer.from('{"id":"a"}\r\n\r\nnot json\n{"id":5}\n'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('\n{"id":"b"}'),
    ]);
    const answer = await app.inject({ method: 'POST', url: '/api/topics/rides/records', payload, headers: lines });
    assert.equal(answer.statusCode, 200);
    const { accepted, rejected } = answer.json<{
      accepted: number;
      rejected: { index: number; code: string; reason: string }[];
    }>();
    assert.equal(accepted, 2);
    assert.deepEqual(
      rejected.map(({ index, code, reason }) => [index, code, reason.replace(/JSON: .*/, 'JSON')]),
      [
        [1, 'RECORD_MALFORMED', 'line 3 is not JSON'],
        [2, 'RECORD_INVALID', "field 'id' is missing"],
        [3, 'RECORD_MALFORMED', 'line 5 is not JSON'],
      ],
    );
  });

  test('where all are rejected it is 400, with what became of each', async (t) => {
    const app = await makeApp(fakeBackend());
    t.after(() => app.close());
    const answer = await app.inject({ method: 'POST', url: '/api/topics/rides/records', payload: [{ id: 1 }, {}] });
    const problem = answer.json<{ title: string; code: string; result: { accepted: number; rejected: unknown[] } }>();
    assert.deepEqual(
      [answer.statusCode, problem.code, problem.title, problem.result.rejected.length],
      [400, 'RECORD_INVALID', "all 2 records were rejected: field 'id' is missing", 2],
    );
  });

  test('reads a long array in slices, so that others have their turn, and as a short one', async () => {
    const items = Array.from({ length: 20_000 }, (_, i) => ({ i, text: `"],[{${'x'.repeat(200)}`, list: [[i]] }));
    let turns = 0;
    let isDone = false;
    const count = () => {
      turns++;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    const { records, indexes } = await readJson(Buffer.from(` ${JSON.stringify(items)}\n`));
    isDone = true;
    assert.deepEqual(records, items);
    assert.equal(indexes.at(-1), items.length - 1);
    assert.ok(turns >= 4, `${turns} turns`);
    const long = JSON.stringify(items);
    for (const broken of [`${long.slice(0, -1)},{]`, `${long.slice(0, -1)},]`, long.slice(0, -1), `${long}]`])
      await assert.rejects(readJson(Buffer.from(broken)), {
        code: 'RECORD_MALFORMED',
        message: /^the body is not JSON/,
      });
  });

  test('reads a million bytes of lines in slices, so that others have their turn', async () => {
    const line = Buffer.from(`{"text":"${'x'.repeat(1000)}"}\n`);
    const body = Buffer.concat(Array.from({ length: 5000 }, () => line));
    let turns = 0;
    let isDone = false;
    const count = () => {
      turns++;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    const { records } = await readLines(body);
    isDone = true;
    assert.equal(records.length, 5000);
    assert.ok(turns >= 4, `${turns} turns`);
  });

  test('more records than a request may have are refused', async () => {
    await assert.rejects(readLines(Buffer.from('1\n'.repeat(100_001))), { code: 'PAYLOAD_TOO_LARGE' });
  });
});

describe('parameters', () => {
  async function asked(url: string): Promise<RecordsRequest | string> {
    let seen: RecordsRequest | undefined;
    const records: ReturnType<typeof fakeBackend>['records'] = async (_topic, request) => {
      seen = request;
      return { records: [], next: {}, scanned: 0, isEnd: true };
    };
    const app = await makeApp(fakeBackend({ records }));
    const answer = await app.inject(`/api/topics/rides/records${url}`);
    await app.close();
    return seen ?? answer.json<{ title: string }>().title;
  }

  test('are read as what they are: numbers, times, texts', async () => {
    assert.deepEqual(await asked(''), { limit: 100 });
    assert.deepEqual(await asked('?partition=1&offset=20&limit=7'), { limit: 7, partition: 1, offset: 20 });
    assert.deepEqual(await asked('?at=2026-11-22T09:00:00%2B01:00'), { limit: 100, at: Date.UTC(2026, 10, 22, 8) });
    assert.deepEqual(await asked('?at=1795334400000&search=5'), { limit: 100, at: 1_795_334_400_000, search: '5' });
  });

  for (const [url, title] of [
    ['?limit=1e-2', "limit: '1e-2' is not a whole number"],
    ['?limit=', "limit: '' is not a whole number"],
    ['?offset=-1', 'offset: must be >= 0'],
    ['?offset=9007199254740993', "offset: '9007199254740993' is not a whole number"],
    ['?limit=5&limit=6', 'limit: it is given twice'],
    ['?at=2026-13-01', "at: '2026-13-01' is not a time"],
    ['?__proto__=1', "there is no parameter '__proto__'"],
  ] as const) {
    test(`${url} is refused`, async () => assert.equal(await asked(url), title));
  }
});

describe('metrics', () => {
  test('are Prometheus text with the figures of pipelines, topics, stages and tables', async (t) => {
    const app = await makeApp(fakeBackend());
    t.after(() => app.close());
    const answer = await app.inject('/metrics');
    assert.match(String(answer.headers['content-type']), /^text\/plain; version=0\.0\.4/);
    const value = (name: string) =>
      Number(
        answer.body
          .split('\n')
          .find((line) => line.startsWith(`${name} `))
          ?.split(' ')
          .at(-1),
      );
    assert.equal(value('millrace_pipeline_in_records_total{pipeline="rides"}'), 257);
    assert.equal(value('millrace_pipeline_dead_records{pipeline="rides"}'), 6);
    assert.equal(value('millrace_pipeline_ledger_balanced{pipeline="rides"}'), 1);
    assert.equal(value('millrace_pipeline_status{pipeline="rides",status="degraded"}'), 1);
    assert.equal(value('millrace_topic_lag_records{pipeline="rides",topic="rides"}'), 3);
    assert.equal(value('millrace_topic_lag_seconds{pipeline="rides",topic="rides"}'), 0.2);
    assert.equal(value('millrace_topic_appended_records_total{topic="rides"}'), 250);
    assert.equal(value('millrace_topic_bytes{topic="rides"}'), 25_000);
    assert.equal(value('millrace_stage_batch_seconds{pipeline="rides",stage="stream:fares"}'), 0.004);
    assert.equal(value('millrace_stage_retracted_rows_total{pipeline="rides",stage="stream:fares"}'), 7);
    assert.equal(value('millrace_table_rows{pipeline="users",table="users"}'), 12);
    assert.ok(value('millrace_process_resident_memory_bytes') > 1e6);
    assert.ok(answer.body.includes('millrace_event_loop_delay_seconds{quantile="0.99"}'));
  });

  test('every line is one that Prometheus reads, with help and type before it', async (t) => {
    const app = await makeApp(fakeBackend());
    t.after(() => app.close());
    // twice: what is counted elsewhere must not be counted again
    const first = (await app.inject('/metrics')).body;
    const { body } = await app.inject('/metrics');
    const stable = (text: string) => text.split('\n').filter((line) => /_records|_rows|_status/.test(line));
    assert.deepEqual(stable(body), stable(first));
    const typed = new Set<string>();
    for (const line of body.trimEnd().split('\n')) {
      if (line === '') continue;
      const type = /^# TYPE (millrace_[a-z_]+) (gauge|counter)$/.exec(line);
      if (type) typed.add(type[1]!);
      else if (!line.startsWith('# HELP millrace_')) {
        const sample = /^(millrace_[a-z_]+)(\{([a-z_]+="(?:[^"\\\n]|\\.)*",?)*\})? (-?[\d.e+-]+|NaN)$/.exec(line);
        assert.ok(sample && typed.has(sample[1]!), line);
      }
    }
    assert.ok(typed.size > 25);
  });

  test('two servers in one process do not share them', async (t) => {
    const apps = await Promise.all([makeApp(fakeBackend()), makeApp(fakeBackend())]);
    t.after(() => Promise.all(apps.map((app) => app.close())));
    for (const app of apps) assert.equal((await app.inject('/metrics')).statusCode, 200);
  });
});
