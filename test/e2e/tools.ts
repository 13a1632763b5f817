// What the end-to-end tests share: temporary folders, a pipeline run in-process, tables compared row by row, the command line spawned.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { loadPipeline } from '../../src/control/load.ts';
import type { DeadLetterDetail, Ledger, Millrace, PipelineStatus } from '../../src/control/millrace.ts';
import { open } from '../../src/control/open.ts';
import type { Pipeline } from '../../src/define/pipeline.ts';

/** The folder of the repository. */
export const root = join(import.meta.dirname, '../..');

/** Where the real data is, where it is. */
export const shared = join(root, '../shared/data');

/** 9,999 real positions of New York's buses. */
export const busSample = join(shared, 'mta_bus/mta_1706_sample.csv');

export const busFile = join(root, 'examples/bus/pipeline.ts');
export const usersFile = join(root, 'examples/users/pipeline.ts');

/** A pipeline file beside these tests. */
export const fixture = (name: string) => join(import.meta.dirname, 'pipelines', name);

/** The reason to skip a test whose data is not on this machine, else false. */
export function lacks(path: string): string | false {
  return existsSync(path) ? false : `${path} is not on this machine`;
}

/** A folder that is removed when the test ends. */
export async function temporary(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-e2e-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** What a run left behind. */
export type Ran = { readonly status: PipelineStatus; readonly millrace: Millrace };

/** Runs a pipeline to its end in a data folder; the folder stays open until the test ends. */
export async function runOnce(
  t: TestContext,
  folder: string,
  pipeline: Pipeline | string,
  params: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const millrace = await opened(t, folder);
  return { millrace, status: await runIn(millrace, pipeline, params) };
}

/** Opens a data folder until the test ends. */
export async function opened(t: TestContext, folder: string): Promise<Millrace> {
  const millrace = await open({ folder });
  let isOpen = true;
  const close = async () => {
    if (isOpen) {
      isOpen = false;
      await millrace.close();
    }
  };
  t.after(close);
  return { ...millrace, close };
}

/** Runs a pipeline to its end in a folder that is open. */
export async function runIn(
  millrace: Millrace,
  pipeline: Pipeline | string,
  params: Readonly<Record<string, string>> = {},
): Promise<PipelineStatus> {
  const loaded = typeof pipeline === 'string' ? await loadPipeline(pipeline) : pipeline;
  const running = await millrace.start([loaded], { params, once: true });
  await running.done;
  for (const failure of running.failures.values()) throw failure;
  return running.status()[0]!;
}

/** The rows of a query, all of them. */
export async function rowsOf(millrace: Millrace, sql: string): Promise<readonly (readonly unknown[])[]> {
  const { rows, truncated } = await millrace.query(sql, { rowsMax: 1_000_000 });
  assert.equal(truncated, false);
  return rows;
}

/** Fails unless tables hold the very same rows: by a hash that no order changes, then row by row to say where they differ. */
export async function sameTables(actual: Millrace, expected: Millrace, tables: readonly string[]): Promise<void> {
  for (const table of tables) {
    const hash = `select count(*), sum(hash(t)::hugeint) from ${table} t`;
    const [one, other] = [await rowsOf(actual, hash), await rowsOf(expected, hash)].map(String);
    if (one === other) continue;
    const all = `from ${table} order by all`;
    const [rows, wanted] = [await rowsOf(actual, all), await rowsOf(expected, all)];
    for (let i = 0; i < Math.max(rows.length, wanted.length); i++) {
      assert.deepEqual(rows[i], wanted[i], `table ${table}: row ${i} of ${rows.length}, wanted ${wanted.length}`);
    }
    assert.fail(`table ${table}: hashes differ (${one}, ${other}), rows do not`);
  }
}

/** What a ledger must be, where some records are in the dead letters. */
export function ledger(all: number, dead = 0): Ledger {
  const out = all - dead;
  return { in: all, out, filtered: 0, deduplicated: 0, late: 0, dead, inFlight: 0, balanced: true };
}

/** All dead letters, whole, in the order of their ids. */
export async function lettersOf(millrace: Millrace): Promise<DeadLetterDetail[]> {
  const list = await millrace.deadList({ limit: 100_000 });
  return Promise.all(list.map(({ id }) => millrace.deadShow(id)));
}

/** Waits until something holds; fails after so many milliseconds. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, msMax = 20_000): Promise<void> {
  const endMs = performance.now() + msMax;
  while (!(await holds())) {
    if (performance.now() > endMs) assert.fail(`not within ${msMax} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** How a call of the command line ended. */
export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly error: string;
};

/** The command line in a process of its own, under way. */
export type Cli = { readonly process: ChildProcess; readonly ended: Promise<Ended>; readonly error: () => string };

/** What sees to it that something is done when a test ends. */
export type Ending = { after(done: () => unknown): void };

/** Starts the command line, with this Node; killed when the test ends, if it has not ended. */
export function startCli(t: Ending, words: readonly string[], cwd: string = root): Cli {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(MILLRACE|NODE)_/.test(name)));
  const child = spawn(process.execPath, [join(root, 'bin/millrace.js'), ...words], {
    cwd,
    env: { ...env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let error = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    error += text;
  });
  t.after(() => child.kill('SIGKILL'));
  const ended = once(child, 'close').then(
    ([code, signal]): Ended => ({ code: code as number | null, signal: signal as NodeJS.Signals | null, out, error }),
  );
  return { process: child, ended, error: () => error };
}

/** Runs the command line to its end. */
export function cli(t: Ending, ...words: string[]): Promise<Ended> {
  return startCli(t, words).ended;
}

/** What `run --json` prints. */
export type RunReport = { readonly pipelines: readonly (PipelineStatus & { readonly records: number })[] };

/** The one JSON object on standard output, and nothing else there. */
export function jsonOf<T>(ended: Ended): T {
  assert.equal(ended.out.trimEnd().split('\n').length, 1, `standard output: ${ended.out}\n${ended.error}`);
  return JSON.parse(ended.out) as T;
}
