// Opens a data folder: one process at a time, everything embedded in it behind the contracts.
import { join, resolve } from 'node:path';
import { assert } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { embedded } from './adapters.ts';
import { backendOf, type ClosableBackend } from './backend.ts';
import { DeadLetters } from './dead.ts';
import { closeParts, type Folder, openParts, type Places } from './folder.ts';
import { readForgetting, refuseUnfinished } from './forgetting.ts';
import { forgettings } from './forgotten.ts';
import { given } from './given.ts';
import { pipelineFiles } from './known.ts';
import { checkTables, takeFolder } from './layout.ts';
import type { Millrace, OpenOptions, Running, TopicSummary } from './millrace.ts';
import { cancelAlone, rebuildAlone } from './rebuilds.ts';
import { chosen, paused, Redrive, redriveAlone } from './redrive.ts';
import { checkIdle, finishDeletions, removal, remove } from './remove.ts';
import { type Started, start } from './start.ts';
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
  const started = new Map<Running, Started>();
  const backends: ClosableBackend[] = [];
  return {
    async start(pipelines, startOptions) {
      refuseUnfinished(folder.forgetting, folder.path);
      assert(folder.leftOut === undefined, 'a start in a folder with a topic that was not opened');
      const made = await start(folder, pipelines, startOptions, options.notice);
      started.set(made.running, made);
      return made.running;
    },
    backend(running) {
      const found = started.get(running);
      assert(found, 'a backend for pipelines that run in another data folder');
      const made = backendOf(folder, found.runners, found.rebuilds);
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
    async rebuild(pipeline, names, rebuildOptions) {
      refuseUnfinished(folder.forgetting, folder.path);
      return rebuildAlone(folder, pipeline, names, rebuildOptions);
    },
    async cancelRebuild(pipeline) {
      refuseUnfinished(folder.forgetting, folder.path);
      return cancelAlone(folder, pipeline);
    },
    async deadRedrive(pipeline, filter, redriveOptions) {
      refuseUnfinished(folder.forgetting, folder.path);
      const runner = [...started.values()]
        .flatMap(({ runners }) => runners)
        .find((one) => one.pipeline.name === pipeline.name && !one.hasEnded);
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
      refuseUnfinished(folder.forgetting, folder.path);
      checkIdle(
        folder,
        [...started.values()].flatMap(({ runners }) => runners),
      );
      return remove(folder, what, force);
    },
    pipelineFile: async (pipeline) => (await pipelineFiles(folder))[pipeline] || undefined,
    pipelines: async () => Object.keys(await pipelineFiles(folder)),
    forgettings: () => forgettings(folder),
    unfinished: () => folder.forgetting?.decision.number,
    async close() {
      for (const backend of backends) await backend.close();
      await closeParts(folder);
    },
  };
}

/**
 * Opens the parts of a data folder. Deletions of topics that were cut short are finished.
 *
 * @param memoryBytes what DuckDB may use; absent: its default
 */
export async function openFolder(options: OpenOptions, system: System, memoryBytes?: number): Promise<Folder> {
  const path = resolve(options.folder);
  await takeFolder(system.files, path);
  const tables = join(path, 'tables.duckdb');
  const log = join(path, 'log');
  await checkTables(system.files, tables, log);
  const places: Places = {
    path,
    database: {
      path: tables,
      tempFolder: join(path, 'temp'),
      allowedFolder: join(path, 'queries'),
      ...given('memoryBytes', memoryBytes),
    },
    log,
    registry: join(path, 'registry.db'),
    leaveOut: options.leaveOut,
  };
  const parts = await openParts(places, system, options.notice);
  const folder = { ...parts, forgetting: await readForgetting(system.files, path) };
  try {
    await finishDeletions(folder);
    return folder;
  } catch (error) {
    await closeParts(folder);
    throw error;
  }
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
