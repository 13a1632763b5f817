// Values of charts as words: categories, missing ones and the others, numbers with units, times by their span. Times are in UTC.
import type { ChartData, ChartView, Column } from '../../../src/web/schemas.ts';
import { kindOf, type ValueKind } from '../data/kinds.ts';
import { valueText } from '../data/value-text.ts';
import { formatCount, formatShort, formatTime } from '../kit/format.ts';

/** How a time axis was cut; absent: not at all. */
export type Every = string | { width: number } | undefined;

/** The parts of `ChartView.options` that drawing needs. */
export type ChartOptions = {
  x?: string;
  y?: string;
  by?: string;
  value?: string;
  aggregate?: string;
  latitude?: string;
  longitude?: string;
  color?: string;
  country?: string;
  columns?: string[];
  trend?: boolean;
  unit?: string;
  limit?: number;
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

/** A mark of a time axis whose marks are `stepSeconds` apart; the day is told with the first mark and where it changes. */
export function tickText(at: number, before: number | undefined, stepSeconds: number): string {
  const date = new Date(at);
  const day = `${date.getUTCDate()} ${months[date.getUTCMonth()]}`;
  if (stepSeconds >= 300 * 86_400) return String(date.getUTCFullYear());
  if (stepSeconds >= 27 * 86_400) return `${months[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
  if (stepSeconds >= 86_400) return day;
  const clock = formatTime(at, { isUtc: true }).slice(11, stepSeconds < 60 ? 19 : 16);
  const isNewDay = before === undefined || new Date(before).getUTCDate() !== date.getUTCDate();
  return isNewDay ? `${clock}\n${day}` : clock;
}

/** A number as a tooltip shows it: `1,234.57`; with its unit. */
export function numberText(value: unknown, unit?: string): string {
  if (typeof value !== 'number' || !Number.isFinite(value))
    return value === null || value === undefined ? 'nothing' : String(value);
  const size = Math.abs(value);
  const digits = size >= 1_000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 4;
  const text = new Intl.NumberFormat('en-US', { maximumFractionDigits: digits }).format(value).replace('-', '−');
  return withUnit(text, unit);
}

/** A number as an axis shows it: `12.3k`. */
export function axisText(value: number, unit?: string): string {
  return withUnit(formatShort(value).replace('-', '−'), unit);
}

function withUnit(text: string, unit: string | undefined): string {
  if (!unit) return text;
  return /^[%°]/.test(unit) ? `${text}${unit}` : `${text} ${unit}`;
}

const aggregateWords: Record<string, string> = { sum: 'sum of', mean: 'mean', min: 'least', max: 'greatest' };

/** The name of a computed column in words: `mean delay s`. */
export function amountText(column: string): string {
  const [aggregate, name] = column.split(' of ');
  return (name === undefined ? column : `${aggregateWords[aggregate!] ?? aggregate} ${name}`).replaceAll('_', ' ');
}
