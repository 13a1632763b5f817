// Moves a pipeline's records from the log through the engine: one micro-batch after the other, the next one decoded meanwhile.
import type { Clock } from '../core/clock.ts';
import { MillraceError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Random } from '../core/random.ts';
import type { Pipeline } from '../define/pipeline.ts';
import type { Log } from '../log/log.ts';
import type { Prepared, Processor, SourceReport } from '../process/engine.ts';
import { Bell } from './bell.ts';
import { type Partition, Partitions } from './partitions.ts';
import { Reports } from './reports.ts';
import { Waits } from './waits.ts';

/** Milliseconds without a record after which open windows are given as they are. */
export const idleMs = 2000;

/** Milliseconds that reports of sources wait for records to be saved with. */
const reportMs = 100;

/** Milliseconds between two tries after a failure: doubled each time, up to the second. */
const retryMs = { first: 100, most: 15_000 };

/** Records that must wait before the next micro-batch is prepared beside the one at hand. */
const aheadRecordsMin = 8192;

/** What the pump works with. */
export type PumpOptions = {
  readonly pipeline: Pipeline;
  readonly processor: Processor;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: Random;
  /** Says that it waits and tries again (with the reason), or (undefined) that it is well again. */
  readonly troubled: (error: MillraceError | undefined) => void;
  /** Whether it takes no records until `resume`. */
  readonly isPaused?: boolean;
  /** Whether a topic waits for a table that its streams look up: its records stay in the log until `release`. */
  readonly isHeld?: (topic: string) => boolean;
};

/** The pump of one pipeline. */
export class Pump {
  readonly #options: PumpOptions;
  readonly #partitions: Partitions;
  readonly #reports = new Reports();
  readonly #waits: Waits;
  #wake: (() => void) | undefined;
  /** Rings after a micro-batch, a save, a pause, and at the end. */
  readonly #moved = new Bell();
  /** What others have to do between two micro-batches. */
  readonly #errands: (() => Promise<void>)[] = [];
  #isPaused: boolean;
  #isRunning = false;
  #turn = 0;
  #isDraining = false;
  #isStopping = false;
  #ahead: Prepared | undefined;
  /** Records processed by this run, and the micro-batches that they came in. */
  records = 0;
  batches = 0;

  constructor(options: PumpOptions) {
    this.#options = options;
    this.#isPaused = options.isPaused ?? false;
    this.#partitions = new Partitions(options);
    this.#waits = new Waits({ ...options, next: (topic, partition) => this.next(topic, partition) });
  }

  /** Records in the log that are not processed yet. */
  get inFlight(): number {
    return this.#partitions.waiting();
  }

  /** How long records have waited that were processed last, or that wait now, milliseconds; 0 where it takes none. */
  get waitMs(): number {
    return !this.#isRunning || this.#isPaused ? 0 : this.#waits.ms(this.#partitions.free);
  }

  /** Checks that the log still has what was processed. @throws LOG_DAMAGED */
  checkLog(): void {
    this.#partitions.checkLog();
  }

  /** Refusals that sources have reported and that are not saved yet. */
  get unsaved(): number {
    return this.#reports.refusals;
  }

  /** What a source has read; saved with the next micro-batch, or alone soon. */
  report(report: SourceReport): void {
    const wasIdle = this.#reports.isEmpty;
    this.#reports.add(report);
    // while reports wait for company, another one does not wake
    if (wasIdle) this.#wake?.();
  }

  /**
   * Whether more records are in flight, or more refusals wait, than the limit. The records of other topics that are held do not count:
   * what they wait for must come in.
   */
  isFull(topic: string): boolean {
    const counted = this.#partitions.all.filter((one) => one.topic === topic || !this.#partitions.isHeld(one.topic));
    return this.#partitions.waiting(counted) > limits.inFlightRecordsMax || this.#reports.isFull;
  }

  /** Resolves after the next micro-batch, save, pause or resumption, and at the end; or when the signal aborts. */
  moved(signal?: AbortSignal): Promise<void> {
    return this.#moved.wait(signal);
  }

  /** Looks again which topics are held. */
  release(): void {
    this.#wake?.();
    this.#moved.ring();
  }

  /** What the sources of a topic have reported and is not saved, for another pipeline to save: this one saves nothing any more. */
  takeReports(topic: string): readonly SourceReport[] {
    return this.#reports.takeOf(topic);
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** The offset of the first record of a partition that is not processed. */
  next(topic: string, partition: number): number {
    return this.#partitions.next(topic, partition);
  }

  /**
   * Resolves with true once the record at an offset is processed; with false where that will not be soon: the pump is paused, or has ended.
   */
  async processed(topic: string, partition: number, offset: number): Promise<boolean> {
    while (this.next(topic, partition) <= offset) {
      if (this.#isPaused || !this.#isRunning) return false;
      await this.#moved.wait();
    }
    return true;
  }

  /** Resolves with whether all that sources have reported until now is committed, within so many milliseconds and before it ends. */
  async saved(msMax: number): Promise<boolean> {
    const count = this.#reports.added;
    const waiting = new AbortController();
    const time = this.#options.clock.sleep(msMax, waiting.signal).then(() => waiting.abort());
    while (!this.#reports.areSaved(count) && this.#isRunning && !waiting.signal.aborted)
      await this.#moved.wait(waiting.signal);
    waiting.abort();
    await time;
    return this.#reports.areSaved(count);
  }

  /** Whether it takes no records. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Takes no more records after the micro-batch at hand, with which it resolves. What sources report is still saved. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    // one that ends meanwhile takes no more either
    if (this.#isRunning) await this.exclusive(async () => undefined).catch(() => undefined);
    this.#moved.ring();
  }

  /** Takes records again. */
  resume(): void {
    this.#isPaused = false;
    this.#wake?.();
    this.#moved.ring();
  }

  /**
   * Does something with the processor that must not overlap with micro-batches: between two of them.
   *
   * @throws USAGE where the pump does not run
   */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const errand = async () => {
        if (!this.#isRunning) reject(notRunning(this.#options.pipeline.name));
        else await (async () => work())().then(resolve, reject);
      };
      if (!this.#isRunning) void errand();
      else this.#errands.push(errand);
      this.#wake?.();
    });
  }

  /**
   * Asks `run` to end once everything in the log is processed and reported, and all windows are given.
   *
   * @param isStop end even while it is paused: what is in the log stays there for the next run
   */
  drain(isStop = false): void {
    this.#isDraining = true;
    this.#isStopping ||= isStop;
    this.#wake?.();
  }

  /** Runs until the signal aborts (then after the micro-batch at hand), or everything is drained. @throws what cannot be tried again */
  async run(signal: AbortSignal): Promise<void> {
    this.#isRunning = true;
    try {
      await this.#run(signal);
    } finally {
      this.#isRunning = false;
      for (const errand of this.#errands.splice(0)) await errand();
      this.#moved.ring();
    }
  }

  async #run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      try {
        // only those there are now: who has one after the other lets micro-batches pass in between
        for (const errand of this.#errands.splice(0)) {
          // what is prepared lies where the errand may put something else
          this.#ahead = undefined;
          await errand();
        }
        const isDone = await this.#work(signal);
        if (failures > 0) this.#options.troubled(undefined);
        failures = 0;
        if (isDone) return;
      } catch (error) {
        this.#ahead = undefined;
        if (!(error instanceof MillraceError) || (error.reaction !== 'retry' && error.reaction !== 'reconnect'))
          throw error;
        this.#options.troubled(error);
        const ceilingMs = Math.min(retryMs.most, retryMs.first * 2 ** failures++);
        await this.#options.clock.sleep(ceilingMs * (0.5 + this.#options.random.next() / 2), signal);
      }
    }
  }

  /** Saves what sources have reported: the last thing before the end. */
  async finish(): Promise<void> {
    await this.#save();
  }

  /** One micro-batch, or a wait for something to do. Resolves with whether everything is drained. */
  async #work(signal: AbortSignal): Promise<boolean> {
    if (this.#isPaused) return this.#rest(signal);
    const prepared = await this.#nextPrepared();
    if (prepared) {
      const reports = this.#reports.take();
      const saved = () => this.#reports.committed();
      let ahead: Promise<Prepared | undefined> | undefined;
      const prepareAhead = () => {
        ahead ??= this.#prepareAhead(prepared);
        // it may fail before the step ends: it is looked at after that, and must not end the process before
        ahead.catch(() => undefined);
      };
      // few that wait are better taken when this micro-batch is about to be committed, with those that arrive until then
      if (this.#isBacklog(prepared)) prepareAhead();
      try {
        await this.#options.processor.step(prepared, reports, { saved, committing: prepareAhead });
      } catch (error) {
        this.#reports.giveBack();
        await ahead?.catch(() => undefined);
        throw error;
      }
      this.#waits.processed(prepared);
      this.records += prepared.count;
      this.batches++;
      this.#moved.ring();
      await this.#options.processor.tidy();
      this.#ahead = await ahead;
      return false;
    }
    if (this.#isDraining) {
      await this.#save();
      await this.#options.processor.flush();
      // what is held when a stop is asked for stays in the log for the next run
      const left = this.#partitions.waiting(this.#isStopping ? this.#partitions.free : this.#partitions.all);
      if (left === 0 && this.#reports.isEmpty) return true;
      if (
        left > 0 &&
        this.#partitions.waiting(this.#partitions.free) === 0 &&
        this.#reports.isEmpty &&
        this.#errands.length === 0
      )
        await this.#waitForRecords(Number.POSITIVE_INFINITY, signal);
      return false;
    }
    if (this.#errands.length > 0) return false;
    if (!this.#reports.isEmpty && !(await this.#waitForRecords(reportMs, signal))) {
      await this.#save();
      this.#moved.ring();
    } else if (!(await this.#waitForRecords(idleMs, signal)) && !signal.aborted && this.#isIdle) {
      await this.#options.processor.flush();
      if (this.#isIdle) await this.#waitForRecords(Number.POSITIVE_INFINITY, signal);
    }
    return false;
  }

  /** Paused: saves what sources report, and waits. Resolves with whether it is to end. */
  async #rest(signal: AbortSignal): Promise<boolean> {
    if (!this.#reports.isEmpty) {
      await this.#save();
      this.#moved.ring();
    }
    if (this.#isStopping) return true;
    if (this.#isPaused && this.#reports.isEmpty && this.#errands.length === 0)
      await this.#waitFor([], Number.POSITIVE_INFINITY, signal);
    return false;
  }

  /** Whether there is nothing to end, to save or to do: what wakes for either is then heard. */
  get #isIdle(): boolean {
    return !this.#isDraining && this.#reports.isEmpty && this.#errands.length === 0;
  }

  async #nextPrepared(): Promise<Prepared | undefined> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead) return ahead;
    const { all } = this.#partitions;
    for (let i = 0; i < all.length; i++) {
      const { topic, partition } = all[this.#turn++ % all.length]!;
      if (this.#partitions.isHeld(topic)) continue;
      const prepared = await this.#prepare(topic, partition, this.next(topic, partition));
      if (prepared) return prepared;
    }
    return undefined;
  }

  /** Whether more waits behind a micro-batch than it is worth to wait for company for. */
  #isBacklog({ topic, partition, next }: Prepared): boolean {
    return this.#options.log.range(topic, partition).end - next >= aheadRecordsMin;
  }

  async #prepareAhead(current: Prepared): Promise<Prepared | undefined> {
    // with several partitions the next one has its turn, so that none is left behind; and who asks for a pause or an errand has theirs
    if (this.#partitions.all.length > 1 || this.#isPaused || this.#errands.length > 0) return undefined;
    return this.#prepare(current.topic, current.partition, current.next);
  }

  async #prepare(topic: string, partition: number, from: number): Promise<Prepared | undefined> {
    this.#waits.seen(topic, partition);
    const batches = await this.#partitions.read(topic, partition, from);
    return batches.length > 0 ? this.#options.processor.prepare(batches) : undefined;
  }

  async #save(): Promise<void> {
    if (this.#reports.isEmpty) return;
    try {
      await this.#options.processor.save(this.#reports.take());
      this.#reports.committed();
    } catch (error) {
      this.#reports.giveBack();
      throw error;
    }
  }

  /** Waits for records in any partition. Resolves with true where there are some, with false after `ms`, a report or an abort. */
  async #waitForRecords(ms: number, signal: AbortSignal): Promise<boolean> {
    await this.#waitFor(this.#partitions.free, ms, signal);
    return this.#partitions.waiting(this.#partitions.free) > 0;
  }

  async #waitFor(partitions: readonly Partition[], ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { log, clock } = this.#options;
    const stop = new AbortController();
    const abort = () => {
      stop.abort();
      this.#wake?.();
    };
    signal.addEventListener('abort', abort, { once: true });
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const waits: Promise<unknown>[] = partitions.map(({ topic, partition }) =>
      log.wait(topic, partition, this.next(topic, partition), stop.signal),
    );
    if (Number.isFinite(ms)) waits.push(clock.sleep(ms, stop.signal));
    waits.push(woken);
    await Promise.race(waits);
    this.#wake = undefined;
    stop.abort();
    signal.removeEventListener('abort', abort);
  }
}

function notRunning(pipeline: string): MillraceError {
  return new MillraceError('USAGE', `pipeline '${pipeline}' has ended, and does nothing more`, {
    place: `pipeline '${pipeline}'`,
    remedy: 'Start it again.',
  });
}
