// One micro-batch through the stages of a topic, inside the transaction: rows in, rows per stage and table out, fates counted.
import { MillraceError } from '../../core/errors.ts';
import type { Table } from '../../define/table.ts';
import { quote, type RowSet } from '../database.ts';
import type { TableRows } from '../engine.ts';
import { countsOf, type StageCounts } from '../progress.ts';
import { countRows } from './counts.ts';
import type { DuckSession } from './database.ts';
import { dedupingOf, forgetKeys, markDuplicates } from './dedupe.ts';
import { emitDerived } from './derive.ts';
import { emitWindows } from './emit.ts';
import { type Emission, noEmission } from './emitted.ts';
import { type FlowParts, settledOf, stageOf, takesPart, takesPartOf } from './flow-parts.ts';
import { type FlowInput, type FlowResult, fate, guard, hourOf, RowsRefused } from './flowing.ts';
import { numbered, writtenBefore } from './places.ts';
import { keepLast } from './previous.ts';
import { relations } from './relations.ts';
import { changesOf, forgetEmitted, type Settled } from './settle.ts';
import { feedSide, rememberChangedWindows } from './sides.ts';
import { type DerivedStage, type PlainStage, retracts, type Stage, type WindowedStage } from './stage.ts';
import {
  arrivedRows,
  changedRows,
  keepChanges,
  ownWatermark,
  stageWatermark,
  takeOut,
  takeTimes,
  timedRows,
} from './times.ts';
import { columnList } from './types.ts';
import { inTime, keysOf, placeOfRow, windowStart, windowsOf } from './window.ts';

/** A run of a flow. */
export class FlowRun {
  readonly #parts: FlowParts;
  /** Relations that may hold rows after this run. */
  readonly #used: Set<string>;
  readonly #input: FlowInput;
  readonly #session: DuckSession;
  /** Rows of the topic and of each stream. */
  readonly #counts: Map<string, number>;
  readonly #emissions = new Map<string, Emission>();
  /** Stages that have forgotten windows: what follows them forgets when nothing is left to retract. */
  readonly #forgetful: WindowedStage[] = [];
  readonly #fates: Uint8Array;
  readonly #lates: { row: number; stage: string }[] = [];

  constructor(parts: FlowParts, used: Set<string>, input: FlowInput) {
    this.#parts = parts;
    this.#used = used;
    this.#input = input;
    this.#session = parts.session;
    this.#counts = new Map(input.filled?.counts ?? []);
    this.#fates = new Uint8Array(input.filled ? input.filled.to - input.filled.from : 0);
  }

  /** @throws StageFailure, RowsRefused, upon which the transaction must be rolled back */
  async run(): Promise<FlowResult> {
    const { filled } = this.#input;
    for (const row of filled?.without ?? [])
      if (row >= filled!.from && row < filled!.to) this.#fates[row - filled!.from] = fate.dead;
    let duplicates = 0;
    const { topic } = this.#parts.input;
    await guard('topic', `topic ${topic.name}`, false, () => this.#feedSides(topic.name));
    for (const stage of this.#parts.stages) {
      const { name } = stage.stream;
      const started = performance.now();
      duplicates += await guard('stream', name, false, async () => {
        const found = await this.#runStage(stage);
        await this.#feedSides(name);
        return found;
      });
      this.#parts.spent(`stream ${name}`, started);
    }
    const taking = this.#plainTables();
    const { sink } = this.#parts;
    const refused = await sink.refuse(taking);
    // a record that repeats one which is refused is kept in its place, and may change what becomes of all after it
    if (refused.length > 0) throw new RowsRefused(duplicates > 0 ? refused.slice(0, 1) : refused);
    for (const one of taking) await this.#write(one);
    for (const stage of this.#parts.stages)
      for (const one of settledOf(this.#parts, stage)) await this.#settle(stage, one);
    for (const stage of this.#forgetful) await this.#forgetEmitted(stage);
    for (const { row } of this.#lates) this.#fates[row - filled!.from] = fate.late;
    return { fates: this.#fates, lates: this.#lates };
  }

  /** Tables over rows that hold for good. */
  #plainTables(): TableRows[] {
    const { tables, settled } = this.#parts;
    const { only } = this.#input;
    return (
      tables
        .filter((table) => !settled.some((one) => one.table === table))
        .filter((table) => this.#counts.get(table.from.name) || writtenBefore(table, this.#input, this.#parts.ahead))
        // a record that is sent again to one stage is in the tables of its topic already
        .filter(({ from }) => (from.noun === 'topic' ? only === undefined : takesPart(this.#parts, from.name, only)))
        .map((table) => ({ table, rows: this.#rowsOf(table) }))
    );
  }

  /** Runs a stage; resolves with how many of its rows are duplicates. */
  async #runStage(stage: Stage): Promise<number> {
    const { name } = stage.stream;
    const effective = takesPart(this.#parts, name, this.#input.only);
    const countIn = this.#counts.get(stage.input.of.name) ?? 0;
    const duplicates = countIn > 0 && stage.input.dedupe ? await this.#deduplicate(stage) : 0;
    const totals = countsOf(this.#input.progress, `stream ${name}`);
    let out = 0;
    if (stage.kind === 'plain') out = await this.#runPlain(stage, countIn - duplicates, effective ? totals : undefined);
    else if (effective) {
      const emission =
        stage.kind === 'windowed'
          ? await this.#runWindowed(stage, countIn - duplicates, totals)
          : await this.#runDerived(stage);
      if (emission.emitted > 0) this.#used.add(stage.emitted.fresh);
      if (emission.retracted > 0) this.#used.add(stage.emitted.retracted);
      this.#emissions.set(name, emission);
      totals.retracted += emission.retracted;
      out = emission.emitted;
    }
    this.#counts.set(name, out);
    if (effective) {
      totals.in += countIn;
      totals.out += out;
      totals.deduplicated += duplicates;
    }
    return duplicates;
  }

  /** Takes the rows of a topic or stream into the sides of joins by time, and notes what they change. */
  async #feedSides(from: string): Promise<void> {
    if (!this.#counts.get(from) || !takesPartOf(this.#parts, from, this.#input.only)) return;
    const { pipeline } = this.#parts;
    for (const { side, stage } of this.#parts.sides.filter((one) => one.side.from === from)) {
      await feedSide(this.#session, side, this.#relationOf(from), placeOfRow);
      const touched = stage.touched.get(side)!;
      const { window } = stage;
      const windows = window.kind === 'session' ? keysOf(window, touched) : windowsOf(window, touched);
      await rememberChangedWindows(this.#session, pipeline, stage.stream.name, windows, this.#input.progress);
    }
  }

  async #deduplicate(stage: Stage): Promise<number> {
    const { name } = stage.stream;
    const marked = relations.duplicates(name);
    if (this.#input.only !== undefined) {
      // a record that is sent again to one stage has passed the deduplication on its way before
      await this.#session.run(`delete from ${marked}`);
      return 0;
    }
    const deduping = dedupingOf(this.#parts.pipeline, name, stage.input.dedupe!);
    const count = await markDuplicates(this.#session, deduping, await this.#timed(stage));
    if (count > 0) await this.#mark(`select _row from ${marked}`, fate.deduplicated);
    // a windowed stage takes them once its rows have their watermarks
    if (stage.kind === 'plain') await this.#takeTimes(stage);
    return count;
  }

  /**
   * Notes how far a stream with a time of its own has come. The keys of a deduplicated view that this time had left behind before the
   * micro-batch are forgotten, once an hour of event time: the topic may have no time, or another one.
   */
  async #takeTimes(stage: PlainStage | WindowedStage): Promise<void> {
    if (stage.clock !== 'own') return;
    const { stream, input } = stage;
    const beforeMs = ownWatermark(stage, this.#input);
    await takeTimes(this.#session, stage, this.#relationOf(input.of.name), this.#input);
    if (!input.dedupe || hourOf(ownWatermark(stage, this.#input)) <= hourOf(beforeMs)) return;
    await forgetKeys(this.#session, dedupingOf(this.#parts.pipeline, stream.name, input.dedupe), beforeMs);
  }

  async #runPlain(stage: PlainStage, countIn: number, totals: StageCounts | undefined): Promise<number> {
    if (countIn === 0 && !this.#counts.get(stage.input.of.name)) return 0;
    const { slot } = this.#input.filled!;
    let out = this.#counts.get(stage.stream.name) ?? 0;
    if (!stage.isAhead) {
      if (stage.source && this.#input.again === 'all') throw isOutOfOrder(stage.stream.name);
      out = await this.#session.run(stage.fill[slot]);
      if (stage.source) {
        const last = relations.last(this.#parts.pipeline, stage.stream.name);
        const { previous, of } = stage.input;
        await keepLast(this.#session, previous!, of.fields, stage.source[slot], last, placeOfRow);
      }
      if (out > 0) this.#used.add(stage.relation[slot]);
    }
    const taken = await this.#taken(stage, countIn, out);
    if (totals) totals.filtered += countIn - taken;
    return out;
  }

  /** How many records have rows that came out of a plain stream; marks them as stored where a table takes them. */
  async #taken(stage: PlainStage, countIn: number, out: number): Promise<number> {
    const feedsTable = this.#parts.tables.some((table) => table.from === stage.stream);
    const relation = stage.relation[this.#input.filled!.slot];
    if (!stage.fansOut && out === countIn && countIn === this.#fates.length) {
      if (feedsTable) this.#fates.fill(fate.out);
      return out;
    }
    const distinct = stage.fansOut
      ? Number((await this.#session.rows(`select count(distinct _row) from ${relation}`))[0]![0])
      : out;
    if (feedsTable && out > 0) await this.#mark(`select distinct _row from ${relation}`, fate.out);
    return distinct;
  }

  async #runWindowed(stage: WindowedStage, countIn: number, totals: StageCounts): Promise<Emission> {
    const { pipeline } = this.#parts;
    const { progress, hasAgain } = this.#input;
    const { name } = stage.stream;
    const before = progress.forgotten[name];
    const upstream =
      stage.upstream && retracts(stage.upstream) ? this.#emissions.get(stage.upstream.stream.name) : undefined;
    let changed: string | undefined;
    if (upstream) {
      const { emitted, retracted } = upstream;
      await this.#takeLettersBack(stage, stage.upstream as WindowedStage | DerivedStage, upstream);
      if (emitted + retracted > 0) {
        totals.late += emitted - (await keepChanges(this.#session, pipeline, stage, upstream, progress));
        changed = changedRows(stage, before);
      }
    } else if (countIn > 0) {
      const rows = await this.#timed(stage);
      const removed = this.#input.again === 'all' ? await takeOut(this.#session, pipeline, stage, rows) : 0;
      const late = await this.#keepRows(stage, rows, countIn);
      totals.late += late;
      if (removed > 0) changed = arrivedRows(stage, rows, before);
      else if (countIn > late) changed = `(select * from ${rows} where ${inTime(stage.window, before)})`;
      await this.#takeTimes(stage);
    }
    const emission = await guard('stream', name, true, () =>
      emitWindows({
        session: this.#session,
        pipeline,
        stage,
        input: this.#input,
        watermarkMs: stageWatermark(stage, this.#input),
        changed,
        hasCorrections: hasAgain || upstream !== undefined,
        used: this.#used,
      }),
    );
    if (progress.forgotten[name] !== before) this.#forgetful.push(stage);
    return emission;
  }

  async #runDerived(stage: DerivedStage): Promise<Emission> {
    const { pipeline } = this.#parts;
    const upstream = stage.upstream as WindowedStage | DerivedStage;
    const of = this.#emissions.get(upstream.stream.name) ?? noEmission;
    await this.#takeLettersBack(stage, upstream, of);
    const [session, input] = [this.#session, this.#input];
    return guard('stream', stage.stream.name, true, () =>
      emitDerived({ session, pipeline, stage, upstream, of, input }),
    );
  }

  /** The letters of rows that a stream fails for go with these rows. */
  async #takeLettersBack(stage: Stage, upstream: WindowedStage | DerivedStage, of: Emission): Promise<void> {
    const { progress } = this.#input;
    if (of.retracted === 0 || progress.deadRows === 0) return;
    const { name } = stage.stream;
    const taken = await this.#session.run(
      `delete from meta.aside where pipeline = $1 and noun = 'stream' and stage = $2 and off is null
        and sequence in (select _id from ${upstream.emitted.retracted})`,
      this.#parts.pipeline,
      name,
    );
    progress.deadRows -= taken;
    countsOf(progress, `stream ${name}`).dead -= taken;
  }

  /** Forgets emitted rows of windows whose rows are forgotten, and what was made of them. */
  async #forgetEmitted(stage: WindowedStage): Promise<void> {
    const { pipeline } = this.#parts;
    const { window } = stage;
    const state = relations.state(pipeline, stage.stream.name);
    const sameSession =
      window.kind === 'session'
        ? window.by.map((by, i) => `s.${quote(by)} is not distinct from e.${stage.emitted.keys[i]}`).join(' and ')
        : '';
    const isFinal =
      window.kind === 'session'
        ? `not exists (select 1 from ${state} s where s._ts = e._w and ${sameSession})`
        : window.kind === 'record'
          ? `not exists (select 1 from ${state} s where s._ws = e._w)`
          : `e._w < ${this.#input.progress.forgotten[stage.stream.name]}`;
    const tablesOf = (one: Stage) => settledOf(this.#parts, one).map(({ table }) => table);
    await forgetEmitted(this.#session, stage.emitted, tablesOf(stage), isFinal);
    for (const one of this.#parts.stages) {
      if (one.kind !== 'derived' || !this.#isOver(one, stage)) continue;
      const parent = (one.upstream as WindowedStage | DerivedStage).emitted;
      await forgetEmitted(
        this.#session,
        one.emitted,
        tablesOf(one),
        `not exists (select 1 from ${parent.kept} p where p._id = e._parent)`,
      );
    }
  }

  /** Whether a derived stage reads another one, through derived stages only. */
  #isOver(stage: DerivedStage, other: Stage): boolean {
    for (let one = stage.upstream; one; one = one.kind === 'derived' ? one.upstream : undefined)
      if (one === other) return true;
    return false;
  }

  async #mark(rows: string, as: number): Promise<void> {
    for (const [row] of await this.#session.rows(rows)) {
      const i = Number(row) - this.#input.filled!.from;
      // what one stream leaves out another may store: storing is what counts
      if (as !== fate.deduplicated || this.#fates[i] === fate.filtered) this.#fates[i] = as;
    }
  }

  /** Rows of a stage's input with their partition, offset, time and watermark. */
  #timed(stage: Stage): Promise<string> {
    return timedRows(this.#session, stage, this.#relationOf(stage.input.of.name), this.#input);
  }

  /** Where the rows of a topic or stream are. */
  #relationOf(name: string): string {
    const slot = this.#input.filled?.slot ?? 0;
    return (stageOf(this.#parts, name)?.relation ?? this.#parts.input.relation!)[slot];
  }

  /** Puts the rows that are in time into the state of a windowed stream; those too late are noted. Resolves with how many are late. */
  async #keepRows(stage: WindowedStage, rows: string, countIn: number): Promise<number> {
    const { window } = stage;
    const { name } = stage.stream;
    const { hasAgain, progress } = this.#input;
    const isInTime = inTime(window, hasAgain ? progress.forgotten[name] : undefined);
    const state = relations.state(this.#parts.pipeline, name);
    const without = stage.input.dedupe ? ` and _row not in (select _row from ${relations.duplicates(name)})` : '';
    const columns = [columnList(stage.stateFields), '_partition, _offset, _ts, _wm'].filter(Boolean).join(', ');
    const kept = await this.#session.run(
      `insert into ${state} (${columns}, _ws) select ${columns}, ${windowStart(window, '_ts')} from ${rows} where ${isInTime}${without}`,
    );
    if (kept === this.#fates.length) this.#fates.fill(fate.out);
    else if (kept > 0) await this.#mark(`select distinct _row from ${rows} where ${isInTime}${without}`, fate.out);
    if (kept < countIn) {
      for (const [row] of await this.#session.rows(
        `select distinct _row from ${rows} where not (${isInTime})${without} order by _row`,
      ))
        this.#lates.push({ row: Number(row), stage: name });
    }
    return countIn - kept;
  }

  #rowsOf(table: Table): RowSet {
    const { name } = table.from;
    const stage = stageOf(this.#parts, name);
    const relation = this.#relationOf(name);
    const again = writtenBefore(table, this.#input, this.#parts.ahead);
    return {
      session: this.#session,
      relation: table.isByPlace && stage?.kind === 'plain' ? numbered(stage, relation) : relation,
      count: this.#counts.get(name) ?? 0,
      place: placeOfRow,
      isInOrder: !this.#input.hasAgain,
      hasTies: stage?.kind === 'plain' && stage.hasTies,
      ...(again ? { again } : {}),
    };
  }

  async #write({ table, rows }: TableRows): Promise<void> {
    if (table.from.noun === 'topic')
      this.#fates.forEach((one, i) => {
        if (one !== fate.dead) this.#fates[i] = fate.out;
      });
    const started = performance.now();
    const counts = await guard('table', table.name, false, () => this.#parts.sink.write(table, rows));
    this.#parts.spent(`table ${table.name}`, started);
    countRows(this.#input.progress, table.name, rows.count, rows.count, counts);
  }

  /** Brings a table over a stream that retracts to what holds now. */
  async #settle(stage: Stage, settled: Settled): Promise<void> {
    const emission = this.#emissions.get(stage.stream.name) ?? noEmission;
    if (!retracts(stage) || (emission.emitted === 0 && emission.retracted === 0)) return;
    const { table } = settled;
    const started = performance.now();
    const changes = await changesOf(this.#session, settled, stage.emitted, emission);
    const counts = await guard('table', table.name, false, () => this.#parts.sink.replace(table, changes));
    countRows(this.#input.progress, table.name, emission.emitted, changes.put.count, counts);
    this.#parts.spent(`table ${table.name}`, started);
  }
}

/** A record that is sent again comes after those that followed it. */
function isOutOfOrder(stream: string): MillraceError {
  return new MillraceError(
    'ROW_FAILED',
    `stream '${stream}' reads each record with the one before it, and records that followed this one are processed already`,
    { place: `stream '${stream}'`, remedy: 'Make the stream again from the log, with `millrace rebuild`.' },
  );
}
