// The original of a record that was refused, as JSON bytes, and back.
import { MillraceError, messageOf } from '../core/errors.ts';

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
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new MillraceError('RECORD_MALFORMED', `this is not JSON: ${messageOf(cause).slice(0, 200)}`, {
      remedy: 'Mend it so that it is JSON in UTF-8.',
      cause,
    });
  }
}

/** Any error about a record as one of ours. */
export function recordError(error: unknown, what: string): MillraceError {
  if (error instanceof MillraceError) return error;
  return new MillraceError('RECORD_INVALID', `${what}: ${messageOf(error)}`, {
    remedy: 'Mend the record, or the function that makes it.',
    cause: error,
  });
}
