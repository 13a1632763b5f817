// Letters as the rows of a table function, so that thousands of them are stored by one statement.
import { bytes, int, long, text } from '../../define/fields.ts';
import type { Column } from '../../log/decode.ts';
import type { Aside } from '../engine.ts';
import type { FeedRows } from './feed.ts';

/** The columns of `meta.aside` that letters bring with them; the others are the same for all, or given by the database. */
export const letterFields = {
  kind: text(),
  stage: text(),
  code: text(),
  reason: text(),
  topic: text(),
  part: int().optional(),
  off: long().optional(),
  place: text().optional(),
  source: text().optional(),
  sequence: long().optional(),
  bytes: bytes(),
  noun: text().optional(),
};

/** Letters as columns, in the order of `letterFields`. */
export function letterRows(letters: readonly Aside[]): FeedRows {
  const texts = (value: (one: Aside) => string | undefined): Column => ({
    kind: 'strings',
    values: letters.map((one) => value(one) ?? null),
  });
  const columns: Column[] = [
    texts((one) => one.kind),
    texts((one) => one.stage),
    texts((one) => one.code),
    texts((one) => one.reason),
    texts((one) => one.topic),
    ints(letters, (one) => one.partition),
    longs(letters, (one) => one.offset),
    texts((one) => one.place),
    texts((one) => one.source),
    longs(letters, (one) => one.sequence),
    { kind: 'bytes', values: letters.map((one) => one.bytes) },
    texts((one) => one.noun),
  ];
  const none = new Float64Array(letters.length);
  return { count: letters.length, partition: 0, columns, offsets: none, times: none, watermarks: none };
}

type NumberOf = (one: Aside) => number | undefined;

function ints(letters: readonly Aside[], value: NumberOf): Column {
  const values = Int32Array.from(letters, (one) => value(one) ?? 0);
  return { kind: 'int32', values, nulls: nullsOf(letters, value) };
}

function longs(letters: readonly Aside[], value: NumberOf): Column {
  const values = new Int32Array(letters.length * 2);
  letters.forEach((one, i) => {
    const whole = value(one) ?? 0;
    values[2 * i] = whole | 0;
    values[2 * i + 1] = Math.floor(whole / 4294967296);
  });
  return { kind: 'int64', values, nulls: nullsOf(letters, value) };
}

function nullsOf(letters: readonly Aside[], value: NumberOf): Uint8Array {
  return Uint8Array.from(letters, (one) => (value(one) === undefined ? 1 : 0));
}
