// The rows that a table page has read so far, in order, and what live changes do to them.
import type { TableRow, TableView } from '../../../src/web/schemas.ts';
import { rowKey } from '../api/client.ts';

/** Where a page ended: its last row as it was then, and the cursor behind it. */
export type Edge = { row: TableRow; next: string };

/** Rows in order, up to the last edge; without edges the table has no more. */
export type RowWindow = { rows: readonly TableRow[]; edges: readonly Edge[] };

export type Compare = (a: TableRow, b: TableRow) => number;

/** What live changes did: the new window, the keys that changed in place, and the rows that were left out. */
export type Merged = { window: RowWindow; changed: string[]; left: TableRow[] };

type Keyed = Pick<TableView, 'key'>;

/** Puts changed rows in the place of the old ones; those that are new or that belong elsewhere now are left. */
export function mergeInPlace(table: Keyed, window: RowWindow, compare: Compare, changes: readonly TableRow[]): Merged {
  const incoming = new Map(changes.map((row) => [rowKey(table, row), row]));
  const changed: string[] = [];
  const rows = window.rows.map((row) => {
    const key = rowKey(table, row);
    const next = incoming.get(key);
    if (next === undefined || compare(row, next) !== 0) return row;
    incoming.delete(key);
    changed.push(key);
    return next;
  });
  return { window: { ...window, rows }, changed, left: [...incoming.values()] };
}

/** Puts rows where the order wants them, and takes them from where they were. Those behind the last edge are read with their page. */
export function mergeByOrder(
  table: Keyed,
  window: RowWindow,
  compare: Compare,
  changes: readonly TableRow[],
): RowWindow {
  const incoming = new Map(changes.map((row) => [rowKey(table, row), row]));
  const kept = window.rows.filter((row) => !incoming.has(rowKey(table, row)));
  const edge = window.edges.at(-1);
  const placed = [...incoming.values()].filter((row) => !edge || compare(row, edge.row) <= 0).sort(compare);
  return { ...window, rows: join(kept, placed, compare) };
}

/** The window without the rows of some keys. Where its pages ended stays as it was. */
export function without(table: Keyed, window: RowWindow, keys: ReadonlySet<string>): RowWindow {
  return { ...window, rows: window.rows.filter((row) => !keys.has(rowKey(table, row))) };
}

/** The window with the next page behind it; rows that live changes had moved are not there twice. */
export function append(
  table: Keyed,
  window: RowWindow,
  page: readonly TableRow[],
  next: string | undefined,
): RowWindow {
  const fresh = new Set(page.map((row) => rowKey(table, row)));
  const last = page.at(-1);
  return {
    rows: [...window.rows.filter((row) => !fresh.has(rowKey(table, row))), ...page],
    edges: next !== undefined && last ? [...window.edges, { row: last, next }] : [],
  };
}

/** The window without the pages behind the first edge that leaves at least `rowsMin` rows. */
export function trim(window: RowWindow, compare: Compare, rowsMin: number): RowWindow {
  for (const [i, edge] of window.edges.entries()) {
    const rows = window.rows.filter((row) => compare(row, edge.row) <= 0);
    if (rows.length >= rowsMin) return { rows, edges: window.edges.slice(0, i + 1) };
  }
  return window;
}

function join(left: readonly TableRow[], right: readonly TableRow[], compare: Compare): TableRow[] {
  const joined: TableRow[] = [];
  let at = 0;
  for (const row of right) {
    while (at < left.length && compare(left[at]!, row) <= 0) joined.push(left[at++]!);
    joined.push(row);
  }
  return [...joined, ...left.slice(at)];
}
