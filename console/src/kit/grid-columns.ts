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
