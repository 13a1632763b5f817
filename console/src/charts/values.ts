// Values of charts as words: categories, missing ones and the others, numbers with units, times by their span. Times are in UTC.
import type { ChartData, ChartView, Column } from '../../../src/web/schemas.ts';
import { kindOf, type ValueKind } from '../data/kinds.ts';
import { valueText } from '../data/value-text.ts';
import { formatCount, formatShort, formatTime } from '../kit/format.ts';
import { numberInWords } from '../kit/number-text.ts';
import { columnWords } from './label-text.ts';

/** How a time axis was cut; absent: not at all. */
export type Every = string | { width: number } | undefined;

/** The parts of `ChartView.options` that drawing needs. */
export type ChartOptions = {
  x?: string;
  y?: string;
  by?: string;
  value?: string;
  aggregate?: string;
  weight?: string;
  latitude?: string;
  longitude?: string;
  color?: string;
  country?: string;
  columns?: string[];
  trend?: boolean;
  unit?: string;
  limit?: number;
  /** Of lines: only their points. */
  hasDots?: boolean;
};

/** What every drawing gets; it fills its parent. */
export type DrawingProps = {
  view: ChartView;
  data: ChartData;
  /** In the dialog: more room for words. */
  isLarge?: boolean;
  /** Called with a stretch of time that was chosen on the axis, milliseconds since 1970. */
  onRange?: (from: number, to: number) => void;
};

export function optionsOf(view: ChartView): ChartOptions {
  return view.options as ChartOptions;
}

/** The column of a table; one that is computed holds numbers. */
export function columnOf(view: ChartView, name: string | undefined): Column {
  return (
    view.columns.find((one) => one.name === name) ?? {
      name: name ?? '',
      type: 'double',
      isOptional: true,
      isPersonal: false,
    }
  );
}

export function kindOfColumn(view: ChartView, name: string | undefined): ValueKind {
  return kindOf(columnOf(view, name).type);
}

export function isTimeKind(kind: ValueKind): boolean {
  return kind === 'time' || kind === 'date';
}

export function everyOf(data: ChartData, name = 'every'): Every {
  return data.facts?.[name] as Every;
}

/** How many values `{ others: N }` stands for, or undefined for any other value. */
export function othersOf(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null || !('others' in value)) return undefined;
  return Number(value.others);
}

/** A category in words. */
export function categoryText(value: unknown, column: Column, every?: Every): string {
  const others = othersOf(value);
  if (others !== undefined) return `${formatCount(others)} others`;
  if (value === null || value === undefined) return 'missing';
  if (value === '') return 'empty';
  if (isTimeKind(kindOf(column.type)) && every !== undefined) return spanText(Date.parse(String(value)), every);
  return valueText(value, column.type);
}

/** Milliseconds of a span, about, for months and years. */
export function spanMs(every: Every): number | undefined {
  if (typeof every === 'object') return every.width;
  const days = { day: 1, week: 7, month: 30.4, quarter: 91.3, year: 365.25 }[every ?? ''];
  if (days !== undefined) return days * 86_400_000;
  return { second: 1_000, minute: 60_000, hour: 3_600_000 }[every ?? ''];
}

/** The beginning of the span after one. */
export function spanAfter(at: number, every: NonNullable<Every>): number {
  const count = { month: 1, quarter: 3, year: 12 }[String(every)];
  if (count === undefined) return at + spanMs(every)!;
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + count, 1);
}

/** The spans from the first to the last of some, also those that are not there; as they are where that would be too many. */
export function withoutHoles(times: readonly number[], every: Every, most = 2_500): number[] {
  const step = spanMs(every);
  if (every === undefined || !step || times.length < 2) return [...times];
  if ((times.at(-1)! - times[0]!) / step > most) return [...times];
  const all = new Set(times);
  for (let at = times[0]!; at < times.at(-1)!; at = spanAfter(at, every)) all.add(at);
  return [...all].sort((a, b) => a - b);
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A stretch of time by its beginning: `2017`, `Q2 2017`, `Jun 2017`, `1 Jun 2017`, `2017-06-01 04:30`. */
export function spanText(at: number, every: Every): string {
  const date = new Date(at);
  const year = date.getUTCFullYear();
  if (every === 'year') return String(year);
  if (every === 'quarter') return `Q${Math.floor(date.getUTCMonth() / 3) + 1} ${year}`;
  if (every === 'month') return `${months[date.getUTCMonth()]} ${year}`;
  if (every === 'day' || every === 'week') return `${date.getUTCDate()} ${months[date.getUTCMonth()]} ${year}`;
  const text = formatTime(at, { isUtc: true });
  return at % 60_000 === 0 ? text.slice(0, 16) : text;
}

/** A mark of a time axis whose marks are `stepSeconds` apart; the day (or the year of days) is told with the first mark and where it changes. */
export function tickText(at: number, before: number | undefined, stepSeconds: number): string {
  const date = new Date(at);
  const day = `${date.getUTCDate()} ${months[date.getUTCMonth()]}`;
  if (stepSeconds >= 300 * 86_400) return String(date.getUTCFullYear());
  if (stepSeconds >= 27 * 86_400) return `${months[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
  if (stepSeconds >= 86_400) {
    const isNewYear = before === undefined || new Date(before).getUTCFullYear() !== date.getUTCFullYear();
    return isNewYear ? `${day}\n${date.getUTCFullYear()}` : day;
  }
  const clock = formatTime(at, { isUtc: true }).slice(11, stepSeconds < 60 ? 19 : 16);
  const isNewDay = before === undefined || new Date(before).getUTCDate() !== date.getUTCDate();
  return isNewDay ? `${clock}\n${day}` : clock;
}

/** A number as a tooltip shows it: `1,234.57`; with its unit, and a digit more than the step of its axis. */
export function numberText(value: unknown, unit?: string, step?: number): string {
  if (typeof value !== 'number' || !Number.isFinite(value))
    return value === null || value === undefined ? 'nothing' : String(value);
  return withUnit(numberInWords(value, step), unit);
}

/** A number by itself where there is little room: `12.3k`. */
export function shortText(value: number, unit?: string): string {
  return withUnit(formatShort(value), unit);
}

export function withUnit(text: string, unit: string | undefined): string {
  if (!unit) return text;
  return /^[%°]/.test(unit) ? `${text}${unit}` : `${text} ${unit}`;
}

const aggregateWords: Record<string, string> = { sum: 'sum of', mean: 'mean', min: 'least', max: 'greatest' };

/** The name of a computed column in words: `mean delay` for `mean of delay_s` in `s`. */
export function amountText(column: string, unit?: string): string {
  const [aggregate, name] = column.split(' of ');
  return columnWords(name === undefined ? column : `${aggregateWords[aggregate!] ?? aggregate} ${name}`, unit);
}

/** Whether what a chart computes is added up, so that its scale begins at nothing. */
export function isAddedUp(view: ChartView): boolean {
  const { value, y, aggregate } = optionsOf(view);
  const measured = view.kind === 'heatmap' ? value : (value ?? y);
  const usual = view.kind === 'heatmap' ? 'mean' : 'sum';
  return measured === undefined || ['sum', 'count'].includes(aggregate ?? usual);
}

/** Which of the first and the last span are counted in part only. */
export function partialOf(data: ChartData): { first?: boolean; last?: boolean } {
  return (data.facts?.partial ?? {}) as { first?: boolean; last?: boolean };
}
