// Starts pipelines in an open data folder: everything is checked and opened before anything runs.
import { MillraceError, throwAll } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Value } from '../define/accept.ts';
import { topicsOf } from '../define/feeding.ts';
import { formatType } from '../define/fields.ts';
import { resolveParams } from '../define/param.ts';
import type { Pipeline } from '../define/pipeline.ts';
import type { Table } from '../define/table.ts';
import { checkDefinitions } from './check.ts';
import { environmentOf } from './environment.ts';
import { endlessLookups, isFiniteTable } from './finite.ts';
import { type Folder, registerTopics } from './folder.ts';
import { keepPaused, remember } from './known.ts';
import { checkWaits, Load, savedEnding, type Wait, waitsOf } from './loading.ts';
import type { Running, StartOptions } from './millrace.ts';
import { newNames, noteNew, Rebuilds } from './rebuilds.ts';
import { Runner } from './runner.ts';
import type { System } from './system.ts';
import { TopicSources } from './topic-sources.ts';

/** Pipelines that run, and their runners. */
export type Started = {
  readonly running: Running;
  readonly runners: readonly Runner[];
  readonly rebuilds: Rebuilds;
};

type Params = ReadonlyMap<Pipeline, ReadonlyMap<string, Value>>;

/** Starts pipelines. @throws what is wrong with them, before anything has run */
export async function start(
  folder: Folder,
  pipelines: readonly Pipeline[],
  options: StartOptions = {},
  notice: (text: string) => void = () => undefined,
): Promise<Started> {
  const params: Params = new Map(
    pipelines.map((pipeline) => [
      pipeline,
      resolveParams(pipeline.params, own(pipeline, pipelines, options.params ?? {}), environmentOf(pipeline.params)),
    ]),
  );
  throwAll(checkDefinitions(pipelines));
  // before topics and tables are made: what a wrong file left behind would stand in the way of the right one
  const wrong: MillraceError[] = [];
  for (const pipeline of pipelines) {
    const values = params.get(pipeline)!;
    wrong.push(...(await folder.engine.check(pipeline, values, await endlessLookups(pipeline, values))));
  }
  wrong.push(...(await checkForeign(folder, pipelines, params)));
  throwAll(wrong);
  const waits = await waitsOf(pipelines, (pipeline) => params.get(pipeline)!);
  throwAll(checkWaits(waits));
  const known = new Set((await folder.store.tables()).map(({ name }) => name));
  for (const pipeline of pipelines)
    await noteNew(folder, pipeline, newNames(pipeline, known, await folder.engine.progress(pipeline.name)));
  const opening: Opening = { params, options, sources: new Map(), processors: [], runners: [] };
  const { sources, processors, runners } = opening;
  let loads: Load[];
  try {
    await openRunners(folder, pipelines, opening, notice);
    for (const one of sources.values()) await one.open();
    for (const runner of runners) {
      runner.checkEnd();
      await runner.tallies.refresh(true);
      await runner.measures.sample();
    }
    loads = await holdBack(folder, waits, runners, sources);
  } catch (error) {
    for (const one of sources.values()) await one.abandon();
    for (const processor of processors) processor.close();
    throw error;
  }
  const rebuilds = new Rebuilds(folder, runners);
  const resumed = Promise.withResolvers<void>();
  for (const one of sources.values()) one.start();
  for (const runner of runners) {
    for (const { name } of runner.pipeline.streams) {
      const changed = runner.noticeOf(name);
      if (changed) notice(`stream '${name}' of pipeline '${runner.pipeline.name}': ${changed}`);
    }
    runner.beforeDrain = () => resumed.promise.then(() => rebuilds.settled(runner));
    runner.start();
  }
  for (const load of loads) load.start();
  await rebuilds.resume().finally(resumed.resolve);
  return { running: runningOf(folder, runners, processors, rebuilds), runners, rebuilds };
}

/** What is being opened: all of it is closed again where some of it cannot be. */
type Opening = {
  readonly params: Params;
  readonly options: StartOptions;
  /** By topic. */
  readonly sources: Map<string, TopicSources>;
  readonly processors: { close(): void }[];
  readonly runners: Runner[];
};

/** Makes topics and tables of all pipelines, then a runner for each; the sources of a topic are made for the first that reads it. */
async function openRunners(
  folder: Folder,
  pipelines: readonly Pipeline[],
  opening: Opening,
  notice: (text: string) => void,
): Promise<void> {
  const { params, options, sources, processors, runners } = opening;
  const { once = false, withoutSources = false } = options;
  const schemaIds = new Map<Pipeline, Map<string, number>>();
  for (const pipeline of pipelines) {
    schemaIds.set(pipeline, await registerTopics(folder, pipeline, notice));
    await folder.store.prepare(pipeline.name, pipeline.tables);
  }
  for (const pipeline of pipelines) {
    const ids = schemaIds.get(pipeline)!;
    const values = params.get(pipeline)!;
    const processor = await folder.engine.open(pipeline, values, await endlessLookups(pipeline, values));
    processors.push(processor);
    for (const topic of withoutSources ? [] : pipeline.topics) {
      const { name } = topic;
      if (sources.has(name)) continue;
      sources.set(name, new TopicSources({ ...folder, topic, schemaId: ids.get(name)!, params: values, once }));
    }
    const runner = new Runner({
      ...folder,
      pipeline,
      params: values,
      processor,
      schemaIds: ids,
      sources: pipeline.topics.flatMap(({ name }) => sources.get(name) ?? []),
      once,
      withoutSources,
      isPaused: await remember(folder, pipeline, options.files?.[pipeline.name]),
      keepPaused: (kept) => keepPaused(folder, pipeline.name, kept),
    });
    runner.check();
    runners.push(runner);
  }
}

/** Has topics wait for the finite tables that their streams look up. */
async function holdBack(
  { engine, log }: Folder,
  waits: readonly Wait[],
  runners: readonly Runner[],
  sources: ReadonlyMap<string, TopicSources>,
): Promise<Load[]> {
  const runnerOf = (pipeline: Pipeline) => runners.find((one) => one.pipeline === pipeline)!;
  const loads = new Map<string, Load>();
  for (const { pipeline, topic, table, loader } of waits) {
    if (!loads.has(table.name)) {
      const endings = topicsOf(table).map(
        async ({ name }) => sources.get(name) ?? savedEnding(name, await engine.sources(name)),
      );
      loads.set(table.name, new Load(table, runnerOf(loader), await Promise.all(endings), log));
    }
    runnerOf(pipeline).hold(topic, loads.get(table.name)!);
  }
  return [...loads.values()];
}

/** What is wrong with tables of other pipelines that streams look up: each must be there, or its pipeline must start as well. */
async function checkForeign(folder: Folder, pipelines: readonly Pipeline[], params: Params): Promise<MillraceError[]> {
  const errors: MillraceError[] = [];
  const stored = await folder.store.tables();
  for (const pipeline of pipelines) {
    for (const table of pipeline.lookups) {
      const { name, fields } = table;
      if (pipelines.some(({ tables }) => tables.some((one) => one.name === name))) continue;
      const place = `pipeline '${pipeline.name}', table '${name}'`;
      const found = stored.find((one) => one.name === name);
      if (!found) {
        errors.push(
          new MillraceError('NOT_FOUND', `it looks up table '${name}' of another pipeline, which is not there yet`, {
            place,
            remedy:
              'Add it to the tables of this pipeline; or start the one that keeps it in the same command, or before this one.',
          }),
        );
        continue;
      }
      if (await isHalfLoaded(folder, table, params.get(pipeline)!)) {
        errors.push(
          new MillraceError('USAGE', `table '${name}' of pipeline '${found.pipeline}' was not loaded to its end`, {
            place,
            remedy: `Start pipeline '${found.pipeline}' in the same command, or run it to its end first.`,
          }),
        );
      }
      for (const [column, { type }] of Object.entries(fields)) {
        const kept = found.columns.find((one) => one.name === column)?.type;
        if (kept === formatType(type)) continue;
        const what = kept === undefined ? 'is not there' : `is ${kept}, and not ${formatType(type)}`;
        errors.push(
          new MillraceError('TABLE_CHANGED', `column '${column}', as pipeline '${found.pipeline}' keeps it, ${what}`, {
            place,
            remedy: `Start pipeline '${found.pipeline}' with its present definition first.`,
          }),
        );
      }
    }
  }
  return errors;
}

/** Whether the sources of a finite table, whose pipeline does not run here, had not been read to their end. */
async function isHalfLoaded({ engine }: Folder, table: Table, params: ReadonlyMap<string, Value>): Promise<boolean> {
  if (!(await isFiniteTable(table, params))) return false;
  for (const { name } of topicsOf(table)) if (!savedEnding(name, await engine.sources(name)).areAtEnd) return true;
  return false;
}

/** What runs, for those who watch and stop it. */
function runningOf(
  folder: Folder,
  runners: readonly Runner[],
  processors: readonly { close(): void }[],
  rebuilds: Rebuilds,
): Running {
  const ended = new AbortController();
  const measuring = measure(folder, runners, ended.signal);
  const retaining = retain(folder, [...runners, rebuilds], ended.signal);
  const done = (async () => {
    // a rebuild of a pipeline that ends by itself is finished, or goes on with the next start
    await Promise.all(runners.map((runner) => runner.done));
    await rebuilds.stop();
    ended.abort();
    await Promise.all([measuring, retaining]);
    for (const processor of processors) processor.close();
  })();
  return {
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
      await rebuilds.stop(deadline);
      const stopped = await Promise.all(runners.map((runner) => runner.stop(deadline)));
      await done;
      over.abort();
      return stopped.every(Boolean);
    },
  };
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

/** Once a second: the measures, for showing, and whether the tables have the rows that they have counted. */
async function measure({ system }: Folder, runners: readonly Runner[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await system.clock.sleep(1000, signal);
    if (signal.aborted) return;
    for (const runner of runners) await runner.measures.sample().catch(() => undefined);
    for (const runner of runners) await runner.tallies.refresh(false).catch(() => undefined);
  }
}

/** Removes what retention no longer keeps, but nothing that a pipeline or a rebuild has yet to process. */
async function retain(
  { system, log }: Folder,
  users: readonly Pick<Runner, 'needed'>[],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await system.clock.sleep(60_000, signal);
    if (signal.aborted) return;
    await log
      .retain((topic, partition) => Math.min(...users.map((one) => one.needed(topic, partition))))
      .catch(() => undefined);
  }
}
