// Batches of the log as columns: decoded ahead of the transaction, undecodable records set apart with their reason.
import { MillraceError } from '../../core/errors.ts';
import { turn } from '../../core/turn.ts';
import type { Topic } from '../../define/topic.ts';
import { type Batch, headersOf, valueIn } from '../../log/batch.ts';
import { type Column, type ColumnDecoder, columnDecoder, schemaIdOf } from '../../log/decode.ts';
import { headerBytes } from '../../log/encode.ts';
import { isForgotten } from '../../log/forgotten.ts';
import { type Aside, againHeader, type Prepared } from '../engine.ts';
import type { FeedRows } from './feed.ts';

/** Records of one partition as columns. */
export type DuckPrepared = Prepared & {
  readonly rows: FeedRows;
  /** Undecodable records, in the order of their offsets. */
  readonly undecodable: readonly (Aside & { offset: number })[];
  /** The offsets of records that were forgotten in the log: there is nothing to process, they count as filtered. */
  readonly forgotten: readonly number[];
  /** Rows that are dead letters sent again through the log: row number to the letter's id. */
  readonly again: ReadonlyMap<number, number>;
  /** The original bytes of a row. */
  readonly bytesOf: (row: number) => Uint8Array;
};

/** Rows between two turns of the event loop: some milliseconds of work, for which the statements of the micro-batch before may wait. */
const sliceRowsMax = 2048;

/** Gives the schema text of an id; remembers. */
export type Schemas = (id: number) => Promise<string>;

/** One record to decode: its bytes and offset. */
type Item = { readonly bytes: Uint8Array; readonly start: number; readonly end: number };

/** Decodes records of one topic, schema by schema. */
export class Preparer {
  readonly #topic: Topic;
  readonly #schemas: Schemas;
  readonly #decoders = new Map<number, ColumnDecoder>();
  readonly #timeIndex: number;

  constructor(topic: Topic, schemas: Schemas) {
    this.#topic = topic;
    this.#schemas = schemas;
    this.#timeIndex = topic.time === undefined ? -1 : Object.keys(topic.fields).indexOf(topic.time);
  }

  /** Decodes batches that follow each other in one partition. */
  async prepare(batches: readonly Batch[]): Promise<DuckPrepared> {
    const first = batches[0]!;
    const last = batches.at(-1)!;
    const count = batches.reduce((sum, batch) => sum + batch.count, 0);
    const at = (i: number): [Batch, number] => {
      for (const batch of batches) {
        if (i < batch.count) return [batch, i];
        i -= batch.count;
      }
      throw new RangeError('no such record');
    };
    const again = new Map<number, number>();
    const offsets = new Float64Array(count);
    const written = new Float64Array(count);
    const undecodable: (Aside & { offset: number })[] = [];
    const forgotten: number[] = [];
    const parts = new Decoding(this, count);
    let rows = 0;
    let untilTurn = sliceRowsMax;
    for (const batch of batches) {
      for (let i = 0; i < batch.count; i++) {
        if (--untilTurn === 0) {
          await turn();
          untilTurn = sliceRowsMax;
        }
        const offset = batch.baseOffset + i;
        if (isForgotten(batch, i)) {
          forgotten.push(offset);
          continue;
        }
        try {
          const item = { bytes: batch.bytes, start: batch.ends[3 * i]!, end: batch.ends[3 * i + 1]! };
          if (batch.nulls[i]! & 2)
            throw new MillraceError('RECORD_UNDECODABLE', 'the record has no value (null)', {
              remedy: 'Send a record with a value.',
            });
          const pending = parts.add(item);
          if (pending) await pending;
        } catch (error) {
          if (!(error instanceof MillraceError) || error.reaction !== 'reject') throw error;
          undecodable.push(this.#letter(error, batch.partition, offset, valueIn(batch, i) ?? new Uint8Array()));
          continue;
        }
        if (batch.ends[3 * i + 1] !== batch.ends[3 * i + 2]) {
          const id = headersOf(batch, i)[againHeader];
          if (id) again.set(rows, Number(Buffer.from(id).toString()));
        }
        written[rows] = batch.times[i]!;
        offsets[rows++] = offset;
      }
    }
    const fed = this.#feedRows(first.partition, parts.columns(), offsets.subarray(0, rows));
    // without a time of its own a record has the one at which it was written
    if (this.#timeIndex < 0) fed.times.set(written.subarray(0, rows));
    return {
      topic: this.#topic.name,
      partition: first.partition,
      count,
      next: last.baseOffset + last.count,
      undecodable,
      forgotten,
      again,
      rows: fed,
      bytesOf: (row) => {
        const [batch, i] = at(offsets[row]! - first.baseOffset);
        return Uint8Array.from(valueIn(batch, i)!);
      },
    };
  }

  /** Decodes single records that were put aside. Rows follow the order of those that can be decoded, whose numbers are given back. */
  async prepareBytes(
    values: readonly { bytes: Uint8Array; partition: number; offset: number }[],
  ): Promise<{ rows: FeedRows; decoded: number[]; failed: Map<number, MillraceError> }> {
    const parts = new Decoding(this, values.length);
    const decoded: number[] = [];
    const failed = new Map<number, MillraceError>();
    for (const [i, { bytes }] of values.entries()) {
      try {
        const pending = parts.add({ bytes, start: 0, end: bytes.length });
        if (pending) await pending;
        decoded.push(i);
      } catch (error) {
        if (!(error instanceof MillraceError) || error.reaction !== 'reject') throw error;
        failed.set(i, error);
      }
    }
    const offsets = Float64Array.from(decoded, (i) => values[i]!.offset);
    return { rows: this.#feedRows(values[0]?.partition ?? 0, parts.columns(), offsets), decoded, failed };
  }

  /** The decoder of a schema id; a promise only where it must be fetched first. */
  decoder(id: number): ColumnDecoder | Promise<ColumnDecoder> {
    return this.#decoders.get(id) ?? this.#makeDecoder(id);
  }

  async #makeDecoder(id: number): Promise<ColumnDecoder> {
    try {
      const decoder = columnDecoder(await this.#schemas(id), this.#topic.fields);
      this.#decoders.set(id, decoder);
      return decoder;
    } catch (error) {
      if (
        !(error instanceof MillraceError) ||
        !['NOT_FOUND', 'SCHEMA_INVALID', 'SCHEMA_INCOMPATIBLE'].includes(error.code)
      )
        throw error;
      throw new MillraceError('RECORD_UNDECODABLE', `schema ${id}: ${error.message}`, {
        place: error.place,
        remedy: error.remedy ?? 'Register the schema, then send it again.',
        cause: error,
      });
    }
  }

  #feedRows(partition: number, columns: Column[], offsets: Float64Array): FeedRows {
    const count = offsets.length;
    const times = new Float64Array(count).fill(Number.NaN);
    const column = columns[this.#timeIndex];
    if (column?.kind === 'int64') {
      for (let i = 0; i < count; i++) times[i] = column.values[2 * i + 1]! * 4294967296 + (column.values[2 * i]! >>> 0);
    }
    return { count, partition, columns, offsets, times, watermarks: new Float64Array(count) };
  }

  #letter(error: MillraceError, partition: number, offset: number, bytes: Uint8Array): Aside & { offset: number } {
    return {
      kind: 'dead',
      noun: 'topic',
      stage: 'decode',
      code: error.code,
      reason: error.message,
      topic: this.#topic.name,
      partition,
      offset,
      place: undefined,
      source: undefined,
      sequence: undefined,
      bytes: Uint8Array.from(bytes),
    };
  }
}

/** Collects rows of one schema after the other; where schemas alternate, the columns are joined. */
class Decoding {
  readonly #preparer: Preparer;
  readonly #capacity: number;
  readonly #done: Column[][] = [];
  /** Why a schema's records cannot be decoded. Not known for longer: it may be registered by the time that a letter is sent again. */
  readonly #failed = new Map<number, MillraceError>();
  #counts: number[] = [];
  #id = -1;
  #decoder: ColumnDecoder | undefined;

  constructor(preparer: Preparer, capacity: number) {
    this.#preparer = preparer;
    this.#capacity = capacity;
  }

  add(item: Item): Promise<void> | undefined {
    const value =
      item.start === 0 && item.end === item.bytes.length ? item.bytes : item.bytes.subarray(item.start, item.end);
    const id = schemaIdOf(value);
    if (id === this.#id && this.#decoder) {
      this.#decoder.add(item.bytes, item.start + headerBytes, item.end);
      return undefined;
    }
    const failed = this.#failed.get(id);
    if (failed) throw failed;
    const next = this.#preparer.decoder(id);
    if (next instanceof Promise) return this.#await(id, next, item);
    this.#switch(id, next, item);
    return undefined;
  }

  async #await(id: number, next: Promise<ColumnDecoder>, item: Item): Promise<void> {
    let decoder: ColumnDecoder;
    try {
      decoder = await next;
    } catch (error) {
      if (error instanceof MillraceError && error.reaction === 'reject') this.#failed.set(id, error);
      throw error;
    }
    this.#switch(id, decoder, item);
  }

  columns(): Column[] {
    this.#finish();
    if (this.#done.length === 1) return this.#done[0]!;
    if (this.#done.length === 0) return [];
    return this.#done[0]!.map((_, i) =>
      joinColumns(
        this.#done.map((columns) => columns[i]!),
        this.#counts,
      ),
    );
  }

  #switch(id: number, decoder: ColumnDecoder, item: Item): void {
    this.#finish();
    decoder.begin(this.#capacity);
    this.#id = id;
    this.#decoder = decoder;
    decoder.add(item.bytes, item.start + headerBytes, item.end);
  }

  #finish(): void {
    if (!this.#decoder) return;
    if (this.#decoder.count > 0) {
      this.#counts.push(this.#decoder.count);
      this.#done.push(this.#decoder.take());
    }
    this.#decoder = undefined;
    this.#id = -1;
  }
}

function joinColumns(parts: readonly Column[], counts: readonly number[]): Column {
  const first = parts[0]!;
  if (!('nulls' in first))
    return { ...first, values: parts.flatMap((part, i) => (part.values as unknown[]).slice(0, counts[i])) } as Column;
  const total = counts.reduce((sum, count) => sum + count, 0);
  const width = first.kind === 'int64' ? 2 : 1;
  const values = first.kind === 'float64' ? new Float64Array(total) : new Int32Array(total * width);
  const nulls = new Uint8Array(total);
  let at = 0;
  parts.forEach((part, i) => {
    const typed = part as { values: Float64Array | Int32Array; nulls: Uint8Array | undefined };
    values.set(typed.values.subarray(0, counts[i]! * width) as never, at * width);
    if (typed.nulls) nulls.set(typed.nulls.subarray(0, counts[i]!), at);
    at += counts[i]!;
  });
  return { kind: first.kind, values, nulls } as Column;
}
