// Lines, areas and bars: values over an axis, a series for each value of a column, cut and counted so that a screen can hold them.

import type { SummaryGroup, SummaryValue } from '../store/store.ts';
import type { ChartData } from '../web/schemas.ts';
import { type Cut, declaredCut, numberCut, placesBetween, timeCut } from './chart-scale.ts';
import { among, type ChartSource, chartDataOf, inWords, isAdditive, place, type Top } from './chart-source.ts';

/** Series of a chart; the others are one series, where their values may be added up. */
export const seriesMax = 12;
/** Points of a line. */
export const pointsMax = 2000;
/** Bars of a chart. */
export const barsMax = 50;

/** Places of an axis that is cut as it suits the rows. */
const autoMax = 36;

/** A cut with the ends of the values that are cut (milliseconds of times), and about how many different ones there are. */
type AxisCut = Cut & { readonly from?: number; readonly to?: number; readonly count?: number };

const none: Top = { values: [], others: 0 };

/** Rows [x, y] or [x, by, y], ordered by x. What is beyond the largest series is `{ others: N }` in areas, and left out of lines. */
export async function lineData(source: ChartSource): Promise<ChartData> {
  const { x, y, by } = needed(source);
  const value = source.valueOf(y, 'last', x);
  const present = y === undefined ? [x] : [x, y];
  const cut = await cutOf(source, x, pointsMax, present);
  const top = by === undefined ? none : await source.top(by, rankOf(value), seriesMax, present);
  const hasOthers = top.others > 0 && source.chart.kind === 'area' && isAdditive(value);
  const groups: SummaryGroup[] = [{ column: x, ...(cut ? { every: cut.every } : {}) }];
  if (by !== undefined) groups.push(among(by, top));
  const found = await source.summarise({ by: groups, values: [value], order: [{ at: 0 }], present });
  const rows = ranked(found, 1, by === undefined ? undefined : top, hasOthers);
  const isTime = source.axis(x) === 'time';
  const texts = source.axis(x) === 'text' ? [...new Set(rows.map(([at]) => at))] : [];
  const kept = new Set(texts.slice(0, pointsMax));
  const partial = partialOf(source, x, value, cut, rows);
  return chartDataOf(
    [x, ...(by === undefined ? [] : [by]), nameOf(value)],
    texts.length > 0 ? rows.filter(([at]) => kept.has(at)) : filled(rows, value, cut, isTime),
    {
      notes: [
        seriesNote(top, by, value, hasOthers),
        cutNote(cut, source.options.every),
        texts.length > pointsMax ? `the first ${inWords(pointsMax)} of ${inWords(texts.length)}` : undefined,
        partialNote(partial),
      ],
      isTruncated: top.others > 0 || texts.length > pointsMax || isWidened(cut, source.options.every),
      facts: { every: cut?.every, partial },
    },
  );
}

/** Rows [x, y] or [x, by, y]: numbers and times in their order, texts by their value, the greatest first. */
export async function barData(source: ChartSource): Promise<ChartData> {
  const { x, y, by } = needed(source);
  const value = source.valueOf(y, 'sum', x);
  const isText = source.axis(x) === 'text';
  const present = [...(isText ? [] : [x]), ...(y === undefined ? [] : [y])];
  const cut = isText ? undefined : await cutOf(source, x, barsMax, present);
  const bars = isText ? await source.top(x, value, barsMax, present) : none;
  const top = by === undefined ? none : await source.top(by, rankOf(value), seriesMax, present);
  const hasOthers = top.others > 0 && isAdditive(value);
  const group = isText ? among(x, bars) : { column: x, ...(cut ? { every: cut.every } : {}) };
  const found = await source.summarise({
    by: by === undefined ? [group] : [group, among(by, top)],
    values: [value],
    order: [{ at: 0 }],
    present,
  });
  const rows = ranked(found, 1, by === undefined ? undefined : top, hasOthers);
  const partial = partialOf(source, x, value, cut, rows);
  return chartDataOf(
    [x, ...(by === undefined ? [] : [by]), nameOf(value)],
    isText
      ? bars.values.flatMap((bar) => rows.filter(([one]) => same(one, bar)))
      : filled(rows, value, cut, source.axis(x) === 'time'),
    {
      notes: [
        bars.others > 0 ? `the ${barsMax} largest of ${inWords(bars.others + barsMax)}` : undefined,
        seriesNote(top, by, value, hasOthers),
        cutNote(cut, source.options.every),
        partialNote(partial),
      ],
      isTruncated: top.others > 0 || bars.others > 0 || isWidened(cut, source.options.every),
      facts: { every: cut?.every, partial },
    },
  );
}

function needed(source: ChartSource): { x: string; y: string | undefined; by: string | undefined } {
  const { x, y, by } = source.options;
  return { x: x!, y, by };
}

/** How an axis is cut: as declared, wider where that gives too many places, and not at all where there are few. */
export async function cutOf(
  source: ChartSource,
  x: string,
  placesMax: number,
  present: readonly string[],
): Promise<AxisCut | undefined> {
  const { every } = source.options;
  const axis = source.axis(x);
  if (axis === 'text') return undefined;
  const isAuto = every === 'auto';
  const declared = every === undefined || isAuto || axis !== 'time' ? undefined : declaredCut(every);
  const ends = await source.ends(x, present);
  if (!ends) return declared;
  if (!declared && !isAuto && ends.count <= placesMax) return undefined;
  const { from, to, count } = ends;
  if (axis === 'number') return { ...numberCut(from, to, placesMax, source.isWhole(x)), from, to, count };
  return { ...timeCut(from, to, isAuto ? Math.min(autoMax, placesMax) : placesMax, declared), from, to, count };
}

/**
 * The first and the last span where only a part of it is known: a range may begin within the first, and the newest row lies within the
 * last. That one is whole where each span has one time, its beginning: such rows are spans themselves, as those of windows are. What is
 * the last of a span is no less true before it is over.
 */
export function partialOf(
  source: ChartSource,
  x: string,
  value: SummaryValue,
  cut: AxisCut | undefined,
  rows: readonly unknown[][],
): { first?: true; last?: true } | undefined {
  const [first, last] = [rows[0]?.[0], rows.at(-1)?.[0]];
  if (x !== source.time || !cut || value.aggregate === 'last' || !(first instanceof Date) || !(last instanceof Date))
    return undefined;
  const isFirst = source.rangeFrom !== undefined && source.rangeFrom > first.getTime();
  const { to, count = 0 } = cut;
  const places = new Set(rows.map(([at]) => keyOf(at))).size;
  const isLast = to !== undefined && (to > last.getTime() || count > 1.5 * places);
  return isFirst || isLast ? { ...(isFirst ? { first: true } : {}), ...(isLast ? { last: true } : {}) } : undefined;
}

/** What is said of spans that were counted in part. */
export function partialNote(partial: ReturnType<typeof partialOf>): string | undefined {
  if (partial?.first && partial.last) return 'the first span is cut by the range, the last is not over yet';
  if (partial?.first) return 'the first span is cut by the range';
  return partial && 'the last span is not over yet';
}

/** Which values of a column are the most important: by their sum or count, else those with the most rows, or the most weight. */
export function rankOf(value: SummaryValue): SummaryValue {
  if (isAdditive(value)) return value;
  return value.aggregate === 'mean' && value.weight !== undefined
    ? { aggregate: 'sum', column: value.weight }
    : { aggregate: 'count' };
}

/** How those that come first by `rankOf` are told in a note. */
export function rankWords(value: SummaryValue): string {
  if (isAdditive(value)) return 'largest';
  return `with the most ${value.aggregate === 'mean' && value.weight !== undefined ? value.weight.replaceAll('_', ' ') : 'rows'}`;
}

/** The name of a computed column: 'rows', 'delay_s', 'mean of delay_s'. */
export function nameOf(value: SummaryValue): string {
  if (value.aggregate === 'count') return 'rows';
  return value.aggregate === 'last' ? value.column : `${value.aggregate} of ${value.column}`;
}

/** Rows with the series in the order of their rank within a place, the others last or left out. */
function ranked(rows: readonly unknown[][], at: number, top: Top | undefined, hasOthers: boolean): unknown[][] {
  if (!top) return [...rows];
  const order = new Map(top.values.map((one, i) => [keyOf(one), i]));
  const rank = (row: unknown[]) => (row[at] === undefined ? order.size : (order.get(keyOf(row[at])) ?? order.size));
  const kept = rows.filter((row) => hasOthers || row[at] !== undefined);
  const places = new Map<unknown, number>();
  for (const row of kept) places.set(keyOf(row[0]), places.get(keyOf(row[0])) ?? places.size);
  return kept
    .toSorted((a, b) => places.get(keyOf(a[0]))! - places.get(keyOf(b[0]))! || rank(a) - rank(b))
    .map((row) => row.map((one, i) => (i === at && one === undefined ? { others: top.others } : one)));
}

/** With a zero for each series at each place where nothing was counted; where nothing can be added up rows are as they are. */
export function filled(rows: unknown[][], value: SummaryValue, cut: Cut | undefined, isTime: boolean): unknown[][] {
  const [first, last] = [rows[0]?.[0], rows.at(-1)?.[0]];
  if (!isTime || !cut || !isAdditive(value) || !(first instanceof Date) || !(last instanceof Date)) return rows;
  const hasSeries = rows[0]!.length === 3;
  const series = new Map(rows.map((row) => [hasSeries ? seriesKey(row[1]) : '', row[1]]));
  const counted = new Map(rows.map((row) => [`${place(row[0])} ${hasSeries ? seriesKey(row[1]) : ''}`, row.at(-1)]));
  return placesBetween(first.getTime(), last.getTime(), cut).flatMap((at) =>
    [...series].map(([key, one]) => {
      const count = counted.get(`${at} ${key}`) ?? 0;
      return hasSeries ? [new Date(at), one, count] : [new Date(at), count];
    }),
  );
}

function seriesNote(top: Top, by: string | undefined, value: SummaryValue, hasOthers: boolean): string | undefined {
  if (top.others === 0) return undefined;
  const count = top.values.length;
  return `the ${count} ${rankWords(value)} of ${inWords(top.others + count)} values of ${by}${hasOthers ? ', the others added up' : ''}`;
}

/** Whether there are fewer places than were asked for. */
function isWidened(cut: Cut | undefined, declared: string | undefined): boolean {
  return cut !== undefined && cut.words !== declared && declared !== 'auto';
}

function cutNote(cut: Cut | undefined, declared: string | undefined): string | undefined {
  if (!cut || cut.words === declared) return undefined;
  return `one value for each ${cut.words}`;
}

/** A value of a series, or the others, as text. */
function seriesKey(value: unknown): string {
  return typeof value === 'bigint' ? `${value}n` : JSON.stringify(value);
}

function keyOf(value: unknown): unknown {
  return value instanceof Date ? value.getTime() : value;
}

function same(left: unknown, right: unknown): boolean {
  return keyOf(left) === keyOf(right);
}
