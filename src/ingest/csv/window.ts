// A window over the bytes of a file that moves on: what is parsed leaves at the front, what is read comes in at the back.
import type { Bytes } from './bytes.ts';
import type { Input } from './input.ts';

/** Bytes of one read. */
export const readBytes = 512 * 1024;

/** Some consecutive bytes of a file: those from `from` to `to` of `bytes` are there and not parsed yet. */
export class Window {
  bytes = Buffer.alloc(readBytes) as Bytes;
  from = 0;
  to = 0;
  /** Whether the file ends at `to`. */
  isLast = false;
  readonly #file: Input;
  #offset = 0;

  constructor(file: Input) {
    this.#file = file;
  }

  /** The place of `from` in the file. */
  get byte(): number {
    return this.#offset + this.from;
  }

  /** Goes on at a place of the file. */
  seek(byte: number): void {
    this.#offset = byte;
    this.from = 0;
    this.to = 0;
    this.isLast = false;
  }

  /** Reads more behind what is there, making room first: by moving it to the front, by more memory only for a long row. */
  async fill(): Promise<void> {
    if (this.from > 0) {
      this.bytes.copyWithin(0, this.from, this.to);
      this.#offset += this.from;
      this.to -= this.from;
      this.from = 0;
    }
    if (this.bytes.length - this.to < readBytes / 2) {
      const larger = Buffer.alloc(this.bytes.length * 2) as Bytes;
      this.bytes.copy(larger, 0, 0, this.to);
      this.bytes = larger;
    }
    const count = await this.#file.read(this.bytes.subarray(this.to), this.#offset + this.to);
    this.to += count;
    this.isLast = count === 0;
  }
}
