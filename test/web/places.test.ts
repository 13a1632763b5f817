// A table by place over HTTP: its rows by filter, order, page and key, in charts and live, as those of any other table.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Millrace, Running } from '../../src/control/millrace.ts';
import { open } from '../../src/control/open.ts';
import { bar, list, pipeline, place, sql, stream, table, text, topic } from '../../src/index.ts';
import type { App } from '../../src/web/app.ts';
import type { Backend } from '../../src/web/backend.ts';
import type { ChartData, PipelineView, Plan, TableRow, TableView } from '../../src/web/schemas.ts';
import { makeApp, type Served, serve } from '../../src/web/server.ts';
import { judged } from './document.ts';
import { listen } from './live-tools.ts';

const line = topic('line', { host: text(), words: list(text()) }, { key: 'host', partitions: 2 });
const word = stream('word', { word: text() }, sql`select unnest(words) as word from ${line}`);
const lines = table('lines', line, { key: place(), columns: ['host'] });
const words = table('words', word, { key: place() });
const logs = pipeline('logs', {
  tables: [lines, words],
  charts: [bar(words, { x: '_number', title: 'Words by number' })],
  get: { '/second-words': () => words.where({ _number: 1 }).order('-_offset') },
});

let folder: string;
let millrace: Millrace;
let running: Running;
let backend: Backend;
let app: App;
let served: Served;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-places-'));
  millrace = await open({ folder: join(folder, 'data') });
  running = await millrace.start([logs]);
  backend = millrace.backend(running);
  app = await judged(await makeApp(backend));
  served = await serve(backend, { port: 0 });
});
after(async () => {
  await app?.close();
  await served?.close();
  await running?.stop(5000);
  await millrace?.close();
  await rm(folder, { recursive: true, force: true });
});

async function get<T = TableRow>(url: string): Promise<T> {
  const answer = await app.inject(url);
  assert.equal(answer.statusCode, 200, `${url}: ${answer.body.slice(0, 300)}`);
  return answer.json<T>();
}

const keyed = (name: string, ...key: number[]) =>
  `/api/tables/${name}/rows/${encodeURIComponent(JSON.stringify(key.map(String)))}`;
type Page = { rows: TableRow[]; next?: string };

test('rows by place are read as those of other tables are', async () => {
  const live = await listen(`${served.url}/api/live/tables/lines`);
  assert.equal((await live.next())!.event, 'ready');
  const records = [
    { host: 'a', words: ['x', 'y'] },
    { host: 'a', words: ['x', 'y'] },
    { host: 'b', words: [] },
  ];
  await backend.post('line', { records, body: Buffer.from(JSON.stringify(records)) });
  const seen: TableRow[] = [];
  while (seen.length < 3) {
    const event = (await live.next())!;
    if (event.event === 'rows') seen.push(...(event.data as { rows: TableRow[] }).rows);
  }
  await live.close();

  const { rows } = await get<Page>('/api/tables/lines/rows');
  const sorted = [...seen].sort((one, other) => Number(one._partition) - Number(other._partition));
  assert.deepEqual(rows, sorted);
  assert.deepEqual(Object.keys(rows[0]!), ['_partition', '_offset', 'host']);
  const [first] = rows as [TableRow];
  const partition = Number(first._partition);
  assert.deepEqual(await get(keyed('lines', partition, 0)), first);
  assert.equal((await app.inject(keyed('lines', partition, 9))).statusCode, 404);
  assert.equal((await app.inject(`/api/tables/lines/rows/${partition}`)).statusCode, 400);
  const inA = rows.filter(({ host }) => host === 'a').map(({ _partition }) => Number(_partition))[0]!;
  assert.deepEqual(await get(keyed('words', inA, 1, 1)), { _partition: inA, _offset: 1, _number: 1, word: 'y' });
  const descending = await get<Page>('/api/tables/words/rows?where.word=x&order=-_offset');
  assert.deepEqual(
    descending.rows.map(({ _offset, _number }) => [_offset, _number]),
    [
      [1, 0],
      [0, 0],
    ],
  );
  const page = await get<Page>('/api/tables/words/rows?limit=3');
  const rest = await get<Page>(`/api/tables/words/rows?limit=3&after=${encodeURIComponent(page.next!)}`);
  assert.deepEqual([...page.rows, ...rest.rows], (await get<Page>('/api/tables/words/rows')).rows);
  const own = await get<Page>('/api/second-words');
  assert.deepEqual(
    own.rows.map(({ _offset, word }) => [_offset, word]),
    [
      [1, 'y'],
      [0, 'y'],
    ],
  );
});

test('its key and the columns of the place are told wherever tables are', async () => {
  const view = await get<TableView>('/api/tables/words');
  assert.deepEqual([view.key, view.rows], [['_partition', '_offset', '_number'], 4]);
  assert.deepEqual(
    view.columns.map(({ name, type }) => `${name} ${type}`),
    ['_partition int', '_offset long', '_number int', 'word text'],
  );
  assert.match(view.columns[1]!.description!, /offset/);
  const { ledger, nodes, plan } = await get<PipelineView & { plan: Plan }>('/api/pipelines/logs');
  assert.deepEqual(plan.tables[0]!.key, ['_partition', '_offset']);
  assert.equal(ledger.balanced, true);
  const { label, out, replaced, expired, rows } = nodes.find(({ id }) => id === 'table:words')!;
  assert.deepEqual([label, out, replaced, expired, rows], ['key place()', 4, 0, 0, 4]);
  const [chart] = (await get<{ charts: { id: string }[] }>('/api/pipelines/logs/charts')).charts;
  const data = await get<ChartData>(`/api/pipelines/logs/charts/${chart!.id}/data`);
  assert.deepEqual(data.rows, [
    [0, 2],
    [1, 2],
  ]);
  const metrics = await app.inject('/metrics');
  assert.match(metrics.body, /millrace_stage_replaced_rows_total\{pipeline="logs",stage="table:words"\} 0/);
  assert.match(metrics.body, /millrace_stage_expired_rows_total\{pipeline="logs",stage="table:lines"\} 0/);
});
