// Charts: pictures of a table, declared beside the pipeline and typed against the table's columns.
import { MillraceError } from '../core/errors.ts';
import type { Fields, Row } from './fields.ts';
import type { Table } from './table.ts';

/** The kinds of chart that the console draws. */
export type ChartKind =
  | 'line'
  | 'area'
  | 'bar'
  | 'share'
  | 'scatter'
  | 'histogram'
  | 'heatmap'
  | 'map'
  | 'number'
  | 'grid';

type Column<F extends Fields> = keyof F & string;
/** Columns that hold numbers. */
type NumberColumn<F extends Fields> = {
  [K in Column<F>]: Row<F>[K] extends number | bigint | null ? K : never;
}[Column<F>];
/** How several rows of one place become one number. Default `last` for lines and areas, `sum` for bars and shares. */
export type Aggregate = 'count' | 'sum' | 'mean' | 'min' | 'max' | 'last';

/** A picture of a table. Frozen; its options are column names and texts. */
export interface Chart {
  readonly noun: 'chart';
  readonly kind: ChartKind;
  readonly table: Table;
  readonly title: string | undefined;
  readonly options: Readonly<Record<string, unknown>>;
}

/** How a time on the x axis is cut, so that rows of one span become one place. */
export type Span = 'minute' | 'hour' | 'day' | 'month' | 'year';

type Titled = { title?: string };
type Series<F extends Fields> = Titled & {
  x: Column<F>;
  y?: NumberColumn<F>;
  by?: Column<F>;
  aggregate?: Aggregate;
  /** Cuts an x that is a time: with 'year', all rows of one year are one place. */
  every?: Span;
};

function chart(kind: ChartKind, table: unknown, options: Titled): Chart {
  const { title, ...rest } = options;
  const shown = table as Table;
  if (shown?.noun !== 'table') {
    throw new MillraceError('PIPELINE_INVALID', `${kind}() needs a table`, {
      place: `chart '${title ?? kind}'`,
      remedy: 'Give a table as the first argument.',
    });
  }
  const columns = ['x', 'y', 'by', 'value', 'latitude', 'longitude', 'country', 'color'] as const;
  for (const option of columns) {
    const name = (rest as Record<string, unknown>)[option];
    if (typeof name === 'string' && !Object.hasOwn(shown.fields, name)) {
      throw new MillraceError('PIPELINE_INVALID', `${option}: table '${shown.name}' has no column '${name}'`, {
        place: `chart '${title ?? kind}'`,
        remedy: `Name one of: ${Object.keys(shown.fields).join(', ')}.`,
      });
    }
  }
  return Object.freeze({ noun: 'chart', kind, table: shown, title, options: Object.freeze(rest) });
}

/** A line over x, one for each value of `by`; without y it counts rows. @example line(byZone, { x: 'minute', y: 'fare', by: 'zone' }) */
export const line = <F extends Fields>(table: Table<F>, options: Series<F>): Chart => chart('line', table, options);
/** A filled line over x, stacked by `by`; without y it counts rows. */
export const area = <F extends Fields>(table: Table<F>, options: Series<F>): Chart => chart('area', table, options);
/** Bars, one for each x; without y they count rows. */
export const bar = <F extends Fields>(table: Table<F>, options: Series<F>): Chart => chart('bar', table, options);
/** Parts of a whole (pie) by a column; without a value they count rows. */
export const share = <F extends Fields>(
  table: Table<F>,
  options: Titled & { by: Column<F>; value?: NumberColumn<F> },
): Chart => chart('share', table, options);
/** Points of two numbers, with a trend line where asked for. */
export const scatter = <F extends Fields>(
  table: Table<F>,
  options: Titled & { x: NumberColumn<F>; y: NumberColumn<F>; by?: Column<F>; trend?: boolean },
): Chart => chart('scatter', table, options);
/** How often values of a number occur. */
export const histogram = <F extends Fields>(
  table: Table<F>,
  options: Titled & { value: NumberColumn<F>; bins?: number },
): Chart => chart('histogram', table, options);
/** A colour for each pair of x and y. */
export const heatmap = <F extends Fields>(
  table: Table<F>,
  options: Titled & { x: Column<F>; y: Column<F>; value: NumberColumn<F>; aggregate?: Aggregate },
): Chart => chart('heatmap', table, options);
/** Points on a map, or countries shaded by how many rows or by a value. */
export const map = <F extends Fields>(
  table: Table<F>,
  options: Titled &
    (
      | { latitude: NumberColumn<F>; longitude: NumberColumn<F>; color?: Column<F> }
      | { country: Column<F>; value?: NumberColumn<F> }
    ),
): Chart => chart('map', table, options);
/** One number. */
export const number = <F extends Fields>(
  table: Table<F>,
  options: Titled & { value?: NumberColumn<F>; aggregate?: Aggregate; unit?: string },
): Chart => chart('number', table, options);
/** The rows themselves, newest first. */
export const grid = <F extends Fields>(
  table: Table<F>,
  options: Titled & { columns?: readonly Column<F>[]; limit?: number } = {},
): Chart => chart('grid', table, options);
