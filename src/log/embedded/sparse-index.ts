// The sparse index of a segment: every so many bytes an offset, its position in the file, and the newest time before it.
import { crc32c } from './crc32c.ts';

const magic = 0x3149524d; // 'MRI1'
const headerBytes = 56;

/** A place in a segment at which a batch begins. */
export type IndexEntry = { readonly offset: number; readonly position: number };

/** What an index file says of its segment as a whole. */
export type SegmentSummary = {
  readonly end: number;
  readonly bytes: number;
  readonly newestMs: number;
  readonly headerBytes: number;
};

/** Entries in the order of the file: three numbers each, found by binary search. */
export class SparseIndex {
  #entries: Float64Array;
  #count: number;

  constructor(entries: Float64Array = new Float64Array(0)) {
    this.#entries = entries;
    this.#count = entries.length / 3;
  }

  get count(): number {
    return this.#count;
  }

  /** The position of the last entry, or -1. */
  get lastPosition(): number {
    return this.#count === 0 ? -1 : this.#entries[3 * this.#count - 2]!;
  }

  /** Adds the batch at `position`; `newestBeforeMs` is the newest time of the segment's records before it. */
  add(offset: number, position: number, newestBeforeMs: number): void {
    if (3 * this.#count === this.#entries.length) {
      const larger = new Float64Array(Math.max(48, 6 * this.#count));
      larger.set(this.#entries);
      this.#entries = larger;
    }
    this.#entries.set([offset, position, newestBeforeMs], 3 * this.#count++);
  }

  /** The last entry whose offset is not beyond `offset`. */
  beforeOffset(offset: number): IndexEntry | undefined {
    return this.#last(0, (value) => value <= offset);
  }

  /** The last entry before which every record is older than `timeMs`. */
  beforeTime(timeMs: number): IndexEntry | undefined {
    return this.#last(2, (value) => value < timeMs);
  }

  #last(column: number, holds: (value: number) => boolean): IndexEntry | undefined {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (holds(this.#entries[3 * middle + column]!)) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return undefined;
    return { offset: this.#entries[3 * low - 3]!, position: this.#entries[3 * low - 2]! };
  }

  /** The bytes of an index file. */
  encode(summary: SegmentSummary, salt: number): Uint8Array {
    const bytes = new Uint8Array(headerBytes + 24 * this.#count);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, magic, true);
    view.setUint32(8, salt, true);
    view.setUint32(12, this.#count, true);
    view.setFloat64(16, summary.end, true);
    view.setFloat64(24, summary.bytes, true);
    view.setFloat64(32, summary.newestMs, true);
    view.setFloat64(40, summary.headerBytes, true);
    new Float64Array(bytes.buffer, headerBytes).set(this.#entries.subarray(0, 3 * this.#count));
    view.setUint32(4, crc32c(bytes.subarray(8)), true);
    return bytes;
  }
}

/** The index in an index file, or undefined where it is damaged or another segment's: it is then made anew from the segment. */
export function decodeIndex(
  bytes: Uint8Array,
  salt: number,
): { index: SparseIndex; summary: SegmentSummary } | undefined {
  if (bytes.length < headerBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (view.getUint32(0, true) !== magic || view.getUint32(8, true) !== salt) return undefined;
  if (bytes.length !== headerBytes + 24 * view.getUint32(12, true)) return undefined;
  if (view.getUint32(4, true) !== crc32c(bytes.subarray(8))) return undefined;
  return {
    index: new SparseIndex(new Float64Array(bytes.slice(headerBytes).buffer)),
    summary: {
      end: view.getFloat64(16, true),
      bytes: view.getFloat64(24, true),
      newestMs: view.getFloat64(32, true),
      headerBytes: view.getFloat64(40, true),
    },
  };
}
