// How the rows of a query are drawn: the kind, the column along the axis, the columns drawn, and one that splits them.
import type { ChartData, ChartView, QueryAnswer } from '../../../src/web/schemas.ts';
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

/** Values of a whole-number column that may split a chart, at most. */
const splitMax = 24;

/**
 * What suits the columns: lines over time, bars over names, points where both are numbers; undefined where nothing can be drawn. What is
 * grouped by is written first and what is measured last. Where a place of the axis comes again, a name splits the rows, else a
 * whole-number column with few values.
 */
export function suitedChart({ columns, rows }: QueryAnswer): ChartChoice | undefined {
  const { numbers, texts } = chartColumns(columns);
  const time = columns.find(({ type }) => ['time', 'date'].includes(kindOf(declaredType(type))))?.name;
  const y = numbers.at(-1);
  if (y === undefined) return undefined;
  const at = (name: string) => columns.findIndex((column) => column.name === name);
  const values = (name: string) => new Set(rows.map((row) => row[at(name)]));
  const isSplit = (name: string) => declaredType(columns[at(name)]!.type) === 'long' && values(name).size <= splitMax;
  const split = (x: string) =>
    values(x).size < rows.length
      ? (texts.find((name) => name !== x) ?? numbers.find((name) => at(name) < at(y) && isSplit(name)))
      : undefined;
  if (time !== undefined) return { kind: 'line', x: time, y, by: split(time) };
  const [name] = texts;
  if (name !== undefined) return { kind: 'bar', x: name, y, by: split(name) };
  const [first] = numbers;
  return first === undefined || first === y ? undefined : { kind: 'scatter', x: first, y, by: undefined };
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

/**
 * A chart of a query's rows as dashboards draw it; `left`: how many series were left out because a chart has so many at most; `hidden`: how
 * many rows have the place of another one, which is drawn.
 */
export type QuickDrawing = { view: ChartView; data: ChartData; left: number; hidden: number };

const seriesMax = 12;

/** The rows as the data of a chart, in the order of its axis. */
export function drawingOf({ columns, rows }: QueryAnswer, choice: ChartChoice): QuickDrawing {
  const { kind, x, y, by } = choice;
  const at = (name: string) => columns.findIndex((column) => column.name === name);
  const typeOf = (name: string) => declaredType(columns[at(name)]?.type ?? '');
  const places = kindOf(typeOf(x));
  const names = [x, ...(by === undefined || by === x || by === y ? [] : [by]), y];
  const isSplit = names.length === 3;
  const found = rows
    .map((row) =>
      names.map((name) =>
        name === y || (name === x && places === 'number') ? numberOf(row[at(name)]) : row[at(name)],
      ),
    )
    .filter((row) => row[0] !== null && row.at(-1) !== null);
  const counts = new Map<string, number>();
  if (isSplit) for (const row of found) counts.set(keyOf(row[1]), (counts.get(keyOf(row[1])) ?? 0) + 1);
  const kept = new Set(
    [...counts]
      .sort(([, a], [, b]) => b - a)
      .slice(0, seriesMax)
      .map(([key]) => key),
  );
  const drawn = found.filter((row) => !isSplit || kept.has(keyOf(row[1])));
  // names stay in the order of the query
  if (places !== 'text' && places !== 'bool') drawn.sort(([a], [b]) => compared(a, b));
  const hasDots = kind === 'scatter' && places !== 'number';
  const options = { x, y: names.at(-1)!, ...(isSplit ? { by: by! } : {}), ...(hasDots ? { hasDots } : {}) };
  // points over times or names are a line without its strokes
  const type = (name: string) => (name === y ? 'double' : typeOf(name));
  return {
    view: {
      id: 'query',
      kind: hasDots ? 'line' : kind,
      title: `${y} by ${x}`,
      table: 'query',
      columns: [...new Set(names)].map((name) => ({ name, type: type(name), isOptional: true, isPersonal: false })),
      options,
    },
    data: { columns: names, rows: drawn, isTruncated: false },
    left: Math.max(0, counts.size - kept.size),
    hidden:
      kind === 'scatter' && !hasDots ? 0 : drawn.length - new Set(drawn.map((row) => keyOf(row.slice(0, -1)))).size,
  };
}

function numberOf(value: unknown): number | null {
  if (value === null || value === undefined || value === '') return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

function keyOf(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}

function compared(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}
