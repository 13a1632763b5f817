// The rebuilds of the pipelines that run: one of a pipeline at a time, gone on with after a restart.
import { MillraceError, throwAll } from '../core/errors.ts';
import { resolveParams } from '../define/param.ts';
import type { Pipeline } from '../define/pipeline.ts';
import type { Progress } from '../process/progress.ts';
import { endlessLookups } from './finite.ts';
import { type Folder, registerTopics } from './folder.ts';
import type { RebuildOptions, RebuildStatus } from './millrace.ts';
import { Rebuilding } from './rebuild.ts';
import type { Runner } from './runner.ts';

/** Rebuilds of pipelines that run. */
export class Rebuilds {
  readonly #folder: Folder;
  readonly #runners: readonly Runner[];
  readonly #stop = new AbortController();
  readonly #running = new Map<Runner, { rebuilding: Rebuilding; done: Promise<void> }>();

  constructor(folder: Folder, runners: readonly Runner[]) {
    this.#folder = folder;
    this.#runners = runners;
  }

  /**
   * Begins to make streams and tables of a pipeline again, or all of it. Resolves when that has begun.
   *
   * @throws NOT_FOUND; OFFSET_OUT_OF_RANGE; USAGE while another rebuild of the pipeline runs
   */
  begin(runner: Runner, names: readonly string[] | undefined, isPartial = false): void {
    const running = this.#running.get(runner);
    if (running && running.rebuilding.status.state !== 'failed')
      throw new MillraceError('USAGE', `pipeline '${runner.pipeline.name}' is being rebuilt already`, {
        place: `pipeline '${runner.pipeline.name}'`,
        remedy: 'Wait until that is done: GET /api/pipelines shows how far it is.',
      });
    const rebuilding = new Rebuilding(
      {
        folder: this.#folder,
        pipeline: runner.pipeline,
        params: runner.params,
        names,
        next: (topic, partition) => runner.next(topic, partition),
        exclusive: (work) => runner.exclusive(work),
        adopt: (scope, shadow) => runner.adopt(scope, shadow),
      },
      isPartial,
    );
    const done = rebuilding.run(this.#stop.signal).then(
      () => void this.#running.delete(runner),
      // it stays, so that it is seen why
      () => undefined,
    );
    this.#running.set(runner, { rebuilding, done });
  }

  /** Goes on with what was begun before the process ended, and gives new tables the records that the log has. */
  async resume(newTables: ReadonlyMap<Pipeline, readonly string[]>): Promise<void> {
    for (const runner of this.#runners) {
      const { name } = runner.pipeline;
      const begun = await this.#folder.engine.rebuild(name);
      const wanted = newTables.get(runner.pipeline) ?? [];
      if (!begun && wanted.length === 0) continue;
      const names = begun && !begun.names ? undefined : [...new Set([...(begun?.names ?? []), ...wanted])];
      try {
        this.begin(runner, names, true);
      } catch (error) {
        // streams or tables that are not declared any more need not be made again
        if (!(error instanceof MillraceError) || error.code !== 'NOT_FOUND') throw error;
        await this.#folder.engine.beginRebuild(name, undefined);
      }
    }
  }

  /** How far the rebuild of a pipeline is; undefined: there is none. */
  status(runner: Runner): RebuildStatus | undefined {
    return this.#running.get(runner)?.rebuilding.status;
  }

  /** Resolves when no rebuild of a pipeline runs any more. @throws why it has failed */
  async settled(runner: Runner): Promise<void> {
    await this.#running.get(runner)?.done;
  }

  /** Ends all that run after the micro-batch at hand: they go on with the next start. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }
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
  const params = resolveParams(pipeline.params, options.params ?? {}, process.env);
  throwAll(await engine.check(pipeline, params, await endlessLookups(pipeline, params)));
  const live = await engine.progress(pipeline.name);
  if (!live)
    throw new MillraceError('NOT_FOUND', `pipeline '${pipeline.name}' has not run in this data folder`, {
      place: `pipeline '${pipeline.name}'`,
      remedy: 'Run it: its tables then get all records that the log has.',
    });
  await registerTopics(folder, pipeline);
  const rebuilding = new Rebuilding(
    {
      folder,
      pipeline,
      params,
      names,
      next: (topic, partition) => live.topics[topic]?.[partition]?.next,
      exclusive: (work) => work(),
      adopt: (scope, shadow) => engine.adopt(pipeline, scope, shadow),
    },
    options.isPartial,
  );
  const telling = options.told ? setInterval(() => options.told?.(rebuilding.status), 500).unref() : undefined;
  try {
    await rebuilding.run(options.signal ?? new AbortController().signal);
  } finally {
    clearInterval(telling);
  }
  return rebuilding.status;
}
