// What a grid shows in its columns, and their widths as tracks of a CSS grid.
import type { ReactNode } from 'react';

export type GridColumn<Row> = {
  id: string;
  header: string;
  /** What the column sorts by, and what it shows where there is no `cell`. */
  value: (row: Row) => unknown;
  cell?: (row: Row) => ReactNode;
  /** Least width in pixels; 120 where it is not given. */
  width?: number;
  /** Share of the width that is left over; 1 where it is not given, 0 for none. */
  grow?: number;
  /** A text of which nothing may be cut off, as a number: the column is as wide as the longest seen so far. */
  wholeText?: (row: Row) => string;
  align?: 'left' | 'right';
  isMono?: boolean;
  /** Whether a click on the header sorts; yes where it is not given. */
  isSortable?: boolean;
  /** Explains the header on hover. */
  note?: string;
};

/** Sorted by these columns, the first one first. */
export type GridSort = readonly { id: string; isDescending: boolean }[];

export const leastWidth = 56;

/** No text makes a column wider, pixels. */
const widestWhole = 460;
/** Pixels that a character takes, and a cell beside its text. */
const characterWidth = { mono: 7.3, other: 8.6 };
const cellRoom = 22;

/** Widths in pixels that columns need for the texts of these rows; those of before where these are wider, so that nothing jumps. */
export function wholeWidths<Row>(
  columns: readonly GridColumn<Row>[],
  rows: readonly Row[],
  before: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  let widths = before;
  columns.forEach(({ id, wholeText, isMono, width = 120 }, i) => {
    if (!wholeText) return;
    let longest = 0;
    for (const row of rows) longest = Math.max(longest, wholeText(row).length);
    const room = cellRoom + (i === 0 ? 8 : 0);
    const needed = Math.min(
      widestWhole,
      Math.ceil(longest * (isMono ? characterWidth.mono : characterWidth.other)) + room,
    );
    if (needed > Math.max(width, widths[id] ?? 0)) widths = { ...widths, [id]: needed };
  });
  return widths;
}

/** The columns with these widths where they are wider. */
export function widened<Row>(
  columns: readonly GridColumn<Row>[],
  widths: Readonly<Record<string, number>>,
): readonly GridColumn<Row>[] {
  return columns.map((column) => {
    const needed = widths[column.id] ?? 0;
    return needed > (column.width ?? 120) ? { ...column, width: needed } : column;
  });
}

/** The tracks of all rows: fixed where a person chose a width, else growing from the least width. */
export function gridTracks(columns: readonly GridColumn<never>[], chosen: Readonly<Record<string, number>>): string {
  return columns
    .map(({ id, width = 120, grow = 1 }) => {
      const fixed = chosen[id];
      if (fixed !== undefined) return `${Math.max(fixed, leastWidth)}px`;
      return grow === 0 ? `${width}px` : `minmax(${width}px, ${grow}fr)`;
    })
    .join(' ');
}

/** The least width of a row, pixels. */
export function gridWidth(columns: readonly GridColumn<never>[], chosen: Readonly<Record<string, number>>): number {
  return columns.reduce((sum, { id, width = 120 }) => sum + (chosen[id] ?? width), 0);
}

/** Compares values of a column: numbers as numbers, texts as people sort them, what is missing last. */
export function compareValues(a: unknown, b: unknown): number {
  const isMissingA = a === null || a === undefined;
  const isMissingB = b === null || b === undefined;
  if (isMissingA || isMissingB) return Number(isMissingA) - Number(isMissingB);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  return String(a).localeCompare(String(b), 'en', { numeric: true });
}
