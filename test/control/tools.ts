// What the tests of what the web server serves share: a data folder of their own, pipelines that run in it, records posted to them.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Folder, openParts } from '../../src/control/folder.ts';
import type { Millrace, Running, StartOptions } from '../../src/control/millrace.ts';
import { open } from '../../src/control/open.ts';
import { system } from '../../src/control/system.ts';
import type { Pipeline } from '../../src/define/pipeline.ts';
import type { Backend } from '../../src/web/backend.ts';
import type { GraphNode, PipelineView, PostResult } from '../../src/web/schemas.ts';

/** Pipelines that run in a data folder, and what is served of them. */
export type Serving = {
  readonly millrace: Millrace;
  readonly running: Running;
  readonly backend: Backend;
  /** The only pipeline, now. */
  view(): PipelineView;
  /** A node of its graph. */
  node(id: string): GraphNode;
  post(topic: string, ...records: unknown[]): Promise<PostResult>;
  /** Resolves when everything in the log is processed. */
  settled(): Promise<void>;
  stop(): Promise<void>;
};

/** What is to be stopped before a test's folder is removed: hooks run in the order in which they were made. */
const stops = new WeakMap<TestContext, (() => Promise<void>)[]>();

/** A folder that is removed when the test ends, after all that is served from it has stopped. */
export async function temporary(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-control-'));
  stops.set(t, []);
  t.after(async () => {
    for (const stop of stops.get(t)!) await stop();
    await rm(folder, { recursive: true, force: true });
  });
  return join(folder, 'data');
}

/** The parts of a folder of `temporary`, open: for whoever starts pipelines in it by himself, and closes them. */
export async function partsIn(path: string): Promise<Folder> {
  await mkdir(path, { recursive: true });
  return openParts(
    {
      path,
      database: { path: join(path, 'tables.duckdb'), tempFolder: join(path, 'temp') },
      log: join(path, 'log'),
      registry: join(path, 'registry.db'),
    },
    system(),
  );
}

/** Has something stopped when the test ends, before its folder of `temporary` is removed. */
export function atEnd(t: TestContext, stop: () => Promise<void>): void {
  stops.get(t)!.push(stop);
}

/** A folder that is removed by whoever asked for it: for what several tests share. */
export async function makeTemporary(): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-control-'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Runs pipelines in a folder of `temporary` until the test ends, or `stop`. */
export async function serving(
  t: TestContext,
  folder: string,
  pipelines: readonly Pipeline[],
  options: StartOptions = {},
): Promise<Serving> {
  const millrace = await open({ folder });
  let running: Running | undefined;
  let isOpen = true;
  const stop = async () => {
    if (!isOpen) return;
    isOpen = false;
    await running?.stop();
    await millrace.close();
  };
  stops.get(t)!.push(stop);
  try {
    running = await millrace.start(pipelines, options);
  } catch (error) {
    await stop();
    throw error;
  }
  const backend = millrace.backend(running);
  const view = () => backend.pipelines()[0]!;
  return {
    millrace,
    running,
    backend,
    view,
    node: (id) => view().nodes.find((one) => one.id === id)!,
    post: (topic, ...records) => backend.post(topic, { records, body: Buffer.from(JSON.stringify(records)) }),
    settled: () => until('everything is processed', () => view().ledger.inFlight === 0),
    stop,
  };
}

/** Waits until something holds; fails after so many milliseconds. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, msMax = 20_000): Promise<void> {
  const endMs = performance.now() + msMax;
  while (!(await holds())) {
    if (performance.now() > endMs) assert.fail(`not within ${msMax} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Resolves with what is given to `tell` first, once that suits. */
export function told<T>(suits: (value: T) => boolean = () => true): { tell: (value: T) => void; told: Promise<T> } {
  let tell: (value: T) => void = () => undefined;
  const told = new Promise<T>((resolve) => {
    tell = (value) => {
      if (suits(value)) resolve(value);
    };
  });
  return { tell, told };
}
