// Bodies of posted records: JSON and NDJSON from the bytes as they came; a bad line is one rejected record, never the whole request.

import { MillraceError, messageOf } from '../core/errors.ts';
import { turn } from '../core/turn.ts';
import type { PostResult } from './schemas.ts';

type Rejected = PostResult['rejected'][number];

/** What was posted: `records` in order, `indexes` their places in the request, `rejected` those that are no JSON. */
export type Posted = {
  readonly records: readonly unknown[];
  readonly indexes: readonly number[];
  readonly rejected: readonly Rejected[];
};

/** Records of one request. */
export const postRecordsMax = 100_000;

const strict = new TextDecoder('utf-8', { fatal: true });
const newline = 10;
/** Bytes of lines that are parsed before other requests have their turn. */
const sliceBytes = 2 ** 20;

/** One record, or an array of them. @throws RECORD_MALFORMED, PAYLOAD_TOO_LARGE */
export function readJson(body: Uint8Array): Posted {
  let parsed: unknown;
  try {
    parsed = JSON.parse(strict.decode(body));
  } catch (error) {
    throw new MillraceError('RECORD_MALFORMED', `the body is not JSON: ${shortly(error)}`, {
      place: 'body',
      remedy: 'Send an object, an array of objects, or one object a line as application/x-ndjson.',
      cause: error,
    });
  }
  const records: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  checkCount(records.length);
  return { records, indexes: records.map((_, i) => i), rejected: [] };
}

/** One record a line; empty lines are nothing. @throws PAYLOAD_TOO_LARGE */
export async function readLines(body: Uint8Array): Promise<Posted> {
  const records: unknown[] = [];
  const indexes: number[] = [];
  const rejected: Rejected[] = [];
  let start = 0;
  let index = 0;
  let line = 0;
  let nextTurn = sliceBytes;
  while (start < body.length) {
    const found = body.indexOf(newline, start);
    const end = found === -1 ? body.length : found;
    line++;
    const text = decode(body.subarray(start, end));
    start = end + 1;
    if (text !== undefined && text.trim() === '') continue;
    try {
      if (text === undefined) throw new SyntaxError('it is not UTF-8');
      records.push(JSON.parse(text));
      indexes.push(index);
    } catch (error) {
      const reason = `line ${line} is not JSON: ${shortly(error)}`;
      rejected.push({ index, code: 'RECORD_MALFORMED', reason, remedy: 'Send one JSON object a line.' });
    }
    index++;
    checkCount(index);
    if (start < nextTurn) continue;
    nextTurn = start + sliceBytes;
    await turn();
  }
  return { records, indexes, rejected };
}

/** The result with the places of the request, and with the lines that are no JSON. */
export function withPlaces(result: PostResult, { indexes, rejected }: Posted): PostResult {
  if (rejected.length === 0) return result;
  const all = [...result.rejected.map((one) => ({ ...one, index: indexes[one.index] ?? one.index })), ...rejected];
  return { ...result, rejected: all.sort((a, b) => a.index - b.index) };
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The parser's words, without what it cites of a long text. */
function shortly(error: unknown): string {
  return messageOf(error).slice(0, 200);
}

function checkCount(count: number): void {
  if (count <= postRecordsMax) return;
  throw new MillraceError('PAYLOAD_TOO_LARGE', `more than ${postRecordsMax} records in one request`, {
    place: 'body',
    remedy: 'Send them in several requests.',
  });
}
