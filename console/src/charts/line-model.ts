// Rows of a line, an area or bars as columns: the places of the axis, and the values of each series there.
import type { ChartData, ChartView } from '../../../src/web/schemas.ts';
import { colourBook, plainSlot, type Slot } from './colours.ts';
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
  slot: Slot;
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
  const named = entries.filter(([, one]) => !isOthers(one.value)).map(([key]) => key);
  const slots = bySeries ? colourBook.slotsOf(by, named) : undefined;
  const series = (bySeries ? sorted(entries) : entries).map(([key, one]) => ({
    key,
    label: bySeries ? seriesName(view, by, one.value) : (data.columns.at(-1) ?? ''),
    slot: slots?.get(key) ?? plainSlot,
    isOthers: isOthers(one.value),
    values: places.map((_, place) => one.values.get(place) ?? null),
  }));
  return { places, labels: isText ? labels : undefined, isTime, every, series, partial: partialOf(data) };
}

/** So many of its own steps may be missing in a line that goes on. */
const missingMost = 2.5;

/**
 * How far apart the values of a series are by themselves, whenever the others have theirs: what most of its gaps have in common, and the
 * span at least where time was cut; undefined where they keep no step.
 */
export function stepOf({ places, isTime, labels, every }: SeriesModel, { values }: Series): number | undefined {
  if (labels) return undefined;
  const own = places.filter((_, i) => values[i] !== null);
  const gaps = own.slice(1).map((place, i) => place - own[i]!);
  const usual = gaps.length < 3 ? undefined : gaps.toSorted((a, b) => a - b)[Math.floor((gaps.length - 1) / 2)]!;
  const span = isTime ? spanMs(every) : undefined;
  if (span !== undefined) return Math.max(span, usual ?? 0);
  if (usual === undefined || usual <= 0) return undefined;
  const regular = gaps.filter((gap) => Math.abs(gap - usual) <= usual * 0.1).length;
  return regular >= gaps.length * 0.6 ? usual : undefined;
}

/** A line of one series: null breaks it, undefined is passed over. */
export type Line = (number | null | undefined)[];

export type Broken = {
  places: number[];
  /** The place of the model that each of these is. */
  at: (number | undefined)[];
  lines: Line[];
  /** Of each series, how far apart its values are. */
  steps: (number | undefined)[];
};

/**
 * Values for lines that break where more than one value is missing: null breaks a line, undefined (what is missing for once, what other
 * series have at times of their own, or where values keep no step) is passed over. A place that no series has is put in where a hole
 * has none.
 */
export function broken(model: SeriesModel, series: readonly Series[]): Broken {
  const steps = series.map((one) => stepOf(model, one));
  const holes = series.map((one, i) => holesOf(model, one, steps[i]));
  const empty = new Set(holes.flat().flatMap(([from, to]) => (to - from === 1 ? [from] : [])));
  const places: number[] = [];
  const at: (number | undefined)[] = [];
  const moved: number[] = [];
  for (const [i, place] of model.places.entries()) {
    moved.push(places.length);
    places.push(place);
    at.push(i);
    if (!empty.has(i)) continue;
    places.push((place + model.places[i + 1]!) / 2);
    at.push(undefined);
  }
  const lines = series.map(({ values }, i) => {
    const line: Line = at.map((from) => (from === undefined ? undefined : (values[from] ?? undefined)));
    for (const [from, to] of holes[i]!) line.fill(null, moved[from]! + 1, moved[to]!);
    return line;
  });
  return { places, at, lines, steps };
}

/** The pairs of places with values between which too much of a series is missing. */
function holesOf({ places }: SeriesModel, { values }: Series, step: number | undefined): [number, number][] {
  const holes: [number, number][] = [];
  if (step === undefined) return holes;
  let last: number | undefined;
  for (const [i, value] of values.entries()) {
    if (value === null) continue;
    if (last !== undefined && places[i]! - places[last]! > missingMost * step) holes.push([last, i]);
    last = i;
  }
  return holes;
}

/** Where the newest value of a line at or before a place stands; undefined where the line is broken there, or ended too long ago. */
export function heldAt({ places, lines, steps }: Broken, series: number, index: number): number | undefined {
  const line = lines[series]!;
  let held = index;
  while (line[held] === undefined && held > 0) held--;
  if (typeof line[held] !== 'number') return undefined;
  const step = steps[series];
  return step === undefined || places[index]! - places[held]! <= missingMost * step ? held : undefined;
}

/** Times in their order as runs: a new one begins where more than one span of so many milliseconds is missing. */
export function runsOf<T extends { at: number }>(course: readonly T[], spanMs: number | undefined): T[][] {
  const runs: T[][] = [];
  for (const one of course) {
    const before = runs.at(-1)?.at(-1);
    if (before && (spanMs === undefined || one.at - before.at <= missingMost * spanMs)) runs.at(-1)!.push(one);
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

/** By name, so that a series keeps its place while others overtake it; the others last. */
function sorted<T extends { value: unknown }>(entries: [string, T][]): [string, T][] {
  return entries.sort(
    ([a, one], [b, other]) =>
      Number(isOthers(one.value)) - Number(isOthers(other.value)) || a.localeCompare(b, 'en', { numeric: true }),
  );
}

function isOthers(value: unknown): boolean {
  return othersOf(value) !== undefined;
}

/**
 * Each line on top of those before it. Between two of its values a series is as its line, and at its ends for as long as a line goes on:
 * series at times of their own are added up too. What is missing for longer counts as nothing; where all is missing nothing is drawn.
 */
export function stacked({ places, lines, steps }: Broken, isText = false): (number | null)[][] {
  const heights = lines.map((line, i) => heightsOf(line, places, steps[i], isText));
  const isThere = places.map((_, i) => heights.some((one) => one[i] !== undefined));
  const sums = places.map(() => 0);
  return heights.map((one) =>
    one.map((height = 0, i) => {
      sums[i] = sums[i]! + height;
      return isThere[i] ? sums[i]! : null;
    }),
  );
}

/** The height of a line at all places; names have nothing between them. */
function heightsOf(
  line: Line,
  places: readonly number[],
  step: number | undefined,
  isText: boolean,
): (number | undefined)[] {
  const nextOf: (number | undefined)[] = [];
  let next: number | undefined;
  for (let i = line.length - 1; i >= 0; i--) {
    nextOf[i] = next;
    if (line[i] !== undefined) next = i;
  }
  let before: number | undefined;
  return line.map((value, i) => {
    if (value !== undefined) {
      before = value === null ? undefined : i;
      return value ?? undefined;
    }
    const after = nextOf[i];
    const [left, right] = [
      before === undefined ? undefined : line[before]!,
      after === undefined ? undefined : line[after],
    ];
    if (isText) return undefined;
    if (left !== undefined && typeof right === 'number') {
      const share = (places[i]! - places[before!]!) / (places[after!]! - places[before!]!);
      return left + (right - left) * share;
    }
    const [end, height] = left === undefined ? [after, right] : [before, left];
    const isNear = end !== undefined && step !== undefined && Math.abs(places[end]! - places[i]!) <= missingMost * step;
    return isNear ? (height ?? undefined) : undefined;
  });
}
