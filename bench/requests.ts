// How many requests a second the main routes take, beside the limits of the same run: a bare node:http server that answers as many
// bytes, and for posts the log's append alone. npm run bench requests [SECONDS]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from '../src/control/open.ts';
import { nodeFiles } from '../src/control/system.ts';
import { systemClock } from '../src/core/clock.ts';
import { double, pipeline, table, text, timestamp, topic } from '../src/index.ts';
import { BatchBuilder } from '../src/log/batch.ts';
import { embeddedLog } from '../src/log/embedded/embedded.ts';
import { serve } from '../src/web/server.ts';

const seconds = Number(process.argv[2] ?? 6);
const turns = 3;
const rowsTotal = 10_000;
let logs = 0;
/** What one record has in the log, in bytes. */
const valueBytes = 60;

type Case = {
  readonly name: string;
  readonly path: string;
  /** Asked for in turns, in place of `path`. */
  readonly paths?: readonly string[];
  /** Records that are stored meanwhile, each by a commit of its own, a second. */
  readonly commits?: number;
  readonly body?: string;
  /** Records of one post. */
  readonly records?: number;
  /** Requests at once: posts share the commits of the log, so more of them fit. */
  readonly atOnce: number;
};

const ride = topic(
  'rides',
  { id: text(), zone: text(), km: double(), at: timestamp(), note: text().optional() },
  { time: 'at' },
);
const rides = pipeline('rides', { tables: [table('rides', ride, { key: 'id' })] });
const record = (i: number) => ({
  id: `r${i}`,
  zone: `zone ${i % 50}`,
  km: (i % 977) / 10,
  at: new Date(Date.UTC(2026, 10, 22) + i * 1000).toISOString(),
  note: 'what a short note says',
});
const post = (count: number) => JSON.stringify(Array.from({ length: count }, (_, i) => record(i)));

/** The path of a page of 100 rows. */
function page(zone: number): string {
  return `/api/tables/rides/rows?where.zone=zone%20${zone}&limit=100`;
}

/** The path of a row. */
function row(i: number): string {
  return `/api/tables/rides/rows/r${i}`;
}

/** One for each number, in an order of no meaning. */
function upTo(count: number, make: (i: number) => string): string[] {
  return Array.from({ length: count }, (_, i) => make((i * 7919) % count));
}

const cases: readonly Case[] = [
  { name: 'health', path: '/api/health', atOnce: 10 },
  { name: 'pipelines', path: '/api/pipelines', atOnce: 10 },
  { name: 'a page of 100 rows', path: page(7), atOnce: 10 },
  { name: '  50 pages, 10 commits/s', path: page(7), paths: upTo(50, page), commits: 10, atOnce: 10 },
  {
    name: '  2,000 pages',
    path: page(7),
    paths: upTo(2000, (i) => `${page(i % 50)}&where.km.lt=${90 + i / 1000}`),
    atOnce: 10,
  },
  { name: 'a row by its key', path: row(77), atOnce: 50 },
  { name: '  10,000 rows', path: row(77), paths: upTo(rowsTotal, row), atOnce: 50 },
  { name: '  and 10 commits/s', path: row(77), paths: upTo(rowsTotal, row), commits: 10, atOnce: 50 },
  { name: 'records, the newest 100', path: '/api/topics/rides/records', atOnce: 10 },
  {
    name: 'query, a count by zone',
    path: '/api/query',
    body: JSON.stringify({ sql: 'select zone, count(*) as n from rides group by zone order by n' }),
    atOnce: 10,
  },
  { name: 'post 1 record', path: '/api/topics/rides/records', body: post(1), records: 1, atOnce: 64 },
  { name: 'post 100 records', path: '/api/topics/rides/records', body: post(100), records: 100, atOnce: 64 },
];

const folder = await mkdtemp(join(process.env.MILLRACE_BENCH_FOLDER ?? tmpdir(), 'millrace-requests-'));
const millrace = await open({ folder: join(folder, 'data') });
const running = await millrace.start([rides]);
const backend = millrace.backend(running);
const served = await serve(backend, { port: 0 });
for (let i = 0; i < rowsTotal; i += 1000) {
  const records = Array.from({ length: 1000 }, (_, j) => record(i + j));
  await backend.post('rides', { records, body: new Uint8Array() });
}
await settled();

console.log(
  `${seconds} s each in ${turns} turns, ${rowsTotal} rows; the client is a process of its own on the same machine\n`,
);
console.log(
  `  ${'route'.padEnd(26)} ${'requests/s'.padStart(11)} ${'p50 ms'.padStart(8)} ${'p99 ms'.padStart(8)} ${'limit/s'.padStart(9)}  of the limit`,
);
for (const one of cases) {
  const answer = await (await fetch(`${served.url}${one.path}`, options(one))).text();
  const bare = await bareServer(answer);
  const [ours, theirs, alone]: [Fired[], Fired[], number[]] = [[], [], []];
  // in turns, so that a machine that changes its mood changes all of them
  for (let turn = 0; turn < turns; turn++) {
    const end = one.commits === undefined ? undefined : commit(one.commits);
    ours.push(await fire(served.url, one));
    end?.();
    theirs.push(await fire(bare.url, one));
    if (one.records !== undefined) alone.push(await appends(one.records, one.atOnce));
  }
  bare.close();
  const measured = meanOf(ours);
  const http = meanOf(theirs);
  const append = alone.length === 0 ? undefined : mean(alone);
  const limit = Math.min(http.perSecond, append ?? Number.POSITIVE_INFINITY);
  const failed = measured.failed > 0 ? `  ${measured.failed} refused` : '';
  const which = append === limit ? 'the log alone' : 'bare node:http';
  console.log(
    `  ${one.name.padEnd(26)} ${whole(measured.perSecond).padStart(11)} ${measured.p50.toFixed(1).padStart(8)} ${measured.p99.toFixed(1).padStart(8)} ${whole(limit).padStart(9)}  ${(measured.perSecond / limit).toFixed(2)} (${which})${failed}`,
  );
  if (one.records !== undefined) {
    console.log(
      `  ${''.padEnd(26)} ${whole(measured.perSecond * one.records).padStart(11)} records/s; bare node:http ${whole(http.perSecond)}, the log alone ${whole(append ?? 0)}`,
    );
    await settled();
  }
}
await served.close();
await running.stop(10_000);
await millrace.close();
await rm(folder, { recursive: true });

function options({ body }: Case): RequestInit {
  return body === undefined ? {} : { method: 'POST', body, headers: { 'content-type': 'application/json' } };
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** Resolves when all that was posted is in the table. */
async function settled(): Promise<void> {
  while (backend.pipelines().some(({ ledger }) => ledger.inFlight > 0))
    await new Promise((next) => setTimeout(next, 50));
}

type Fired = { perSecond: number; p50: number; p99: number; failed: number };

function mean(all: readonly number[]): number {
  return all.reduce((sum, one) => sum + one, 0) / all.length;
}

function meanOf(all: readonly Fired[]): Fired {
  return {
    perSecond: mean(all.map((one) => one.perSecond)),
    p50: mean(all.map((one) => one.p50)),
    p99: Math.max(...all.map((one) => one.p99)),
    failed: all.reduce((sum, one) => sum + one.failed, 0),
  };
}

/** Sends requests again and again, from a process of its own. */
async function fire(url: string, { path, paths = [path], body, atOnce }: Case): Promise<Fired> {
  const shots = { url, paths, body, atOnce, seconds: seconds / turns };
  const child = spawn(process.execPath, [join(import.meta.dirname, 'parts', 'fire.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(shots));
  let out = '';
  child.stdout.on('data', (data) => {
    out += String(data);
  });
  await once(child, 'close');
  const found = JSON.parse(out) as Record<'latency' | 'requests', Record<string, number>> & {
    non2xx: number;
    errors: number;
  };
  const { latency, requests } = found;
  return { perSecond: requests.average!, p50: latency.p50!, p99: latency.p99!, failed: found.non2xx + found.errors };
}

/** Stores records, each by a commit of its own, so many a second, until it is told to end. */
function commit(perSecond: number): () => void {
  let at = 0;
  const timer = setInterval(() => {
    at = (at + 1) % rowsTotal;
    void backend.post('rides', { records: [record(at)], body: new Uint8Array() });
  }, 1000 / perSecond);
  return () => clearInterval(timer);
}

/** Answers the same bytes to whatever it is asked. */
async function bareServer(answer: string): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) });
      response.end(answer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Durable appends a second of the log alone, as many at once as there are requests. */
async function appends(records: number, atOnce: number): Promise<number> {
  const clock = systemClock();
  const log = await embeddedLog({ folder: join(folder, `log-${records}-${logs++}`), files: nodeFiles(), clock });
  await log.createTopic('bench', { partitions: 1, retention: {} });
  const builder = new BatchBuilder(records * valueBytes);
  const value = new Uint8Array(valueBytes).fill(7);
  for (let i = 0; i < records; i++) builder.add(1_500_000_000_000 + i, null, value);
  const batch = builder.take();
  const began = clock.elapsed();
  let count = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (clock.elapsed() - began < (seconds * 1000) / turns) {
        await log.append('bench', 0, batch);
        count++;
      }
    }),
  );
  const took = (clock.elapsed() - began) / 1000;
  await log.close();
  return count / took;
}
