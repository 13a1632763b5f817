// How the rows of a query are drawn: the kind, the column along the axis, the columns drawn, and one that splits them.
import type { QueryAnswer } from '../../../src/web/schemas.ts';
import { kindOf } from '../data/kinds.ts';
import { declaredType } from '../data/value-text.ts';

export type ChartKind = 'line' | 'bar' | 'scatter';
export type ChartChoice = { kind: ChartKind; x: string; y: string; by: string | undefined };

type Columns = QueryAnswer['columns'];

/** Columns by what they can be in a chart. */
export function chartColumns(columns: Columns): { numbers: string[]; all: string[]; texts: string[] } {
  const kinds = columns.map(({ name, type }) => ({ name, kind: kindOf(declaredType(type)) }));
  return {
    numbers: kinds.filter(({ kind }) => kind === 'number').map(({ name }) => name),
    texts: kinds.filter(({ kind }) => kind === 'text' || kind === 'bool').map(({ name }) => name),
    all: kinds.filter(({ kind }) => kind !== 'nested' && kind !== 'bytes').map(({ name }) => name),
  };
}

/** What suits the columns: lines over time, bars over names, points where both are numbers; undefined where nothing can be drawn. */
export function suitedChart({ columns, rows }: QueryAnswer): ChartChoice | undefined {
  const { numbers, texts, all } = chartColumns(columns);
  const time = columns.find(({ type }) => ['time', 'date'].includes(kindOf(declaredType(type))))?.name;
  const [first, second] = numbers;
  if (first === undefined) return undefined;
  const at = (name: string) => columns.findIndex((column) => column.name === name);
  // what is grouped by is written first, what is measured after it
  const measure = (x: string) => numbers.find((name) => at(name) > at(x)) ?? first;
  if (time !== undefined) return { kind: 'line', x: time, y: measure(time), by: texts[0] };
  if (texts[0] !== undefined) {
    const [x, y] = [texts[0], measure(texts[0])];
    const isRepeated = new Set(rows.map((row) => row[at(x)])).size < rows.length;
    const by = isRepeated ? all.find((name) => name !== x && at(name) < at(y)) : undefined;
    return { kind: 'bar', x, y, by };
  }
  return second === undefined ? undefined : { kind: 'scatter', x: first, y: second, by: undefined };
}

/** `line~minute~delay~line` as a choice, where the columns are there. */
export function chartOf(text: string | undefined, columns: Columns): ChartChoice | undefined {
  const [kind, x, y, by] = (text ?? '').split('~');
  const has = (name: string | undefined): name is string => columns.some((column) => column.name === name);
  if ((kind !== 'line' && kind !== 'bar' && kind !== 'scatter') || !has(x) || !has(y)) return undefined;
  return { kind, x, y, by: has(by) ? by : undefined };
}

/** A choice as the address has it. */
export function chartText({ kind, x, y, by }: ChartChoice): string {
  return [kind, x, y, ...(by === undefined ? [] : [by])].join('~');
}

/** One line, row of bars or cloud of points. */
export type Series = { name: string; points: [x: unknown, y: number][] };

const seriesMax = 8;

/** The rows as series; `left`: how many were left out because a chart has eight at most. */
export function seriesOf({ columns, rows }: QueryAnswer, choice: ChartChoice): { series: Series[]; left: number } {
  const at = (name: string) => columns.findIndex((column) => column.name === name);
  const [x, y, by] = [at(choice.x), at(choice.y), choice.by === undefined ? -1 : at(choice.by)];
  const all = new Map<string, Series>();
  for (const row of rows) {
    const value = row[y];
    if (value === null || value === undefined || row[x] === null) continue;
    const name = by < 0 ? choice.y : String(row[by]);
    const series = all.get(name) ?? { name, points: [] };
    all.set(name, series);
    series.points.push([row[x], Number(value)]);
  }
  const largest = [...all.values()].sort((a, b) => b.points.length - a.points.length);
  const series = largest.slice(0, seriesMax).sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  if (choice.kind === 'line') {
    for (const one of series) one.points.sort(([a], [b]) => (a! < b! ? -1 : a! > b! ? 1 : 0));
  }
  return { series, left: largest.length - series.length };
}
