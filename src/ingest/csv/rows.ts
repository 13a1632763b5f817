// A scanned row to canonical values.
import { isUtf8 } from 'node:buffer';
import { MillraceError } from '../../core/errors.ts';
import { type Accept, acceptor, type Value } from '../../define/accept.ts';
import type { Fields } from '../../define/fields.ts';
import type { Bytes } from './bytes.ts';
import { type Decode, decoder } from './decode.ts';
import type { Layout } from './header.ts';
import type { Scanner } from './scan.ts';

/** Reads the row that the scanner has found in `bytes` from `from`; throws RECORD_MALFORMED or RECORD_INVALID. */
export type ReadRow = (scanner: Scanner, bytes: Bytes, from: number) => Value[];

/** The reader of rows for a topic's fields. */
export function rowReader(fields: Fields, layout: Layout, missing: readonly string[], quote: string): ReadRow {
  const names = Object.keys(fields);
  const { count, columns } = layout;
  const decodes: Decode[] = names.map((name) => decoder(name, fields[name]!));
  const nulls: Accept[] = names.map((name) => acceptor(name, fields[name]!));
  const absent = missing.map((text) => Buffer.from(text));
  const absentBytesMax = absent.reduce((most, one) => Math.max(most, one.length), -1);
  const quoteByte = quote.charCodeAt(0);
  let scratch = Buffer.alloc(0) as Bytes;

  function isMissing(bytes: Bytes, start: number, end: number): boolean {
    for (const one of absent) {
      if (one.length !== end - start) continue;
      let i = 0;
      while (i < one.length && one[i] === bytes[start + i]) i++;
      if (i === one.length) return true;
    }
    return false;
  }

  /** Copies a field to the scratch bytes with its doubled quotes made single; returns its length. */
  function undouble(bytes: Bytes, start: number, end: number): number {
    if (scratch.length < end - start) scratch = Buffer.alloc((end - start) * 2) as Bytes;
    let length = 0;
    for (let i = start; i < end; i++) {
      scratch[length++] = bytes[i]!;
      if (bytes[i] === quoteByte) i++;
    }
    return length;
  }

  return (scanner, bytes, from) => {
    if (scanner.count !== count) {
      throw new MillraceError('RECORD_MALFORMED', `the row has ${scanner.count} fields, not ${count}`, {
        remedy: 'Fix the row: look for a delimiter that is missing, or that stands in a field without quotes.',
      });
    }
    const { isAscii, starts, ends, doubled } = scanner;
    if (!isAscii && !isUtf8(bytes.subarray(from, scanner.end))) {
      throw new MillraceError('RECORD_MALFORMED', 'the row is not UTF-8', { remedy: 'Write the file in UTF-8.' });
    }
    const values: Value[] = new Array(columns.length);
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i]!;
      if (column < 0) {
        values[i] = null;
        continue;
      }
      let source = bytes;
      let start = starts[column]!;
      let end = ends[column]!;
      if (doubled[column] !== 0) {
        end = undouble(bytes, start, end);
        start = 0;
        source = scratch;
      }
      values[i] =
        end - start <= absentBytesMax && isMissing(source, start, end)
          ? nulls[i]!(null)
          : decodes[i]!(source, start, end, isAscii);
    }
    return values;
  };
}
