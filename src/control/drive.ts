// drive(): a pipeline in a test, in memory: records in by hand, time by hand, no network, no sources, no disk.

import { type VirtualClock, virtualClock } from '../core/clock.ts';
import { parseDigits, parseStored } from '../core/digits.ts';
import { type Duration, durationMs } from '../core/durations.ts';
import { assert, MillraceError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { memoryFiles } from '../core/memory-files.ts';
import { random } from '../core/random.ts';
import { recordAcceptor } from '../define/accept.ts';
import type { Fields, FieldType, Input, Row } from '../define/fields.ts';
import { type GivenParams, resolveParams } from '../define/param.ts';
import type { Pipeline } from '../define/pipeline.ts';
import { withStreams } from '../define/shadow.ts';
import type { Table } from '../define/table.ts';
import type { Topic } from '../define/topic.ts';
import { againHeader, type KeptAside, type Processor, type Tally } from '../process/engine.ts';
import type { SourceProgress } from '../process/progress.ts';
import { embedded } from './adapters.ts';
import { DeadLetters, summary } from './dead.ts';
import { encodedRecord, unmasked } from './edit.ts';
import { TopicWriter } from './feeder.ts';
import { endlessLookups } from './finite.ts';
import { type Folder, openParts, registerTopics } from './folder.ts';
import { ledgerOf, stagesOf } from './ledger.ts';
import type { DeadFilter, DeadLetterDetail, Ledger, RedriveResult, StageStatus } from './millrace.ts';
import { idleMs } from './pump.ts';
import { Rebuilding } from './rebuild.ts';
import { newNames } from './rebuilds.ts';
import type { System } from './system.ts';
import { Decoders } from './tail.ts';

/**
 * Options of `drive`: values of parameters, and what the clock shows at first (milliseconds since 1970, default 0). A test of `keep` must
 * start it at the time of its records or later: what is ahead of the clock makes no row old.
 */
export type DriveOptions = { params?: GivenParams; startMs?: number };

/** What `send` did: records that went into the log, and those that are no records of the topic, which are dead letters now. */
export type Sent = {
  readonly accepted: number;
  readonly refused: readonly { readonly index: number; readonly error: MillraceError }[];
};

/** A pipeline in a test. Its calls take their turns, so that none must be awaited for the next to be right. */
export interface Driver extends AsyncDisposable {
  /**
   * Sends records to a topic as a source would, and processes them as one micro-batch a partition. One that is invalid becomes a dead
   * letter, as it would from a source, and is named in the answer.
   */
  send<F extends Fields>(topic: Topic<F>, records: readonly Input<F>[]): Promise<Sent>;
  /** The rows of a table as users see them, in the order of its key; those whose columns equal `where`, where that is given. */
  rows<F extends Fields>(table: Table<F>, where?: Partial<Row<F>>): Promise<Row<F>[]>;
  /** Moves the clock. When nothing was sent for two seconds, windows that are still open are given, as in a running pipeline. */
  advance(duration: Duration): Promise<void>;
  /** Gives all windows that are still open, as the end of `run --once` does. */
  flush(): Promise<void>;
  /** What became of the records. */
  ledger(): Ledger;
  /** The counts of each stream and table. */
  stages(): StageStatus[];
  /** Dead letters and late records, with their bytes and, where they can be decoded, their record. */
  dead(filter?: DeadFilter): Promise<DeadLetterDetail[]>;
  /** Sends dead letters again; `fix` gives the record to send in place of the one that was put aside. */
  redrive(filter?: DeadFilter, fix?: (record: Record<string, unknown>) => object): Promise<RedriveResult>;
  /** Ends the processing and begins it again from what was committed, perhaps with a changed pipeline of the same name. */
  restart(changed?: Pipeline): Promise<void>;
  /** Makes streams and tables again from the log, or all of them, and puts them in the place of those that are there. */
  rebuild(...names: string[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a pipeline for a test: in memory, with a clock that only the test moves, without its sources.
 *
 * @throws what `millrace check` would find, before anything runs
 * @example
 * await using driver = await drive(rides)
 * await driver.send(ride, [{ zone: 'A', fare: 12, at: '2026-11-22T08:00:10Z' }])
 * await driver.advance('1 minute')
 * assert.deepEqual(await driver.rows(byZone), [{ zone: 'A', minute: new Date('2026-11-22T08:00:00Z'), fare: 12 }])
 */
export async function drive(pipeline: Pipeline, options: DriveOptions = {}): Promise<Driver> {
  const clock = virtualClock(options.startMs ?? 0);
  const system: System = {
    clock,
    random: random('drive'),
    files: memoryFiles(),
    fetch: () => Promise.reject(new Error('there is no network in drive()')),
    lookup: () => Promise.reject(new Error('there is no network in drive()')),
  };
  const folder = await openParts({ path: '/drive', database: {}, log: '/drive/log', registry: ':memory:' }, system);
  const driven = new Driven(folder, clock, options.params ?? {});
  try {
    await driven.open(pipeline);
  } catch (error) {
    await driven.close();
    throw error;
  }
  return driven;
}

class Driven implements Driver {
  readonly #folder: Folder;
  readonly #clock: VirtualClock;
  readonly #given: GivenParams;
  readonly #dead: DeadLetters;
  readonly #sources = new Map<string, SourceProgress>();
  #pipeline: Pipeline | undefined;
  #processor: Processor | undefined;
  #schemaIds: ReadonlyMap<string, number> = new Map();
  #sentMs = Number.NEGATIVE_INFINITY;
  #tallies: readonly Tally[] = [];
  #last: Promise<unknown> = Promise.resolve();

  constructor(folder: Folder, clock: VirtualClock, given: GivenParams) {
    this.#folder = folder;
    this.#clock = clock;
    this.#given = given;
    this.#dead = new DeadLetters(folder);
  }

  async open(pipeline: Pipeline): Promise<void> {
    const [foreign] = pipeline.lookups;
    if (foreign) {
      throw new MillraceError(
        'NOT_FOUND',
        `it looks up table '${foreign.name}' of another pipeline, which is not there`,
        {
          place: `pipeline '${pipeline.name}'`,
          remedy: 'Drive a pipeline of the test that has that table among its tables too.',
        },
      );
    }
    const params = resolveParams(pipeline.params, this.#given);
    const { engine, store } = this.#folder;
    this.#schemaIds = await registerTopics(this.#folder, pipeline);
    const known = new Set((await store.tables()).map(({ name }) => name));
    const fresh = newNames(pipeline, known, await engine.progress(pipeline.name));
    await store.prepare(pipeline.name, pipeline.tables);
    this.#processor = await engine.open(pipeline, params, await endlessLookups(pipeline, params));
    this.#pipeline = pipeline;
    if (fresh.length > 0) await this.#rebuild(fresh);
  }

  rebuild(...names: string[]): Promise<void> {
    return this.#inTurn(() => this.#rebuild(names.length > 0 ? withStreams(this.#defined, names) : undefined));
  }

  async #rebuild(names: readonly string[] | undefined): Promise<void> {
    const pipeline = this.#pipeline!;
    const processor = this.#processor!;
    const rebuilding = new Rebuilding({
      folder: this.#folder,
      pipeline,
      params: resolveParams(pipeline.params, this.#given),
      names,
      progress: () => processor.progress,
      exclusive: (work) => work(),
      adopt: (scope, shadow) => processor.adopt(scope, shadow),
    });
    await rebuilding.run(new AbortController().signal);
  }

  send<F extends Fields>(topic: Topic<F>, records: readonly Input<F>[]): Promise<Sent> {
    return this.#inTurn(async () => {
      const known = this.#topic(topic.name);
      const sent = await this.#append(known, records);
      await this.#process(known);
      this.#sentMs = this.#clock.now();
      return sent;
    });
  }

  rows<F extends Fields>(table: Table<F>, where: Partial<Row<F>> = {}): Promise<Row<F>[]> {
    return this.#inTurn(async () => {
      const query = await embedded.query();
      const { key, fields } = table;
      const select = `select * from "${table.name}" order by ${key.map((name) => `"${name}"`).join(', ')}`;
      const answer = await query(this.#folder.database, select, { rowsMax: 10_000_000, msMax: limits.queryMsMax });
      const rows = answer.rows.map((row) =>
        Object.fromEntries(answer.columns.map(({ name }, i) => [name, shown(row[i], fields[name]?.type)])),
      );
      const wanted = Object.entries(where);
      return rows.filter((row) => wanted.every(([name, value]) => isSame(row[name], value))) as Row<F>[];
    });
  }

  advance(duration: Duration): Promise<void> {
    return this.#inTurn(async () => {
      await this.#clock.advance(durationMs(duration));
      if (this.#clock.now() - this.#sentMs >= idleMs) await this.#running.flush();
    });
  }

  flush(): Promise<void> {
    return this.#inTurn(() => this.#running.flush());
  }

  ledger(): Ledger {
    return ledgerOf(this.#defined, this.#running.progress, this.#folder.log, 0, this.#tallies);
  }

  stages(): StageStatus[] {
    return stagesOf(this.#defined, this.#running.progress);
  }

  dead(filter: DeadFilter = {}): Promise<DeadLetterDetail[]> {
    return this.#inTurn(async () => {
      const found = await this.#dead.find(filter);
      const decoders = new Map<string, Decoders>();
      const details: DeadLetterDetail[] = [];
      for (const one of found) {
        if (!decoders.has(one.topic)) decoders.set(one.topic, new Decoders(this.#folder.registry));
        const record = await this.#recordOf(one, decoders.get(one.topic)!);
        details.push({ ...summary(one), bytes: one.bytes, record });
      }
      return details;
    });
  }

  redrive(filter: DeadFilter = {}, fix?: (record: Record<string, unknown>) => object): Promise<RedriveResult> {
    return this.#inTurn(async () => {
      const found = await this.#dead.find(filter);
      let stillDead = 0;
      for (const letter of found) {
        const topic = this.#topic(letter.topic);
        const record = fix && (await this.#recordOf(letter, unmasked(topic, this.#folder.registry)));
        const fixed = fix && record ? fix(record) : undefined;
        if (letter.source !== undefined) {
          const given = fixed ?? parseDigits(Buffer.from(letter.bytes).toString());
          const { refused } = await this.#append(topic, [given], letter.id);
          stillDead += refused.length;
        } else {
          const bytes = fixed ? this.#encode(topic, fixed) : letter.bytes;
          stillDead += (await this.#running.again([{ ...letter, bytes }])).length;
        }
      }
      for (const topic of this.#defined.topics) await this.#process(topic);
      this.#sentMs = this.#clock.now();
      return { sent: found.length, stored: found.length - stillDead, stillDead };
    });
  }

  restart(changed?: Pipeline): Promise<void> {
    return this.#inTurn(async () => {
      const pipeline = changed ?? this.#defined;
      assert(pipeline.name === this.#defined.name, 'restart() with a pipeline of another name');
      this.#running.close();
      this.#processor = undefined;
      await this.open(pipeline);
    });
  }

  async close(): Promise<void> {
    await this.#last.catch(() => undefined);
    this.#processor?.close();
    this.#processor = undefined;
    await this.#folder.store.close();
    this.#folder.database.close();
    await this.#folder.log.close();
    await this.#folder.registry.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #running(): Processor {
    if (this.#processor) return this.#processor;
    throw new MillraceError('USAGE', 'the driver is closed', { place: 'drive', remedy: 'Open another one.' });
  }

  get #defined(): Pipeline {
    assert(this.#pipeline, 'the driver has no pipeline');
    return this.#pipeline;
  }

  #topic(name: string): Topic {
    const found = this.#defined.topics.find((one) => one.name === name);
    if (found) return found;
    throw new MillraceError('NOT_FOUND', `pipeline '${this.#defined.name}' has no topic '${name}'`, {
      place: 'drive',
      remedy: `Send to one of: ${this.#defined.topics.map((one) => one.name).join(', ')}.`,
    });
  }

  /** Appends what is valid; what is not is reported as a source would. `again`: it is this dead letter, sent again. */
  async #append(topic: Topic, records: readonly unknown[], again?: number): Promise<Sent> {
    const accept = recordAcceptor(topic.fields);
    const source = `${topic.name}/drive`;
    const progress = this.#sources.get(source) ?? { position: undefined, next: 0, read: 0, refused: 0 };
    const writer = this.#writer(topic);
    const headers = again === undefined ? undefined : { [againHeader]: Buffer.from(String(again)) };
    const refused: { index: number; error: MillraceError }[] = [];
    for (let from = 0; from < records.length; from += limits.batchRecordsMax) {
      records.slice(from, from + limits.batchRecordsMax).forEach((record, i) => {
        try {
          const row = accept(record);
          writer.add(writer.partition(row, progress.next + from + i), row, headers);
        } catch (error) {
          if (!(error instanceof MillraceError) || error.reaction !== 'reject') throw error;
          refused.push({ index: from + i, error });
        }
      });
      for (let partition = 0; partition < topic.partitions; partition++) {
        const batch = writer.take(partition);
        if (batch) await this.#folder.log.append(topic.name, partition, batch);
      }
    }
    if (again === undefined) {
      const next: SourceProgress = {
        position: undefined,
        next: progress.next + records.length,
        read: progress.read + records.length,
        refused: progress.refused + refused.length,
      };
      this.#sources.set(source, next);
      const refusals = refused.map(({ index, error }) => ({
        sequence: progress.next + index,
        bytes: Buffer.from(jsonOf(records[index])),
        error,
        place: `record ${index}`,
      }));
      await this.#running.save([{ source, topic: topic.name, progress: next, refusals }]);
    }
    return { accepted: records.length - refused.length, refused };
  }

  /** Processes what is in the log: partition by partition, as much at a time as a running pipeline takes. */
  async #process(topic: Topic): Promise<void> {
    const { log } = this.#folder;
    for (let partition = 0; partition < topic.partitions; partition++) {
      for (;;) {
        const { start, end } = log.range(topic.name, partition);
        const next = this.#running.progress.topics[topic.name]?.[partition]?.next ?? start;
        if (next >= end) break;
        const batches = await log.read(topic.name, partition, next, {
          recordsMax: limits.microBatchRecordsMax,
          bytesMax: limits.readBytesMax,
        });
        await this.#running.step(await this.#running.prepare(batches), []);
      }
    }
  }

  #writer(topic: Topic): TopicWriter {
    return new TopicWriter(topic, this.#schemaIds.get(topic.name)!, this.#clock);
  }

  #encode(topic: Topic, record: object): Uint8Array {
    return encodedRecord({ topic, schemaId: this.#schemaIds.get(topic.name)!, clock: this.#clock }, record);
  }

  async #recordOf(letter: KeptAside, decoders: Decoders): Promise<Record<string, unknown> | undefined> {
    if (letter.source !== undefined)
      return parseDigits(Buffer.from(letter.bytes).toString()) as Record<string, unknown>;
    return decoders.value(letter.bytes).catch(() => undefined);
  }

  /** Where it has committed something the ledger looks at the rows of the tables. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const step = async () => {
      const before = this.#processor?.progress;
      const result = await work();
      if (this.#processor && this.#processor.progress !== before) this.#tallies = await this.#processor.tally();
      return result;
    };
    const next = this.#last.then(step, step);
    this.#last = next.catch(() => undefined);
    return next;
  }
}

/** A value of the store as users see it. */
function shown(value: unknown, type: FieldType | undefined): unknown {
  if (type?.kind === 'list' && Array.isArray(value)) return value.map((item) => shown(item, type.of));
  return type?.kind === 'json' && typeof value === 'string' ? parseStored(value) : value;
}

function isSame(left: unknown, right: unknown): boolean {
  return left instanceof Date && right instanceof Date ? left.getTime() === right.getTime() : Object.is(left, right);
}

/** Anything as JSON text, for the bytes of a record that is none. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value, (_key, one) => (typeof one === 'bigint' ? String(one) : one)) ?? 'null';
  } catch {
    return JSON.stringify(String(value));
  }
}
