// Opens a data folder: one process at a time, everything embedded in it behind the contracts.
import { join, resolve } from 'node:path';
import { assert, type MillraceError, throwAll } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { resolveParams } from '../define/param.ts';
import type { Pipeline } from '../define/pipeline.ts';
import { embedded } from './adapters.ts';
import { backendOf, type ClosableBackend } from './backend.ts';
import { checkDefinitions } from './check.ts';
import { DeadLetters } from './dead.ts';
import { closeParts, type Folder, openParts, type Places, registerTopics } from './folder.ts';
import { keepPaused, pipelineFiles, remember } from './known.ts';
import { checkTables, takeFolder } from './layout.ts';
import type { Millrace, OpenOptions, Running, StartOptions, TopicSummary } from './millrace.ts';
import { chosen, paused, Redrive, redriveAlone } from './redrive.ts';
import { checkIdle, finishDeletions, removal, remove } from './remove.ts';
import { Runner } from './runner.ts';
import { system as realSystem, type System } from './system.ts';

/**
 * Opens a data folder, making it where there is none.
 *
 * @throws DATA_IN_USE, DATA_VERSION, LOG_DAMAGED, TABLES_DAMAGED, DISK_FULL
 * @example const millrace = await open({ folder: '.millrace' })
 */
export async function open(options: OpenOptions, system: System = realSystem()): Promise<Millrace> {
  const folder = await openFolder(options, system);
  const dead = new DeadLetters(folder);
  const started = new Map<Running, readonly Runner[]>();
  const backends: ClosableBackend[] = [];
  return {
    async start(pipelines, startOptions) {
      assert(folder.leftOut === undefined, 'a start in a folder with a topic that was not opened');
      const { running, runners } = await start(folder, pipelines, startOptions, options.notice);
      started.set(running, runners);
      return running;
    },
    backend(running) {
      const runners = started.get(running);
      assert(runners, 'a backend for pipelines that run in another data folder');
      const made = backendOf(folder, runners);
      backends.push(made);
      return made.backend;
    },
    async query(sql, { rowsMax = limits.queryRowsMax, msMax = limits.queryMsMax } = {}) {
      return (await embedded.query())(folder.database, sql, { rowsMax, msMax });
    },
    topics: () => topics(folder),
    async tables() {
      const found = await folder.store.tables();
      return Promise.all(found.map(async (table) => ({ ...table, rows: await folder.store.count(table.name) })));
    },
    async deadList(filter = {}) {
      await dead.checkNames(filter);
      return dead.list(filter);
    },
    deadShow: (id) => dead.show(id),
    async deadRedrive(pipeline, filter, redriveOptions) {
      const runner = [...started.values()].flat().find((one) => one.pipeline.name === pipeline.name && !one.hasEnded);
      if (!runner) return redriveAlone(folder, pipeline, filter, redriveOptions);
      return runner.withLetters(async (through) => {
        if (runner.isPaused) throw paused(pipeline.name);
        const ids = await chosen(folder, pipeline, filter, redriveOptions?.replacement);
        const { sent, stored, stillDead } = await new Redrive(folder, through).send(ids, redriveOptions?.replacement);
        return { sent, stored, stillDead };
      });
    },
    removal: (what) => removal(folder, what),
    async remove(what, { force = false } = {}) {
      checkIdle(folder, [...started.values()].flat());
      return remove(folder, what, force);
    },
    pipelineFile: async (pipeline) => (await pipelineFiles(folder))[pipeline] || undefined,
    pipelines: async () => Object.keys(await pipelineFiles(folder)),
    async close() {
      for (const backend of backends) await backend.close();
      await closeParts(folder);
    },
  };
}

async function openFolder(options: OpenOptions, system: System): Promise<Folder> {
  const path = resolve(options.folder);
  await takeFolder(system.files, path);
  const tables = join(path, 'tables.duckdb');
  const log = join(path, 'log');
  await checkTables(system.files, tables, log);
  const places: Places = {
    path,
    database: { path: tables, tempFolder: join(path, 'temp') },
    log,
    registry: join(path, 'registry.db'),
    leaveOut: options.leaveOut,
  };
  const folder = await openParts(places, system, options.notice);
  try {
    await finishDeletions(folder);
    return folder;
  } catch (error) {
    await closeParts(folder);
    throw error;
  }
}

async function start(
  folder: Folder,
  pipelines: readonly Pipeline[],
  options: StartOptions = {},
  notice: (text: string) => void = () => undefined,
): Promise<{ running: Running; runners: readonly Runner[] }> {
  const params = new Map(
    pipelines.map((pipeline) => [
      pipeline,
      resolveParams(pipeline.params, own(pipeline, pipelines, options.params ?? {}), process.env),
    ]),
  );
  throwAll(checkDefinitions(pipelines));
  // before topics and tables are made: what a wrong file left behind would stand in the way of the mended one
  const wrong: MillraceError[] = [];
  for (const pipeline of pipelines) wrong.push(...(await folder.engine.check(pipeline, params.get(pipeline)!)));
  throwAll(wrong);
  const runners: Runner[] = [];
  const processors: { close(): void }[] = [];
  try {
    for (const pipeline of pipelines) {
      const schemaIds = await registerTopics(folder, pipeline, notice);
      await folder.store.prepare(pipeline.name, pipeline.tables);
      const processor = await folder.engine.open(pipeline, params.get(pipeline)!);
      processors.push(processor);
      const isPaused = await remember(folder, pipeline, options.files?.[pipeline.name]);
      const runner = new Runner({
        ...folder,
        pipeline,
        params: params.get(pipeline)!,
        processor,
        schemaIds,
        once: options.once ?? false,
        withoutSources: options.withoutSources ?? false,
        isPaused,
        keepPaused: (kept) => keepPaused(folder, pipeline.name, kept),
      });
      runners.push(runner);
      await runner.open();
      await runner.refreshRows();
      await runner.measures.sample();
    }
  } catch (error) {
    for (const runner of runners) await runner.abandon();
    for (const processor of processors) processor.close();
    throw error;
  }
  for (const runner of runners) {
    for (const { name } of runner.pipeline.streams) {
      const changed = runner.noticeOf(name);
      if (changed) notice(`stream '${name}' of pipeline '${runner.pipeline.name}': ${changed}`);
    }
    runner.start();
  }
  const ended = new AbortController();
  const measuring = measure(folder, runners, ended.signal);
  const retaining = retain(folder, runners, ended.signal);
  const done = (async () => {
    await Promise.all(runners.map((runner) => runner.done));
    ended.abort();
    await Promise.all([measuring, retaining]);
    for (const processor of processors) processor.close();
  })();
  const running: Running = {
    status: () => runners.map((runner) => runner.status()),
    done,
    get failures() {
      return new Map(
        runners.flatMap((runner) => (runner.failure ? [[runner.pipeline.name, runner.failure] as const] : [])),
      );
    },
    async stop(deadlineMs) {
      const over = new AbortController();
      const deadline = deadlineAfter(folder.system, over.signal, deadlineMs);
      const stopped = await Promise.all(runners.map((runner) => runner.stop(deadline)));
      await done;
      over.abort();
      return stopped.every(Boolean);
    },
  };
  return { running, runners };
}

/** The deadline of a stop as a signal; `over` ends the waiting for it. */
function deadlineAfter(system: System, over: AbortSignal, ms: number = limits.stopMsMax): AbortSignal {
  const controller = new AbortController();
  void system.clock.sleep(ms, over).then(() => controller.abort());
  return controller.signal;
}

/** With several pipelines a parameter goes to those that declare it; one that none declares is an error in the first. */
function own(
  pipeline: Pipeline,
  all: readonly Pipeline[],
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const known = (one: Pipeline, name: string) => one.params.some((param) => param.name === name);
  return Object.fromEntries(
    Object.entries(given).filter(([name]) => known(pipeline, name) || !all.some((one) => known(one, name))),
  );
}

async function topics(folder: Folder): Promise<TopicSummary[]> {
  const found = await folder.log.topics();
  return Promise.all(
    found.map(async (topic): Promise<TopicSummary> => {
      const schema = await folder.registry.version(`${topic.name}-value`, 'latest').catch(() => undefined);
      const newest = topic.partitions.map((one) => one.newestMs).filter((one) => one !== undefined);
      return {
        name: topic.name,
        partitions: topic.partitions.length,
        records: topic.partitions.reduce((sum, one) => sum + one.end - one.start, 0),
        bytes: topic.partitions.reduce((sum, one) => sum + one.bytes, 0),
        newestMs: newest.length > 0 ? Math.max(...newest) : undefined,
        schema: schema && { id: schema.id, version: schema.version },
      };
    }),
  );
}

/** Once a second: the measures, and the numbers of rows, for showing. */
async function measure({ system }: Folder, runners: readonly Runner[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await system.clock.sleep(1000, signal);
    if (signal.aborted) return;
    for (const runner of runners) await runner.measures.sample().catch(() => undefined);
    for (const runner of runners) await runner.refreshRows().catch(() => undefined);
  }
}

/** Removes what retention no longer keeps, but nothing that a pipeline has yet to process. */
async function retain({ system, log }: Folder, runners: readonly Runner[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await system.clock.sleep(60_000, signal);
    if (signal.aborted) return;
    await log
      .retain((topic, partition) => Math.min(...runners.map((runner) => runner.needed(topic, partition))))
      .catch(() => undefined);
  }
}
