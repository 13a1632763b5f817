// A segment: a file with the batches of a stretch of offsets, its sparse index, and how far it is known to be good.
import type { FileHandle, Files } from '../../core/files.ts';
import {
  type BatchHeader,
  batchHeaderBytes,
  decodeSegmentHeader,
  readBatchHeader,
  type SegmentHeader,
  saltOf,
  segmentHeaderLength,
} from './format.ts';
import { SparseIndex } from './sparse-index.ts';

const chunkBytes = 4 * 2 ** 20;

/** Which partition, in which folder. */
export type PartitionPlace = { readonly topic: string; readonly partition: number; readonly folder: string };

/** A segment of a partition: offsets [base, end), durable up to `bytes`. */
export type Segment = {
  readonly base: number;
  readonly path: string;
  readonly salt: number;
  headerBytes: number;
  end: number;
  bytes: number;
  /** The newest record's time; -Infinity where there is none. */
  newestMs: number;
  index: SparseIndex;
};

/** The path of a segment file, or with `.index` of its index. */
export function segmentPath(place: PartitionPlace, base: number, extension = '.log'): string {
  return `${place.folder}/${String(base).padStart(20, '0')}${extension}`;
}

/** The base offset that a file name stands for, or undefined where it is none of ours. */
export function baseOf(name: string, extension = '.log'): number | undefined {
  const found = /^(\d{20})(\.[a-z]+)$/.exec(name);
  return found?.[2] === extension ? Number(found[1]) : undefined;
}

/** A segment that has no records yet. */
export function emptySegment(place: PartitionPlace, base: number, headerBytes: number): Segment {
  return {
    base,
    path: segmentPath(place, base),
    salt: saltOf(place.topic, place.partition, base),
    headerBytes,
    end: base,
    bytes: headerBytes,
    newestMs: Number.NEGATIVE_INFINITY,
    index: new SparseIndex(),
  };
}

/** Takes a batch that is good and durable into the segment's account. */
export function extendSegment(
  segment: Segment,
  count: number,
  length: number,
  maxMs: number,
  indexBytes: number,
): void {
  const { index } = segment;
  if (index.count === 0 || segment.bytes - index.lastPosition >= indexBytes)
    index.add(segment.end, segment.bytes, segment.newestMs);
  segment.end += count;
  segment.bytes += length;
  if (maxMs > segment.newestMs) segment.newestMs = maxMs;
}

/**
 * Bytes [from, from + length) of a file, fewer at its end, in memory that begins at a multiple of 8; `known` are the first of them,
 * which are there already.
 */
export async function readBytes(
  handle: FileHandle,
  from: number,
  length: number,
  known: Uint8Array = new Uint8Array(0),
): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(length);
  bytes.set(known);
  let at = known.length;
  while (at < length) {
    const read = await handle.read(bytes.subarray(at), from + at);
    if (read === 0) break;
    at += read;
  }
  return new Uint8Array(bytes.buffer, bytes.byteOffset, at);
}

/** Runs a task with the file open for reading, and closes it. */
export async function withFile<T>(files: Files, path: string, task: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await files.openRead(path);
  try {
    return await task(handle);
  } finally {
    await handle.close();
  }
}

/** The header of a segment file, or undefined where it is not intact. */
export async function readSegmentHeader(handle: FileHandle, path: string): Promise<SegmentHeader | undefined> {
  const length = segmentHeaderLength(await readBytes(handle, 0, 16));
  if (length === 0 || length > (await handle.size())) return undefined;
  return decodeSegmentHeader(await readBytes(handle, 0, length), path);
}

/** Why a walk ended before `to`: where, and what stands there. */
export type Obstacle = { readonly position: number; readonly offset: number; readonly what: string };

/** What a walk does with each batch. */
export type Visitor = {
  /** Decides by the header alone, before the body is read; without it, every batch is taken. */
  enter?(header: BatchHeader): 'take' | 'skip' | 'stop';
  /** Is given a whole batch, which stands in `bytes` at `at`; false ends the walk, a text says what is wrong with the batch. */
  take(header: BatchHeader, bytes: Uint8Array, at: number): boolean | string;
};

/**
 * Walks the batches in [from, to) in the order of the file, `offset` being the first one's. Returns what it could not pass, or
 * undefined.
 */
export async function walk(
  handle: FileHandle,
  range: { from: number; to: number; offset: number; salt: number; chunkBytes?: number },
  visitor: Visitor,
): Promise<Obstacle | undefined> {
  const { from, to, salt } = range;
  let { offset } = range;
  let bytes: Uint8Array = new Uint8Array(0);
  let at = 0;
  async function fill(length: number): Promise<void> {
    const size = Math.min(Math.max(length, range.chunkBytes ?? chunkBytes), to - position);
    bytes = await readBytes(handle, position, size, bytes.subarray(at));
    at = 0;
  }
  let position = from;
  while (position < to) {
    const left = to - position;
    if (bytes.length - at < Math.min(batchHeaderBytes, left)) await fill(batchHeaderBytes);
    const header = readBatchHeader(bytes, at, salt);
    if (!header)
      return { position, offset, what: left < batchHeaderBytes ? 'no whole batch is left' : 'no batch begins here' };
    const { length } = header;
    if (header.base !== offset) return { position, offset, what: `the batch here has offset ${header.base}` };
    if (length > left) return { position, offset, what: `only ${left} bytes of a batch of ${length} are left` };
    const decision = visitor.enter?.(header) ?? 'take';
    if (decision === 'stop') return undefined;
    if (decision === 'take') {
      if (bytes.length - at < length) await fill(length);
      if (bytes.length - at < length)
        return { position, offset, what: `the file ends at byte ${position + bytes.length}` };
      const answer = visitor.take(header, bytes, at);
      if (answer === false) return undefined;
      if (typeof answer === 'string') return { position, offset, what: answer };
    }
    offset += header.count;
    position += length;
    at = Math.min(at + length, bytes.length);
  }
  return undefined;
}
