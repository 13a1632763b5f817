// Finite tables first: a topic whose streams look up a finite table waits until that table is loaded.
import { MillraceError } from '../core/errors.ts';
import type { Value } from '../define/accept.ts';
import { isWindowed, lookedUpBy, topicsOf } from '../define/feeding.ts';
import type { Pipeline } from '../define/pipeline.ts';
import type { Table } from '../define/table.ts';
import type { Log } from '../log/log.ts';
import type { SourceProgress } from '../process/progress.ts';
import { isFiniteTable } from './finite.ts';
import type { SourceStatus } from './millrace.ts';

/** A topic of a pipeline that waits for a table, which `loader` (the same pipeline or another one) keeps. */
export type Wait = {
  readonly pipeline: Pipeline;
  readonly topic: string;
  readonly stream: string;
  readonly table: Table;
  readonly loader: Pipeline;
};

/** What waits for which table, among pipelines that run in one process. Tables of pipelines that do not run there are used as they are. */
export async function waitsOf(
  pipelines: readonly Pipeline[],
  params: (pipeline: Pipeline) => ReadonlyMap<string, Value>,
): Promise<Wait[]> {
  const waits: Wait[] = [];
  const values = new Map(pipelines.flatMap((one) => [...params(one)]));
  for (const pipeline of pipelines) {
    for (const stream of pipeline.streams) {
      for (const table of lookedUpBy(stream)) {
        const loader = pipelines.find((one) => one.tables.some(({ name }) => name === table.name));
        if (!loader || !(await isFiniteTable(table, values))) continue;
        for (const { name } of topicsOf(stream))
          waits.push({ pipeline, topic: name, stream: stream.name, table, loader });
      }
    }
  }
  return waits;
}

/**
 * Topics that would wait for each other for ever. Within one pipeline a topic waits as a whole, so that a circle is possible though no
 * definition can refer to itself: a stream over rides looks up zones, and a stream over zones looks up a table of rides.
 */
export function checkWaits(waits: readonly Wait[]): MillraceError[] {
  const keyOf = (pipeline: Pipeline, topic: string) => `${pipeline.name}/${topic}`;
  const next = (key: string) => waits.filter(({ pipeline, topic }) => keyOf(pipeline, topic) === key);
  const errors: MillraceError[] = [];
  const done = new Set<string>();
  const visit = (key: string, path: readonly Wait[]): void => {
    const from = path.findIndex(({ pipeline, topic }) => keyOf(pipeline, topic) === key);
    if (from >= 0) {
      errors.push(circle(path.slice(from)));
      return;
    }
    if (done.has(key)) return;
    for (const wait of next(key))
      for (const { name } of topicsOf(wait.table)) visit(keyOf(wait.loader, name), [...path, wait]);
    done.add(key);
  };
  for (const { pipeline, topic } of waits) if (!done.has(keyOf(pipeline, topic))) visit(keyOf(pipeline, topic), []);
  return errors;
}

function circle(waits: readonly Wait[]): MillraceError {
  const steps = waits.map(
    ({ topic, stream, table }) => `topic '${topic}' waits for table '${table.name}', which stream '${stream}' looks up`,
  );
  return new MillraceError('PIPELINE_INVALID', `topics wait for each other: ${steps.join('; ')}`, {
    place: `pipeline '${waits[0]!.pipeline.name}'`,
    remedy: 'Leave one of these lookups out, or feed the table that it looks up from a topic of its own.',
  });
}

/** The pipeline that loads a table. */
export interface Loader {
  readonly pipeline: Pipeline;
  readonly isPaused: boolean;
  readonly failure: MillraceError | undefined;
  /** Whether it processes nothing more. */
  readonly isOver: boolean;
  /** Resolves when it has ended, well or not. */
  readonly done: Promise<void>;
  /** The offset of the first record of a partition that it has not processed. */
  next(topic: string, partition: number): number;
  moved(): Promise<void>;
  /** Gives the windows that are open. */
  flush(): Promise<void>;
}

/** Where the records of a table come from: the sources of its topics. */
export type Ending = {
  /** Resolves when the sources have been read to their end or were stopped; rejects where one has failed for good. */
  readonly read: Promise<void>;
  readonly areAtEnd: boolean;
  /** A source has ended without a single answer: what it has is not there. */
  readonly unanswered: MillraceError | undefined;
  status(): readonly SourceStatus[];
  troubleOf(source: string): string | undefined;
};

/** The sources of a topic where none runs: whether they had been read to their end is known from the last run. */
export function savedEnding(topic: string, saved: Readonly<Record<string, SourceProgress>>): Ending {
  const all = Object.entries(saved);
  return {
    read: Promise.resolve(),
    unanswered: undefined,
    areAtEnd: all.length > 0 && all.every(([, { isAtEnd }]) => isAtEnd !== false),
    status: () =>
      all.map(([name, { read, refused, told = 0, isAtEnd }]) => ({
        ...{ name, kind: 'source', topic, read: read + told, refused, progress: undefined },
        state: isAtEnd === false ? 'waiting' : 'ended',
        notice: isAtEnd === false ? 'which was not read to its end' : undefined,
      })),
    troubleOf: () => undefined,
  };
}

/** What waits for a table. */
export interface Waiter {
  /** The table is loaded. */
  release(): void;
  /** The table will not be loaded. */
  give(up: MillraceError): void;
}

/** A finite table on its way: its sources are read to their end, and what they gave is processed. */
export class Load {
  readonly table: Table;
  readonly #loader: Loader;
  readonly #endings: readonly Ending[];
  readonly #log: Log;
  readonly #waiters = new Set<Waiter>();
  isLoaded = false;

  constructor(table: Table, loader: Loader, endings: readonly Ending[], log: Log) {
    this.table = table;
    this.#loader = loader;
    this.#endings = endings;
    this.#log = log;
  }

  /** Tells one more when the table is loaded. */
  add(waiter: Waiter): void {
    this.#waiters.add(waiter);
  }

  /** Begins to look, once the pipelines and their sources have started. */
  start(): void {
    void this.#watch().catch(() => undefined);
    void this.#loader.done.then(() => {
      const { failure } = this.#loader;
      if (this.isLoaded || !failure) return;
      for (const one of this.#waiters) one.give(this.#given(failure));
    });
  }

  async #watch(): Promise<void> {
    await Promise.all(this.#endings.map((one) => one.read));
    const unanswered = this.#unanswered;
    if (unanswered) for (const one of this.#waiters) one.give(unanswered);
    // stopped before the end: the next run goes on
    if (!this.#endings.every((one) => one.areAtEnd)) return;
    for (const topic of topicsOf(this.table)) {
      const ends = Array.from({ length: topic.partitions }, (_, i) => this.#log.range(topic.name, i).end);
      for (const [partition, end] of ends.entries()) {
        while (this.#loader.next(topic.name, partition) < end) {
          if (this.#loader.isOver) return;
          await this.#loader.moved();
        }
      }
    }
    // one that has ended has given its windows
    if (isWindowed(this.table) && !this.#loader.isOver) await this.#loader.flush();
    this.isLoaded = true;
    for (const one of this.#waiters) one.release();
  }

  #given(failure: MillraceError): MillraceError {
    const { name } = this.#loader.pipeline;
    return new MillraceError(
      failure.code,
      `table '${this.table.name}' is not loaded, since pipeline '${name}' has failed: ${failure.message}`,
      { place: `pipeline '${name}'`, remedy: failure.remedy, cause: failure },
    );
  }

  get #unanswered(): MillraceError | undefined {
    return this.#endings.find((one) => one.unanswered)?.unanswered;
  }

  /** Whether it will be loaded by itself: its pipeline is at work, and its sources can be had. */
  get isUnderWay(): boolean {
    return !this.#loader.isPaused && !this.#loader.failure && !this.#unanswered;
  }

  /** What there is to wait for, in words. */
  get text(): string {
    const { pipeline, failure, isPaused } = this.#loader;
    const waits = `waits until table '${this.table.name}' is loaded`;
    if (failure) return `${waits}, but pipeline '${pipeline.name}', which loads it, has failed: ${failure.message}`;
    if (isPaused) return `${waits}, but pipeline '${pipeline.name}', which loads it, is paused`;
    const unanswered = this.#unanswered;
    if (unanswered) return `${waits}, but ${unanswered.message}`;
    const left = this.#endings.flatMap((one) =>
      one
        .status()
        .filter(({ state }) => state !== 'ended')
        .map((source) => sourceText(source, one.troubleOf(source.name))),
    );
    return `${waits} (${left.length > 0 ? left.join('; ') : 'its last records are being processed'})`;
  }
}

/** What the topics of one pipeline wait for. */
export class Holds {
  readonly #loads = new Map<string, Load[]>();

  /** One more table that a topic waits for. */
  add(topic: string, load: Load): void {
    this.#loads.set(topic, [...(this.#loads.get(topic) ?? []), load]);
  }

  #of(topic: string): Load[] {
    return (this.#loads.get(topic) ?? []).filter((load) => !load.isLoaded);
  }

  isHolding(topic: string): boolean {
    return this.#of(topic).length > 0;
  }

  /** What a topic waits for, in words; undefined where it does not. */
  textOf(topic: string): string | undefined {
    const loads = this.#of(topic);
    return loads.length === 0 ? undefined : loads.map((load) => load.text).join('; ');
  }

  /** Whether a topic waits for a table that is not loaded by itself. */
  isStuck(topic: string): boolean {
    return this.#of(topic).some((load) => !load.isUnderWay);
  }
}

function sourceText({ name, progress, notice }: SourceStatus, trouble: string | undefined): string {
  if (trouble !== undefined) return trouble;
  const share = progress === undefined ? '' : `, ${Math.floor(100 * progress)} %`;
  return `source ${name}${share}${notice === undefined ? '' : `, ${notice}`}`;
}
