// The oracle: every stream of a pipeline as one batch query over the whole log, and the tables from that. Slow and plainly right.
import { isParam } from '../../src/define/param.ts';
import { inputOf, type Pipeline } from '../../src/define/pipeline.ts';
import type { Relation } from '../../src/define/relation.ts';
import type { Stream } from '../../src/define/stream.ts';
import type { Table } from '../../src/define/table.ts';
import type { Topic } from '../../src/define/topic.ts';
import { Database, type Values } from './database.ts';
import { inOrder, repeats, withoutDuplicates } from './duplicates.ts';
import { type Entry, isAgain, type Letter, Records, versionFor } from './records.ts';
import { isOfTheData, listOf, nullable, placesOf, viewOf } from './texts.ts';
import { sessionsOf, spansOf } from './windows.ts';

/** What must be there at a quiet moment. */
export type Answer = {
  readonly tables: ReadonlyMap<string, readonly Values[]>;
  /** How many rows each stream has. */
  readonly counts: ReadonlyMap<string, number>;
  readonly late: readonly Letter[];
  readonly dead: readonly Letter[];
};

/** A row that a stage reads: which record it is of (`id` of its version, `n`th of its rows), when it happened. */
type Row = { id: number; n: number; time: number; key: string; entry: Entry | undefined };

const beginning = Number.NEGATIVE_INFINITY;

export class Oracle {
  readonly records = new Records();
  readonly #database: Database;
  readonly #pipeline: Pipeline;
  /** Streams that compute their event time. */
  readonly #own: ReadonlySet<string>;
  /** By plain stream: whether it could be computed for a version of a record. */
  readonly #computed = new Map<string, Map<number, boolean>>();
  readonly #loaded = new Set<number>();
  #answer: { changes: number; answer: Promise<Answer> } | undefined;
  #done = new Map<string, Promise<void>>();
  #late: Letter[] = [];
  #dead: Letter[] = [];

  private constructor(database: Database, pipeline: Pipeline, own: ReadonlySet<string>) {
    this.#database = database;
    this.#pipeline = pipeline;
    this.#own = own;
  }

  /** @param own names of streams that compute their event time, instead of taking that of their topic as it is */
  static async open(pipeline: Pipeline, own: ReadonlySet<string> = new Set()): Promise<Oracle> {
    const database = await Database.open();
    const oracle = new Oracle(database, pipeline, own);
    for (const { name, fields } of pipeline.topics)
      await database.table(`"rows ${name}"`, nullable(fields), ['_id', '_n']);
    for (const { name, fields } of pipeline.streams) await database.table(`"rows ${name}"`, fields, ['_id', '_n']);
    return oracle;
  }

  close(): void {
    this.#database.close();
  }

  /** Computes everything anew, where something has happened since. */
  compute(): Promise<Answer> {
    if (this.#answer?.changes !== this.records.changes)
      this.#answer = { changes: this.records.changes, answer: this.#computeAll() };
    return this.#answer.answer;
  }

  async #computeAll(): Promise<Answer> {
    this.#done = new Map();
    this.#late = [];
    this.#dead = [];
    for (const { name } of this.#pipeline.tables) await this.#table(name);
    const tables = new Map<string, Values[]>();
    for (const { name, key } of this.#pipeline.tables) {
      const order = key.map((one) => `"${one}"`).join(', ');
      tables.set(name, await this.#database.rows(`select * from "table ${name}" order by ${order}`));
    }
    const counts = new Map<string, number>();
    for (const stream of this.#pipeline.streams) {
      const [row] = await this.#database.rows(`select count(*) as n from ${this.#rowsOf(stream)}`);
      counts.set(stream.name, Number(row!.n));
    }
    return { tables, counts, late: this.#late, dead: this.#dead };
  }

  #once(name: string, work: () => Promise<void>): Promise<void> {
    if (!this.#done.has(name)) this.#done.set(name, work());
    return this.#done.get(name)!;
  }

  // --- what stands in the FROM clause ---

  /** The text of a query, with its tables computed. */
  async #render(stream: Stream, input: string): Promise<string> {
    let text = stream.query.texts[0]!;
    for (const [i, reference] of stream.query.references.entries()) {
      if (isParam(reference)) throw new Error('the oracle knows no parameters');
      const { of } = reference;
      if (of.noun === 'table') await this.#table(of.name);
      text += of.noun === 'table' ? `"table ${of.name}"` : input;
      const after = stream.query.texts[i + 1]!;
      if (
        !/^\s+(as\s+)?(?!where|group|order|having|qualify|join|left|cross|semi|anti|asof|natural|using|on)[a-z]\w*/i.test(
          after,
        )
      )
        text += ` as "${of.name}"`;
      text += after;
    }
    return text;
  }

  /** The rows of a topic or stream, as they are kept: with the columns `_id` and `_n`. */
  #rowsOf(of: Topic | Stream): string {
    if (of.noun === 'topic' || !this.#isPlain(of)) return `"rows ${of.name}"`;
    const ids = this.#live(this.#topicOf(of), of).map((entry) => versionFor(entry, '*').id);
    return `(select * from "rows ${of.name}" where _id in (${['-1', ...ids].join(', ')}))`;
  }

  /** Puts the rows that a query gives into the rows of its stream. */
  async #put(stream: Stream, query: string, id: string): Promise<void> {
    const values = Object.entries(stream.fields).map(([name, { type }]) =>
      type.kind === 'timestamp' ? `date_trunc('millisecond', "${name}"::timestamp)` : `"${name}"`,
    );
    await this.#database.run(
      `insert into "rows ${stream.name}" select ${values.join(', ')}, ${id}, row_number() over () from (${query})`,
    );
  }

  // --- plain streams: record by record ---

  /** Whether the rows of a stream are never retracted: no window stands before them. */
  #isPlain(stream: Stream): boolean {
    const { of, window } = inputOf(stream);
    return window === undefined && (of.noun === 'topic' || this.#isPlain(of as Stream));
  }

  #topicOf(of: Topic | Stream): Topic {
    return of.noun === 'topic' ? of : this.#topicOf(inputOf(of).of as Topic | Stream);
  }

  /** Makes the rows of a topic, or of a plain stream, of one version of each of its records; false where a query fails. */
  async #compute(of: Topic | Stream, versions: readonly { id: number; values: Values }[]): Promise<void> {
    if (of.noun === 'topic') {
      const fresh = versions.filter(({ id }) => !this.#loaded.has(id));
      for (const { id } of fresh) this.#loaded.add(id);
      const rows = fresh.map(({ id, values }) => ({ ...values, _id: id, _n: 0 }));
      return this.#database.insert(`"rows ${of.name}"`, nullable(of.fields), ['_id', '_n'], rows);
    }
    const input = inputOf(of).of as Topic | Stream;
    await this.#compute(input, versions);
    const known = this.#computed.get(of.name) ?? new Map<number, boolean>();
    this.#computed.set(of.name, known);
    for (const { id } of versions) {
      if (known.has(id)) continue;
      if (input.noun === 'stream' && !this.#computed.get(input.name)!.get(id)) {
        known.set(id, false);
        continue;
      }
      const row = `(select ${listOf(input)} from "rows ${input.name}" where _id = ${id} order by _n)`;
      try {
        await this.#put(of, await this.#render(of, row), String(id));
        known.set(id, true);
      } catch (error) {
        if (!isOfTheData(error)) throw error;
        known.set(id, false);
      }
    }
  }

  /** Computes all plain streams of a topic; a record that one of them fails for is dead for all. */
  #plain(topic: Topic): Promise<void> {
    return this.#once(`topic ${topic.name}`, async () => {
      const entries = this.records.of(topic.name);
      const versions = entries.map((entry) => versionFor(entry, '*'));
      await this.#compute(topic, versions);
      for (const stream of this.#pipeline.streams)
        if (this.#isPlain(stream) && this.#topicOf(stream) === topic) await this.#compute(stream, versions);
      this.#decide(topic);
      for (const stream of this.#pipeline.streams)
        if (this.#own.has(stream.name) && this.#topicOf(stream) === topic) await this.#noteTimes(stream);
    });
  }

  /** Notes the event times that a stream computes for each record that was not sent again. */
  async #noteTimes(stream: Stream): Promise<void> {
    const rows = await this.#database.rows(`select _id, epoch_ms("${stream.time}") as time from "rows ${stream.name}"`);
    const times = new Map<Entry, number[]>();
    for (const entry of this.#live(this.#topicOf(stream), stream).filter(({ again }) => !again.has('*')))
      times.set(
        entry,
        rows.filter(({ _id }) => Number(_id) === entry.original.id).map(({ time }) => Number(time)),
      );
    this.#times.set(stream.name, times);
  }

  /** By dead record: the first plain stream that fails for it. */
  readonly #failing = new Map<Entry, string>();

  /** Finds the dead records of a topic, one by one in the order in which they were processed: a duplicate is not computed. */
  #decide(topic: Topic): void {
    const streams = this.#pipeline.streams.filter((one) => this.#isPlain(one) && this.#topicOf(one) === topic);
    const kept = new Map(streams.map((stream) => [stream, [] as Entry[]]));
    for (const entry of inOrder(this.records.of(topic.name))) {
      const left = streams.filter((stream) => {
        for (let at: Topic | Stream = stream; at.noun === 'stream'; at = inputOf(at).of as Topic | Stream) {
          const { dedupe } = inputOf(at);
          if (dedupe && kept.get(at)!.some((one) => repeats(entry, one, dedupe, topic.time!))) return false;
        }
        return true;
      });
      const failing = left.find((stream) => !this.#computed.get(stream.name)!.get(versionFor(entry, '*').id));
      if (failing) {
        this.#failing.set(entry, failing.name);
        this.#dead.push({ stage: failing.name, entry });
      } else {
        this.#failing.delete(entry);
        for (const stream of left) kept.get(stream)!.push(entry);
      }
    }
  }

  /** The records of a topic that are not dead, and are no duplicates for a stream or those before it. */
  #live(topic: Topic, of: Topic | Stream): Entry[] {
    const live = this.records.of(topic.name).filter((entry) => !this.#failing.has(entry));
    return of.noun === 'topic' ? live : this.#kept(of, live);
  }

  #kept(stream: Stream, live: Entry[]): Entry[] {
    const { of, dedupe } = inputOf(stream);
    if (dedupe && of.noun !== 'topic') throw new Error('the oracle leaves out duplicates of topics only');
    const before = of.noun === 'topic' ? live : this.#kept(of as Stream, live);
    return dedupe ? withoutDuplicates(before, dedupe, (of as Topic).time!) : before;
  }

  async #stream(stream: Stream): Promise<void> {
    await this.#plain(this.#topicOf(stream));
    if (this.#isPlain(stream)) return;
    await this.#once(`stream ${stream.name}`, async () => {
      const input = inputOf(stream);
      const of = input.of as Topic | Stream;
      if (of.noun === 'stream') await this.#stream(of);
      await this.#database.run(`delete from "rows ${stream.name}"`);
      if (input.window) await this.#windowed(stream, input);
      else await this.#put(stream, await this.#render(stream, `(select ${listOf(of)} from "rows ${of.name}")`), '0');
    });
  }

  async #windowed(stream: Stream, input: Relation): Promise<void> {
    const of = input.of as Topic | Stream;
    const rows = await this.#inputRows(stream, input);
    const place = async (some: readonly Row[]) => {
      const { placed, late } = this.#placed(stream, input, some);
      await this.#database.table('placed', {}, ['_id', '_n', 'ws', 'we', 'p', 'o']);
      await this.#database.insert('placed', {}, ['_id', '_n', 'ws', 'we', 'p', 'o'], placed);
      return late;
    };
    for (const entry of await place(rows)) this.#late.push({ stage: stream.name, entry });
    const bad = new Set(await this.#failingRows(stream, of));
    for (const entry of bad) this.#dead.push({ stage: stream.name, entry });
    // a session may fall apart without them
    if (bad.size > 0) await place(rows.filter(({ entry }) => entry === undefined || !bad.has(entry)));
    await this.#put(stream, await this.#render(stream, viewOf(of, 'true')), '0');
  }

  /** The rows that a windowed stream reads, in the order of their partitions. */
  async #inputRows(stream: Stream, { of, window, dedupe }: Relation): Promise<Row[]> {
    const input = of as Topic | Stream;
    const isOfRecords = input.noun === 'topic' || this.#isPlain(input);
    const entries = new Map<number, Entry>();
    if (isOfRecords) {
      let live = this.#live(this.#topicOf(input), input);
      if (dedupe) live = withoutDuplicates(live, dedupe, input.time!);
      await this.#compute(
        input,
        live.map((entry) => versionFor(entry, stream.name)),
      );
      for (const entry of live) entries.set(versionFor(entry, stream.name).id, entry);
    }
    const by = window!.kind === 'session' ? window!.by : [];
    const key = `cast(to_json([${['1', ...by.map((name) => `"${name}"`)].map((one) => `cast(${one} as varchar)`).join(', ')}]) as varchar)`;
    const read = `select _id, _n, epoch_ms("${input.time}") as time, ${key} as key from "rows ${input.name}" order by _id, _n`;
    const rows = (await this.#database.rows(read)).map((row) => ({
      id: Number(row._id),
      n: Number(row._n),
      time: Number(row.time),
      key: String(row.key),
      entry: entries.get(Number(row._id)),
    }));
    return isOfRecords ? rows.filter((row) => row.entry !== undefined) : rows;
  }

  /** Every row that is in time in each of its windows; and the records that are late. */
  #placed(stream: Stream, { of, window }: Relation, rows: readonly Row[]): { placed: Values[]; late: Set<Entry> } {
    const input = of as Topic | Stream;
    const marks = rows.some((row) => row.entry) ? this.#watermarks(input) : undefined;
    const markOf = ({ entry }: Row) =>
      entry === undefined || isAgain(entry, stream.name) ? beginning : marks!.get(entry)!;
    const late = new Set<Entry>();
    const placed: Values[] = [];
    const put = (row: Row, ws: number, we: number) =>
      placed.push({ _id: row.id, _n: row.n, ws, we, p: row.entry?.partition ?? 0, o: row.entry?.offset ?? 0 });
    if (window!.kind === 'session') {
      const inTime = rows.filter((row) => row.time >= markOf(row));
      const spans = sessionsOf(window!.gapMs, inTime);
      for (const [i, row] of inTime.entries()) put(row, spans[i]!.start, spans[i]!.end);
      for (const row of rows) if (!inTime.includes(row)) late.add(row.entry!);
    } else
      for (const row of rows) {
        const open = spansOf(window as Exclude<typeof window, { kind: 'session' } | undefined>, row.time).filter(
          ({ end }) => end > markOf(row),
        );
        for (const { start, end } of open) put(row, start, end);
        if (open.length === 0) late.add(row.entry!);
      }
    return { placed, late };
  }

  /** By record: the newest event time before it in its partition, less the lateness. */
  #watermarks(input: Topic | Stream): Map<Entry, number> {
    const topic = this.#topicOf(input);
    const marks = new Map<Entry, number>();
    const newest = new Map<number, number>();
    const isOwn = input.noun === 'stream' && this.#own.has(input.name);
    const lateness = isOwn ? ((input as Stream).latenessMs ?? 0) : topic.latenessMs;
    for (const entry of this.records.of(topic.name)) {
      const before = newest.get(entry.partition) ?? beginning;
      marks.set(entry, before - lateness);
      const times = isOwn
        ? (this.#times.get(input.name)?.get(entry) ?? [])
        : [Number(entry.original.values[topic.time!])];
      newest.set(entry.partition, Math.max(before, ...times));
    }
    return marks;
  }

  /** By stream that computes its time: the times of the rows of each record that was not sent again. */
  readonly #times = new Map<string, Map<Entry, number[]>>();

  /** The records whose rows make the query of a windowed stream fail, each alone. */
  async #failingRows(stream: Stream, of: Topic | Stream): Promise<Entry[]> {
    const run = async (where: string) => {
      try {
        await this.#put(stream, await this.#render(stream, viewOf(of, where)), '0');
        return true;
      } catch (error) {
        if (!isOfTheData(error)) throw error;
        return false;
      } finally {
        await this.#database.run(`delete from "rows ${stream.name}"`);
      }
    };
    if (await run('true')) return [];
    const bad: Entry[] = [];
    for (const entry of this.records.of(this.#topicOf(of).name))
      if (!(await run(`_id = ${versionFor(entry, stream.name).id}`))) bad.push(entry);
    return bad;
  }

  #table(name: string): Promise<void> {
    const table = this.#pipeline.tables.find((one) => one.name === name)!;
    return this.#once(`table ${name}`, async () => {
      const from = table.from;
      if (from.noun === 'stream') await this.#stream(from);
      else await this.#plain(from);
      await this.#database.run(`create or replace table "table ${name}" as ${await this.#newest(table)}`);
    });
  }

  #hasJoin(stream: Stream): boolean {
    const { of } = inputOf(stream);
    return /\bjoin\b/i.test(stream.query.texts.join(' ')) || (of.noun === 'stream' && this.#hasJoin(of));
  }

  /** Of each key the newest row; of a table by place all rows. */
  async #newest({ from, fields, key, isByPlace, version }: Table): Promise<string> {
    const order = version === undefined ? [] : [`"${version}" desc nulls last`];
    let rows = this.#rowsOf(from);
    if (from.noun === 'topic' || this.#isPlain(from)) {
      const live = this.#live(this.#topicOf(from), from);
      const numbers = ['_id', '_p', '_o'];
      await this.#database.table('places', {}, numbers);
      const places = live.map((entry) => ({ _id: versionFor(entry, '*').id, _p: entry.partition, _o: entry.offset }));
      await this.#database.insert('places', {}, numbers, places);
      rows = `(select * from ${rows} join places using (_id))`;
      if (isByPlace) return placesOf(from, key, fields, rows);
      order.push('_o desc', '_p desc');
      // rows of one record that come out of a join are in no order
      if (from.noun === 'stream' && this.#hasJoin(from))
        order.push(...Object.keys(fields).map((one) => `"${one}" desc nulls last`));
      order.push('_n desc');
    } else order.push('w desc', ...Object.keys(from.fields).map((one) => `"${one}" desc nulls last`));
    const keys = key.map((one) => `"${one}"`).join(', ');
    return `select ${Object.keys(fields)
      .map((one) => `"${one}"`)
      .join(', ')} from ${rows}
      qualify row_number() over (partition by ${keys} order by ${order.join(', ')}) = 1`;
  }
}
