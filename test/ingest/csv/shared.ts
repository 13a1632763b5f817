// What the tests of the CSV source share: fields, a reader of text, and tables as they may be written.
import assert from 'node:assert/strict';
import { MillraceError } from '../../../src/core/errors.ts';
import { type Fields, text } from '../../../src/define/fields.ts';
import { open } from '../../../src/ingest/csv/open.ts';
import type { SourceContext } from '../../../src/ingest/source.ts';
import { context, type Gathered, gather, memoryFiles } from '../tools.ts';

export const abc: Fields = { a: text().optional(), b: text().optional(), c: text().optional() };

export async function read(
  content: string | Uint8Array,
  fields: Fields = abc,
  options: object = {},
  given: Partial<SourceContext> = {},
  chunkBytes?: number,
): Promise<Gathered> {
  const files = memoryFiles({ 'x.csv': content }, chunkBytes);
  return gather(await open({ file: 'x.csv', ...options }, context(fields, { files, ...given })));
}

export const places = (all: Gathered) =>
  all.refusals.map((one) => `${one.place} #${one.sequence} ${Buffer.from(one.bytes).toString('latin1')}`);

export function fails(code: string, part: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof MillraceError, String(error));
    assert.equal(error.code, code);
    assert.match(`${error.message} | ${error.place} | ${error.remedy}`, part);
    return true;
  };
}

/** Writes a table with quotes where they are needed, and at random where they are not. */
export function write(
  rows: readonly (readonly string[])[],
  eol: string,
  quoted: (i: number) => boolean,
  isEnded: boolean,
): string {
  let count = 0;
  const lines = rows.map((row) =>
    row
      .map((one) =>
        /[",\r\n]/.test(one) || row.length === 1 || quoted(count++) ? `"${one.replaceAll('"', '""')}"` : one,
      )
      .join(','),
  );
  return lines.join(eol) + (isEnded ? eol : '');
}
