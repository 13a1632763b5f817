// The original of a record that was refused, as JSON bytes, and back.
import { MillraceError, messageOf } from '../core/errors.ts';
import { parseJson as parse } from '../core/json.ts';
import { withoutValues } from '../core/mask.ts';

/** A record as JSON bytes; what JSON cannot hold (a cycle, a bigint, 100,000 nested lists) as a text that says so. */
export function jsonBytes(record: unknown): Uint8Array {
  let json: string | undefined;
  try {
    json = JSON.stringify(record, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  } catch (error) {
    json = JSON.stringify(`a record that is no JSON: ${messageOf(error)}`);
  }
  return Buffer.from(json ?? 'null');
}

/** The record of JSON bytes; throws RECORD_MALFORMED where they are none. */
export function parseJson(bytes: Uint8Array): unknown {
  return parse(bytes, 'this', { remedy: 'Fix it so that it is JSON in UTF-8.' });
}

/** Any error about a record as one of ours. */
export function recordError(error: unknown, what: string): MillraceError {
  return error instanceof MillraceError ? error : userError(error, what);
}

/**
 * An error of a user's function as one of ours: its message may cite the record that it was given, so that in the masked one every word
 * of the record's values is masked.
 */
export function userError(error: unknown, what: string, record?: unknown): MillraceError {
  return new MillraceError('RECORD_INVALID', `${what}: ${messageOf(error)}`, {
    remedy: 'Fix the record, or the function that makes it.',
    masked: maskedOf(error, what, record),
    cause: error,
  });
}

function maskedOf(error: unknown, what: string, record: unknown): string {
  if (!(error instanceof Error)) return what;
  // a parser cites the text in pieces, which are no words of it
  if (record === undefined || error instanceof SyntaxError) return `${what} (${nameOf(error)})`;
  return `${what}: ${withoutValues(messageOf(error), record)}`;
}

/** The name of an error where it is one of the language: a user's own may be made of anything. */
function nameOf(error: Error): string {
  const known = [TypeError, RangeError, SyntaxError, ReferenceError, URIError].find((one) => error instanceof one);
  return known?.name ?? 'Error';
}
