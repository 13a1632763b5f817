// A pipeline in DuckDB: micro-batches as transactions, bad records found and put aside, windows mended.
import { assert, MillraceError } from '../../core/errors.ts';
import type { Pipeline } from '../../define/pipeline.ts';
import type { Topic } from '../../define/topic.ts';
import type { Batch } from '../../log/batch.ts';
import type { Aside, KeptAside, Prepared, Processor, Sink, SourceReport, StepResult } from '../engine.ts';
import { copyProgress, type PartitionProgress, type Progress } from '../progress.ts';
import { findCulprits } from './culprits.ts';
import type { DuckSession } from './database.ts';
import { beginning, type Filled, Flow, type FlowResult, fate, RowsRefused, type Slot, StageFailure } from './flow.ts';
import type { Keeper } from './keeper.ts';
import { type DuckPrepared, Preparer, type Schemas } from './prepare.ts';
import { relations, type Stage, type TopicInput } from './stage.ts';

/** What the processor needs to know of the log: whether a partition holds records, and the bytes of one. */
export type LogView = {
  hasRecords(topic: string, partition: number): boolean;
  record(topic: string, partition: number, offset: number): Promise<Uint8Array>;
};

type Ahead = { readonly duck: DuckPrepared; readonly slot: Slot; filled: Filled | undefined };

/** Bad rows of one micro-batch whose own reason is asked for, one by one. */
const reasonsMax = 1000;

/** A stretch of prepared rows that is tried as one transaction. */
type Stretch = { readonly from: number; readonly to: number };

/** Parts of a pipeline that the processor is made of. */
export type ProcessorParts = {
  session: DuckSession;
  /** Prepares micro-batches beside the transactions of `session`. */
  side: DuckSession;
  pipeline: Pipeline;
  inputs: ReadonlyMap<string, TopicInput>;
  stages: ReadonlyMap<string, Stage>;
  keeper: Keeper;
  progress: Progress;
  sink: Sink;
  log: LogView;
  schemas: Schemas;
};

export class DuckProcessor implements Processor {
  progress: Progress;
  readonly parts: Record<string, number> = {};
  readonly #session: DuckSession;
  readonly #side: DuckSession;
  readonly #pipeline: Pipeline;
  readonly #keeper: Keeper;
  readonly #log: LogView;
  readonly #topics = new Map<string, { topic: Topic; preparer: Preparer; flow: Flow }>();
  readonly #hasPersonal: boolean;
  /** Batches that are prepared: the slot they are in, and whether their rows are there. */
  readonly #ahead = new WeakMap<DuckPrepared, Ahead>();
  /** Per partition, the newest time up to the offset to which it is prepared. */
  readonly #newest = new Map<string, { next: number; newestMs: number | undefined }>();
  #slot: Slot = 0;
  /** Topics with windows that have rows which `flush` has not given yet. */
  readonly #unflushed = new Set<string>();

  constructor(parts: ProcessorParts) {
    this.#session = parts.session;
    this.#side = parts.side;
    this.#pipeline = parts.pipeline;
    this.#keeper = parts.keeper;
    this.#log = parts.log;
    this.progress = parts.progress;
    this.#hasPersonal = parts.pipeline.topics.some((topic) =>
      Object.values(topic.fields).some((field) => field.isPersonal),
    );
    for (const topic of parts.pipeline.topics) {
      const stages = [...parts.stages.values()].filter((stage) => stage.topic === topic);
      const tables = parts.pipeline.tables.filter(
        (table) => table.from === topic || stages.some((stage) => stage.stream === table.from),
      );
      const flow = new Flow({
        ...parts,
        pipeline: parts.pipeline.name,
        input: parts.inputs.get(topic.name)!,
        stages,
        tables,
        parts: this.parts,
      });
      this.#topics.set(topic.name, { topic, preparer: new Preparer(topic, parts.schemas), flow });
      // windows that were open when the process ended may not have been given since
      if (flow.windowed.length > 0) this.#unflushed.add(topic.name);
    }
  }

  async prepare(batches: readonly Batch[]): Promise<Prepared> {
    const started = performance.now();
    const { topic, preparer, flow } = this.#of(batches[0]!.topic);
    const duck = await preparer.prepare(batches);
    this.#spent('decode', started);
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

  /** Each row's watermark: the newest time of its partition before it, less the lateness; never less than the topic's. */
  #setWatermarks(duck: DuckPrepared, topic: Topic): void {
    const { rows } = duck;
    const partition = partitionOf(copyProgress(this.progress), topic, duck.partition, this.#firstOffset(duck));
    const key = `${topic.name}/${duck.partition}`;
    const before = this.#newest.get(key);
    // the batch before this one may still be on its way: its newest time counts all the same
    const newestMs = before?.next === this.#firstOffset(duck) ? before.newestMs : partition.newestMs;
    let newest = newestMs ?? Number.NEGATIVE_INFINITY;
    const floor = this.progress.watermarks[topic.name] ?? beginning;
    for (let i = 0; i < rows.count; i++) {
      rows.watermarks[i] = Math.max(floor, newest - topic.latenessMs);
      if (rows.times[i]! > newest) newest = rows.times[i]!;
    }
    for (const row of duck.again.keys()) rows.watermarks[row] = beginning;
    this.#newest.set(key, { next: duck.next, newestMs: Number.isFinite(newest) ? newest : undefined });
  }

  async step(prepared: Prepared, reports: readonly SourceReport[]): Promise<StepResult> {
    const duck = prepared as DuckPrepared;
    const total = { out: 0, dead: 0, late: 0 };
    const pending: Stretch[] = [{ from: 0, to: duck.rows.count }];
    let unsaved = reports;
    while (pending.length > 0) {
      const stretch = pending.pop()!;
      const result = await this.#settle(duck, stretch, unsaved);
      if (result === 'split') {
        const middle = (stretch.from + stretch.to) >> 1;
        pending.push({ from: middle, to: stretch.to }, { from: stretch.from, to: middle });
        continue;
      }
      unsaved = [];
      total.out += result.out;
      total.dead += result.dead;
      total.late += result.late;
    }
    if (this.#of(duck.topic).flow.windowed.length > 0) this.#unflushed.add(duck.topic);
    return total;
  }

  /** Tries a stretch until it commits; `split` where a row in it fails and it must be looked for. */
  async #settle(duck: DuckPrepared, stretch: Stretch, reports: readonly SourceReport[]): Promise<StepResult | 'split'> {
    const dead = new Map<number, Aside>();
    const held = new Set<string>();
    for (;;) {
      try {
        const result = await this.#attempt(duck, stretch, dead, held, reports);
        if (held.size > 0) await this.#mendWindows(duck.topic, held);
        return result;
      } catch (failure) {
        if (failure instanceof RowsRefused) {
          for (const { row, reason } of failure.refused)
            dead.set(row, this.#letter(duck, row, failure.table, 'ROW_FAILED', reason));
        } else if (failure instanceof StageFailure && failure.firing && !held.has(failure.stage))
          held.add(failure.stage);
        else if (failure instanceof StageFailure && !failure.firing) {
          const left = stretch.to - stretch.from - dead.size;
          if (left > 1 && (await this.#putBadRowsAside(duck, stretch, dead, failure))) continue;
          if (left > 1) return 'split';
          for (let row = stretch.from; row < stretch.to; row++) {
            if (!dead.has(row))
              dead.set(row, this.#letter(duck, row, failure.stage, failure.error.code, failure.error.message));
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
    const { flow } = this.#of(duck.topic);
    const { slot } = this.#ahead.get(duck)!;
    const without = [...dead.keys()].sort((a, b) => a - b);
    const bad = (await flow.badRows(failure.stage, slot, duck.rows, from, to, without)).filter((row) => !dead.has(row));
    for (const [i, row] of bad.entries()) {
      // each has a reason of its own; in a flood of them the first one's must do
      const { code, message } = i < reasonsMax ? await this.#reasonOf(duck, row, slot, failure) : failure.error;
      dead.set(row, this.#letter(duck, row, failure.stage, code, message));
    }
    return bad.length > 0;
  }

  async #reasonOf(duck: DuckPrepared, row: number, slot: Slot, otherwise: StageFailure): Promise<MillraceError> {
    try {
      await this.#of(duck.topic).flow.fill(slot, duck.rows, row, row + 1, []);
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
  ): Promise<StepResult> {
    const { topic, flow } = this.#of(duck.topic);
    const progress = copyProgress(this.progress);
    const partition = partitionOf(progress, topic, duck.partition, this.#firstOffset(duck));
    const isLast = stretch.to === duck.rows.count;
    const next = isLast ? duck.next : duck.rows.offsets[stretch.to]!;
    const undecodable = duck.undecodable.filter(({ offset }) => offset >= partition.next && offset < next);
    const repeated = await this.#repeated(duck);
    const filled = await this.#fill(duck, stretch, [...dead.keys(), ...repeated]);
    const result = await this.#commit(progress, async () => {
      for (let i = stretch.from; i < stretch.to; i++) {
        const time = duck.rows.times[i]!;
        if (!Number.isNaN(time) && !(time <= (partition.newestMs ?? Number.NEGATIVE_INFINITY)))
          partition.newestMs = time;
      }
      const watermarkMs = this.#advance(progress, topic);
      const beforeMs = this.progress.watermarks[topic.name] ?? beginning;
      if (Math.floor(watermarkMs / 3_600_000) > Math.floor(beforeMs / 3_600_000)) await flow.forgetKeys(watermarkMs);
      const hasAgain = duck.again.size > 0;
      const flowed = await flow.run({ filled, hasAgain, watermarkMs, progress, held, flush: false, only: undefined });
      progress.consumed += next - partition.next;
      partition.next = next;
      const lates = flowed.lates.map(({ row, stage }) => this.#late(duck, row, stage));
      for (const row of repeated)
        if (row >= stretch.from && row < stretch.to) flowed.fates[row - stretch.from] = fate.deduplicated;
      const counts = countFates(progress, flowed, undecodable.length);
      await this.#keeper.put([...undecodable, ...dead.values(), ...lates]);
      await this.#takeAgain(progress, duck, stretch, repeated);
      await this.#addReports(progress, reports);
      return counts;
    });
    return result;
  }

  /** The rows of a stretch in their slot: as they were prepared, or anew without those that are left out. */
  async #fill(duck: DuckPrepared, { from, to }: Stretch, without: number[]): Promise<Filled> {
    const ahead = this.#ahead.get(duck)!;
    const isThere =
      ahead.filled?.from === from && ahead.filled.to === to && without.length === ahead.filled.without.length;
    if (!isThere) {
      without.sort((a, b) => a - b);
      ahead.filled = undefined;
      ahead.filled = await this.#of(duck.topic).flow.fill(ahead.slot, duck.rows, from, to, without);
    }
    return ahead.filled!;
  }

  async save(reports: readonly SourceReport[]): Promise<void> {
    const progress = copyProgress(this.progress);
    await this.#commit(progress, () => this.#addReports(progress, reports));
  }

  async flush(): Promise<void> {
    for (const name of [...this.#unflushed]) {
      const { topic, flow } = this.#of(name);
      const mended = new Set<string>();
      for (;;) {
        try {
          const progress = copyProgress(this.progress);
          await this.#commit(progress, async () => {
            await flow.run({
              filled: undefined,
              hasAgain: false,
              watermarkMs: this.#advance(progress, topic),
              progress,
              held: new Set(),
              flush: true,
              only: undefined,
            });
          });
          break;
        } catch (failure) {
          if (!(failure instanceof StageFailure) || mended.has(failure.stage))
            throw failure instanceof StageFailure ? failure.error : failure;
          if (!failure.firing) throw failure.error;
          mended.add(failure.stage);
          await this.#mendWindows(name, new Set([failure.stage]));
        }
      }
      this.#unflushed.delete(name);
    }
  }

  async again(asides: readonly KeptAside[]): Promise<number[]> {
    const left: number[] = [];
    for (const aside of asides) {
      if (!(await this.#processAgain(aside))) left.push(aside.id);
    }
    return left;
  }

  close(): void {
    this.#session.close();
    this.#side.close();
  }

  /** One aside in its own transaction: its fate is only its own. */
  async #processAgain(aside: KeptAside): Promise<boolean> {
    const { topic, preparer, flow } = this.#of(aside.topic);
    const record = { partition: aside.partition ?? 0, offset: aside.offset ?? 0 };
    const { rows, failed } = await preparer.prepareBytes([{ bytes: aside.bytes, ...record }]);
    // what was late for a window, or made one fail, has passed all other stages
    const isOfWindow = aside.kind === 'late' || flow.windowed.some((stage) => stage.stream.name === aside.stage);
    const problem = failed.get(0);
    let reason = problem?.message;
    if (!problem) {
      rows.watermarks.fill(beginning);
      const held = new Set<string>();
      for (let tries = 0; tries < 3; tries++) {
        const progress = copyProgress(this.progress);
        try {
          const filled = await flow.fill(this.#slot, rows, 0, 1, []);
          await this.#commit(progress, async () => {
            const only = isOfWindow ? aside.stage : undefined;
            const before = fateOf(await this.#keeper.kinds(topic.name, [record]), record);
            const watermarkMs = progress.watermarks[topic.name] ?? beginning;
            const flowed = await flow.run({
              filled,
              hasAgain: true,
              watermarkMs,
              progress,
              held,
              flush: false,
              only,
            });
            const taken = await this.#keeper.take([aside.id]);
            // a letter that is not there any more was taken before: nothing may be counted or stored twice
            if (taken.length === 0)
              throw new MillraceError('NOT_FOUND', `dead letter ${aside.id} is not there any more`, {
                remedy: 'List them again.',
              });
            progress.fates[before]--;
            if (isOfWindow) progress.fates[fateOf(await this.#keeper.kinds(topic.name, [record]), record)]++;
            else countFates(progress, flowed, 0);
          });
          if (held.size > 0) await this.#mendWindows(topic.name, held);
          this.#unflushed.add(topic.name);
          return true;
        } catch (failure) {
          if (failure instanceof RowsRefused) reason = failure.refused[0]!.reason;
          else if (failure instanceof StageFailure && failure.firing && !held.has(failure.stage)) {
            held.add(failure.stage);
            continue;
          } else if (failure instanceof StageFailure) reason = failure.error.message;
          else throw failure;
          break;
        }
      }
    }
    await this.#keeper.retried(aside.id, this.#masked(reason ?? 'refused again'));
    return false;
  }

  /** Puts the rows aside that the queries of windowed streams fail for, and gives the windows without them. */
  async #mendWindows(topicName: string, stages: ReadonlySet<string>): Promise<void> {
    const { topic, flow } = this.#of(topicName);
    const mended = new Set<string>();
    const failing = [...stages];
    for (let stage = failing.shift(); stage !== undefined; stage = failing.shift()) {
      await this.#putCulpritsAside(topicName, stage);
      mended.add(stage);
      if (failing.length > 0) continue;
      try {
        const progress = copyProgress(this.progress);
        await this.#commit(progress, async () => {
          const watermarkMs = this.#advance(progress, topic);
          await flow.run({
            filled: undefined,
            hasAgain: false,
            watermarkMs,
            progress,
            held: new Set(),
            flush: false,
            only: undefined,
          });
        });
      } catch (failure) {
        if (!(failure instanceof StageFailure)) throw failure;
        // what was held back may make a stream fail that follows
        if (!failure.firing || mended.has(failure.stage)) throw failure.error;
        failing.push(failure.stage);
      }
    }
  }

  async #putCulpritsAside(topicName: string, stageName: string): Promise<void> {
    const { flow } = this.#of(topicName);
    const stage = flow.stages.find((one) => one.stream.name === stageName);
    assert(stage?.probe, `stage ${stageName} has no windows to mend`);
    const state = relations.state(this.#pipeline.name, stageName);
    for (;;) {
      const closed = this.progress.closed[stageName] ?? beginning;
      const { culprits, error } = await findCulprits(this.#session, stage, state, closed);
      if (culprits.length === 0 || !error) break;
      const letters: Aside[] = [];
      for (const { partition, offset } of culprits) {
        const bytes = await this.#log.record(topicName, partition, offset);
        letters.push({
          ...emptyAside,
          kind: 'dead',
          stage: stageName,
          code: error.code,
          reason: this.#masked(error.message),
          topic: topicName,
          partition,
          offset,
          bytes,
        });
      }
      const progress = copyProgress(this.progress);
      await this.#commit(progress, async () => {
        for (const { partition, offset } of culprits)
          await this.#session.run(`delete from ${state} where _partition = $1 and _offset = $2`, partition, offset);
        const kinds = await this.#keeper.kinds(topicName, culprits);
        await this.#keeper.put(letters);
        for (const culprit of culprits) progress.fates[fateOf(kinds, culprit)]--;
        progress.fates.dead += culprits.length;
      });
    }
  }

  /** Runs the steps and commits them with the progress, which is the pipeline's from then on. */
  async #commit<T>(progress: Progress, steps: () => Promise<T>): Promise<T> {
    let committing = 0;
    const result = await this.#session.transaction(async () => {
      const value = await steps();
      committing = performance.now();
      await this.#keeper.save(progress);
      return value;
    });
    this.#spent('commit', committing);
    this.progress = progress;
    return result;
  }

  /** The watermark of a topic: the least, over its partitions that have records, of the newest time less the lateness. Never goes back. */
  #advance(progress: Progress, topic: Topic): number {
    if (topic.time === undefined) return beginning;
    let least = Number.POSITIVE_INFINITY;
    for (let partition = 0; partition < topic.partitions; partition++) {
      const newest = progress.topics[topic.name]?.[partition]?.newestMs;
      if (newest !== undefined) least = Math.min(least, newest);
      else if (this.#log.hasRecords(topic.name, partition)) least = beginning;
    }
    const now = Math.max(
      progress.watermarks[topic.name] ?? beginning,
      Number.isFinite(least) ? least - topic.latenessMs : beginning,
    );
    if (now > beginning) progress.watermarks[topic.name] = now;
    return now;
  }

  async #addReports(progress: Progress, reports: readonly SourceReport[]): Promise<void> {
    const letters: Aside[] = [];
    for (const { source, topic, progress: reported, refusals } of reports) {
      progress.sources[source] = reported;
      progress.refused += refusals.length;
      for (const one of refusals) {
        letters.push({
          ...emptyAside,
          kind: 'dead',
          stage: `source:${source}`,
          code: one.error.code,
          reason: this.#masked(one.error.message),
          topic,
          place: one.place,
          source,
          sequence: one.sequence,
          bytes: one.bytes,
        });
      }
    }
    await this.#keeper.put(letters);
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
    progress.refused -= (await this.#keeper.take(ids)).length;
    await this.#keeper.noteRevived(ids);
  }

  /** Rows that are a second copy of a letter sent again (the process ended between the log and its noting). */
  async #repeated(duck: DuckPrepared): Promise<Set<number>> {
    const repeated = new Set<number>();
    if (duck.again.size === 0) return repeated;
    const seen = await this.#keeper.revived([...duck.again.values()]);
    for (const [row, id] of duck.again) {
      if (seen.has(id)) repeated.add(row);
      seen.add(id);
    }
    return repeated;
  }

  #letter(duck: DuckPrepared, row: number, stage: string, code: string, reason: string): Aside {
    return {
      ...emptyAside,
      kind: 'dead',
      stage,
      code,
      reason: this.#masked(reason),
      topic: duck.topic,
      partition: duck.partition,
      offset: duck.rows.offsets[row]!,
      bytes: duck.bytesOf(row),
    };
  }

  #late(duck: DuckPrepared, row: number, stage: string): Aside {
    const behindMs = duck.rows.watermarks[row]! - duck.rows.times[row]!;
    const reason = `it came ${Math.round(behindMs / 1000)} s behind the watermark, when its window was closed`;
    return { ...this.#letter(duck, row, stage, 'RECORD_LATE', reason), kind: 'late' };
  }

  /** Values that stand in a message of the engine are hidden where the pipeline has personal fields. */
  #masked(reason: string): string {
    return this.#hasPersonal ? reason.replace(/'[^']*'(?= (to|is|of|in)\b)|"[^"]*"(?=$)/g, "'•••'") : reason;
  }

  #firstOffset(duck: DuckPrepared): number {
    return duck.next - duck.count;
  }

  #of(topic: string): { topic: Topic; preparer: Preparer; flow: Flow } {
    const found = this.#topics.get(topic);
    if (!found)
      throw new MillraceError('NOT_FOUND', `pipeline '${this.#pipeline.name}' has no topic '${topic}'`, {
        remedy: 'Use the pipeline file that the record came from.',
      });
    return found;
  }

  #spent(part: string, started: number): void {
    this.parts[part] = (this.parts[part] ?? 0) + performance.now() - started;
  }
}

const emptyAside = {
  partition: undefined,
  offset: undefined,
  place: undefined,
  source: undefined,
  sequence: undefined,
};

/** The progress of a partition, made where there is none: `first` is the offset at which it begins to count. */
function partitionOf(progress: Progress, topic: Topic, partition: number, first: number): PartitionProgress {
  progress.topics[topic.name] ??= [];
  const partitions = progress.topics[topic.name]!;
  for (let i = partitions.length; i <= partition; i++) partitions.push({ base: 0, next: 0, newestMs: undefined });
  const found = partitions[partition]!;
  if (found.next === 0 && found.base === 0) {
    found.base = first;
    found.next = first;
  }
  return found;
}

/** How a record that windows took counts while these asides of it are there: for several stages it may lie aside, but it counts once. */
function fateOf(
  kinds: ReadonlyMap<string, readonly string[]>,
  record: { partition: number; offset: number },
): 'dead' | 'late' | 'out' {
  const own = kinds.get(`${record.partition}/${record.offset}`) ?? [];
  return own.includes('dead') ? 'dead' : own.includes('late') ? 'late' : 'out';
}

function countFates(progress: Progress, flowed: FlowResult, undecodable: number): StepResult {
  const counts = [0, 0, 0, 0, 0];
  for (const one of flowed.fates) counts[one]!++;
  progress.fates.filtered += counts[fate.filtered]!;
  progress.fates.out += counts[fate.out]!;
  progress.fates.deduplicated += counts[fate.deduplicated]!;
  progress.fates.late += counts[fate.late]!;
  progress.fates.dead += counts[fate.dead]! + undecodable;
  return { out: counts[fate.out]!, dead: counts[fate.dead]! + undecodable, late: counts[fate.late]! };
}
