// Records that were forgotten in the log: their place is still there, what they held is not.
import { type Batch, headersOf } from './batch.ts';

/** The header of a record whose key and value were removed from the log. */
export const forgottenHeader = 'millrace-forgotten';

/**
 * Whether record i holds nothing any more since it was forgotten: neither key nor value, and the header. It is neither a tombstone nor a dead
 * letter.
 *
 * @example isForgotten(batch, 0) // true for builder.add(timeMs, null, null, { [forgottenHeader]: new Uint8Array() })
 */
export function isForgotten(batch: Batch, i: number): boolean {
  if ((batch.nulls[i]! & 3) !== 3 || batch.ends[3 * i + 1] === batch.ends[3 * i + 2]) return false;
  return headersOf(batch, i)[forgottenHeader] !== undefined;
}
