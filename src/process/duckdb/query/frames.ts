// What passes between a process and its workers: a request as a line of JSON, and back frames of a kind, a length and bytes.
import type { QueryTable } from './needs.ts';

/** What a worker is asked: one SELECT, the tables it reads as files, and those that it may only name (`others`). */
export type Request = {
  readonly sql: string;
  readonly tables: readonly (QueryTable & { readonly file: string })[];
  readonly others: readonly QueryTable[];
  /** The folder of the files, and of what the worker puts aside. */
  readonly folder: string;
  readonly rowsMax: number;
  readonly msMax: number;
  readonly msAsked: number;
  readonly bytesMax: number;
  readonly memoryBytes: number;
};

/** `ready`: it waits for a request. `data`: a piece of the answer's JSON. `end`: the answer is whole. `error`: a MillraceError as JSON. */
export type FrameKind = 'ready' | 'data' | 'end' | 'error';

/** A frame as it arrives. */
export type Frame = { readonly kind: FrameKind; readonly bytes: Uint8Array };

const kinds: readonly FrameKind[] = ['ready', 'data', 'end', 'error'];
const headBytes = 5;

/** A frame as bytes: the number of its kind (1 byte), the length (4 bytes, little-endian), the bytes. */
export function frame(kind: FrameKind, text = ''): Buffer {
  const length = Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafe(headBytes + length);
  bytes.writeUInt8(kinds.indexOf(kind), 0);
  bytes.writeUInt32LE(length, 1);
  bytes.write(text, headBytes);
  return bytes;
}

/** Makes frames of bytes that arrive in any pieces. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The frames that are whole now. */
  *take(bytes: Buffer): Generator<Frame> {
    let all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (all.length >= headBytes && all.length >= headBytes + all.readUInt32LE(1)) {
      const end = headBytes + all.readUInt32LE(1);
      yield { kind: kinds[all.readUInt8(0)]!, bytes: all.subarray(headBytes, end) };
      all = all.subarray(end);
    }
    this.#rest = all;
  }
}
