// docs/reference/rest.md: its routes, roles and metrics are those that there are, and its examples work on the example pipelines.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { loadPipeline } from '../../src/control/load.ts';
import type { Millrace, Running } from '../../src/control/millrace.ts';
import { open } from '../../src/control/open.ts';
import type { App } from '../../src/web/app.ts';
import { makeApp } from '../../src/web/server.ts';
import { cases } from './cases.ts';
import { type Judge, judged, judgeOf } from './document.ts';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/reference/rest.md'), 'utf8');
const curls = [...page.matchAll(/^curl .*$/gm)].map((found) => found[0]);

let folder: string;
let millrace: Millrace;
let running: Running;
let app: App;
let judge: Judge;

before(
  async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-rest-docs-'));
    const pipelines = await Promise.all(
      ['bus', 'users'].map((name) => loadPipeline(join(root, `examples/${name}/pipeline.ts`))),
    );
    millrace = await open({ folder: join(folder, 'data') });
    // a name that nobody has: the users come from their generator
    const params = { url: 'https://users.invalid/api/', count: '1500', rate: '100000/s' };
    running = await millrace.start(pipelines, { params });
    const backend = millrace.backend(running);
    app = await judged(await makeApp(backend));
    judge = await judgeOf(app);
    const isDone = () =>
      backend.pipelines().every(({ ledger, nodes }) => {
        const sources = nodes.filter((node) => node.noun === 'source');
        return ledger.inFlight === 0 && sources.every((node) => node.state === 'ended');
      });
    while (!isDone()) await new Promise((resolve) => setTimeout(resolve, 20));
  },
  { timeout: 60_000 },
);
after(async () => {
  await app?.close();
  await running?.stop(5000);
  await millrace?.close();
  await rm(folder, { recursive: true, force: true });
});

test('the table of routes has every operation with its role, and no other', () => {
  const rows = [...page.matchAll(/^\| `([A-Z]+ \/\S+)` \| (\w+) \|/gm)].map(([, name, role]) => [name, role]);
  const operations = judge.operations.filter((one) => cases[one.name]).map(({ name, role }) => [name, role]);
  assert.deepEqual(rows.sort(), operations.sort());
});

test('the table of metrics names every one, and no other', async () => {
  const { body } = await app.inject('/metrics');
  const there = [...body.matchAll(/^# TYPE (\S+)/gm)].map((found) => found[1]!);
  const section = page.slice(page.indexOf('| metric |'), page.indexOf('## Pipelines'));
  const named = [...section.matchAll(/`(millrace_\w+)`/g)].map((found) => found[1]!);
  // the states of the ledger stand in one row, each by its middle
  const states = [...section.matchAll(/`…_(\w+?)(?:_…|_records)`/g)].map(
    (found) => `millrace_pipeline_${found[1]}_records`,
  );
  assert.deepEqual([...named, ...states].sort(), there.sort());
});

describe('the examples', { timeout: 120_000 }, () => {
  test('there are some for every kind of route', () => assert.ok(curls.length > 25));

  for (const line of curls) {
    test(line.slice(0, 120), async () => {
      const { method, url, headers, payload } = requestOf(line);
      const path = url.split('?')[0]!;
      const operation = judge.operations.find((one) => {
        const pattern = one.path.replace(/\{\w+\}/g, '[^/]+');
        return one.method === method && new RegExp(`^${pattern}$`).test(path);
      });
      assert.ok(operation, `${method} ${path} is a route`);
      const answer = await app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
      judge.judge(operation, answer);
      // a key or number that the page takes for an example may be nobody's
      const isSingle = /\{(key|id)\}/.test(operation.path) || url.includes('redrive');
      const isFine = answer.statusCode === 200 || (isSingle && answer.statusCode === 404);
      assert.ok(isFine, `${answer.statusCode} ${answer.body.slice(0, 300)}`);
    });
  }

  test('the row that is shown by its key is there, and filters find rows', async () => {
    assert.equal((await app.inject('/api/tables/bus_latest/rows/NYCT_138')).statusCode, 200);
    const late = await app.inject(
      '/api/tables/bus_latest/rows?where.delay_s.gte=60&where.delay_s.lt=600&order=-delay_s',
    );
    assert.ok(late.json<{ rows: unknown[] }>().rows.length > 0);
  });
});

/** The request of a line of curl, as a shell reads it. */
function requestOf(line: string) {
  const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map((found) => found[1] ?? found[2]!).slice(1);
  const headers: Record<string, string> = {};
  let method: string | undefined;
  let payload: string | undefined;
  let url = '';
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === '-X') method = words[++i]!;
    else if (word === '-o') i++;
    else if (word === '-d' || word === '--data-binary') payload = words[++i]!;
    else if (word === '-H') {
      const [name = '', value = ''] = words[++i]!.split(': ');
      headers[name.toLowerCase()] = value;
    } else url = word.replace(/^localhost:4000/, '');
  }
  return { method: (method ?? (payload === undefined ? 'GET' : 'POST')) as 'GET' | 'POST', url, headers, payload };
}
