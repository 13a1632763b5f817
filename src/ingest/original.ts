// The original of a record that was refused, as JSON bytes, and back.
import { MillraceError, messageOf } from '../core/errors.ts';
import { parseJson as parse } from '../core/json.ts';

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
  return parse(bytes, 'this', { remedy: 'Mend it so that it is JSON in UTF-8.' });
}

/** Any error about a record as one of ours. */
export function recordError(error: unknown, what: string): MillraceError {
  return error instanceof MillraceError ? error : userError(error, what);
}

/** An error of a user's function as one of ours: its message may say anything of the record, so that the masked one is without it. */
export function userError(error: unknown, what: string): MillraceError {
  return new MillraceError('RECORD_INVALID', `${what}: ${messageOf(error)}`, {
    remedy: 'Mend the record, or the function that makes it.',
    masked: error instanceof Error ? `${what} with a ${nameOf(error)}` : what,
    cause: error,
  });
}

/** The name of an error where it is one of the language: a user's own may be made of anything. */
function nameOf(error: Error): string {
  const known = [TypeError, RangeError, SyntaxError, ReferenceError, URIError].find((one) => error instanceof one);
  return known?.name ?? 'Error';
}
