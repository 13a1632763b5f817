// One pipeline at work: its pump, its health, and what it has of the sources of its topics. Failures that pass are waited out; the others are told with their remedy.
import { MillraceError } from '../core/errors.ts';
import { aborted } from '../core/signals.ts';
import type { Value } from '../define/accept.ts';
import type { Pipeline } from '../define/pipeline.ts';
import type { SourceDefinition } from '../define/source.ts';
import type { Topic } from '../define/topic.ts';
import type { Log } from '../log/log.ts';
import type { Engine, Processor, SourceReport } from '../process/engine.ts';
import { type Feeder, TopicWriter } from './feeder.ts';
import { ledgerOf, rowsOf, stagesOf } from './ledger.ts';
import { Holds, type Load, type Loader, type Waiter } from './loading.ts';
import { Measures } from './measures.ts';
import type { Health, PipelineStatus } from './millrace.ts';
import { partsOf } from './parts.ts';
import { Pump } from './pump.ts';
import { quietNotices } from './quiet.ts';
import { changedNotice, healthOf, reasonsOf } from './reasons.ts';
import { notSettled, type Through } from './redrive.ts';
import type { System } from './system.ts';
import { Tallies } from './tallies.ts';
import { asMillraceError, type TopicReader, type TopicSources } from './topic-sources.ts';

/** What a runner works with. */
export type RunnerOptions = {
  readonly pipeline: Pipeline;
  readonly params: ReadonlyMap<string, Value>;
  readonly system: System;
  readonly log: Log;
  readonly engine: Pick<Engine, 'sources'>;
  readonly processor: Processor;
  /** Schema ids by topic. */
  readonly schemaIds: ReadonlyMap<string, number>;
  /** The sources of its topics, which other pipelines may read as well; none where it runs without sources. */
  readonly sources: readonly TopicSources[];
  readonly once: boolean;
  readonly withoutSources: boolean;
  /** Whether it was paused when it ran last. */
  readonly isPaused: boolean;
  /** Keeps whether it is paused for the next run. */
  readonly keepPaused: (isPaused: boolean) => Promise<void>;
};

export class Runner implements TopicReader, Loader, Waiter {
  readonly pipeline: Pipeline;
  readonly #options: RunnerOptions;
  readonly #pump: Pump;
  readonly #pumpStop = new AbortController();
  /** Rejects where it cannot go on, for a reason outside of it. */
  readonly #blocked = Promise.withResolvers<never>();
  /** What its topics wait for. */
  readonly #holds = new Holds();
  readonly #startedMs: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly measures: Measures;
  readonly tallies: Tallies;
  #endedMs: number | undefined;
  /** Milliseconds since 1970; undefined while it runs. */
  endedAt: number | undefined;
  #health: Health = 'starting';
  #trouble: string | undefined;
  #pausing: Promise<void> = Promise.resolve();
  #letters: Promise<unknown> = Promise.resolve();
  /** What must be done before a run that ends by itself may end. */
  beforeDrain: () => Promise<void> = () => Promise.resolve();
  /** It saves nothing any more. */
  hasFailed = false;
  failure: MillraceError | undefined;
  /** Resolves when the pipeline has ended, well or not. */
  done: Promise<void> = Promise.resolve();

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.pipeline = options.pipeline;
    this.#startedMs = options.system.clock.elapsed();
    this.startedAt = options.system.clock.now();
    this.#pump = new Pump({
      ...options,
      clock: options.system.clock,
      random: options.system.random,
      isHeld: (topic) => this.isHolding(topic),
      troubled: (error) => {
        this.#trouble = error && `${error.message}. ${error.remedy ?? ''}`.trim();
      },
    });
    this.measures = new Measures({
      ...options,
      clock: options.system.clock,
      pump: this.#pump,
      sources: () => options.sources.flatMap((one) => one.status()),
    });
    this.tallies = new Tallies(options.processor, options.system.clock);
    for (const one of options.sources) one.join(this);
    // told only while it runs
    this.#blocked.promise.catch(() => undefined);
  }

  /** Checks that it can run. @throws LOG_DAMAGED; USAGE where it is paused and would never end */
  check(): void {
    this.#pump.checkLog();
    if ((this.#options.once || this.#options.withoutSources) && this.#pump.isPaused) {
      throw new MillraceError('USAGE', 'it is paused, so that a run with --once would never end', {
        place: `pipeline '${this.pipeline.name}'`,
        remedy: `Run it without --once and resume it in the console (or: POST /api/pipelines/${this.pipeline.name}/resume).`,
      });
    }
  }

  /** Checks that its sources, which are open by now, have an end where the run must have one. @throws USAGE */
  checkEnd(): void {
    const endless = this.#options.sources.find((one) => one.endless)?.endless;
    if (this.#options.once && endless) {
      throw new MillraceError('USAGE', `source ${endless.name} has no end, so --once would never end`, {
        place: `pipeline '${this.pipeline.name}'`,
        remedy: 'Give it an end (simulate: count; http: for), or leave --once out.',
      });
    }
  }

  /** Has a topic wait for a table. */
  hold(topic: string, load: Load): void {
    this.#holds.add(topic, load);
    load.add(this);
  }

  /** What the records of a topic wait for, in words; undefined where none do. */
  waitOf(topic: string): string | undefined {
    return this.hasEnded || this.measures.topic(topic).waiting === 0 ? undefined : this.#holds.textOf(topic);
  }

  release(): void {
    this.#pump.release();
  }

  /** A table that it waits for will not be loaded: a run that ends by itself fails, another one goes on with what does not wait. */
  give(up: MillraceError): void {
    if (this.#options.once) this.#blocked.reject(up);
  }

  isHolding(topic: string): boolean {
    return this.#holds.isHolding(topic);
  }

  isFull(topic: string): boolean {
    return this.#pump.isFull(topic);
  }

  moved(signal?: AbortSignal): Promise<void> {
    return this.#pump.moved(signal);
  }

  report(report: SourceReport): void {
    this.#pump.report(report);
  }

  save(reports: readonly SourceReport[]): Promise<void> {
    return this.#options.processor.save(reports);
  }

  /** The offset of the first record of a partition that it has not processed. */
  next(topic: string, partition: number): number {
    return this.#pump.next(topic, partition);
  }

  get isOver(): boolean {
    return !this.#pump.isRunning;
  }

  flush(): Promise<void> {
    return this.exclusive(() => this.#options.processor.flush());
  }

  /** Does something between two micro-batches. @throws USAGE where it does not run */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    return this.#pump.exclusive(work);
  }

  get processor(): Processor {
    return this.#options.processor;
  }

  /** A writer for each topic, for records that come by no source. */
  writers(): { topic: Topic; writer: TopicWriter }[] {
    const { schemaIds, system } = this.#options;
    return this.pipeline.topics.map((topic) => ({
      topic,
      writer: new TopicWriter(topic, schemaIds.get(topic.name)!, system.clock),
    }));
  }

  /** The sources of a topic, at work. */
  feedersOf(topic: string): readonly Feeder[] {
    return this.#options.sources.find((one) => one.topic.name === topic)?.feeders ?? [];
  }

  /** The pipeline that keeps what the sources of a topic report; undefined where all that read the topic have failed. */
  keeperOf(topic: string): TopicReader | undefined {
    return this.#options.sources.find((one) => one.topic.name === topic)?.keeper;
  }

  /** The name of a source of a topic, where that is at work. */
  readonly nameOf = (topic: string, source: SourceDefinition): string | undefined =>
    this.#options.sources.find((one) => one.topic.name === topic)?.nameOf(source);

  /** Begins to run; its sources have begun by then. */
  start(): void {
    const { sources, once, withoutSources } = this.#options;
    this.#health = 'healthy';
    const pumping = this.#pump.run(this.#pumpStop.signal);
    const feeding = Promise.all(sources.map((one) => one.done));
    const work = async () => {
      // a source that fails for good ends the run; one that ends lets the others go on
      await Promise.race([pumping, feeding]);
      await feeding;
      // without sources nothing is loaded any more: what waits for that stays in the log
      if (once || withoutSources) {
        await this.beforeDrain();
        this.#pump.drain(withoutSources);
      }
      await pumping;
      await this.#pump.finish();
      // only now, when all that the other sources gave is stored
      const unanswered = sources.find((one) => one.unanswered)?.unanswered;
      if (unanswered && once) throw unanswered;
    };
    this.done = (async () => {
      try {
        await Promise.race([work(), this.#blocked.promise]);
        this.#health = this.#pump.isPaused ? 'paused' : 'stopped';
      } catch (error) {
        await this.#end(asMillraceError(error), pumping);
      }
      await this.tallies.refresh(true).catch(() => undefined);
      this.#endedMs = this.#options.system.clock.elapsed();
      this.endedAt = this.#options.system.clock.now();
    })();
  }

  /** After a failure, or a stop that was cut short. */
  async #end(error: MillraceError, pumping: Promise<void>): Promise<void> {
    const { sources } = this.#options;
    this.#pumpStop.abort();
    if (error.code === 'STOP_DEADLINE') {
      for (const one of sources) one.stop();
      await Promise.allSettled([pumping, ...sources.map((one) => one.done)]);
      await this.#pump.finish().catch(() => undefined);
    } else {
      await pumping.catch(() => undefined);
      this.failure = error;
      this.hasFailed = true;
      const left = sources.map((one) => one.leave((topic) => this.#pump.takeReports(topic)));
      // sources that have waited for this one look again
      this.#pump.release();
      await Promise.all(left);
    }
    this.#health = this.failure ? 'failed' : this.#pump.isPaused ? 'paused' : 'stopped';
  }

  /** Stops the sources, then the pump once all is processed. When the signal aborts, the micro-batch at hand is cut short and undone. */
  async stop(deadline: AbortSignal): Promise<boolean> {
    for (const one of this.#options.sources) one.stop();
    this.#pump.drain(true);
    const isDone = await Promise.race([this.done.then(() => true), aborted(deadline).then(() => false)]);
    this.#pumpStop.abort();
    if (!isDone) this.#options.processor.cut();
    await this.done;
    return isDone;
  }

  /**
   * Finishes the micro-batch at hand and takes no more until `resume`, over restarts too. Sources wait; what is posted is still kept in
   * the log.
   */
  pause(): Promise<void> {
    return this.#setPaused(true);
  }

  resume(): Promise<void> {
    return this.#setPaused(false);
  }

  #setPaused(isPaused: boolean): Promise<void> {
    const next = this.#pausing.then(async () => {
      await this.#options.keepPaused(isPaused);
      if (isPaused) await this.#pump.pause();
      else this.#pump.resume();
      // one that ended while it was paused says so until it is resumed
      if (this.#health === 'paused' || this.#health === 'stopped') this.#health = isPaused ? 'paused' : 'stopped';
    });
    this.#pausing = next.catch(() => undefined);
    return next;
  }

  get isPaused(): boolean {
    return this.#pump.isPaused;
  }

  /** The values of its parameters. */
  get params(): ReadonlyMap<string, Value> {
    return this.#options.params;
  }

  /** Sends letters through the pipeline, beside its micro-batches; one such work at a time. */
  withLetters<T>(work: (through: Through) => Promise<T>): Promise<T> {
    const { pipeline, params, schemaIds, processor } = this.#options;
    const through: Through = {
      pipeline,
      params,
      schemaIds,
      processor,
      exclusive: (errand) => this.#pump.exclusive(errand),
      settle: async (records) => {
        for (const { topic, partition, offset } of records) {
          if (!(await this.#pump.processed(topic, partition, offset))) throw notSettled(pipeline);
        }
      },
      waitOf: (topic) => this.#holds.textOf(topic),
    };
    const next = this.#letters.then(() => work(through));
    this.#letters = next.catch(() => undefined);
    return next;
  }

  /** The first offset of a partition that this pipeline has not processed; infinite where it does not read the topic. */
  needed(topic: string, partition: number): number {
    if (!this.pipeline.topics.some((one) => one.name === topic)) return Number.POSITIVE_INFINITY;
    return this.#options.processor.progress.topics[topic]?.[partition]?.next ?? 0;
  }

  status(): PipelineStatus {
    const { processor, system, log } = this.#options;
    const { progress } = processor;
    const seconds = ((this.#endedMs ?? system.clock.elapsed()) - this.#startedMs) / 1000;
    const ledger = ledgerOf(this.pipeline, progress, log, this.#pump.unsaved, this.tallies.found);
    const { reasons, told } = reasonsOf({
      topics: this.pipeline.topics,
      progress,
      ledger,
      failure: this.failure,
      troubles: [this.#trouble, ...this.#options.sources.flatMap((one) => one.troubles)],
      mostlyLate: this.measures.mostlyLate,
      holds: { textOf: (topic) => this.waitOf(topic), isStuck: (topic) => this.#holds.isStuck(topic) },
    });
    return {
      name: this.pipeline.name,
      health: healthOf(this.#health, this.#pump.isPaused, reasons),
      reason: told.length > 0 ? told.join('; ') : undefined,
      ledger,
      sources: this.#options.sources.flatMap((one) => one.status()),
      stages: stagesOf(this.pipeline, progress),
      tables: rowsOf(this.pipeline, progress, ledger),
      watermarks: Object.fromEntries(
        this.pipeline.topics
          .filter((topic) => topic.time !== undefined)
          .map((topic) => [topic.name, progress.watermarks[topic.name]]),
      ),
      notices: this.hasEnded || this.#pump.isPaused ? {} : quietNotices(processor.quiet, system.clock.now()),
      recordsPerSecond: this.hasEnded ? 0 : this.measures.rate('records'),
      run: { records: this.#pump.records, seconds },
      parts: partsOf(
        processor.parts,
        // what the sources of a topic have spent counts for the pipeline that keeps what they report
        this.#options.sources.filter((one) => one.keeper === this).flatMap((one) => one.feeders),
      ),
    };
  }

  get hasEnded(): boolean {
    return this.#endedMs !== undefined;
  }

  /** Resolves with whether all that sources have reported until now is committed, within so many milliseconds. */
  saved(msMax: number): Promise<boolean> {
    return this.#pump.saved(msMax);
  }

  /** Letters that a node (`stream NAME`, `table NAME`, `topic NAME`, `source NAME`) has put aside and that are still there. */
  deadOf(node: string): number {
    return this.#options.processor.progress.stages[node]?.dead ?? 0;
  }

  /** What people should know of a stream: that rows were made by another query than it has now. */
  noticeOf(stream: string): string | undefined {
    if (!this.#options.processor.changed.includes(stream)) return undefined;
    return changedNotice(this.pipeline.name, stream);
  }

  /** Why a source waits to be opened again. */
  troubleOf(source: string): string | undefined {
    return this.#options.sources.map((one) => one.troubleOf(source)).find((one) => one !== undefined);
  }
}
