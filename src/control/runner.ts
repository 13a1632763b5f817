// One pipeline at work: its sources, its pump, its health. Failures that pass are waited out; the others are told with their remedy.
import { MillraceError, messageOf } from '../core/errors.ts';
import type { Value } from '../define/accept.ts';
import type { Pipeline } from '../define/pipeline.ts';
import type { SourceDefinition } from '../define/source.ts';
import type { Topic } from '../define/topic.ts';
import type { Log } from '../log/log.ts';
import type { Processor } from '../process/engine.ts';
import type { Store } from '../store/store.ts';
import { type ChosenSource, chooseSource } from './adapters.ts';
import { Feeder, TopicWriter } from './feeder.ts';
import { ledgerOf, stagesOf } from './ledger.ts';
import { Measures } from './measures.ts';
import type { Health, PipelineStatus } from './millrace.ts';
import { Pump } from './pump.ts';
import type { Through } from './redrive.ts';
import { SourceNames } from './source-names.ts';
import type { System } from './system.ts';

/** What a runner works with. */
export type RunnerOptions = {
  readonly pipeline: Pipeline;
  readonly params: ReadonlyMap<string, Value>;
  readonly system: System;
  readonly log: Log;
  readonly processor: Processor;
  readonly store: Store;
  /** Schema ids by topic. */
  readonly schemaIds: ReadonlyMap<string, number>;
  readonly once: boolean;
  readonly withoutSources: boolean;
  /** Whether it was paused when it ran last. */
  readonly isPaused: boolean;
  /** Keeps whether it is paused for the next run. */
  readonly keepPaused: (isPaused: boolean) => Promise<void>;
};

/** Milliseconds between two tries to open or read a source that failed: doubled each time, up to the second. */
const retryMs = { first: 500, most: 30_000 };

export class Runner {
  readonly pipeline: Pipeline;
  readonly #options: RunnerOptions;
  readonly #pump: Pump;
  readonly #feeders: Feeder[] = [];
  readonly #sourcesStop = new AbortController();
  readonly #pumpStop = new AbortController();
  readonly #startedMs: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly measures: Measures;
  #endedMs: number | undefined;
  #health: Health = 'starting';
  #trouble: string | undefined;
  #sourceTrouble = new Map<string, string>();
  #rows: Record<string, number> = {};
  #pausing: Promise<void> = Promise.resolve();
  #letters: Promise<unknown> = Promise.resolve();
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
      troubled: (error) => {
        this.#trouble = error && `${error.message}. ${error.remedy ?? ''}`.trim();
      },
    });
    this.measures = new Measures({
      ...options,
      clock: options.system.clock,
      pump: this.#pump,
      sources: () => this.#feeders.map((feeder) => feeder.status()),
    });
  }

  /** Opens the sources. @throws what a person must mend before anything runs: a missing file, a wrong option */
  async open(): Promise<void> {
    this.#pump.checkLog();
    if ((this.#options.once || this.#options.withoutSources) && this.#pump.isPaused) {
      throw new MillraceError('USAGE', 'it is paused, so that a run with --once would never end', {
        place: `pipeline '${this.pipeline.name}'`,
        remedy: `Run it without --once and resume it in the console (or: POST /api/pipelines/${this.pipeline.name}/resume).`,
      });
    }
    if (this.#options.withoutSources) return;
    for (const topic of this.pipeline.topics) {
      const writer = new TopicWriter(topic, this.#options.schemaIds.get(topic.name)!, this.#options.system.clock);
      const saved = this.#options.processor.progress.sources;
      const sourceNames = new SourceNames(topic, saved);
      const choose = (one: SourceDefinition) =>
        chooseSource(one, this.#options.params, topic.fields, `topic '${topic.name}'`);
      const all: ChosenSource[] = [];
      for (const definition of topic.sources) all.push(await choose(definition));
      const names = sourceNames.nameAll(all);
      for (const [i, chosen] of all.entries()) {
        const name = names[i]!;
        const feeder = new Feeder({
          name,
          topic,
          chosen,
          writer,
          log: this.#options.log,
          clock: this.#options.system.clock,
          progress: saved[name],
          context: (name, progress, nextSequence, notice, signal) => ({
            ...this.#options.system,
            random: this.#options.system.random.fork(name),
            fields: topic.fields,
            time: topic.time,
            position: progress?.position,
            nextSequence,
            signal,
            notice,
          }),
          room: (signal) => this.#pump.room(signal),
          report: (report) => this.#pump.report(report),
        });
        this.#feeders.push(feeder);
        await feeder.open(this.#sourcesStop.signal, async (from) => {
          const { otherwise } = from.chosen.definition;
          if (!otherwise) return undefined;
          const chosen = await choose(otherwise);
          const name = sourceNames.nameInstead(from.name, chosen);
          return { name, chosen, progress: saved[name] };
        });
        const { beginning } = feeder;
        if (beginning) await this.#options.processor.save([beginning]);
      }
    }
    const endless = this.#feeders.find((feeder) => !feeder.finite);
    if (this.#options.once && endless) {
      throw new MillraceError('USAGE', `source ${endless.name} has no end, so --once would never end`, {
        place: `pipeline '${this.pipeline.name}'`,
        remedy: 'Give it an end (simulate: count; http: for), or leave --once out.',
      });
    }
  }

  /** Closes what `open` has opened, where the pipeline is not started after all. */
  async abandon(): Promise<void> {
    this.#sourcesStop.abort();
    await Promise.allSettled(this.#feeders.map((feeder) => feeder.close()));
  }

  /** Whether so many records wait that none should be added. */
  get isFull(): boolean {
    return this.#pump.isFull;
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
  feedersOf(topic: string): Feeder[] {
    return this.#feeders.filter((feeder) => feeder.status().topic === topic);
  }

  /** The name of a source of a topic, where that is at work. */
  readonly nameOf = (topic: string, source: SourceDefinition): string | undefined =>
    this.feedersOf(topic).find((feeder) => feeder.definition === source)?.name;

  /** Begins to run. */
  start(): void {
    this.#health = 'healthy';
    const pumping = this.#pump.run(this.#pumpStop.signal);
    const feeding = Promise.all(this.#feeders.map((feeder) => this.#feed(feeder)));
    this.done = (async () => {
      try {
        // a source that fails for good ends the run; one that ends lets the others go on
        await Promise.race([pumping, feeding]);
        await feeding;
        if (this.#options.once || this.#options.withoutSources) this.#pump.drain();
        await pumping;
        await this.#pump.finish();
        // only now, when all that the other sources gave is stored
        const unanswered = this.#feeders.find((feeder) => feeder.unanswered)?.unanswered;
        if (unanswered && this.#options.once) throw unanswered;
        this.#health = this.#pump.isPaused ? 'paused' : 'stopped';
      } catch (error) {
        const ours = asMillraceError(error);
        this.#sourcesStop.abort();
        this.#pumpStop.abort();
        await Promise.allSettled([pumping, feeding]);
        if (ours.code === 'STOP_DEADLINE') await this.#pump.finish().catch(() => undefined);
        else this.failure = ours;
        this.#health = this.failure ? 'failed' : this.#pump.isPaused ? 'paused' : 'stopped';
      }
      await this.refreshRows().catch(() => undefined);
      this.#endedMs = this.#options.system.clock.elapsed();
    })();
  }

  /** Stops the sources, then the pump once all is processed. When the signal aborts, the micro-batch at hand is cut short and undone. */
  async stop(deadline: AbortSignal): Promise<boolean> {
    this.#sourcesStop.abort();
    this.#pump.drain(true);
    const isDone = await Promise.race([
      this.done.then(() => true),
      new Promise<false>((resolve) => deadline.addEventListener('abort', () => resolve(false), { once: true })),
    ]);
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
          if (await this.#pump.processed(topic, partition, offset)) continue;
          throw new MillraceError('USAGE', 'letters are in the log again, and were not processed yet', {
            place: `pipeline '${pipeline.name}'`,
            remedy: 'It was paused or has ended meanwhile: they are processed when it goes on.',
          });
        }
      },
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

  /** Counts the rows of the tables anew. */
  async refreshRows(): Promise<void> {
    const rows: Record<string, number> = {};
    for (const table of this.pipeline.tables) rows[table.name] = await this.#options.store.count(table.name);
    this.#rows = rows;
  }

  status(): PipelineStatus {
    const { processor, system, log } = this.#options;
    const { progress } = processor;
    const seconds = ((this.#endedMs ?? system.clock.elapsed()) - this.#startedMs) / 1000;
    const reasons = [
      this.failure && `${this.failure.message}. ${this.failure.remedy ?? ''}`.trim(),
      this.#trouble,
      ...this.#sourceTrouble.values(),
    ].filter((one): one is string => Boolean(one));
    const ledger = ledgerOf(this.pipeline, progress, log, this.#pump.unsaved);
    if (ledger.dead > 0)
      reasons.push(`${ledger.dead} ${ledger.dead === 1 ? 'record is' : 'records are'} in the dead letters`);
    if (!ledger.balanced) reasons.push('the ledger does not balance');
    for (const stream of this.measures.mostlyLate)
      reasons.push(
        `most records come too late for the windows of stream ${stream}: one with a later time may have moved the watermark. They are kept: see \`millrace dead list\``,
      );
    return {
      name: this.pipeline.name,
      health:
        this.#health !== 'healthy'
          ? this.#health
          : this.#pump.isPaused
            ? 'paused'
            : reasons.length > 0
              ? 'degraded'
              : 'healthy',
      reason: reasons.length > 0 ? reasons.join('; ') : undefined,
      ledger,
      sources: this.#feeders.map((feeder) => feeder.status()),
      stages: stagesOf(this.pipeline, progress),
      tables: this.#rows,
      watermarks: Object.fromEntries(
        this.pipeline.topics
          .filter((topic) => topic.time !== undefined)
          .map((topic) => [topic.name, progress.watermarks[topic.name]]),
      ),
      recordsPerSecond: this.hasEnded ? 0 : this.measures.rate('records'),
      run: { records: this.#pump.records, seconds },
      parts: this.#parts(),
    };
  }

  #parts(): Record<string, number> {
    const parts: Record<string, number> = { encode: 0, append: 0, ...this.#options.processor.parts };
    for (const feeder of this.#feeders) {
      parts.encode! += feeder.parts.encode;
      parts.append! += feeder.parts.append;
    }
    return parts;
  }

  /** Whether this run is over. */
  get hasEnded(): boolean {
    return this.#endedMs !== undefined;
  }

  /** Resolves with whether all that sources have reported until now is committed, within so many milliseconds. */
  readonly saved = (msMax: number): Promise<boolean> => this.#pump.saved(msMax);

  /** Letters that a node (`stream NAME`, `table NAME`, `topic NAME`, `source NAME`) has put aside and that are still there. */
  deadOf(node: string): number {
    return this.#options.processor.progress.stages[node]?.dead ?? 0;
  }

  /** What people should know of a stream: that rows were made by another query than it has now. */
  noticeOf(stream: string): string | undefined {
    if (!this.#options.processor.changed.includes(stream)) return undefined;
    return 'it has another query than the one that made the rows that are there: they stay as they are, and what comes from now on goes by the new one. To make all rows anew, start with a new data folder';
  }

  /** Why a source waits to be opened again. */
  troubleOf(source: string): string | undefined {
    return this.#sourceTrouble.get(source);
  }

  /** A source at work, opened again with back-off where it failed for a reason that passes. */
  async #feed(feeder: Feeder): Promise<void> {
    const { clock, random } = this.#options.system;
    const { signal } = this.#sourcesStop;
    for (let failures = 0; ; failures++) {
      try {
        if (failures > 0) await feeder.open(signal, async () => undefined);
        await feeder.run(signal);
        this.#sourceTrouble.delete(feeder.name);
        const { unanswered } = feeder;
        if (unanswered && !this.#options.once) this.#sourceTrouble.set(feeder.name, unanswered.message);
        return;
      } catch (error) {
        const ours = asMillraceError(error);
        if (signal.aborted) return;
        if (ours.reaction !== 'retry' && ours.reaction !== 'reconnect') throw ours;
        this.#sourceTrouble.set(feeder.name, `source ${feeder.name}: ${ours.message}. ${ours.remedy ?? ''}`.trim());
        await clock.sleep(Math.min(retryMs.most, retryMs.first * 2 ** failures) * (0.5 + random.next() / 2), signal);
        if (signal.aborted) return;
      }
    }
  }
}

/** Any error as one of ours, for showing. */
function asMillraceError(error: unknown): MillraceError {
  return error instanceof MillraceError
    ? error
    : new MillraceError('ASSERTION', messageOf(error), {
        cause: error,
        remedy: 'Report this with --stack: it is a bug.',
      });
}
