// The file that is read: as it is, or where it is compressed by gzip, as the text that it was made of.
import { pipeline, Readable } from 'node:stream';
import { createGunzip, type Gunzip } from 'node:zlib';
import { MillraceError, messageOf, systemCode } from '../../core/errors.ts';
import type { FileHandle } from '../../core/files.ts';

/** A file as its reader sees it: positions are bytes of the text. */
export interface Input {
  /** Reads up to `target.length` bytes at `position`; returns how many were read, 0 at the end. */
  read(target: Uint8Array, position: number): Promise<number>;
  /** How much of the whole lies before `byte`, 0 to 1. */
  progress(byte: number): number;
  close(): Promise<void>;
}

const packedBytes = 256 * 1024;
const unpackedBytes = 128 * 1024;

/** What a file gives, by its first two bytes. */
export async function inputOf(file: FileHandle, path: string): Promise<Input> {
  const sizeBytes = await file.size();
  const magic = new Uint8Array(2);
  let length = 0;
  for (let read = 1; read > 0 && length < 2; length += read) read = await file.read(magic.subarray(length), length);
  if (magic[0] === 0x1f && magic[1] === 0x8b) return new GzipInput(file, path, sizeBytes);
  return {
    read: (target, position) => file.read(target, position),
    progress: (byte) => Math.min(1, byte / Math.max(sizeBytes, 1)),
    close: () => file.close(),
  };
}

/** Text that is unpacked from the front to the back, in constant memory: a place further back is reached by what stands before it. */
class GzipInput implements Input {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #sizeBytes: number;
  #gunzip: Gunzip | undefined;
  #chunks: AsyncIterator<Uint8Array> | undefined;
  /** The bytes at hand, and where they begin in the text. */
  #chunk: Uint8Array = new Uint8Array(0);
  #from = 0;
  #taken = 0;

  constructor(file: FileHandle, path: string, sizeBytes: number) {
    this.#file = file;
    this.#path = path;
    this.#sizeBytes = sizeBytes;
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    if (!this.#chunks || position < this.#from) this.#begin();
    while (position >= this.#from + this.#chunk.length) {
      const next = await this.#next();
      this.#from += this.#chunk.length;
      this.#chunk = next ?? new Uint8Array(0);
      if (!next) return 0;
    }
    const at = position - this.#from;
    const bytes = this.#chunk.subarray(at, at + target.length);
    target.set(bytes);
    return bytes.length;
  }

  progress(): number {
    return Math.min(1, this.#taken / Math.max(this.#sizeBytes, 1));
  }

  async close(): Promise<void> {
    this.#gunzip?.destroy();
    await this.#file.close();
  }

  #begin(): void {
    this.#gunzip?.destroy();
    this.#gunzip = createGunzip({ chunkSize: unpackedBytes });
    this.#chunks = this.#gunzip[Symbol.asyncIterator]();
    this.#chunk = new Uint8Array(0);
    this.#from = 0;
    // a failure of either side comes to the iterator
    pipeline(Readable.from(this.#packed(), { highWaterMark: 1 }), this.#gunzip, () => undefined);
  }

  async *#packed(): AsyncGenerator<Uint8Array> {
    for (let at = 0; ; ) {
      const bytes = new Uint8Array(packedBytes);
      const count = await this.#file.read(bytes, at);
      if (count === 0) return;
      at += count;
      this.#taken = at;
      yield bytes.subarray(0, count);
    }
  }

  async #next(): Promise<Uint8Array | undefined> {
    try {
      const { value, done } = await this.#chunks!.next();
      return done ? undefined : value;
    } catch (error) {
      if (!systemCode(error)?.startsWith('Z_')) throw error;
      throw new MillraceError(
        'SOURCE_REFUSED',
        `this is compressed by gzip and cannot be unpacked: ${messageOf(error)}`,
        {
          place: this.#path,
          remedy: 'The file is damaged, or not complete: fetch it again.',
          cause: error,
        },
      );
    }
  }
}
