// What is left of a record that fails in a window when retention has removed its bytes from the log: the columns that the window kept.
import { parseStored } from '../core/digits.ts';
import type { Aside } from './engine.ts';

/** What is said of such a letter behind its reason. */
export const remainsReason =
  'the log no longer has the bytes of this record, only the columns that the window kept are known: to send it again, write the whole record';

/** The bytes of such a letter: rows as JSON (a record may have become several rows), where a record's own bytes begin with 0. */
export function remainsBytes(rows: readonly string[]): Uint8Array {
  return Buffer.from(rows.length === 1 ? rows[0]! : `[${rows.join(', ')}]`);
}

/** The columns that are known of a letter's record, where that is all that is left of it; of several rows the first. */
export function remainsOf({ noun, bytes }: Pick<Aside, 'noun' | 'bytes'>): Record<string, unknown> | undefined {
  // what has come as far as a stream could be decoded
  if (noun !== 'stream' || bytes[0] === 0) return undefined;
  const known = jsonIn(bytes);
  const first: unknown = Array.isArray(known) ? known[0] : known;
  return typeof first === 'object' && first !== null ? (first as Record<string, unknown>) : undefined;
}

/** What a person has put in place of a letter's bytes may be anything. */
function jsonIn(bytes: Uint8Array): unknown {
  try {
    return parseStored(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
}
