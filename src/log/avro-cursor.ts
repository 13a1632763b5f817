// Avro's encodings read from bytes that nobody has vouched for: whatever they hold, it ends soon, with a value or RECORD_UNDECODABLE.
import { MillraceError } from '../core/errors.ts';

/** The error of bytes that are not what their schema says. */
export function undecodable(problem: string): MillraceError {
  return new MillraceError('RECORD_UNDECODABLE', `the record cannot be decoded: ${problem}`, {
    remedy: 'See which producer wrote it, and with which schema.',
  });
}

/** What `toString` of a Buffer calls: public in Node, missing in its types, and half the price. */
type Slices = Buffer & Record<'latin1Slice' | 'utf8Slice' | 'hexSlice', (start: number, end: number) => string>;

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const depthMax = 500;

/**
 * Reads Avro values one after the other from [at, end) of some bytes. Varints may run past the end, harmlessly and by at most ten
 * bytes: `finish` finds out.
 */
export class Cursor {
  at = 0;
  /** The halves of the last long that was read. */
  low = 0;
  high = 0;
  #end = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #buffer = Buffer.alloc(0) as Slices;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #itemsLeft = 0;
  #depth = 0;

  /** Begins a record at [start, end). */
  open(bytes: Uint8Array, start: number, end: number): void {
    if (this.#bytes !== bytes) {
      this.#bytes = bytes;
      this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) as Buffer as Slices;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    if (start > end || end > bytes.length) throw undecodable(`bytes [${start}, ${end}) of ${bytes.length}`);
    this.at = start;
    this.#end = end;
    // every item takes a byte, save those of empty types, of which nobody needs many
    this.#itemsLeft = end - start + 1024;
    this.#depth = 0;
  }

  /** Ends the record: all of it must have been read, and no more. */
  finish(): void {
    if (this.at < this.#end) throw undecodable(`${this.#end - this.at} bytes are left over`);
    if (this.at > this.#end) throw undecodable('it is cut short');
  }

  byte(): number {
    return this.#bytes[this.at++]!;
  }

  int(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.at++]!;
    if (byte < 128) return (byte >>> 1) ^ -(byte & 1);
    let zigzag = byte & 127;
    for (let shift = 7; ; shift += 7) {
      byte = bytes[this.at++]!;
      if (shift === 28 && !(byte < 16)) throw undecodable('an int of more than 32 bits');
      zigzag |= (byte & 127) << shift;
      if (!(byte >= 128)) return (zigzag >>> 1) ^ -(zigzag & 1);
    }
  }

  /** Reads a long into `low` and `high`. */
  long(): void {
    const bytes = this.#bytes;
    let at = this.at;
    let byte = bytes[at++]!;
    if (byte < 128) {
      this.at = at;
      this.low = (byte >>> 1) ^ -(byte & 1);
      this.high = this.low >> 31;
      return;
    }
    let low = byte & 127;
    let high = 0;
    let shift = 7;
    do {
      byte = bytes[at++]!;
      if (shift < 28) low |= (byte & 127) << shift;
      else if (shift === 28) {
        low |= (byte & 15) << 28;
        high = (byte & 127) >>> 4;
      } else high |= (byte & 127) << (shift - 32);
      if (shift === 63 && !(byte < 2)) throw undecodable('a long of more than 64 bits');
      shift += 7;
    } while (byte >= 128);
    this.at = at;
    const sign = -(low & 1);
    this.low = ((low >>> 1) | (high << 31)) ^ sign;
    this.high = (high >>> 1) ^ sign;
  }

  /** A long as a number, or as a bigint where a number would lose digits. */
  longValue(): number | bigint {
    this.long();
    return joinLong(this.low, this.high);
  }

  double(): number {
    this.#need(8);
    this.at += 8;
    return this.#view.getFloat64(this.at - 8, true);
  }

  float(): number {
    this.#need(4);
    this.at += 4;
    return this.#view.getFloat32(this.at - 4, true);
  }

  bool(): boolean {
    const byte = this.byte();
    if (byte === 1) return true;
    if (byte === 0) return false;
    throw undecodable(byte === undefined ? 'it is cut short' : `a boolean of ${byte}`);
  }

  string(): string {
    const length = this.length();
    const start = this.at;
    const end = start + length;
    const bytes = this.#bytes;
    this.at = end;
    if (length < 64) {
      let i = start;
      while (i < end && bytes[i]! < 128) i++;
      if (i === end) return this.#buffer.latin1Slice(start, end);
    }
    const text = this.#buffer.utf8Slice(start, end);
    // U+FFFD stands for bytes that are not UTF-8, or for itself
    if (text.includes('\uFFFD')) {
      try {
        strict.decode(bytes.subarray(start, end));
      } catch {
        throw undecodable('a text that is not UTF-8');
      }
    }
    return text;
  }

  /** Bytes, copied. */
  bytes(): Uint8Array {
    return this.fixed(this.length());
  }

  /** `size` bytes, copied. */
  fixed(size: number): Uint8Array {
    this.skip(size);
    return this.#bytes.slice(this.at - size, this.at);
  }

  /** `size` bytes as a two's complement number, big-endian. */
  unscaled(size: number): bigint {
    this.skip(size);
    if (size === 0) return 0n;
    if (size > 64) throw undecodable(`a decimal of ${size} bytes`);
    return BigInt.asIntN(8 * size, BigInt(`0x${this.#buffer.hexSlice(this.at - size, this.at)}`));
  }

  skip(size: number): void {
    this.#need(size);
    this.at += size;
  }

  /** The length of what follows: never more than there is. */
  length(): number {
    this.long();
    if (this.high !== 0 || this.low < 0 || this.low > this.#end - this.at) throw undecodable('a length beyond its end');
    return this.low;
  }

  /** The number of items of the next block of an array or map, 0 after the last. */
  blockCount(): number {
    this.long();
    let count = this.low;
    if (this.high < 0) {
      count = -count;
      if (this.high !== -1) count = -1;
      this.length();
    } else if (this.high !== 0) count = -1;
    if (count < 0 || count > this.#itemsLeft) throw undecodable('a list longer than its bytes');
    this.#itemsLeft -= count;
    // past the end there are no blocks: what was read is not one
    if (this.at > this.#end) throw undecodable('it is cut short');
    return count;
  }

  /** Enters a type that may contain itself; `leave` must follow. */
  enter(): void {
    if (++this.#depth > depthMax) throw undecodable(`nested more than ${depthMax} deep`);
    if (this.at > this.#end) throw undecodable('it is cut short');
  }

  leave(): void {
    this.#depth--;
  }

  #need(size: number): void {
    if (size > this.#end - this.at) throw undecodable('it is cut short');
  }
}

/** The number of two halves of 32 bits; a bigint beyond ±(2^53 − 1). */
export function joinLong(low: number, high: number): number | bigint {
  const number = high * 0x100000000 + (low >>> 0);
  return Number.isSafeInteger(number) ? number : (BigInt(high) << 32n) | BigInt(low >>> 0);
}
