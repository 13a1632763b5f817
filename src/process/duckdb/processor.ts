// A pipeline in DuckDB: micro-batches as transactions, bad records and bad rows of windows found and put aside.
import type { MillraceError } from '../../core/errors.ts';
import type { Scope } from '../../define/shadow.ts';
import type { Topic } from '../../define/topic.ts';
import type { Batch } from '../../log/batch.ts';
import type {
  Aside,
  KeptAside,
  Prepared,
  Processor,
  Quiet,
  SourceReport,
  StepEvents,
  StepResult,
  Tally,
} from '../engine.ts';
import { copyProgress, type Progress } from '../progress.ts';
import { adopt } from './adopt.ts';
import { processAgain, tryAgain } from './again.ts';
import { countFates, countSources, partitionOf, uncountLetters } from './counts.ts';
import { beginning, type Filled, fate, hourOf, RowsRefused, StageFailure } from './flowing.ts';
import { emitHeldWindows, flushWindows } from './held-windows.ts';
import { emptyAside, lateOf, letterOf, type Place } from './letters.ts';
import type { DuckPrepared } from './prepare.ts';
import { noteQueries } from './queries.ts';
import type { Slot } from './render.ts';
import type { Tallying } from './tally.ts';
import { type ProcessorParts, Work } from './work.ts';

type Ahead = { readonly duck: DuckPrepared; readonly slot: Slot; filled: Filled | undefined };

/** Bad rows of one micro-batch whose own reason is asked for, one by one. */
const reasonsMax = 1000;

/** A stretch of prepared rows that is tried as one transaction. */
type Stretch = { readonly from: number; readonly to: number };

export class DuckProcessor implements Processor {
  readonly #work: Work;
  readonly #tallying: Tallying;
  /** Batches that are prepared: the slot they are in, and whether their rows are there. */
  readonly #ahead = new WeakMap<DuckPrepared, Ahead>();
  /** Per partition, the newest time up to the offset to which it is prepared. */
  readonly #newest = new Map<string, { next: number; newestMs: number | undefined }>();
  #slot: Slot = 0;
  changed: readonly string[];

  constructor(parts: ProcessorParts) {
    this.changed = noteQueries(parts.pipeline, parts.progress);
    this.#work = new Work(parts);
    this.#tallying = parts.tallying;
  }

  get progress(): Progress {
    return this.#work.progress;
  }

  get parts(): Readonly<Record<string, number>> {
    return this.#work.parts;
  }

  async prepare(batches: readonly Batch[]): Promise<Prepared> {
    const started = performance.now();
    const { topic, preparer, flow } = this.#work.of(batches[0]!.topic);
    const duck = await preparer.prepare(batches);
    this.#work.spent('decode', started);
    this.#setWatermarks(duck, topic);
    this.#slot = this.#slot === 0 ? 1 : 0;
    const ahead: Ahead = { duck, slot: this.#slot, filled: undefined };
    try {
      ahead.filled = await flow.fill(ahead.slot, duck.rows, 0, duck.rows.count, []);
    } catch (failure) {
      // a row that fails is looked for when its turn comes
      if (!(failure instanceof StageFailure)) throw failure;
    }
    this.#ahead.set(duck, ahead);
    return duck;
  }

  /**
   * Each row's watermark: the newest time of its partition before it, less the lateness. What other partitions have seen does not make it
   * late, since that depends on which of them came first.
   */
  #setWatermarks(duck: DuckPrepared, topic: Topic): void {
    const { rows } = duck;
    const partition = partitionOf(copyProgress(this.progress), topic, duck.partition, this.#firstOffset(duck));
    const key = `${topic.name}/${duck.partition}`;
    const before = this.#newest.get(key);
    // the batch before this one may still be on its way: its newest time counts all the same
    const newestMs = before?.next === this.#firstOffset(duck) ? before.newestMs : partition.newestMs;
    let newest = newestMs ?? Number.NEGATIVE_INFINITY;
    for (let i = 0; i < rows.count; i++) {
      rows.watermarks[i] = topic.time === undefined ? beginning : Math.max(beginning, newest - topic.latenessMs);
      if (rows.times[i]! > newest) newest = rows.times[i]!;
    }
    for (const row of duck.again.keys()) rows.watermarks[row] = beginning;
    this.#newest.set(key, { next: duck.next, newestMs: Number.isFinite(newest) ? newest : undefined });
  }

  async step(prepared: Prepared, reports: readonly SourceReport[], events: StepEvents = {}): Promise<StepResult> {
    const duck = prepared as DuckPrepared;
    const total = { out: 0, dead: 0, late: 0 };
    const pending: Stretch[] = [{ from: 0, to: duck.rows.count }];
    let unsaved = reports;
    const saved = () => {
      unsaved = [];
      events.saved?.();
    };
    while (pending.length > 0) {
      const stretch = pending.pop()!;
      // only behind the last one is there nothing left to do
      const { committing } = pending.length === 0 ? events : {};
      const result = await this.#settle(duck, stretch, unsaved, { saved, ...(committing ? { committing } : {}) });
      if (result === 'split') {
        const middle = (stretch.from + stretch.to) >> 1;
        pending.push({ from: middle, to: stretch.to }, { from: stretch.from, to: middle });
        continue;
      }
      total.out += result.out;
      total.dead += result.dead;
      total.late += result.late;
    }
    if (this.#work.of(duck.topic).flow.windowed.length > 0) this.#work.unflushed.add(duck.topic);
    return total;
  }

  /** Tries a stretch until it commits; `split` where a row in it fails and it must be looked for. */
  async #settle(
    duck: DuckPrepared,
    stretch: Stretch,
    reports: readonly SourceReport[],
    { saved, committing }: StepEvents,
  ): Promise<StepResult | 'split'> {
    const dead = new Map<number, Aside>();
    const held = new Set<string>();
    for (;;) {
      try {
        // windows that are held are emitted afterwards, and that needs the slots
        const isLast = held.size === 0;
        const result = await this.#attempt(duck, stretch, dead, held, reports, isLast ? committing : undefined);
        // the rows are stored; the windows that are held may fail once more
        saved?.();
        if (held.size > 0) await emitHeldWindows(this.#work, held);
        return result;
      } catch (failure) {
        if (failure instanceof RowsRefused) {
          for (const { row, table, reason } of failure.refused)
            dead.set(row, letterOf(duck, row, { noun: 'table', stage: table }, 'ROW_FAILED', reason));
        } else if (failure instanceof StageFailure && failure.firing && !held.has(failure.stage))
          held.add(failure.stage);
        else if (failure instanceof StageFailure && !failure.firing) {
          const left = stretch.to - stretch.from - dead.size;
          if (left > 1 && (await this.#putBadRowsAside(duck, stretch, dead, failure))) continue;
          if (left > 1) return 'split';
          for (let row = stretch.from; row < stretch.to; row++) {
            if (!dead.has(row)) dead.set(row, this.#letterOf(duck, row, failure, failure.error));
          }
          if (left === 0) throw failure.error;
        } else throw failure instanceof StageFailure ? failure.error : failure;
      }
    }
  }

  /** Finds all rows that a stream fails for at once, where its query allows; whether there were any. */
  async #putBadRowsAside(
    duck: DuckPrepared,
    { from, to }: Stretch,
    dead: Map<number, Aside>,
    failure: StageFailure,
  ): Promise<boolean> {
    const { flow } = this.#work.of(duck.topic);
    const { slot } = this.#ahead.get(duck)!;
    const without = [...dead.keys()].sort((a, b) => a - b);
    const bad = (await flow.badRows(failure.stage, slot, duck.rows, from, to, without)).filter((row) => !dead.has(row));
    for (const [i, row] of bad.entries()) {
      // each has a reason of its own; in a flood of them the first one's must do
      const error = i < reasonsMax ? await this.#reasonOf(duck, row, slot, failure) : failure.error;
      dead.set(row, this.#letterOf(duck, row, failure, error));
    }
    return bad.length > 0;
  }

  #letterOf(duck: DuckPrepared, row: number, place: Place, error: MillraceError): Aside {
    return letterOf(duck, row, place, error.code, this.#work.reasonOf(error));
  }

  async #reasonOf(duck: DuckPrepared, row: number, slot: Slot, otherwise: StageFailure): Promise<MillraceError> {
    try {
      await this.#work.of(duck.topic).flow.fill(slot, duck.rows, row, row + 1, []);
      return otherwise.error;
    } catch (failure) {
      if (failure instanceof StageFailure) return failure.error;
      throw failure;
    } finally {
      this.#ahead.get(duck)!.filled = undefined;
    }
  }

  async #attempt(
    duck: DuckPrepared,
    stretch: Stretch,
    dead: ReadonlyMap<number, Aside>,
    held: ReadonlySet<string>,
    reports: readonly SourceReport[],
    committing: (() => void) | undefined,
  ): Promise<StepResult> {
    const { topic, flow } = this.#work.of(duck.topic);
    const progress = copyProgress(this.progress);
    const partition = partitionOf(progress, topic, duck.partition, this.#firstOffset(duck));
    const isLast = stretch.to === duck.rows.count;
    const next = isLast ? duck.next : duck.rows.offsets[stretch.to]!;
    const isOfStretch = (offset: number) => offset >= partition.next && offset < next;
    const undecodable = duck.undecodable.filter(({ offset }) => isOfStretch(offset));
    const forgotten = duck.forgotten.filter(isOfStretch).length;
    const repeated = await this.#repeated(duck);
    const filled = await this.#fill(duck, stretch, [...dead.keys(), ...repeated]);
    const steps = async () => {
      for (let i = stretch.from; i < stretch.to; i++) {
        const time = duck.rows.times[i]!;
        if (!Number.isNaN(time) && !(time <= (partition.newestMs ?? Number.NEGATIVE_INFINITY)))
          partition.newestMs = time;
      }
      this.#work.watermarks.heard(topic.name, duck.partition);
      const watermarkMs = this.#work.advance(progress, topic);
      const beforeMs = this.progress.watermarks[topic.name] ?? beginning;
      if (hourOf(watermarkMs) > hourOf(beforeMs)) await flow.forgetKeys(beforeMs);
      // a row in time for its partition may fall into a window that the others have closed: it is then emitted again
      const hasAgain = duck.again.size > 0 || topic.partitions > 1;
      const again = new Set(duck.again.keys());
      const records = { partition: duck.partition, from: partition.next, to: next };
      const flowed = await this.#work.run(
        flow,
        this.#work.runOf(topic, progress, { filled, records, again, hasAgain, watermarkMs, held }),
      );
      progress.consumed += next - partition.next;
      partition.next = next;
      const lates = flowed.lates.map(({ row, stage }) => lateOf(duck, row, stage));
      for (const row of repeated)
        if (row >= stretch.from && row < stretch.to) flowed.fates[row - stretch.from] = fate.deduplicated;
      const counts = countFates(progress, flowed, undecodable.length, forgotten);
      const letters = [...undecodable, ...dead.values(), ...lates];
      await this.#work.putAside(progress, letters);
      await this.#takeAgain(progress, duck, stretch, repeated);
      await this.#addReports(progress, reports);
      return counts;
    };
    return this.#work.commit(progress, steps, committing);
  }

  /** The rows of a stretch in their slot: as they were prepared, or anew without those that are left out. */
  async #fill(duck: DuckPrepared, { from, to }: Stretch, without: number[]): Promise<Filled> {
    const ahead = this.#ahead.get(duck)!;
    const isThere =
      ahead.filled?.from === from && ahead.filled.to === to && without.length === ahead.filled.without.length;
    if (!isThere) {
      without.sort((a, b) => a - b);
      ahead.filled = undefined;
      ahead.filled = await this.#work.of(duck.topic).flow.fill(ahead.slot, duck.rows, from, to, without);
    }
    return ahead.filled!;
  }

  get quiet(): readonly Quiet[] {
    return this.#work.pipeline.topics.flatMap((topic) =>
      topic.time === undefined || topic.partitions === 1 ? [] : this.#work.watermarks.quiet(this.progress, topic),
    );
  }

  tidy(): Promise<void> {
    return this.#work.tidy();
  }

  async save(reports: readonly SourceReport[]): Promise<void> {
    const progress = copyProgress(this.progress);
    await this.#work.session.spared(() => this.#work.commit(progress, () => this.#addReports(progress, reports)));
  }

  async adopt(scope: Scope, shadow: Progress): Promise<void> {
    const { session, pipeline, keeper } = this.#work;
    // all windows of what was made again are given: a stream that stays must have given the same to the table that changes places
    const isMade = (stream: string) => scope.streams.includes(stream);
    if (pipeline.tables.some(({ name, from }) => scope.tables.includes(name) && !isMade(from.name))) {
      this.#unflush();
      await this.flush();
    }
    const live = this.progress;
    await this.#work.replace(() => adopt({ session, sink: this.#work.sink, keeper, pipeline, scope, live, shadow }));
    this.changed = this.changed.filter((name) => !isMade(name));
    // windows that are open may not be emitted as they are now
    this.#unflush();
  }

  /** The windows of all topics that are open are given with the next flush. */
  #unflush(): void {
    for (const { name } of this.#work.pipeline.topics)
      if (this.#work.of(name).flow.windowed.length > 0) this.#work.unflushed.add(name);
  }

  flush(): Promise<void> {
    return flushWindows(this.#work);
  }

  tally(): Promise<readonly Tally[]> {
    return this.#tallying.tally();
  }

  async again(asides: readonly KeptAside[]): Promise<number[]> {
    const left: number[] = [];
    for (const aside of asides) {
      if (!(await processAgain(this.#work, this.#slot, aside))) left.push(aside.id);
    }
    return left;
  }

  trial(aside: KeptAside): Promise<string | undefined> {
    return tryAgain(this.#work, this.#slot, aside);
  }

  cut(): void {
    this.#work.session.cut();
    this.#work.side.cut();
  }

  close(): void {
    this.#tallying.close();
    this.#work.session.close();
    this.#work.side.close();
  }

  async #addReports(progress: Progress, reports: readonly SourceReport[]): Promise<void> {
    const letters: Aside[] = [];
    countSources(progress, reports, await this.#work.keeper.saveSources(reports));
    for (const { source, topic, refusals } of reports) {
      progress.refused += refusals.length;
      for (const one of refusals) {
        letters.push({
          ...emptyAside,
          kind: 'dead',
          noun: 'source',
          stage: `source:${source}`,
          code: one.error.code,
          reason: this.#work.reasonOf(one.error),
          topic,
          place: one.place,
          source,
          sequence: one.sequence,
          bytes: one.bytes,
        });
      }
    }
    await this.#work.putAside(progress, letters);
  }

  /** Dead letters of sources that came back through the log: they leave the letters as their record is processed. */
  async #takeAgain(
    progress: Progress,
    duck: DuckPrepared,
    stretch: Stretch,
    repeated: ReadonlySet<number>,
  ): Promise<void> {
    const rows = [...duck.again].filter(([row]) => row >= stretch.from && row < stretch.to && !repeated.has(row));
    if (rows.length === 0) return;
    const ids = rows.map(([, id]) => id);
    const taken = await this.#work.keeper.take(ids);
    progress.refused -= taken.length;
    uncountLetters(progress, taken);
    await this.#work.keeper.noteRevived(ids);
  }

  /** Rows that are a second copy of a letter sent again (the process ended between the log and its noting). */
  async #repeated(duck: DuckPrepared): Promise<Set<number>> {
    const repeated = new Set<number>();
    if (duck.again.size === 0) return repeated;
    const seen = await this.#work.keeper.revived([...duck.again.values()]);
    for (const [row, id] of duck.again) {
      if (seen.has(id)) repeated.add(row);
      seen.add(id);
    }
    return repeated;
  }

  #firstOffset(duck: DuckPrepared): number {
    return duck.next - duck.count;
  }
}
