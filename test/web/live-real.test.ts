// Live streams of a real data folder: what is posted arrives, after it is durable and stored, as REST then gives it.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { open } from '../../src/control/open.ts';
import { int, long, pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';
import type { PipelineView, TableRow, TopicRecord } from '../../src/web/schemas.ts';
import { serve } from '../../src/web/server.ts';
import { users } from './data.ts';
import { type LiveClient, listen } from './live-tools.ts';

const user = {
  id: '9007199254740993',
  name: 'Zoë',
  country: 'Chile',
  active: true,
  born: '1990-02-28',
  balance: '1234.5',
  tags: ['a'],
  extra: { n: 1 },
  at: '2026-11-22T08:00:00.123Z',
};

async function until<T>(client: LiveClient, name: string, isIt: (data: T) => boolean): Promise<T> {
  for (;;) {
    const event = await client.next();
    assert.ok(event, `the stream ended before ${name}`);
    if (event.event === name && isIt(event.data as T)) return event.data as T;
  }
}

test('a posted record arrives at clients of its topic, its table and its pipeline', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-live-'));
  const millrace = await open({ folder: join(folder, 'data') });
  const running = await millrace.start([users]);
  const served = await serve(millrace.backend(running), { port: 0 });
  const live = `${served.url}/api/live`;
  const table = await listen(`${live}/tables/users?where.country=Chile`);
  const topic = await listen(`${live}/topics/users`);
  const pipelines = await listen(`${live}/pipelines`);
  for (const client of [table, topic]) assert.equal((await client.next())!.event, 'ready');
  const post = async (record: object) => {
    const body = JSON.stringify(record);
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${served.url}/api/topics/users/records`, { method: 'POST', headers, body });
    assert.equal(answer.status, 200, await answer.text());
  };
  await post({ ...user, id: '1', country: 'Japan' });
  await post(user);

  const { rows } = await until<{ rows: TableRow[] }>(table, 'rows', ({ rows }) => rows.length > 0);
  assert.deepEqual(
    rows.map((row) => row.id),
    ['9007199254740993'],
  );
  const stored = await fetch(`${served.url}/api/tables/users/rows/9007199254740993`);
  assert.deepEqual(rows[0], await stored.json());

  const seen: TopicRecord[] = [];
  await until<{ records: TopicRecord[] }>(topic, 'records', ({ records }) => seen.push(...records) >= 2);
  assert.deepEqual(
    seen.map(({ offset, value }) => [offset, value?.name, value?.country]),
    [
      [0, '•••', 'Japan'],
      [1, '•••', 'Chile'],
    ],
  );

  const view = await until<{ pipelines: PipelineView[] }>(
    pipelines,
    'pipelines',
    (data) => data.pipelines[0]!.ledger.out === 2,
  );
  assert.equal(view.pipelines[0]!.name, 'users');

  await served.close();
  for (const client of [table, topic, pipelines]) while (await client.next());
  await running.stop(5000);
  await millrace.close();
  await rm(folder, { recursive: true });
});

test('a row that its window no longer emits is told as removed, and so is one that retention removes', async () => {
  const event = topic('event', { k: text(), n: int(), at: timestamp() }, { time: 'at' });
  const positive = stream(
    'positive',
    { minute: timestamp(), k: text(), n: long() },
    sql`select window_start as minute, k, sum(n)::bigint as n from ${event.tumble('1 minute')} group by all having sum(n) > 0`,
    { emit: 'change', time: 'minute' },
  );
  const kept = table('kept', positive, { key: ['k', 'minute'], keep: '1 hour' });
  const folder = await mkdtemp(join(tmpdir(), 'millrace-live-'));
  const millrace = await open({ folder: join(folder, 'data') });
  const running = await millrace.start([pipeline('windows', { tables: [kept] })]);
  const served = await serve(millrace.backend(running), { port: 0 });
  const client = await listen(`${served.url}/api/live/tables/kept`);
  assert.equal((await client.next())!.event, 'ready');
  const send = async (k: string, n: number, at: string) => {
    const body = JSON.stringify({ k, n, at });
    const headers = { 'content-type': 'application/json' };
    await fetch(`${served.url}/api/topics/event/records`, { method: 'POST', headers, body });
  };
  const row = (k: string, n: number, minute: string) => ({ minute, k, n });
  const [early, late] = ['2026-01-01T08:00:00.000Z', '2026-01-01T10:00:00.000Z'];
  const expected: [Parameters<typeof send>, object][] = [
    [['a', 5, early], { rows: [row('a', 5, early)], removed: [], count: 1 }],
    [['a', -5, early], { rows: [], removed: [{ k: 'a', minute: early }], count: 1 }],
    [['b', 3, early], { rows: [row('b', 3, early)], removed: [], count: 1 }],
    [['c', 1, late], { rows: [row('c', 1, late)], removed: [{ k: 'b', minute: early }], count: 2 }],
  ];
  for (const [sent, told] of expected) {
    await send(...sent);
    const { event, data } = (await client.next())!;
    assert.deepEqual([event, data], ['rows', told]);
  }
  await served.close();
  client.close();
  await running.stop(5000);
  await millrace.close();
  await rm(folder, { recursive: true });
});
