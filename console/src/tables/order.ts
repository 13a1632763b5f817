// The order of a table's rows as the server has it: the chosen columns, then the key; what is missing comes last.
import type { Column, TableRow, TableView } from '../../../src/web/schemas.ts';
import { kindOf } from '../data/kinds.ts';

/** A column to sort by. */
export type OrderBy = { column: string; descending: boolean };

/** `-delay_s,line` as columns; those that the table does not have are left out. */
export function orderOf(text: string | undefined, columns: readonly Column[]): OrderBy[] {
  return (text ?? '')
    .split(',')
    .filter((one) => one !== '')
    .map((one) =>
      one.startsWith('-') ? { column: one.slice(1), descending: true } : { column: one, descending: false },
    )
    .filter(({ column }) => columns.some((one) => one.name === column));
}

/** Columns as `-delay_s,line`. */
export function orderText(order: readonly OrderBy[]): string | undefined {
  return order.map(({ column, descending }) => (descending ? `-${column}` : column)).join(',') || undefined;
}

/** Compares two rows as the server orders them: by `order`, then by key. */
export function rowOrder(table: Pick<TableView, 'key' | 'columns'>, order: readonly OrderBy[]) {
  const by = [...order, ...table.key.map((column) => ({ column, descending: false }))].map((one) => ({
    ...one,
    isNumber: kindOf(table.columns.find(({ name }) => name === one.column)?.type ?? 'text') === 'number',
  }));
  return (left: TableRow, right: TableRow): number => {
    for (const { column, descending, isNumber } of by) {
      const a = left[column];
      const b = right[column];
      if (a == null || b == null) {
        if (a == null && b == null) continue;
        return a == null ? 1 : -1;
      }
      const compared = isNumber ? compareNumbers(a, b) : compareTexts(String(a), String(b));
      if (compared !== 0) return descending ? -compared : compared;
    }
    return 0;
  };
}

/** Numbers come as numbers or, where digits would be lost, as texts. */
function compareNumbers(a: unknown, b: unknown): number {
  const difference = Number(a) - Number(b);
  if (difference !== 0 || (typeof a === 'number' && typeof b === 'number')) return difference;
  return compareTexts(String(a), String(b));
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
