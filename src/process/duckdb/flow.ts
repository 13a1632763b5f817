// One micro-batch through the stages of a topic, inside the transaction: rows in, rows per stream and table out, fates counted.
import type { Table } from '../../define/table.ts';
import type { Topic } from '../../define/topic.ts';
import { quote, type RowSet } from '../database.ts';
import type { Sink, TableRows } from '../engine.ts';
import { stageOf } from '../progress.ts';
import { type DuckSession, isOfTheData, slotCatalogs } from './database.ts';
import { forgetKeys, markDuplicates } from './dedupe.ts';
import type { FeedRows } from './feed.ts';
import { type Filled, type FlowInput, type FlowResult, fate, RowsRefused, type Slot, StageFailure } from './flowing.ts';
import { type Giving, giveWindows } from './give.ts';
import { forSlot } from './render.ts';
import { dedupingOf, relations, type Stage, type TopicInput } from './stage.ts';
import { columnList } from './types.ts';
import { inTime, windowStart } from './window.ts';

/** Rows that the relations of a slot may have lost before their memory is freed. */
const deletedMax = 4096;

/** So many times more, and they are made anew, upon which their statements are planned again: after large micro-batches, or where another pipeline was always writing. */
const wornOutTimes = 4;

/** What a flow works with. */
export type FlowParts = {
  readonly session: DuckSession;
  /** Fills slots, beside the transactions of `session`. */
  readonly side: DuckSession;
  readonly pipeline: string;
  readonly input: TopicInput;
  readonly stages: readonly Stage[];
  readonly tables: readonly Table[];
  readonly sink: Sink;
  /** Milliseconds spent, by part. */
  readonly parts: Record<string, number>;
};

/** The stages and tables that hang on one topic. */
export class Flow {
  readonly #session: DuckSession;
  readonly #side: DuckSession;
  readonly #pipeline: string;
  readonly #input: TopicInput;
  readonly #topic: Topic;
  readonly #stages: readonly Stage[];
  readonly #tables: readonly Table[];
  readonly #sink: Sink;
  /** Stages inside the transaction whose relation may hold rows. */
  readonly #inside = new Set<Stage>();
  readonly #parts: Record<string, number>;
  #filling: Promise<unknown> = Promise.resolve();
  /** Rows that were deleted from the relations of each slot since they were made. */
  readonly #deleted: [number, number] = [0, 0];

  constructor(parts: FlowParts) {
    this.#session = parts.session;
    this.#side = parts.side;
    this.#pipeline = parts.pipeline;
    this.#input = parts.input;
    this.#topic = parts.input.topic;
    this.#stages = parts.stages;
    this.#tables = parts.tables;
    this.#sink = parts.sink;
    this.#parts = parts.parts;
  }

  /** The windowed stages. */
  get windowed(): readonly Stage[] {
    return this.#stages.filter((stage) => stage.input.window);
  }

  /** The stages, in the order in which data flows. */
  get stages(): readonly Stage[] {
    return this.#stages;
  }

  /** Empties the relations of a slot. Deleted rows keep their memory until a checkpoint, also in memory. */
  async #empty(slot: Slot, count: number): Promise<void> {
    this.#deleted[slot] += count;
    const isWorn = this.#deleted[slot] > deletedMax;
    const isWornOut = this.#deleted[slot] > deletedMax * wornOutTimes;
    for (const { relation, renew } of [this.#input, ...this.#stages]) {
      if (relation === undefined || renew === undefined) continue;
      await this.#side.run(forSlot(isWornOut ? renew : `delete from ${relation}`, slot));
    }
    if (isWornOut || (isWorn && (await this.#side.checkpoint(slotCatalogs[slot])))) this.#deleted[slot] = 0;
  }

  /**
   * Feeds the rows [from, to) into a slot and runs the stages that are ahead over them. May run beside a transaction that reads the other slot.
   *
   * @throws StageFailure
   */
  fill(slot: Slot, feed: FeedRows, from: number, to: number, without: readonly number[]): Promise<Filled> {
    const next = this.#filling.then(() => this.#fill(slot, feed, from, to, without));
    this.#filling = next.catch(() => undefined);
    return next;
  }

  async #fill(slot: Slot, rows: FeedRows, from: number, to: number, without: readonly number[]): Promise<Filled> {
    const counts = new Map<string, number>();
    const feed = this.#input.feeds[slot];
    feed.set(rows, from, to, without);
    const started = performance.now();
    const { relation } = this.#input;
    await this.#empty(slot, to - from);
    counts.set(this.#topic.name, to - from - without.filter((row) => row >= from && row < to).length);
    if (relation)
      await this.#guard('topic', `topic ${this.#topic.name}`, false, () =>
        this.#side.run(forSlot(`insert into ${relation} ${feed.select}`, slot)),
      );
    this.#spent('feed', started);
    for (const stage of this.#stages) {
      if (!stage.isAhead) continue;
      const began = performance.now();
      const { name } = stage.stream;
      const { always } = stage.fill as { always: string };
      counts.set(name, await this.#guard('stream', name, false, () => this.#side.run(forSlot(always, slot))));
      this.#spent(`stream ${name}`, began);
    }
    feed.clear();
    return { slot, from, to, without, counts };
  }

  /** The rows of a slot that a stage that is ahead fails for; [] where they cannot be found in one query. */
  badRows(
    stageName: string,
    slot: Slot,
    rows: FeedRows,
    from: number,
    to: number,
    without: readonly number[],
  ): Promise<number[]> {
    const stage = this.#stages.find((one) => one.stream.name === stageName);
    const sql = stage?.badRows;
    if (!sql) return Promise.resolve([]);
    const find = async () => {
      this.#input.feeds[slot].set(rows, from, to, without);
      const found = await this.#side.rows(forSlot(sql, slot));
      this.#input.feeds[slot].clear();
      return found.map(([row]) => Number(row));
    };
    const next = this.#filling.then(find);
    this.#filling = next.catch(() => undefined);
    return next;
  }

  /** @throws StageFailure, RowsRefused, upon which the transaction must be rolled back */
  async run(input: FlowInput): Promise<FlowResult> {
    const counts = new Map<string, number>(input.filled?.counts ?? []);
    const size = input.filled ? input.filled.to - input.filled.from : 0;
    const fates = new Uint8Array(size);
    const lates: { row: number; stage: string }[] = [];
    // none is forgotten: a transaction that is rolled back brings rows back that were deleted here
    for (const stage of this.#inside) await this.#session.run(`delete from ${stage.relation}`);
    for (const row of input.filled?.without ?? []) {
      if (row >= input.filled!.from && row < input.filled!.to) fates[row - input.filled!.from] = fate.dead;
    }
    let duplicates = 0;
    for (const stage of this.#stages) {
      const { name } = stage.stream;
      const started = performance.now();
      duplicates += await this.#guard('stream', name, false, () => this.#runStage(stage, input, counts, fates, lates));
      this.#spent(`stream ${name}`, started);
    }
    const taking = this.#tables
      .filter((table) => counts.get(table.from.name) && this.#takesPart(table.from.name, input.only, true))
      .map((table): TableRows => ({ table, rows: this.#rowsOf(table, input, counts) }));
    const refused = await this.#sink.refuse(taking);
    // a record that repeats one which is refused is kept in its place, and may change what becomes of all after it
    if (refused.length > 0) throw new RowsRefused(duplicates > 0 ? refused.slice(0, 1) : refused);
    let tableRows = 0;
    for (const one of taking) tableRows += await this.#runTable(one, input, fates);
    for (const { row } of lates) fates[row - input.filled!.from] = fate.late;
    return { fates, lates, tableRows };
  }

  /** A statement for the slot of an input. */
  #at(sql: string, input: FlowInput): string {
    return forSlot(sql, input.filled?.slot ?? 0);
  }

  /** Runs a stage; resolves with how many of its rows are duplicates. */
  async #runStage(
    stage: Stage,
    input: FlowInput,
    counts: Map<string, number>,
    fates: Uint8Array,
    lates: { row: number; stage: string }[],
  ): Promise<number> {
    const { name } = stage.stream;
    const countIn = counts.get(stage.input.of.name) ?? 0;
    const totals = stageOf(input.progress, `stream ${name}`);
    const effective = this.#takesPart(name, input.only);
    let duplicates = 0;
    if (countIn > 0 && stage.input.dedupe && input.only !== undefined) {
      // a record that is sent again to one stage has passed the deduplication on its way before
      await this.#session.run(`delete from ${relations.duplicates(name)}`);
    } else if (countIn > 0 && stage.input.dedupe) {
      const deduping = dedupingOf(this.#pipeline, stage.stream, stage.input.dedupe);
      duplicates = await markDuplicates(this.#session, deduping, this.#rowsWithTime(stage, input));
      if (duplicates > 0) await this.#mark(fates, input, `select _row from ${deduping.duplicates}`, fate.deduplicated);
    }
    let out = 0;
    if (!stage.input.window) {
      if (countIn > 0) {
        if (stage.isAhead) out = counts.get(name)!;
        else {
          out = await this.#session.run(this.#at((stage.fill as { always: string }).always, input));
          if (out > 0) this.#inside.add(stage);
        }
        const taken = await this.#taken(stage, input, fates, countIn - duplicates, out);
        if (effective) totals.filtered += countIn - duplicates - taken;
      }
    } else if (effective) {
      const tooLate = countIn > 0 ? await this.#keepRows(stage, input, fates, lates, countIn - duplicates) : 0;
      totals.late += tooLate;
      const giving: Giving = {
        session: this.#session,
        pipeline: this.#pipeline,
        stage,
        input,
        rows: this.#rowsWithTime(stage, input),
        kept: countIn - duplicates - tooLate,
        tables: this.#tables.filter((table) => table.from === stage.stream),
        sink: this.#sink,
      };
      out = await this.#guard('stream', name, true, () => giveWindows(giving));
      if (out > 0) this.#inside.add(stage);
    }
    counts.set(name, out);
    if (effective) {
      totals.in += countIn;
      totals.out += out;
      totals.deduplicated += duplicates;
    }
    return duplicates;
  }

  /** How many of the rows came out of a stream that maps or filters; marks them as stored where a table takes them. */
  async #taken(stage: Stage, input: FlowInput, fates: Uint8Array, countIn: number, out: number): Promise<number> {
    const feedsTable = this.#tables.some((table) => table.from === stage.stream);
    const relation = this.#at(stage.relation, input);
    if (stage.afterWindow) return out;
    if (!stage.fansOut && out === countIn && countIn === fates.length) {
      if (feedsTable) fates.fill(fate.out);
      return out;
    }
    const distinct = stage.fansOut
      ? Number((await this.#session.rows(`select count(distinct _row) from ${relation}`))[0]![0])
      : out;
    if (feedsTable && out > 0) await this.#mark(fates, input, `select distinct _row from ${relation}`, fate.out);
    return distinct;
  }

  async #mark(fates: Uint8Array, input: FlowInput, rows: string, as: number): Promise<void> {
    for (const [row] of await this.#session.rows(rows)) {
      const i = Number(row) - input.filled!.from;
      // what one stream leaves out another may store: storing is what counts
      if (as !== fate.deduplicated || fates[i] === fate.filtered) fates[i] = as;
    }
  }

  /** Rows of a stage's input with their partition, offset, time and watermark. */
  #rowsWithTime(stage: Stage, input: FlowInput): string {
    const from = stage.input.of;
    if (from.noun === 'topic') return this.#at(this.#input.relation!, input);
    return `(select *, epoch_ms(${quote((from as { time?: string }).time!)}) as _ts from ${this.#relationOf(from.name, input)})`;
  }

  /** Where the rows of a topic or stream are. */
  #relationOf(name: string, input: FlowInput): string {
    const stage = this.#stages.find((one) => one.stream.name === name);
    return this.#at(stage ? stage.relation : this.#input.relation!, input);
  }

  /** Puts the rows that are in time into the state of a windowed stream; those too late are noted. Resolves with how many are late. */
  async #keepRows(
    stage: Stage,
    input: FlowInput,
    fates: Uint8Array,
    lates: { row: number; stage: string }[],
    countIn: number,
  ): Promise<number> {
    const window = stage.input.window!;
    const { name } = stage.stream;
    const isInTime = inTime(window, input.hasAgain ? input.progress.forgotten[name] : undefined);
    const state = relations.state(this.#pipeline, name);
    const without = stage.input.dedupe ? ` and _row not in (select _row from ${relations.duplicates(name)})` : '';
    const rows = this.#rowsWithTime(stage, input);
    const columns = columnList(stage.stateFields);
    const kept = await this.#session.run(
      `insert into ${state} (${columns ? `${columns}, ` : ''}_partition, _offset, _ts, _wm, _ws)
        select ${columns ? `${columns}, ` : ''}_partition, _offset, _ts, _wm, ${windowStart(window, '_ts')} from ${rows} where ${isInTime}${without}`,
    );
    if (kept === fates.length) fates.fill(fate.out);
    else if (kept > 0)
      await this.#mark(fates, input, `select distinct _row from ${rows} where ${isInTime}${without}`, fate.out);
    if (kept < countIn) {
      for (const [row] of await this.#session.rows(
        `select distinct _row from ${rows} where not (${isInTime})${without} order by _row`,
      )) {
        lates.push({ row: Number(row), stage: name });
      }
    }
    return countIn - kept;
  }

  /** Forgets the keys of deduplicated views that the watermark before this micro-batch has left behind. */
  async forgetKeys(watermarkMs: number): Promise<void> {
    for (const { stream, input } of this.#stages)
      if (input.dedupe) await forgetKeys(this.#session, dedupingOf(this.#pipeline, stream, input.dedupe), watermarkMs);
  }

  #rowsOf(table: Table, input: FlowInput, counts: ReadonlyMap<string, number>): RowSet {
    const { name } = table.from;
    return { session: this.#session, relation: this.#relationOf(name, input), count: counts.get(name)! };
  }

  async #runTable({ table, rows }: TableRows, input: FlowInput, fates: Uint8Array): Promise<number> {
    if (table.from.noun === 'topic')
      fates.forEach((one, i) => {
        if (one !== fate.dead) fates[i] = fate.out;
      });
    const started = performance.now();
    const written = await this.#guard('table', table.name, false, () => this.#sink.write(table, rows));
    this.#spent(`table ${table.name}`, started);
    const totals = stageOf(input.progress, `table ${table.name}`);
    totals.in += rows.count;
    totals.out += rows.count;
    return written;
  }

  /** Whether a stage has an effect: always, but for a late record sent again, which only concerns one stage and what follows it. */
  #takesPart(name: string, only: string | undefined, asTable = false): boolean {
    if (only === undefined) return true;
    if (asTable && name === this.#topic.name) return false;
    for (let stage = this.#stages.find((one) => one.stream.name === name); stage; ) {
      if (stage.stream.name === only) return true;
      const from = stage.input.of.name;
      stage = this.#stages.find((one) => one.stream.name === from);
    }
    return false;
  }

  async #guard<T>(noun: StageFailure['noun'], stage: string, firing: boolean, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isOfTheData(error)) throw new StageFailure(noun, stage, firing, error);
      throw error;
    }
  }

  #spent(part: string, started: number): void {
    this.#parts[part] = (this.#parts[part] ?? 0) + performance.now() - started;
  }
}
