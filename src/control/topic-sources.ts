// The sources of one topic, at work once in a process, however many pipelines read the topic.
import { MillraceError, messageOf } from '../core/errors.ts';
import type { Value } from '../define/accept.ts';
import { isSameSource } from '../define/same.ts';
import type { SourceDefinition } from '../define/source.ts';
import type { Topic } from '../define/topic.ts';
import type { Log } from '../log/log.ts';
import type { Engine, SourceReport } from '../process/engine.ts';
import { type ChosenSource, chooseSource } from './adapters.ts';
import { Feeder, TopicWriter } from './feeder.ts';
import type { SourceStatus } from './millrace.ts';
import { SourceNames } from './source-names.ts';
import type { System } from './system.ts';

/** A pipeline that reads the topic. */
export interface TopicReader {
  readonly isPaused: boolean;
  readonly hasFailed: boolean;
  /** Whether it runs no more, well or not. */
  readonly hasEnded: boolean;
  /** Whether the records of a topic wait there for a table that is being loaded. */
  isHolding(topic: string): boolean;
  /** Whether so many of its records wait that none should be added to a topic. */
  isFull(topic: string): boolean;
  /** Resolves when something of it has moved, or the signal aborts. */
  moved(signal: AbortSignal): Promise<void>;
  /** Takes what a source has read, to save it in the next transaction. */
  report(report: SourceReport): void;
  /** Saves what a source has read. */
  save(reports: readonly SourceReport[]): Promise<void>;
  /** Resolves with whether all that sources have reported until now is committed, within so many milliseconds. */
  saved(msMax: number): Promise<boolean>;
}

/** What the sources of a topic work with. */
export type TopicSourcesOptions = {
  readonly topic: Topic;
  readonly schemaId: number;
  readonly params: ReadonlyMap<string, Value>;
  readonly system: System;
  readonly log: Log;
  readonly engine: Pick<Engine, 'sources'>;
  /** Whether the run ends with the sources: one that had no answer then fails the pipelines, else they are degraded. */
  readonly once: boolean;
};

/** Milliseconds between two tries to open or read a source that failed: doubled each time, up to the second. */
const retryMs = { first: 500, most: 30_000 };

/**
 * A reader that is too far behind for a topic to take more records. While one is at work, those that are paused or have failed hold nobody
 * up, nor do those in which the topic waits for a table, which may wait for this very topic elsewhere: the log keeps what they have to process.
 */
export function behindOf<R extends TopicReader>(readers: readonly R[], topic: string): R | undefined {
  const working = readers.filter((one) => !one.hasFailed && !one.isPaused);
  const free = working.filter((one) => !one.isHolding(topic));
  const asked = [free, working, readers].find((some) => some.length > 0) ?? [];
  return asked.find((one) => one.isFull(topic));
}

export class TopicSources {
  readonly topic: Topic;
  readonly feeders: Feeder[] = [];
  readonly #options: TopicSourcesOptions;
  /** The pipelines that read the topic, in the order in which they were started. */
  readonly #readers: TopicReader[] = [];
  readonly #stop = new AbortController();
  readonly #troubles = new Map<string, string>();
  /** Resolves when all sources have ended or were stopped; rejects with what made one fail for good. */
  done: Promise<void> = Promise.resolve();
  /** As `done`, without those that an earlier run has read to their end and that cannot be read from there on. */
  read: Promise<void> = Promise.resolve();

  constructor(options: TopicSourcesOptions) {
    this.#options = options;
    this.topic = options.topic;
  }

  /** One more pipeline reads the topic. */
  join(reader: TopicReader): void {
    this.#readers.push(reader);
  }

  /**
   * The pipeline that keeps what the sources report, in its transactions, and has the dead letters of what they refuse: the first that
   * has not failed. Undefined where all have.
   */
  get keeper(): TopicReader | undefined {
    return this.#readers.find((one) => !one.hasFailed);
  }

  /** Opens the sources. @throws what a person must fix before anything runs: a missing file, a wrong option */
  async open(): Promise<void> {
    const { topic, params, system, schemaId, log, engine } = this.#options;
    const saved = await engine.sources(topic.name);
    const writer = new TopicWriter(topic, schemaId, system.clock);
    const sourceNames = new SourceNames(topic, saved);
    const choose = (one: SourceDefinition) => chooseSource(one, params, topic.fields, `topic '${topic.name}'`);
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
        log,
        clock: system.clock,
        progress: saved[name],
        context: (name, progress, nextSequence, notice, signal) => ({
          ...system,
          random: system.random.fork(name),
          fields: topic.fields,
          time: topic.time,
          position: progress?.position,
          nextSequence,
          signal,
          notice,
        }),
        room: (signal) => this.#room(signal),
        report: (report) => this.report(report),
      });
      this.feeders.push(feeder);
      await feeder.open(this.#stop.signal, async (from) => {
        const { otherwise } = from.chosen.definition;
        if (!otherwise) return undefined;
        const chosen = await choose(otherwise);
        const name = sourceNames.nameInstead(from.name, chosen);
        return { name, chosen, progress: saved[name] };
      });
      const { beginning } = feeder;
      if (beginning) await this.keeper?.save([beginning]);
    }
  }

  /** Closes what `open` has opened, where the pipelines are not started after all. */
  async abandon(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.feeders.map((feeder) => feeder.close()));
  }

  /** Begins to read. */
  start(): void {
    const reading = this.feeders.map((feeder) => this.#feed(feeder));
    this.done = Promise.all(reading).then(() => undefined);
    const first = reading.filter((_, i) => !this.feeders[i]!.wasAtEnd);
    this.read = Promise.all(first).then(() => undefined);
    // who waits for it is told; where nobody does any more it must not end the process
    this.done.catch(() => undefined);
    this.read.catch(() => undefined);
  }

  /** Asks the sources to end after the batch at hand. */
  stop(): void {
    this.#stop.abort();
  }

  /** A pipeline reads the topic no more: it has failed. What it had still to save goes to another one; the last ends the sources. */
  async leave(unsaved: (topic: string) => readonly SourceReport[]): Promise<void> {
    if (this.keeper) {
      for (const report of unsaved(this.topic.name)) this.report(report);
      return;
    }
    this.stop();
    await Promise.allSettled(this.feeders.map((feeder) => feeder.ended));
  }

  /** Hands what a source has read to the pipeline that keeps it. */
  report(report: SourceReport): void {
    // where every pipeline has failed nothing is saved: it is read again by the next run
    this.keeper?.report(report);
  }

  /** Whether every source was read to its end, by this run or an earlier one. */
  get areAtEnd(): boolean {
    const isAtEnd = (feeder: Feeder) => feeder.status().state === 'ended' && feeder.unanswered === undefined;
    return this.feeders.every((feeder) => feeder.wasAtEnd || isAtEnd(feeder));
  }

  /** A source without an end, or undefined. */
  get endless(): Feeder | undefined {
    return this.feeders.find((feeder) => !feeder.finite);
  }

  /** The first source that has ended without a single answer. */
  get unanswered(): MillraceError | undefined {
    return this.feeders.find((feeder) => feeder.unanswered)?.unanswered;
  }

  status(): SourceStatus[] {
    return this.feeders.map((feeder) => feeder.status());
  }

  /** Why sources wait to be opened again, in words. */
  get troubles(): string[] {
    return [...this.#troubles.values()];
  }

  /** Why a source waits to be opened again. */
  troubleOf(source: string): string | undefined {
    return this.#troubles.get(source);
  }

  /** The name of a source, where that is at work. */
  nameOf(source: SourceDefinition): string | undefined {
    return this.feeders.find(({ definition }) => definition === source || isSameSource(definition, source))?.name;
  }

  /** Resolves when a reader at work takes more records, or the signal aborts. */
  async #room(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const working = this.#readers.filter((one) => !one.hasFailed && !one.isPaused);
      if (working.length > 0 && !behindOf(working, this.topic.name)) return;
      const looked = new AbortController();
      const both = AbortSignal.any([signal, looked.signal]);
      await Promise.race(this.#readers.map((one) => one.moved(both)));
      looked.abort();
    }
  }

  /** A source at work, opened again with back-off where it failed for a reason that passes. */
  async #feed(feeder: Feeder): Promise<void> {
    const { clock, random } = this.#options.system;
    const { signal } = this.#stop;
    for (let failures = 0; ; failures++) {
      try {
        if (failures > 0) await feeder.open(signal, async () => undefined);
        await feeder.run(signal);
        this.#troubles.delete(feeder.name);
        const { unanswered } = feeder;
        if (unanswered && !this.#options.once) this.#troubles.set(feeder.name, unanswered.message);
        return;
      } catch (error) {
        const ours = asMillraceError(error);
        if (signal.aborted) return;
        if (ours.reaction !== 'retry' && ours.reaction !== 'reconnect') throw ours;
        this.#troubles.set(feeder.name, `source ${feeder.name}: ${ours.message}. ${ours.remedy ?? ''}`.trim());
        await clock.sleep(Math.min(retryMs.most, retryMs.first * 2 ** failures) * (0.5 + random.next() / 2), signal);
        if (signal.aborted) return;
      }
    }
  }
}

/** Any error as one of ours, for showing. */
export function asMillraceError(error: unknown): MillraceError {
  return error instanceof MillraceError
    ? error
    : new MillraceError('ASSERTION', messageOf(error), {
        cause: error,
        remedy: 'Report this with --stack: it is a bug.',
      });
}
