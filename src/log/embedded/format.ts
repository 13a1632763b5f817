// The bytes of a segment file: its header, and the batches after it, each readable as views without parsing its records.
import { assert, MillraceError } from '../../core/errors.ts';
import type { Batch } from '../batch.ts';
import type { Producer } from '../log.ts';
import { crc32c } from './crc32c.ts';

// README.md has the layout as a table
const batchMagic = 0x3142524d; // 'MRB1'
const segmentMagic = 0x3153524d; // 'MRS1'
const headerCrcAt = 60;
const copyBytesMax = 16 * 1024;

/** Bytes of a batch's header. */
export const batchHeaderBytes = 64;

/** What the header of a batch says. `count` 0: a mark that everything before it was durable, written at a clean close. */
export type BatchHeader = {
  /** Bytes of the whole batch, header and padding included. */
  readonly length: number;
  readonly bodyCrc: number;
  readonly count: number;
  readonly base: number;
  /** The end of the partition that was known to be durable when this batch was written. */
  readonly durable: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly sequence: number;
  readonly producerLength: number;
};

/** A batch as bytes to write; its header gets the offset when its turn comes (`place`). */
export type Encoded = {
  readonly parts: readonly Uint8Array[];
  readonly length: number;
  readonly count: number;
  readonly maxMs: number;
};

/** What the header of a segment says; `producers`: the last sequence of each when the segment began. */
export type SegmentHeader = {
  readonly length: number;
  readonly producers: readonly (readonly [string, number])[];
};

/** Distinguishes the batches of this segment from those of any other that may stand inside a record's value. */
export function saltOf(topic: string, partition: number, base: number): number {
  return crc32c(new TextEncoder().encode(`${topic}/${partition}/${base}`));
}

const align8 = (length: number) => (length + 7) & ~7;

function bytesOf(array: Float64Array | Uint32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** The bytes of a batch. A large value area is not copied: the batch belongs to the log from then on. */
export function encodeBatch(batch: Batch, producer: Producer | undefined): Encoded {
  const { count, times, ends, nulls, bytes } = batch;
  assert(
    times.length === count && nulls.length === count && ends.length === 3 * count,
    `the columns of a batch of ${count} records have ${times.length}, ${ends.length} and ${nulls.length} entries`,
  );
  assert(
    (count === 0 ? 0 : ends[3 * count - 1]) === bytes.length,
    `the last record ends at ${ends[3 * count - 1]} of ${bytes.length} bytes`,
  );
  const id = producer === undefined ? new Uint8Array(0) : new TextEncoder().encode(producer.id);
  assert(id.length <= 1000, `the producer id '${producer?.id}' has more than 1000 bytes`);
  const idAt = batchHeaderBytes + 21 * count;
  const columnsLength = idAt + id.length;
  const length = align8(columnsLength + bytes.length);
  const copied = bytes.length <= copyBytesMax;
  const head = new Uint8Array(copied ? length : columnsLength);
  head.set(bytesOf(times), batchHeaderBytes);
  head.set(bytesOf(ends), batchHeaderBytes + 8 * count);
  head.set(nulls, batchHeaderBytes + 20 * count);
  head.set(id, idAt);
  const parts: Uint8Array[] = [head];
  if (copied) head.set(bytes, columnsLength);
  else {
    parts.push(bytes);
    const padding = length - columnsLength - bytes.length;
    if (padding > 0) parts.push(new Uint8Array(padding));
  }
  let bodyCrc = crc32c(head.subarray(batchHeaderBytes));
  for (let i = 1; i < parts.length; i++) bodyCrc = crc32c(parts[i]!, bodyCrc);
  let minMs = Number.POSITIVE_INFINITY;
  let maxMs = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    const timeMs = times[i]!;
    if (timeMs < minMs) minMs = timeMs;
    if (timeMs > maxMs) maxMs = timeMs;
  }
  const view = new DataView(head.buffer);
  view.setUint32(0, batchMagic, true);
  view.setUint32(4, length, true);
  view.setUint32(8, bodyCrc, true);
  view.setUint32(12, count, true);
  view.setFloat64(32, minMs, true);
  view.setFloat64(40, maxMs, true);
  view.setFloat64(48, producer?.sequence ?? -1, true);
  view.setUint16(56, id.length, true);
  return { parts, length, count, maxMs };
}

/** Writes into an encoded batch where it stands: its offset, the end that is durable by now, and the CRC of the header. */
export function place(encoded: Encoded, base: number, durable: number, salt: number): void {
  const head = encoded.parts[0]!;
  const view = new DataView(head.buffer, head.byteOffset);
  view.setFloat64(16, base, true);
  view.setFloat64(24, durable, true);
  view.setUint32(headerCrcAt, crc32c(head.subarray(0, headerCrcAt), salt), true);
}

/** The header of the batch at `at`, or undefined where no intact header stands there. */
export function readBatchHeader(bytes: Uint8Array, at: number, salt: number): BatchHeader | undefined {
  if (at + batchHeaderBytes > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, batchHeaderBytes);
  if (view.getUint32(0, true) !== batchMagic) return undefined;
  if (view.getUint32(headerCrcAt, true) !== crc32c(bytes.subarray(at, at + headerCrcAt), salt)) return undefined;
  return {
    length: view.getUint32(4, true),
    bodyCrc: view.getUint32(8, true),
    count: view.getUint32(12, true),
    base: view.getFloat64(16, true),
    durable: view.getFloat64(24, true),
    minMs: view.getFloat64(32, true),
    maxMs: view.getFloat64(40, true),
    sequence: view.getFloat64(48, true),
    producerLength: view.getUint16(56, true),
  };
}

/** Whether the body of a batch that stands at `at` is as it was written. */
export function isBodyIntact(bytes: Uint8Array, at: number, header: BatchHeader): boolean {
  return crc32c(bytes.subarray(at + batchHeaderBytes, at + header.length)) === header.bodyCrc;
}

/** The batch at `at` (a multiple of 8 in memory) as views of the bytes. */
export function viewBatch(topic: string, partition: number, bytes: Uint8Array, at: number, header: BatchHeader): Batch {
  const { count } = header;
  const begin = bytes.byteOffset + at + batchHeaderBytes;
  assert(begin % 8 === 0, `a batch was read to byte ${begin}, which is not aligned`);
  const ends = new Uint32Array(bytes.buffer, begin + 8 * count, 3 * count);
  const bytesAt = at + batchHeaderBytes + 21 * count + header.producerLength;
  return {
    topic,
    partition,
    baseOffset: header.base,
    count,
    times: new Float64Array(bytes.buffer, begin, count),
    ends,
    nulls: new Uint8Array(bytes.buffer, begin + 20 * count, count),
    bytes: bytes.subarray(bytesAt, bytesAt + ends[3 * count - 1]!),
  };
}

/** The producer's id in the batch at `at`, or undefined. */
export function producerIdOf(bytes: Uint8Array, at: number, header: BatchHeader): string | undefined {
  if (header.producerLength === 0) return undefined;
  const idAt = at + batchHeaderBytes + 21 * header.count;
  return new TextDecoder().decode(bytes.subarray(idAt, idAt + header.producerLength));
}

/** The bytes that a segment file begins with. */
export function encodeSegmentHeader(
  topic: string,
  partition: number,
  base: number,
  producers: Iterable<readonly [string, number]>,
): Uint8Array {
  const json = new TextEncoder().encode(
    JSON.stringify({ version: 1, topic, partition, base, producers: [...producers] }),
  );
  const bytes = new Uint8Array(align8(16 + json.length));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, segmentMagic, true);
  view.setUint32(4, bytes.length, true);
  view.setUint32(12, json.length, true);
  bytes.set(json, 16);
  view.setUint32(8, crc32c(bytes.subarray(12)), true);
  return bytes;
}

/** How long the header is that begins with these 16 bytes, or 0 where none does. */
export function segmentHeaderLength(bytes: Uint8Array): number {
  if (bytes.length < 16) return 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const length = view.getUint32(4, true);
  return view.getUint32(0, true) === segmentMagic && length >= 16 && view.getUint32(12, true) <= length - 16
    ? length
    : 0;
}

/**
 * The header of a segment from all of its bytes, or undefined where it is not intact.
 *
 * @throws DATA_VERSION where a newer Millrace wrote it
 */
export function decodeSegmentHeader(bytes: Uint8Array, path: string): SegmentHeader | undefined {
  const length = segmentHeaderLength(bytes);
  if (length === 0 || length > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (view.getUint32(8, true) !== crc32c(bytes.subarray(12, length))) return undefined;
  const json = JSON.parse(new TextDecoder().decode(bytes.subarray(16, 16 + view.getUint32(12, true)))) as {
    version: number;
    producers: [string, number][];
  };
  if (json.version !== 1) {
    throw new MillraceError('DATA_VERSION', `${path} has version ${json.version}; this Millrace reads version 1`, {
      place: path,
      remedy: 'Run the Millrace that wrote it, or a newer one.',
    });
  }
  return { length, producers: json.producers };
}
