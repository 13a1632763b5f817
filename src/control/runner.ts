// One pipeline at work: its sources, its pump, its health. Failures that pass are waited out; the others are told with their remedy.
import { MillraceError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Value } from '../define/accept.ts';
import type { Pipeline } from '../define/pipeline.ts';
import type { SourceDefinition } from '../define/source.ts';
import type { Log } from '../log/log.ts';
import type { Processor } from '../process/engine.ts';
import type { Store } from '../store/store.ts';
import { chooseSource } from './adapters.ts';
import { Feeder, TopicWriter } from './feeder.ts';
import { ledgerOf, stagesOf } from './ledger.ts';
import type { Health, PipelineStatus } from './millrace.ts';
import { asMillraceError, Pump } from './pump.ts';
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
};

/** Milliseconds between two tries to open or read a source that failed: doubled each time, up to the second. */
const retryMs = { first: 500, most: 30_000 };

/** Milliseconds over which the rate is measured. */
const rateWindowMs = 5000;

export class Runner {
  readonly pipeline: Pipeline;
  readonly #options: RunnerOptions;
  readonly #pump: Pump;
  readonly #feeders: Feeder[] = [];
  readonly #sourcesStop = new AbortController();
  readonly #pumpStop = new AbortController();
  readonly #startedMs: number;
  #endedMs: number | undefined;
  #health: Health = 'starting';
  #trouble: string | undefined;
  #sourceTrouble = new Map<string, string>();
  #rows: Record<string, number> = {};
  readonly #samples: { atMs: number; records: number }[] = [];
  failure: MillraceError | undefined;
  /** Resolves when the pipeline has ended, well or not. */
  done: Promise<void> = Promise.resolve();

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.pipeline = options.pipeline;
    this.#startedMs = options.system.clock.elapsed();
    this.#pump = new Pump({
      ...options,
      clock: options.system.clock,
      random: options.system.random,
      troubled: (error) => {
        this.#trouble = error && `${error.message}. ${error.remedy ?? ''}`.trim();
      },
    });
  }

  /** Opens the sources. @throws what a person must mend before anything runs: a missing file, a wrong option */
  async open(): Promise<void> {
    this.#pump.checkLog();
    if (this.#options.withoutSources) return;
    for (const topic of this.pipeline.topics) {
      const writer = new TopicWriter(topic, this.#options.schemaIds.get(topic.name)!, this.#options.system.clock);
      const kinds = new Map<string, number>();
      for (const definition of topic.sources) {
        const place = `topic '${topic.name}'`;
        const choose = (one: SourceDefinition) => chooseSource(one, this.#options.params, topic.fields, place);
        const chosen = await choose(definition);
        const count = (kinds.get(chosen.definition.kind) ?? 0) + 1;
        kinds.set(chosen.definition.kind, count);
        const name = `${topic.name}/${chosen.definition.kind}${count > 1 ? `-${count}` : ''}`;
        const feeder = new Feeder({
          name,
          topic,
          chosen,
          writer,
          log: this.#options.log,
          clock: this.#options.system.clock,
          progress: this.#options.processor.progress.sources[name],
          context: (progress, nextSequence, notice, signal) => ({
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
        await feeder.open(this.#sourcesStop.signal, async (from) =>
          from.definition.otherwise ? choose(from.definition.otherwise) : undefined,
        );
        const { beginning } = feeder;
        if (beginning) await this.#options.processor.save([beginning]);
        this.#feeders.push(feeder);
      }
    }
    const endless = this.#feeders.find((feeder) => !feeder.finite);
    if (this.#options.once && endless) {
      throw new MillraceError('USAGE', `source ${endless.name} has no end, so --once would never end`, {
        place: `pipeline '${this.pipeline.name}'`,
        remedy: 'Give it an end (a count, a run length, a file), or leave --once out.',
      });
    }
  }

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
        this.#health = 'stopped';
      } catch (error) {
        this.failure = asMillraceError(error);
        this.#health = 'failed';
        this.#sourcesStop.abort();
        this.#pumpStop.abort();
        await Promise.allSettled([pumping, feeding]);
      }
      await this.refreshRows().catch(() => undefined);
      this.#endedMs = this.#options.system.clock.elapsed();
    })();
  }

  /** Stops the sources, then the pump once all is processed or the signal aborts. */
  async stop(deadline: AbortSignal): Promise<boolean> {
    this.#sourcesStop.abort();
    this.#pump.drain();
    const isDone = await Promise.race([
      this.done.then(() => true),
      new Promise<false>((resolve) => deadline.addEventListener('abort', () => resolve(false), { once: true })),
    ]);
    this.#pumpStop.abort();
    await this.done;
    return isDone;
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
    return {
      name: this.pipeline.name,
      health: this.#health === 'healthy' && reasons.length > 0 ? 'degraded' : this.#health,
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
      recordsPerSecond: this.#rate(),
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

  #rate(): number {
    const now = this.#options.system.clock.elapsed();
    this.#samples.push({ atMs: now, records: this.#pump.records });
    while (this.#samples.length > 2 && this.#samples[1]!.atMs < now - rateWindowMs) this.#samples.shift();
    const first = this.#samples[0]!;
    const ms = now - first.atMs;
    return ms > 0 ? ((this.#pump.records - first.records) / ms) * 1000 : 0;
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

/** The deadline of a stop as a signal; `over` ends the waiting for it. */
export function deadlineAfter(system: System, over: AbortSignal, ms: number = limits.stopMsMax): AbortSignal {
  const controller = new AbortController();
  void system.clock.sleep(ms, over).then(() => controller.abort());
  return controller.signal;
}
