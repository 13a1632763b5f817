// Makes a part of a pipeline again from the log, beside the one that runs, and puts it in its place in one step.
//
// What is made again (the shadow) is a pipeline of its own, under other names. It never gets ahead of the one that runs: when it has come
// as far, that one stands still for a moment, and the two change places in one transaction. Killed at any moment, it goes on where it was.
import { MillraceError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Value } from '../define/accept.ts';
import { isWindowed, lookedUpBy, topicsOf } from '../define/feeding.ts';
import type { Pipeline } from '../define/pipeline.ts';
import { type Scope, shadowOf } from '../define/shadow.ts';
import type { Topic } from '../define/topic.ts';
import { firstRecords } from '../log/batch.ts';
import type { Processor, Rebuild } from '../process/engine.ts';
import type { PartitionProgress, Progress } from '../process/progress.ts';
import { endlessLookups } from './finite.ts';
import type { Folder } from './folder.ts';
import { given } from './given.ts';
import type { RebuildStatus } from './millrace.ts';
import { Pace } from './pace.ts';
import { definitionOf, inOrder, scopeFor } from './rebuild-parts.ts';
import { asMillraceError } from './topic-sources.ts';

/** What a rebuild works with. */
export type RebuildParts = {
  readonly folder: Folder;
  readonly pipeline: Pipeline;
  readonly params: ReadonlyMap<string, Value>;
  readonly names: readonly string[] | undefined;
  /** Of the pipeline that runs, as of its last commit. */
  readonly progress: () => Progress;
  readonly isPartial?: boolean | undefined;
  /** How long records of pipelines that run beside it wait, milliseconds: it gives way to them. Undefined: none run. */
  readonly waitMs?: () => number;
  /** Holds the pipeline that runs while the two change places. */
  readonly exclusive: (work: () => Promise<void>) => Promise<void>;
  readonly adopt: (scope: Scope, shadow: Progress) => Promise<void>;
};

/** What may be left when the pipeline that runs is held: so many records, or those that take so many milliseconds, and are few enough. */
const held = { most: 5000, least: 200, ms: 150 };

/** Records that are left when it no longer rests: what comes in meanwhile would else be more than what it makes. */
const homeStretch = 10_000;

/** While it rests it looks so often whether anybody still waits, milliseconds. */
const lookMs = 20;

/** Milliseconds between two tries after a failure that may pass: doubled each time, up to the second. */
const retryMs = { first: 200, most: 15_000 };

/** A rebuild at work. */
export class Rebuilding {
  readonly names: readonly string[] | undefined;
  readonly #parts: RebuildParts;
  readonly scope: Scope;
  readonly #shadow: Pipeline;
  readonly #topics: readonly Topic[];
  /** Topics whose windows must be given before the records of those behind them are processed. */
  readonly #given = new Set<string>();
  readonly #pace = new Pace();
  #restedMs = 0;
  #processor: Processor | undefined;
  /** Of the processor that was closed last. */
  #closed: Progress | undefined;
  #state: RebuildStatus['state'] = 'running';
  #failure: MillraceError | undefined;
  /** Whether the two have changed places. */
  isOver = false;

  /** @throws NOT_FOUND */
  constructor(parts: RebuildParts) {
    this.#parts = parts;
    this.names = parts.names;
    this.scope = scopeFor(parts.pipeline, parts.names);
    this.#shadow = shadowOf(parts.pipeline, this.scope);
    this.#topics = inOrder(this.#shadow);
  }

  /**
   * Notes what is made again, so that it goes on with the next run.
   *
   * @throws OFFSET_OUT_OF_RANGE where the log no longer has all records that the rows which are there were made of
   */
  async begin(): Promise<void> {
    if (!this.#parts.isPartial)
      for (const { topic, partition } of this.#partitions()) this.#checkRetention(topic, partition, 0);
    await this.#note();
  }

  async #note(): Promise<void> {
    const { engine } = this.#parts.folder;
    const { name } = this.#parts.pipeline;
    // what was begun with another definition is thrown away
    if (JSON.stringify(await engine.rebuild(name)) !== JSON.stringify(this.#wanted))
      await engine.beginRebuild(name, this.#wanted);
  }

  get #wanted(): Rebuild {
    const { pipeline, params, isPartial } = this.#parts;
    return {
      ...(this.names ? { names: this.names } : {}),
      ...(isPartial ? { isPartial } : {}),
      definition: definitionOf(pipeline, this.#shadow, params),
    };
  }

  /** What is made must not have less than what is there. @param made the offset up to which it is made */
  #checkRetention(topic: string, partition: number, made: number): void {
    const { start } = this.#parts.folder.log.range(topic, partition);
    const live = this.#live(topic, partition);
    if (live === undefined || start <= Math.max(live.base, made)) return;
    throw new MillraceError(
      'OFFSET_OUT_OF_RANGE',
      `topic ${topic}, partition ${partition}: the log no longer has the records before offset ${start}, and rows that were made of them would go`,
      {
        place: `topic '${topic}'`,
        remedy: 'To make again what the log still has, add --partial (REST: "partial": true).',
      },
    );
  }

  /** The first offset of a partition that is not made again yet; infinite where it is not read. */
  needed(topic: string, partition: number): number {
    const isRead = this.#topics.some(({ name }) => name === topic);
    return isRead && this.#state !== 'failed' ? this.#next(topic, partition) : Number.POSITIVE_INFINITY;
  }

  /** Takes note that it goes on no more, and why. */
  giveUp(failure: MillraceError): void {
    this.#state = 'failed';
    this.#failure = failure;
  }

  /** Cuts the statement at hand short. */
  cut(): void {
    this.#processor?.cut();
  }

  get status(): RebuildStatus {
    let done = 0;
    let total = 0;
    for (const { topic, partition } of this.#partitions()) {
      const { start } = this.#parts.folder.log.range(topic, partition);
      done += Math.max(0, this.#next(topic, partition) - start);
      total += Math.max(0, (this.#live(topic, partition)?.next ?? start) - start);
    }
    return {
      state: this.#state,
      done,
      total,
      ...given('names', this.names && [...this.names]),
      ...given('code', this.#failure?.code),
      ...given('reason', this.#failure?.masked),
      ...given('place', this.#failure?.place),
      ...given('remedy', this.#failure?.remedy),
    };
  }

  /** Runs until the two have changed places, or the signal aborts: it then goes on with the next run. @throws what a person must fix */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#parts.folder.system;
    for (let failures = 0; !signal.aborted; ) {
      try {
        await this.#open();
        while (!signal.aborted && this.#left > this.#heldMax) {
          if (!(await this.#paced(signal))) break;
          failures = 0;
        }
        if (!signal.aborted) await this.#inTurn(signal);
        return;
      } catch (error) {
        this.#close();
        // it goes on with the next run
        if (signal.aborted) return;
        const failure = asMillraceError(error);
        this.giveUp(failure);
        if (!/^(retry|reconnect)$/.test(failure.reaction)) throw error;
        this.#state = 'waiting';
        const ceilingMs = Math.min(retryMs.most, retryMs.first * 2 ** failures++);
        await clock.sleep(ceilingMs * (0.5 + random.next() / 2), signal);
      } finally {
        if (signal.aborted) this.#close();
      }
    }
  }

  async #open(): Promise<void> {
    if (this.#processor) return;
    const { params, isPartial } = this.#parts;
    const { engine } = this.#parts.folder;
    await this.#note();
    const endless = await endlessLookups(this.#shadow, params);
    this.#given.clear();
    for (const table of this.#shadow.streams.flatMap(lookedUpBy))
      if (!endless.has(table.name) && isWindowed(table)) for (const { name } of topicsOf(table)) this.#given.add(name);
    this.#processor = await this.#prepared(endless);
    if (isPartial && this.#hasGap) {
      this.#close();
      await engine.beginRebuild(this.#parts.pipeline.name, this.#wanted);
      this.#processor = await this.#prepared(endless);
    }
    if (!isPartial)
      for (const { topic, partition } of this.#partitions())
        this.#checkRetention(topic, partition, this.#made(topic, partition) ?? 0);
    this.#state = 'running';
    this.#failure = undefined;
  }

  async #prepared(endless: ReadonlySet<string>): Promise<Processor> {
    const { engine, store } = this.#parts.folder;
    await store.prepare(this.#shadow.name, this.#shadow.tables);
    return engine.open(this.#shadow, this.#parts.params, endless);
  }

  /** Whether the log has lost records, since the process ended, that come next. */
  get #hasGap(): boolean {
    return this.#partitions().some(({ topic, partition }) => {
      const { start } = this.#parts.folder.log.range(topic, partition);
      return (this.#made(topic, partition) ?? start) < start;
    });
  }

  /** Changes places when the pipeline that runs lets it; one that has not begun to when the signal aborts never does. */
  async #inTurn(signal: AbortSignal): Promise<void> {
    let hasBegun = false;
    const done = this.#parts.exclusive(async () => {
      if (signal.aborted) return;
      hasBegun = true;
      await this.#exchange();
    });
    const over = new AbortController();
    const aborted = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true, signal: over.signal });
    });
    try {
      await Promise.race([done, aborted]);
      if (hasBegun) await done;
      else done.catch(() => undefined);
    } finally {
      over.abort();
    }
  }

  #close(): void {
    // how far it is stays known while the two change places
    this.#closed = this.#processor?.progress ?? this.#closed;
    this.#processor?.close();
    this.#processor = undefined;
  }

  #partitions(): { topic: string; partition: number }[] {
    return this.#topics.flatMap(({ name, partitions }) =>
      Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition })),
    );
  }

  #live(topic: string, partition: number): PartitionProgress | undefined {
    return this.#parts.progress().topics[topic]?.[partition];
  }

  #made(topic: string, partition: number): number | undefined {
    return (this.#processor?.progress ?? this.#closed)?.topics[topic]?.[partition]?.next;
  }

  /** The offset at which what is made again goes on. */
  #next(topic: string, partition: number): number {
    return this.#made(topic, partition) ?? this.#parts.folder.log.range(topic, partition).start;
  }

  /** Records of a partition that the pipeline that runs has processed and what is made again has not. */
  #room(topic: string, partition: number): number {
    return Math.max(0, (this.#live(topic, partition)?.next ?? 0) - this.#next(topic, partition));
  }

  get #left(): number {
    return this.#partitions().reduce((sum, { topic, partition }) => sum + this.#room(topic, partition), 0);
  }

  /** The partition that is the furthest behind of the first topic that has records left: together they keep the fewest windows open. */
  get #turn(): { topic: string; partition: number } | undefined {
    const shareOf = ({ topic, partition }: { topic: string; partition: number }) =>
      this.#room(topic, partition) / ((this.#live(topic, partition)?.next ?? 0) || 1);
    for (const { name } of this.#topics) {
      const left = this.#partitions().filter((one) => one.topic === name && this.#room(name, one.partition) > 0);
      if (left.length > 0) return left.reduce((most, one) => (shareOf(one) > shareOf(most) ? one : most));
    }
    return undefined;
  }

  /** Records that may be left when the pipeline that runs is held. */
  get #heldMax(): number {
    if (!this.#parts.waitMs) return held.most;
    return Math.min(held.most, Math.max(held.least, this.#pace.within(held.ms)));
  }

  /** Milliseconds spent so far, by part, as of a processor; `rest`: those in which it gave way. */
  get parts(): Readonly<Record<string, number>> {
    return { ...this.#processor?.parts, rest: this.#restedMs };
  }

  /** Processes a micro-batch, and gives way then as long as others wait; whether there was one. */
  async #paced(signal: AbortSignal): Promise<boolean> {
    const { waitMs, folder } = this.#parts;
    if (!waitMs) return (await this.#step(limits.microBatchRecordsMax)) > 0;
    const { clock } = folder.system;
    const beganMs = clock.elapsed();
    const count = await this.#step(this.#pace.records);
    const endedMs = clock.elapsed();
    const restMs = this.#pace.worked(count, endedMs - beganMs, waitMs());
    this.#pace.left(this.#left, endedMs);
    if (this.#left > homeStretch)
      for (
        let leftMs = restMs;
        leftMs > 0 && !signal.aborted && waitMs() > 0;
        leftMs = endedMs + restMs - clock.elapsed()
      )
        await clock.sleep(Math.min(lookMs, leftMs), signal);
    this.#restedMs += clock.elapsed() - endedMs;
    return count > 0;
  }

  /** Processes a micro-batch; resolves with how many records it had. */
  async #step(recordsMax: number): Promise<number> {
    const { log } = this.#parts.folder;
    const processor = this.#processor!;
    const turn = this.#turn;
    if (!turn) return 0;
    const { topic, partition } = turn;
    const batches = await log.read(topic, partition, this.#next(topic, partition), {
      recordsMax: recordsMax + limits.batchRecordsMax,
      bytesMax: limits.readBytesMax,
    });
    const cut = firstRecords(batches, Math.min(this.#room(topic, partition), recordsMax));
    if (cut.length === 0) return 0;
    const prepared = await processor.prepare(cut);
    await processor.step(prepared, []);
    // a finite table over windows is there before it is looked up
    if (this.#given.has(topic) && this.#turn?.topic !== topic) await processor.flush();
    await processor.tidy();
    return prepared.count;
  }

  /** The pipeline that runs stands still: what is left is processed, and the two change places. */
  async #exchange(): Promise<void> {
    while ((await this.#step(limits.microBatchRecordsMax)) > 0);
    const processor = this.#processor!;
    await processor.flush();
    const { progress } = processor;
    this.#close();
    await this.#parts.adopt(this.scope, progress);
    this.isOver = true;
  }
}
