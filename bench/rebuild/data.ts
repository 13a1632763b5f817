// The data folder of the benchmark `rebuild`.
import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { closeParts, type Folder, openParts } from '../../src/control/folder.ts';
import { takeFolder } from '../../src/control/layout.ts';
import type { PipelineStatus } from '../../src/control/millrace.ts';
import { start } from '../../src/control/start.ts';
import { system } from '../../src/control/system.ts';
import type { Pipeline } from '../../src/define/pipeline.ts';
import type { Subject } from './subjects.ts';

type Params = Record<string, string>;

export async function openData(path: string): Promise<Folder> {
  await takeFolder(system().files, path);
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

/**
 * Makes a folder in which a pipeline has processed so many records. Where the variable MILLRACE_BENCH_KEPT names a folder, they are made once
 * and kept there.
 */
export async function prepared({ pipeline }: Subject, rows: number, path: string, params: Params): Promise<void> {
  const { MILLRACE_BENCH_KEPT: keptIn } = process.env;
  const kept = keptIn && join(keptIn, `${pipeline.name}-${rows}`);
  if (kept && existsSync(kept)) return cp(kept, path, { recursive: true });
  const folder = await openData(path);
  await runToEnd(folder, pipeline, params);
  await closeParts(folder);
  if (kept) await cp(path, kept, { recursive: true });
}

/** Runs a pipeline to its end. @throws why it has failed */
export async function runToEnd(folder: Folder, pipeline: Pipeline, params: Params): Promise<PipelineStatus> {
  const { running } = await start(folder, [pipeline], { params, once: true });
  await running.done;
  for (const failure of running.failures.values()) throw failure;
  return running.status()[0]!;
}

/** Records of a topic. */
export async function totals({ log }: Folder, topic: string): Promise<number> {
  return (await log.topic(topic)).partitions.reduce((sum, { end }) => sum + end, 0);
}
