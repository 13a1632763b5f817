// Reads rows in memory as a store does: conditions, order and the page after a row.
import { MillraceError } from '../../src/core/errors.ts';
import { limits } from '../../src/core/limits.ts';
import type { Condition, ReadOptions, StoredRow } from '../../src/store/store.ts';
import type { TableView } from '../../src/web/schemas.ts';

/** The rows that meet all conditions, ordered and then by key. @throws NOT_FOUND, QUERY_LIMIT */
export function readRows(view: TableView, rows: readonly StoredRow[], options: ReadOptions): StoredRow[] {
  const { where = {}, order = [], limit = 100, after } = options;
  if (limit < 1 || limit > limits.readRowsMax)
    throw new MillraceError('QUERY_LIMIT', `limit: ${limit} is not possible`, { place: `table '${view.name}'` });
  const by = [...order, ...view.key.map((column) => ({ column, descending: false }))];
  for (const name of [...Object.keys(where), ...by.map((one) => one.column)]) {
    if (!view.columns.some((column) => column.name === name))
      throw new MillraceError('NOT_FOUND', `table '${view.name}' has no column '${name}'`);
  }
  const compareRows = (a: StoredRow, b: StoredRow): number => {
    for (const { column, descending } of by) {
      const [left, right] = [a[column] ?? null, b[column] ?? null];
      if (left === null && right === null) continue;
      // a missing value comes last in either direction
      if (left === null) return 1;
      if (right === null) return -1;
      const order = compare(left, right);
      if (order !== 0) return descending ? -order : order;
    }
    return 0;
  };
  return rows
    .filter((row) => Object.entries(where).every(([column, condition]) => meets(row[column] ?? null, condition)))
    .sort(compareRows)
    .filter((row) => after === undefined || compareRows(row, after) > 0)
    .slice(0, limit);
}

function meets(value: unknown, condition: Condition): boolean {
  return Object.entries(condition).every(([operator, wanted]) => {
    if (operator === 'in') return (wanted as readonly unknown[]).some((one) => compare(value, one) === 0);
    if (wanted === null) return operator === 'ne' ? value !== null : value === null;
    if (value === null) return false;
    if (operator === 'like') return likePattern(String(wanted)).test(String(value));
    const order = compare(value, wanted);
    switch (operator) {
      case 'eq':
        return order === 0;
      case 'ne':
        return order !== 0;
      case 'lt':
        return order < 0;
      case 'lte':
        return order <= 0;
      case 'gt':
        return order > 0;
      default:
        return order >= 0;
    }
  });
}

/** Numbers and decimals by size, times by time, the rest as text. */
function compare(left: unknown, right: unknown): number {
  const [a, b] = [plain(left), plain(right)];
  if (typeof a !== 'string' && typeof b !== 'string') return a < b ? -1 : a > b ? 1 : 0;
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}

function plain(value: unknown): number | bigint | string {
  if (value instanceof Date) return value.getTime();
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'number') return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
  if (typeof value === 'bigint') return value;
  if (typeof value === 'string') return /^-?\d+\.\d+$/.test(value) ? Number(value) : value;
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : JSON.stringify(value);
}

function likePattern(like: string): RegExp {
  const parts = [...like.matchAll(/\\(.)|(.)/gsu)].map(([, literal, one]) => {
    if (literal === undefined && (one === '%' || one === '_')) return one === '%' ? '[^]*' : '[^]';
    return (literal ?? one!).replace(/[.*+?^${}()|[\]\\/]/, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`, 'u');
}
