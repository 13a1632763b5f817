// The rebuilds of the pipelines that run: one of a pipeline at a time, gone on with after a restart.
import { MillraceError, throwAll } from '../core/errors.ts';
import { resolveParams } from '../define/param.ts';
import type { Pipeline } from '../define/pipeline.ts';
import { scopeOf, withStreams } from '../define/shadow.ts';
import type { Progress } from '../process/progress.ts';
import { environmentOf } from './environment.ts';
import { endlessLookups } from './finite.ts';
import { type Folder, registerTopics } from './folder.ts';
import { pipelineFiles, rememberMade } from './known.ts';
import type { RebuildOptions, RebuildStatus } from './millrace.ts';
import { Rebuilding } from './rebuild.ts';
import type { Runner } from './runner.ts';
import { asMillraceError } from './topic-sources.ts';

/** A rebuild beside its pipeline. `cancelled`: it is being cancelled. */
type Running = {
  readonly rebuilding: Rebuilding;
  readonly stop: AbortController;
  readonly done: Promise<void>;
  cancelled?: Promise<void> | undefined;
};

/** Rebuilds of pipelines that run. */
export class Rebuilds {
  readonly #folder: Folder;
  readonly #runners: readonly Runner[];
  readonly #stop = new AbortController();
  readonly #running = new Map<Runner, Running>();

  constructor(folder: Folder, runners: readonly Runner[]) {
    this.#folder = folder;
    this.#runners = runners;
  }

  /**
   * Begins to make streams and tables of a pipeline again, or all of it. Resolves when that has begun.
   *
   * @throws NOT_FOUND; OFFSET_OUT_OF_RANGE; USAGE while another rebuild of the pipeline runs
   */
  async begin(runner: Runner, names: readonly string[] | undefined, isPartial = false): Promise<void> {
    const last = this.#running.get(runner);
    if (last && (last.cancelled || last.rebuilding.status.state !== 'failed'))
      throw new MillraceError('USAGE', `pipeline '${runner.pipeline.name}' is being rebuilt already`, {
        place: `pipeline '${runner.pipeline.name}'`,
        remedy:
          'Wait until that is done: GET /api/pipelines shows how far it is. To give it up, cancel it (DELETE on the same address).',
      });
    const rebuilding = this.#rebuilding(runner, names && withStreams(runner.pipeline, names), isPartial);
    const begun = rebuilding.begin();
    this.#start(runner, rebuilding, begun);
    try {
      await begun;
    } catch (error) {
      if (last) this.#running.set(runner, last);
      else this.#running.delete(runner);
      throw error;
    }
  }

  #rebuilding(runner: Runner, names: readonly string[] | undefined, isPartial: boolean | undefined): Rebuilding {
    const { processor } = runner;
    return new Rebuilding({
      folder: this.#folder,
      pipeline: runner.pipeline,
      params: runner.params,
      names,
      isPartial,
      progress: () => processor.progress,
      waitMs: () => Math.max(...this.#runners.map(({ measures }) => measures.waitMs)),
      exclusive: (work) => runner.exclusive(work),
      adopt: (scope, shadow) => processor.adopt(scope, shadow),
    });
  }

  #start(runner: Runner, rebuilding: Rebuilding, begun: Promise<void> = Promise.resolve()): void {
    const stop = new AbortController();
    const done = begun
      .then(() => rebuilding.run(AbortSignal.any([this.#stop.signal, stop.signal])))
      .then(() => {
        if (rebuilding.isOver && this.#running.get(runner)?.rebuilding === rebuilding) this.#running.delete(runner);
      });
    // it stays, so that it is seen why
    done.catch(() => undefined);
    this.#running.set(runner, { rebuilding, stop, done });
  }

  /**
   * Ends the rebuild of a pipeline, or gives up one that has failed: what it has made is removed, and the tables that are there stay.
   *
   * @throws NOT_FOUND where there is none, or it has just changed places
   */
  async cancel(runner: Runner): Promise<void> {
    const { name } = runner.pipeline;
    const running = this.#running.get(runner);
    if (!running) throw nothingBegun(name);
    running.cancelled ??= this.#cancel(runner, running);
    await running.cancelled;
  }

  async #cancel(runner: Runner, running: Running): Promise<void> {
    const { rebuilding, stop, done } = running;
    const { name } = runner.pipeline;
    stop.abort();
    rebuilding.cut();
    await done.catch(() => undefined);
    if (rebuilding.isOver) throw nothingBegun(name);
    try {
      await this.#folder.engine.beginRebuild(name, undefined);
      if (this.#running.get(runner) === running) this.#running.delete(runner);
    } catch (error) {
      const { code, message, place, remedy } = asMillraceError(error);
      const says = `it was cancelled, but what it has made could not be removed: ${message}`;
      rebuilding.giveUp(
        new MillraceError(code, says, { place, remedy: `${remedy ?? ''} Then cancel it again.`.trim() }),
      );
      running.cancelled = undefined;
      throw error;
    }
  }

  /** Goes on with what was begun before the process ended, or noted for new tables. */
  async resume(): Promise<void> {
    for (const runner of this.#runners) {
      const { name, streams, tables } = runner.pipeline;
      const begun = await this.#folder.engine.rebuild(name);
      if (!begun) continue;
      // streams and tables that are not declared any more need not be made again
      const names = begun.names?.filter((one) => [...streams, ...tables].some((declared) => declared.name === one));
      if (names && scopeOf(runner.pipeline, names)!.tables.length === 0)
        await this.#folder.engine.beginRebuild(name, undefined);
      else this.#start(runner, this.#rebuilding(runner, names, begun.isPartial));
    }
  }

  /** The first offset of a partition that a rebuild has not made again yet; infinite where none reads it. */
  needed(topic: string, partition: number): number {
    return Math.min(...[...this.#running.values()].map(({ rebuilding }) => rebuilding.needed(topic, partition)));
  }

  /** How far the rebuild of a pipeline is; undefined: there is none. */
  status(runner: Runner): RebuildStatus | undefined {
    return this.#running.get(runner)?.rebuilding.status;
  }

  /** Milliseconds that the rebuild of a pipeline has spent, by part. */
  parts(runner: Runner): Readonly<Record<string, number>> {
    return this.#running.get(runner)?.rebuilding.parts ?? {};
  }

  /** Resolves when no rebuild of a pipeline runs any more. @throws why it has failed */
  async settled(runner: Runner): Promise<void> {
    await this.#running.get(runner)?.done;
  }

  /** Ends all that run after the micro-batch at hand, which a deadline cuts short: they go on with the next start. */
  async stop(deadline?: AbortSignal): Promise<void> {
    this.#stop.abort();
    const running = [...this.#running.values()];
    const cut = () => {
      for (const { rebuilding } of running) rebuilding.cut();
    };
    deadline?.addEventListener('abort', cut, { once: true });
    await Promise.allSettled(running.map(({ done }) => done));
    deadline?.removeEventListener('abort', cut);
  }
}

function nothingBegun(pipeline: string, others: readonly string[] = []): MillraceError {
  return new MillraceError('NOT_FOUND', `pipeline '${pipeline}' is not being rebuilt`, {
    place: `pipeline '${pipeline}'`,
    remedy:
      others.length > 0
        ? `Name one that is: ${others.join(', ')}.`
        : 'There is nothing to cancel: a rebuild that is over has put its tables in their place.',
  });
}

/** Gives up the rebuild of a pipeline that does not run: what it has made is removed. @throws NOT_FOUND */
export async function cancelAlone(folder: Folder, pipeline: string): Promise<void> {
  const { engine } = folder;
  if (!(await engine.rebuild(pipeline))) {
    const others: string[] = [];
    for (const name of Object.keys(await pipelineFiles(folder))) if (await engine.rebuild(name)) others.push(name);
    throw nothingBegun(pipeline, others);
  }
  await engine.beginRebuild(pipeline, undefined);
}

/** Notes tables that are new, before they are made: killed at any moment, the next start gives them the records that the log has. */
export async function noteNew({ engine }: Folder, { name }: Pipeline, fresh: readonly string[]): Promise<void> {
  if (fresh.length === 0) return;
  const begun = await engine.rebuild(name);
  // all of it is begun again with the new definition
  if (begun && !begun.names) return;
  const names = [...new Set([...(begun?.names ?? []), ...fresh])];
  await engine.beginRebuild(name, { names, isPartial: true, definition: '' });
}

/**
 * The tables of a pipeline that are new in a data folder and whose topics have been processed before; the stream that feeds one, where that
 * is new as well.
 *
 * @param progress of the pipeline before it is opened
 */
export function newNames(pipeline: Pipeline, known: ReadonlySet<string>, progress: Progress | undefined): string[] {
  if (!progress) return [];
  const isProcessed = Object.values(progress.topics).some((partitions) =>
    partitions.some(({ base, next }) => next > base),
  );
  if (!isProcessed) return [];
  return pipeline.tables
    .filter(({ name, isFromNow }) => !known.has(name) && !isFromNow)
    .map(({ name, from }) =>
      from.noun === 'stream' && progress.queries && !(from.name in progress.queries) ? from.name : name,
    );
}

/**
 * Makes streams and tables of a pipeline that does not run again, or all of it, through the definition that is given.
 *
 * @throws NOT_FOUND where it has not run in this folder; what `millrace check` finds
 */
export async function rebuildAlone(
  folder: Folder,
  pipeline: Pipeline,
  names: readonly string[] | undefined,
  options: RebuildOptions = {},
): Promise<RebuildStatus> {
  const { engine } = folder;
  const params = resolveParams(pipeline.params, options.params ?? {}, environmentOf(pipeline.params));
  throwAll(await engine.check(pipeline, params, await endlessLookups(pipeline, params)));
  const live = await engine.progress(pipeline.name);
  if (!live)
    throw new MillraceError('NOT_FOUND', `pipeline '${pipeline.name}' has not run in this data folder`, {
      place: `pipeline '${pipeline.name}'`,
      remedy: 'Run it: its tables then get all records that the log has.',
    });
  await registerTopics(folder, pipeline);
  const rebuilding = new Rebuilding({
    folder,
    pipeline,
    params,
    names: names && withStreams(pipeline, names),
    isPartial: options.isPartial,
    progress: () => live,
    exclusive: (work) => work(),
    adopt: (scope, shadow) => engine.adopt(pipeline, scope, shadow),
  });
  await rebuilding.begin();
  const telling = options.told ? setInterval(() => options.told?.(rebuilding.status), 500).unref() : undefined;
  try {
    await rebuilding.run(options.signal ?? new AbortController().signal);
  } finally {
    clearInterval(telling);
  }
  await rememberMade(folder, pipeline, rebuilding.scope, names === undefined);
  return rebuilding.status;
}
