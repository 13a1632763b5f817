// Posted records that were refused: how many of which topic and why, and as letters where their source keeps them.
import type { Code, MillraceError } from '../core/errors.ts';
import type { Delivery, Receiver } from '../ingest/source.ts';
import type { RefusedPosts } from '../web/backend.ts';
import type { RefusedPost } from './feeder.ts';

/** A record of a request that was refused: its place in the request, from 0, why, and its bytes. */
export type RefusedRecord = {
  readonly index: number;
  readonly error: MillraceError;
  readonly bytes: () => Uint8Array;
};

/** How many posted records were refused since the process began. */
export class RefusedCounts {
  readonly #counts = new Map<string, Map<Code, number>>();

  add(topic: string, code: Code, count = 1): void {
    let own = this.#counts.get(topic);
    if (!own) {
      own = new Map();
      this.#counts.set(topic, own);
    }
    own.set(code, (own.get(code) ?? 0) + count);
  }

  list(): RefusedPosts[] {
    return [...this.#counts].flatMap(([topic, own]) => [...own].map(([code, count]) => ({ topic, code, count })));
  }
}

/** The bytes of an item of a request: as its source tells them. */
export function originalOf(
  receiver: Receiver,
  delivery: Delivery,
  items: readonly unknown[],
  index: number,
): Uint8Array {
  // the body is not held for as long as the letter waits
  return Uint8Array.from(receiver.original(delivery, items[index], index));
}

/** Refused records as letters of the request that came at `atMs`, milliseconds since 1970. */
export function lettersOf(refused: readonly RefusedRecord[], atMs: number): RefusedPost[] {
  const at = new Date(atMs).toISOString();
  return refused.map(({ index, error, bytes }) => ({
    error,
    bytes: bytes(),
    place: `record ${index} of a post at ${at}`,
  }));
}
