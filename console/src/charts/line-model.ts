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
  partialOf,
  spanMs,
  withoutHoles,
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
  /** The first and the last span, where only a part of it was counted. */
  partial: { first?: boolean; last?: boolean };
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
  if (isTime) {
    // also those between where there is nothing: else a hole could not be seen
    const times = [...new Set(data.rows.map((row) => row[0]))];
    const given = new Map(times.map((time) => [Date.parse(String(time)), time]));
    for (const at of withoutHoles([...given.keys()], every)) {
      placeOf.set(given.get(at) ?? at, places.length);
      places.push(at);
    }
  }
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
  return { places, labels: isText ? labels : undefined, isTime, every, series, partial: partialOf(data) };
}

/** How far apart the places of a line are: its span, or what most of them have in common; undefined where they keep no step. */
export function stepOf({ places, isTime, labels, every }: SeriesModel): number | undefined {
  if (labels) return undefined;
  if (isTime && every !== undefined) return spanMs(every);
  const gaps = places.slice(1).map((place, i) => place - places[i]!);
  if (gaps.length < 3) return undefined;
  const middle = gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)]!;
  const regular = gaps.filter((gap) => Math.abs(gap - middle) <= middle * 0.02).length;
  return middle > 0 && regular >= gaps.length * 0.6 ? middle : undefined;
}

type Broken = {
  places: number[];
  /** The place of the model that each of these is. */
  at: (number | undefined)[];
  lines: (number | null | undefined)[][];
};

/**
 * Values for a line that breaks where more than one place is missing: null breaks it, undefined (what is missing for once, or where
 * places keep no step) is passed over. A place that no series has is put in where a hole has none.
 */
export function broken(model: SeriesModel, series: readonly Series[]): Broken {
  const step = stepOf(model);
  const places: number[] = [];
  const from: (number | undefined)[] = [];
  for (const [i, place] of model.places.entries()) {
    const before = model.places[i - 1];
    if (before !== undefined && step !== undefined && place - before > 2.5 * step) {
      places.push((before + place) / 2);
      from.push(undefined);
    }
    places.push(place);
    from.push(i);
  }
  const lines = series.map(({ values }) => {
    const line: (number | null | undefined)[] = from.map((i) =>
      i === undefined ? undefined : (values[i] ?? undefined),
    );
    if (step === undefined) return line;
    let last: number | undefined;
    for (const [i, value] of line.entries()) {
      if (value === undefined) continue;
      if (last !== undefined && i - last > 1 && places[i]! - places[last]! > 2.5 * step) line.fill(null, last + 1, i);
      last = i;
    }
    return line;
  });
  return { places, at: from, lines };
}

/** Times in their order as runs: a new one begins where more than one span of so many milliseconds is missing. */
export function runsOf<T extends { at: number }>(course: readonly T[], spanMs: number | undefined): T[][] {
  const runs: T[][] = [];
  for (const one of course) {
    const before = runs.at(-1)?.at(-1);
    if (before && (spanMs === undefined || one.at - before.at <= 2.5 * spanMs)) runs.at(-1)!.push(one);
    else runs.push([one]);
  }
  return runs;
}

/** Points that no line goes through, since it is broken on both sides of them: they would not be seen. */
export function lonePoints(line: readonly (number | null | undefined)[]): number[] {
  const lone: number[] = [];
  let before: number | undefined;
  let isBroken = true;
  for (const [i, value] of line.entries()) {
    if (value === undefined) continue;
    if (value === null) {
      if (before !== undefined) lone.push(before);
      before = undefined;
      isBroken = true;
      continue;
    }
    before = isBroken ? i : undefined;
    isBroken = false;
  }
  return before === undefined ? lone : [...lone, before];
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
