// How axes are cut: spans of time and widths of numbers that people like, and all places between the first and the last.
import type { Every, Span } from '../define/chart.ts';
import type { SummaryGroup } from '../store/store.ts';

/** A way to cut an axis; `ms` of times, about, for months and years. */
export type Cut = { readonly every: NonNullable<SummaryGroup['every']>; readonly size: number; readonly words: string };

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const spanMs: Readonly<Record<Span, number>> = {
  second: secondMs,
  minute: minuteMs,
  hour: hourMs,
  day: dayMs,
  week: 7 * dayMs,
  month: 30 * dayMs,
  quarter: 91 * dayMs,
  year: 365 * dayMs,
};

function pieces(count: number, unitMs: number, unit: string): Cut {
  return { every: { width: count * unitMs }, size: count * unitMs, words: `${count} ${unit}` };
}

function spanCut(span: Span): Cut {
  return { every: span, size: spanMs[span], words: span };
}

const timeCuts: readonly Cut[] = [
  spanCut('second'),
  ...[2, 5, 10, 15, 30].map((count) => pieces(count, secondMs, 'seconds')),
  spanCut('minute'),
  ...[2, 5, 10, 15, 30].map((count) => pieces(count, minuteMs, 'minutes')),
  spanCut('hour'),
  ...[2, 3, 6, 12].map((count) => pieces(count, hourMs, 'hours')),
  ...(['day', 'week', 'month', 'quarter', 'year'] as const).map(spanCut),
];

/** The cut of a declared span. */
export function declaredCut(every: Exclude<Every, 'auto'>): Cut {
  return timeCuts.find((cut) => cut.words === every)!;
}

/** The narrowest cut of a stretch of time, not narrower than `least`, that gives at most so many places. Years at most. */
export function timeCut(fromMs: number, toMs: number, placesMax: number, least?: Cut): Cut {
  const narrow = least && fits(toMs - fromMs, least.size, placesMax) ? least : undefined;
  return (
    narrow ??
    timeCuts.find((cut) => cut.size >= (least?.size ?? 0) && fits(toMs - fromMs, cut.size, placesMax)) ??
    timeCuts.at(-1)!
  );
}

function fits(length: number, size: number, placesMax: number): boolean {
  return Math.floor(length / size) + 2 <= placesMax;
}

/** The cut of numbers into at most so many places by a width of 1, 2 or 5 times a power of ten. */
export function numberCut(from: number, to: number, placesMax: number, isWhole: boolean): Cut {
  const width = niceWidth((to - from) / Math.max(1, placesMax - 2), isWhole);
  return { every: { width }, size: width, words: String(width) };
}

/** The least of 1, 2 and 5 times a power of ten that is not less; at least 1 for whole numbers, more than 0 always. */
export function niceWidth(least: number, isWhole = false): number {
  if (!(least > 0) || !Number.isFinite(least)) return 1;
  const power = 10 ** Math.floor(Math.log10(least));
  const width = [1, 2, 5, 10].map((step) => step * power).find((one) => one >= least * (1 - 1e-9))!;
  return tidy(isWhole ? Math.max(1, width) : width);
}

/** A number without what floating-point sums add in its last digits. */
export function tidy(value: number): number {
  return Number(value.toPrecision(14));
}

/** The beginnings of all spans from the first to the last, milliseconds since 1970. */
export function placesBetween(firstMs: number, lastMs: number, cut: Cut): number[] {
  const places: number[] = [];
  for (let at = firstMs; at <= lastMs; at = after(at, cut)) places.push(at);
  return places;
}

function after(at: number, { every, size }: Cut): number {
  const months = { month: 1, quarter: 3, year: 12 }[every as string];
  if (months === undefined) return at + size;
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1);
}
