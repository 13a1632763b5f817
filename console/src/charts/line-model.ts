// Rows of a line, an area or bars as columns: the places of the axis, and the values of each series there.
import type { ChartData, ChartView } from '../../../src/web/schemas.ts';
import {
  categoryText,
  columnOf,
  type Every,
  everyOf,
  isTimeKind,
  kindOfColumn,
  optionsOf,
  othersOf,
} from './values.ts';

export type Series = {
  key: string;
  label: string;
  /** Its place among all series, hidden or not: gives its colour. */
  index: number;
  isOthers: boolean;
  values: (number | null)[];
};

export type SeriesModel = {
  /** Times in milliseconds, numbers, or the numbers of texts. */
  places: number[];
  /** Of each place, where the axis has texts. */
  labels: string[] | undefined;
  isTime: boolean;
  every: Every;
  series: Series[];
};

/** The rows of a chart with x, perhaps `by`, and a value. */
export function seriesModel(view: ChartView, data: ChartData): SeriesModel {
  const { x, by } = optionsOf(view);
  const kind = kindOfColumn(view, x);
  const every = everyOf(data);
  const isTime = isTimeKind(kind);
  const isText = !isTime && kind !== 'number';
  const bySeries = by !== undefined && data.columns.length === 3;
  const places: number[] = [];
  const labels: string[] = [];
  const placeOf = new Map<unknown, number>();
  const found = new Map<string, { value: unknown; values: Map<number, number | null> }>();
  for (const row of data.rows) {
    let place = placeOf.get(row[0]);
    if (place === undefined) {
      place = places.length;
      placeOf.set(row[0], place);
      places.push(isText ? place : isTime ? Date.parse(String(row[0])) : Number(row[0]));
      labels.push(categoryText(row[0], columnOf(view, x), every));
    }
    const key = bySeries ? JSON.stringify(row[1]) : '';
    let one = found.get(key);
    if (!one) {
      one = { value: row[1], values: new Map() };
      found.set(key, one);
    }
    const value = row.at(-1);
    one.values.set(place, typeof value === 'number' ? value : null);
  }
  const entries = [...found].sort(([, a], [, b]) => Number(isOthers(a.value)) - Number(isOthers(b.value)));
  const series = (bySeries ? sorted(entries) : entries).map(([key, one], index) => ({
    key,
    label: bySeries ? seriesName(view, by, one.value) : (data.columns.at(-1) ?? ''),
    index,
    isOthers: isOthers(one.value),
    values: places.map((_, place) => one.values.get(place) ?? null),
  }));
  return { places, labels: isText ? labels : undefined, isTime, every, series };
}

/** The value that a series has in common; a bare number or a yes says too little without the name of its column. */
function seriesName(view: ChartView, by: string, value: unknown): string {
  const text = categoryText(value, columnOf(view, by));
  const isBare = typeof value === 'number' || typeof value === 'boolean';
  return isBare ? `${by.replaceAll('_', ' ')} ${text}` : text;
}

/** By name, so that a series keeps its colour while others overtake it; the others last. */
function sorted<T extends { value: unknown }>(entries: [string, T][]): [string, T][] {
  return entries.sort(
    ([a, one], [b, other]) =>
      Number(isOthers(one.value)) - Number(isOthers(other.value)) || a.localeCompare(b, 'en', { numeric: true }),
  );
}

function isOthers(value: unknown): boolean {
  return othersOf(value) !== undefined;
}

/** Each series on top of those before it; what is missing counts as nothing. */
export function stacked(series: readonly Series[]): (number | null)[][] {
  const sums: number[] = [];
  return series.map(({ values }) =>
    values.map((value, i) => {
      sums[i] = (sums[i] ?? 0) + (value ?? 0);
      return sums[i]!;
    }),
  );
}
