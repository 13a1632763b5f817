// How fast a CSV file goes through log and SQL into tables, beside DuckDB reading the same file into the same tables by itself.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { headers } from '../examples/bus/layout.ts';
import {
  bus_latest,
  bus_positions,
  bus_processed,
  bus_traffic_processed,
  delays,
  line_delay,
} from '../examples/bus/pipeline.ts';
import type { Table } from '../src/define/table.ts';
import { sqlColumns, sqlType } from '../src/process/duckdb/types.ts';

const rows = Number(process.argv[2] ?? 1_000_000);
const root = new URL('..', import.meta.url).pathname;
const folder = process.env.MILLRACE_BENCH_FOLDER ?? join(tmpdir(), 'millrace-bench');
const file = join(folder, `bus-${rows}.csv`);
const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;

await mkdir(folder, { recursive: true });
if (!existsSync(file)) await finished(['examples/bus/write-csv.ts', String(rows), file, '7']);
console.log(
  `${rows.toLocaleString('en')} rows of 17 columns, ${megabytes(statSync(file).size)}, ${cpus().length} cores\n`,
);

const limit = await duckdbAlone(false);
const keyed = await duckdbAlone(true);
const ours = await millrace();
const line = (name: string, seconds: number, note = '') =>
  console.log(
    `  ${name.padEnd(44)} ${seconds.toFixed(1).padStart(6)} s ${Math.round(rows / seconds)
      .toLocaleString('en')
      .padStart(10)} rows/s  ${note}`,
  );
line('limit: DuckDB alone, tables without keys', limit.seconds, limit.parts);
line('DuckDB alone, tables with primary keys', keyed.seconds, keyed.parts);
line(
  'Millrace, CSV → log → SQL → tables',
  ours.seconds,
  `${(limit.seconds / ours.seconds).toFixed(2)} of the limit, ${(keyed.seconds / ours.seconds).toFixed(2)} of DuckDB with keys`,
);
console.log('\n  parts of Millrace (they overlap: sources and log beside SQL)');
for (const [name, ms] of Object.entries(ours.parts))
  console.log(`    ${name.padEnd(40)} ${(ms / 1000).toFixed(2).padStart(6)} s`);
console.log(
  `\n  resident memory at a quarter, half, three quarters, the end: ${ours.memory.map(megabytes).join(', ')}; peak ${megabytes(ours.peak)}`,
);
console.log(`  ledger: ${JSON.stringify(ours.ledger)}`);
console.log(`  rows: ${JSON.stringify(ours.tables)}`);

/** The same tables by one process of DuckDB, durable at the end: the file is read once, the other tables are made from the first. */
async function duckdbAlone(withKeys: boolean): Promise<{ seconds: number; parts: string }> {
  const path = join(folder, 'alone.duckdb');
  for (const one of [path, `${path}.wal`]) await rm(one, { force: true });
  const instance = await DuckDBInstance.create(path, { threads: '2' });
  const connection = await instance.connect();
  const types = Object.entries(bus_positions.fields).map(
    ([name, field]) => `'${headers[name as keyof typeof headers]}': '${sqlType(field.type)}'`,
  );
  const renamed = Object.keys(bus_positions.fields).map(
    (name) => `"${headers[name as keyof typeof headers]}" as ${name}`,
  );
  const csv = `(select ${renamed.join(', ')} from read_csv('${file}', header = true, nullstr = ['NA', ''], columns = {${types.join(', ')}}))`;
  const create = (table: Table) =>
    `create table ${table.name} (${sqlColumns(table.fields)}${withKeys ? `, primary key (${table.key.join(', ')})` : ''})`;
  const insert = withKeys ? 'insert or replace into' : 'insert into';
  const statements = [
    ...[bus_traffic_processed, line_delay, bus_latest].map((table) => create(table as Table)),
    `${insert} bus_traffic_processed ${sqlOf(bus_processed, csv)}`,
    `${insert} line_delay ${sqlOf(delays, '(select *, time_bucket(interval 1 minute, recorded_at) as window_start from bus_traffic_processed)')}`,
    `${insert} bus_latest select ${Object.keys(bus_latest.fields).join(', ')} from bus_traffic_processed qualify row_number() over (partition by vehicle order by recorded_at desc) = 1`,
    'checkpoint',
  ];
  const times: number[] = [];
  for (const statement of statements) {
    const began = performance.now();
    await connection.run(statement);
    times.push((performance.now() - began) / 1000);
  }
  connection.closeSync();
  instance.closeSync();
  const seconds = times.reduce((sum, one) => sum + one, 0);
  return {
    seconds,
    parts: `(${times
      .slice(3)
      .map((one) => one.toFixed(1))
      .join(' + ')})`,
  };
}

/** The query of a stream over another relation than its own. */
function sqlOf(stream: typeof bus_processed | typeof delays, relation: string): string {
  return `${stream.query.texts[0]}${relation}${stream.query.texts[1]}`;
}

type Outcome = {
  seconds: number;
  parts: Record<string, number>;
  ledger: unknown;
  tables: unknown;
  memory: number[];
  peak: number;
};

async function millrace(): Promise<Outcome> {
  const data = join(folder, 'data');
  await rm(data, { recursive: true, force: true });
  const child = spawn(
    process.execPath,
    [
      join(root, 'bin/millrace.js'),
      'run',
      'examples/bus/pipeline.ts',
      '--set',
      `file=${file}`,
      '--once',
      '--json',
      '--data',
      data,
    ],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const samples: number[] = [];
  let peak = 0;
  const timer = setInterval(() => {
    const status = memoryOf(child.pid!);
    if (status.now > 0) samples.push(status.now);
    peak = Math.max(peak, status.peak);
  }, 50);
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  await new Promise((resolve) => child.on('exit', resolve));
  clearInterval(timer);
  const [pipeline] = (JSON.parse(out) as { pipelines: Outcome[] }).pipelines;
  const memory = [0.25, 0.5, 0.75, 0.99].map((part) => samples[Math.floor(samples.length * part)] ?? 0);
  return { ...pipeline!, memory, peak };
}

/** Resident bytes of a process, or of the child that its launcher started, now and at most. */
function memoryOf(pid: number): { now: number; peak: number } {
  const pids = [
    pid,
    ...readdirSync('/proc')
      .filter((one) => /^\d+$/.test(one) && parentOf(Number(one)) === pid)
      .map(Number),
  ];
  const all = pids.map((one) => read(`/proc/${one}/status`));
  const value = (text: string, name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1] ?? 0) * 1024;
  return {
    now: Math.max(...all.map((text) => value(text, 'VmRSS'))),
    peak: Math.max(...all.map((text) => value(text, 'VmHWM'))),
  };
}

function parentOf(pid: number): number {
  return Number(/PPid:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? -1);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

async function finished(args: string[]): Promise<void> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  await new Promise((resolve) => child.on('exit', resolve));
}
