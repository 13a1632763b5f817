// Bodies of posted records: JSON and NDJSON from the bytes as they came; a bad line is one rejected record, never the whole request.

import { MillraceError } from '../core/errors.ts';
import { isTooDeep, itemTexts, parseJson } from '../core/json.ts';
import { turn } from '../core/turn.ts';
import type { UnreadRecord } from './backend.ts';
import type { PostResult } from './schemas.ts';

type Rejected = PostResult['rejected'][number];

/** What was posted: `records` in order, `indexes` their places in the request, `unread` what is no JSON. */
export type Posted = {
  readonly records: readonly unknown[];
  readonly indexes: readonly number[];
  readonly unread: readonly UnreadRecord[];
  /** The bytes of one of `records`, as they came. */
  readonly bytesOf: (index: number) => Uint8Array;
};

/** Records of one request. */
export const postRecordsMax = 100_000;

const strict = new TextDecoder('utf-8', { fatal: true });
const newline = 10;
/** Bytes of lines, or characters of an array, that are parsed before other requests have their turn. */
const sliceBytes = 2 ** 20;

/** One record, or an array of them. @throws RECORD_MALFORMED, PAYLOAD_TOO_LARGE */
export async function readJson(body: Uint8Array): Promise<Posted> {
  const text = decode(body);
  // a long array is parsed in slices, one with items that are nested too deeply without them
  const items = text !== undefined && (text.length > sliceBytes || isTooDeep(text)) ? itemTexts(text) : undefined;
  if (items) return readItems(items);
  const parsed = unnamed(() =>
    parseJson(text ?? body, 'the body', {
      place: 'body',
      remedy: 'Send an object, an array of objects, or one object a line as application/x-ndjson.',
    }),
  );
  const records: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  checkCount(records.length);
  return { records, indexes: records.map((_, i) => i), unread: [], bytesOf: bytesIn(body, text, parsed) };
}

/** The bytes of the records of a body, found when they are first asked for. */
function bytesIn(body: Uint8Array, text: string | undefined, parsed: unknown): Posted['bytesOf'] {
  if (!Array.isArray(parsed)) return () => body;
  let texts: readonly string[] | undefined;
  return (index) => {
    texts ??= itemTexts(text ?? '') ?? [];
    return Buffer.from((texts[index] ?? '').trim());
  };
}

/** A body that is no JSON at all, as the one record of its request that could not be read. */
export function unreadBody(body: Uint8Array, error: MillraceError): Posted {
  return { records: [], indexes: [], unread: [{ index: 0, error, bytes: body }], bytesOf: () => body };
}

/** The items of an array, each by itself: one that is nested too deeply is rejected; one that is no JSON makes the whole array none. */
async function readItems(items: readonly string[]): Promise<Posted> {
  checkCount(items.length);
  const posted = { records: [] as unknown[], indexes: [] as number[], unread: [] as UnreadRecord[] };
  let length = 0;
  for (const [index, item] of items.entries()) {
    try {
      posted.records.push(parseJson(item, `record ${index}`, { remedy: 'Send a list of JSON objects.' }));
      posted.indexes.push(index);
    } catch (error) {
      if (!isTooDeep(item)) throw malformed(index, error);
      posted.unread.push(unread(index, error, Buffer.from(item.trim())));
    }
    length += item.length;
    if (length < sliceBytes) continue;
    length = 0;
    await turn();
  }
  return { ...posted, bytesOf: (index) => Buffer.from(items[posted.indexes[index]!]!.trim()) };
}

function malformed(index: number, cause: unknown): unknown {
  if (!(cause instanceof MillraceError)) return cause;
  return new MillraceError(cause.code, `the body is not JSON: ${cause.masked}`, {
    place: 'body',
    remedy: `Fix item ${index}, from 0, or send one object a line as application/x-ndjson.`,
    cause,
  });
}

/** One record a line; empty lines are nothing. @throws PAYLOAD_TOO_LARGE */
export async function readLines(body: Uint8Array): Promise<Posted> {
  const records: unknown[] = [];
  const indexes: number[] = [];
  const lines: Uint8Array[] = [];
  const bad: UnreadRecord[] = [];
  let start = 0;
  let index = 0;
  let line = 0;
  let nextTurn = sliceBytes;
  while (start < body.length) {
    const found = body.indexOf(newline, start);
    const end = found === -1 ? body.length : found;
    line++;
    const bytes = body.subarray(start, end);
    const text = decode(bytes);
    start = end + 1;
    if (text !== undefined && text.trim() === '') continue;
    try {
      records.push(parseJson(text ?? bytes, `line ${line}`, { remedy: 'Send one JSON object a line.' }));
      indexes.push(index);
      lines.push(bytes);
    } catch (error) {
      bad.push(unread(index, error, bytes));
    }
    index++;
    checkCount(index);
    if (start < nextTurn) continue;
    nextTurn = start + sliceBytes;
    await turn();
  }
  return { records, indexes, unread: bad, bytesOf: (index) => lines[index]! };
}

/** The result with the places of the request, and with the lines that are no JSON. */
export function withPlaces(result: PostResult, { indexes, unread }: Posted): PostResult {
  if (unread.length === 0) return result;
  const placed = result.rejected.map((one) => ({ ...one, index: indexes[one.index] ?? one.index }));
  const all = [...placed, ...unread.map(rejection)];
  return { ...result, rejected: all.sort((a, b) => a.index - b.index) };
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

function unread(index: number, error: unknown, bytes: Uint8Array): UnreadRecord {
  if (!(error instanceof MillraceError)) throw error;
  return { index, error, bytes };
}

/** Why a record is no JSON. The text is not cited: which of it is personal is known only once it is parsed. */
function rejection({ index, error }: UnreadRecord): Rejected {
  const { code, masked: reason, remedy } = error;
  return { index, code, reason, ...(remedy === undefined ? {} : { remedy }) };
}

/** Does something; an error of it says its masked message. */
function unnamed<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    const { code, masked, place, remedy } = error;
    throw new MillraceError(code, masked, { place, remedy, cause: error });
  }
}

function checkCount(count: number): void {
  if (count <= postRecordsMax) return;
  throw new MillraceError('PAYLOAD_TOO_LARGE', `more than ${postRecordsMax} records in one request`, {
    place: 'body',
    remedy: 'Send them in several requests.',
  });
}
