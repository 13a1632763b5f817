// The batch: what moves. Records of one topic partition in one stretch of bytes, with offsets, times and headers.
import { assert } from '../core/errors.ts';

/**
 * Records of one topic partition, back to back in `bytes` as key, value, headers of the first, of the second, …
 * Record i of the batch has offset `baseOffset + i`.
 */
export interface Batch {
  readonly topic: string;
  readonly partition: number;
  readonly baseOffset: number;
  readonly count: number;
  /** Milliseconds since 1970 UTC, one a record: the event time, else when it was written. */
  readonly times: Float64Array;
  readonly bytes: Uint8Array;
  /** Three a record: where its key, its value and its headers end in `bytes`; each begins where the one before it ends. */
  readonly ends: Uint32Array;
  /** One a record: bit 0, the key is null; bit 1, the value is null. */
  readonly nulls: Uint8Array;
}

/** Bytes of memory that a batch takes besides its contents: some objects and four arrays, as measured. */
const batchOverheadBytes = 1000;

/** Bytes of memory that a batch holds. Its bytes may be a part of more, which is held as a whole. */
export function heldBytes({ bytes, times, ends, nulls }: Batch): number {
  return batchOverheadBytes + bytes.buffer.byteLength + times.byteLength + ends.byteLength + nulls.byteLength;
}

/** Headers of a record: names to bytes. */
export type Headers = Readonly<Record<string, Uint8Array>>;

/** The key of record i, or null. A view, not a copy. */
export function keyOf(batch: Batch, i: number): Uint8Array | null {
  if (batch.nulls[i]! & 1) return null;
  return batch.bytes.subarray(i === 0 ? 0 : batch.ends[3 * i - 1]!, batch.ends[3 * i]!);
}

/** The value of record i, or null. A view, not a copy. */
export function valueIn(batch: Batch, i: number): Uint8Array | null {
  if (batch.nulls[i]! & 2) return null;
  return batch.bytes.subarray(batch.ends[3 * i]!, batch.ends[3 * i + 1]!);
}

/** The headers of record i; {} where it has none. */
export function headersOf(batch: Batch, i: number): Headers {
  const start = batch.ends[3 * i + 1]!;
  const end = batch.ends[3 * i + 2]!;
  if (start === end) return {};
  const headers: Record<string, Uint8Array> = Object.create(null);
  const view = new DataView(batch.bytes.buffer, batch.bytes.byteOffset);
  for (let at = start; at < end; ) {
    const nameLength = view.getUint16(at, true);
    const valueLength = view.getUint32(at + 2, true);
    const name = new TextDecoder().decode(batch.bytes.subarray(at + 6, at + 6 + nameLength));
    headers[name] = batch.bytes.subarray(at + 6 + nameLength, at + 6 + nameLength + valueLength);
    at += 6 + nameLength + valueLength;
  }
  return headers;
}

/** Headers as the bytes that a batch has of them. */
export function headerBytesOf(headers: Headers): Uint8Array {
  const builder = new BatchBuilder(64);
  builder.add(0, null, null, headers);
  return builder.take().bytes;
}

/** The records [from, from + count) of a batch; its bytes are a view of the whole's. */
export function sliceBatch(batch: Batch, from: number, count: number): Batch {
  assert(
    from >= 0 && count >= 0 && from + count <= batch.count,
    `slice [${from}, ${from + count}) of a batch of ${batch.count}`,
  );
  const start = from === 0 ? 0 : batch.ends[3 * from - 1]!;
  const end = from + count === 0 ? 0 : batch.ends[3 * (from + count) - 1]!;
  const ends = batch.ends.slice(3 * from, 3 * (from + count));
  for (let i = 0; i < ends.length; i++) ends[i]! -= start;
  return {
    topic: batch.topic,
    partition: batch.partition,
    baseOffset: batch.baseOffset + from,
    count,
    times: batch.times.slice(from, from + count),
    bytes: batch.bytes.subarray(start, end),
    ends,
    nulls: batch.nulls.slice(from, from + count),
  };
}

/** The first records of batches that follow each other, `recordsMax` at most: the last batch is cut where it must be. */
export function firstRecords(batches: readonly Batch[], recordsMax: number): Batch[] {
  const kept: Batch[] = [];
  let room = recordsMax;
  for (const batch of batches) {
    if (room === 0) break;
    kept.push(batch.count <= room ? batch : sliceBatch(batch, 0, room));
    room -= kept.at(-1)!.count;
  }
  return kept;
}

/**
 * Fills a batch record by record: write the key, the value and the headers into `bytes` at `at` (after `reserve`), then `end…()`.
 *
 * @example
 * const builder = new BatchBuilder()
 * builder.add(Date.now(), null, encoded, {})
 * await log.append('ride', 0, builder.take())
 */
export class BatchBuilder {
  bytes: Uint8Array<ArrayBuffer>;
  at = 0;
  count = 0;
  #times = new Float64Array(1024);
  #ends = new Uint32Array(3 * 1024);
  #nulls = new Uint8Array(1024);

  constructor(bytesHint = 64 * 1024) {
    this.bytes = new Uint8Array(bytesHint);
  }

  /** Makes sure that `length` more bytes fit at `at`. */
  reserve(length: number): void {
    if (this.at + length <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.at + length));
    larger.set(this.bytes.subarray(0, this.at));
    this.bytes = larger;
  }

  /** Adds a record whose parts are bytes already. */
  add(timeMs: number, key: Uint8Array | null, value: Uint8Array | null, headers: Headers = {}): void {
    this.begin(timeMs, key);
    if (value === null) this.#nulls[this.count] = this.#nulls[this.count]! | 2;
    else {
      this.reserve(value.length);
      this.bytes.set(value, this.at);
      this.at += value.length;
    }
    this.end(headers);
  }

  /** Begins a record: its time and key. The value is then written at `at`, which the caller moves, and `end` closes it. */
  begin(timeMs: number, key: Uint8Array | null): void {
    if (this.count === this.#nulls.length) this.#grow();
    this.#times[this.count] = timeMs;
    this.#nulls[this.count] = key === null ? 1 : 0;
    if (key !== null) {
      this.reserve(key.length);
      this.bytes.set(key, this.at);
      this.at += key.length;
    }
    this.#ends[3 * this.count] = this.at;
  }

  /** Ends the record that was begun, with its headers. */
  end(headers?: Headers): void {
    this.#ends[3 * this.count + 1] = this.at;
    if (headers) for (const name in headers) this.#header(name, headers[name]!);
    this.#ends[3 * this.count + 2] = this.at;
    this.count++;
  }

  /** Forgets the record that was begun, its key included. */
  abandon(): void {
    this.at = this.count === 0 ? 0 : this.#ends[3 * this.count - 1]!;
  }

  /** The batch so far (offsets and topic are the log's to give), and the builder empty again. */
  take(): Batch {
    const { count } = this;
    // a batch may be held for long: where it fills less than half of the memory it gets its own, else it takes this with it
    const isRoomy = this.at * 2 < this.bytes.length;
    const batch: Batch = {
      topic: '',
      partition: 0,
      baseOffset: 0,
      count,
      times: this.#times.slice(0, count),
      bytes: isRoomy ? this.bytes.slice(0, this.at) : this.bytes.subarray(0, this.at),
      ends: this.#ends.slice(0, 3 * count),
      nulls: this.#nulls.slice(0, count),
    };
    if (!isRoomy) this.bytes = new Uint8Array(Math.max(1024, this.at));
    this.at = 0;
    this.count = 0;
    return batch;
  }

  #header(name: string, value: Uint8Array): void {
    const nameBytes = new TextEncoder().encode(name);
    this.reserve(6 + nameBytes.length + value.length);
    const view = new DataView(this.bytes.buffer, this.at);
    view.setUint16(0, nameBytes.length, true);
    view.setUint32(2, value.length, true);
    this.bytes.set(nameBytes, this.at + 6);
    this.bytes.set(value, this.at + 6 + nameBytes.length);
    this.at += 6 + nameBytes.length + value.length;
  }

  #grow(): void {
    const times = new Float64Array(this.count * 2);
    times.set(this.#times);
    this.#times = times;
    const ends = new Uint32Array(this.count * 6);
    ends.set(this.#ends);
    this.#ends = ends;
    const nulls = new Uint8Array(this.count * 2);
    nulls.set(this.#nulls);
    this.#nulls = nulls;
  }
}
