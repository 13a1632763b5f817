// Where a page of rows ended, as an opaque text: the table, the order, and the values of the last row that it goes by.

import { toJson } from '../core/row-json.ts';
import type { StoredRow } from '../store/store.ts';
import { readValue, wrong } from './filters.ts';
import type { Column } from './schemas.ts';

/** What a page is of. `by`: the columns that its rows are ordered by, the key last. */
export type PageOf = { readonly table: string; readonly order: string; readonly by: readonly Column[] };

/** The cursor after a row. */
export function writeCursor({ table, order, by }: PageOf, row: StoredRow): string {
  const values = by.map(({ name }) => toJson(row[name] ?? null));
  return Buffer.from(JSON.stringify([table, order, ...values])).toString('base64url');
}

/** The row (of the columns that count) that a cursor stands after. @throws OPTION_INVALID where it is of another table or order, or none */
export function readCursor({ table, order, by }: PageOf, cursor: string): StoredRow {
  const read = parse(cursor);
  if (!Array.isArray(read) || read.length !== by.length + 2 || read[0] !== table || read[1] !== order) {
    throw wrong(
      'after',
      'this is not where a page of this table and order ended',
      'Give `next` of the page before with the same table and order, or leave it out.',
    );
  }
  const values: unknown[] = read.slice(2);
  return Object.fromEntries(
    by.map((column, i) => {
      const value = values[i];
      return [column.name, value === null ? null : readValue('after', column, String(value))];
    }),
  );
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}
