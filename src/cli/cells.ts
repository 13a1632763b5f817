// The rows of a query as text: cells of a table, lines of CSV, objects of JSON.
import type { QueryResult } from '../control/millrace.ts';
import { disarmed } from '../web/formulas.ts';
import { toJson } from './json.ts';
import { formatTime } from './numbers.ts';
import type { Paint } from './paint.ts';
import { harmless } from './width.ts';

const numeric =
  /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|REAL|DOUBLE|DECIMAL|NUMERIC|int|long|float|double|decimal)\b/;

/** Whether values of a column type are numbers, which keep to the right. */
export function isNumeric(type: string): boolean {
  return numeric.test(type) && !type.endsWith('[]');
}

/** A value as a cell of a table in the terminal. */
export function cellOf(value: unknown, paint: Paint): string {
  if (value === null || value === undefined) return paint.dim('null');
  return harmless(textOf(value));
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Date) return formatTime(value.getTime());
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`;
  return typeof value === 'object' ? toJson(value) : String(value);
}

/**
 * A result as CSV (RFC 4180, UTF-8). Missing values are empty, an empty text is `""`; a text that a spreadsheet would take for a
 * formula gets an apostrophe before it.
 */
export function* csvLines(result: QueryResult): Generator<string> {
  yield `${result.columns.map((column) => quote(disarmed(column.name))).join(',')}\n`;
  const isNumber = result.columns.map((column) => isNumeric(column.type));
  for (const row of result.rows) {
    yield `${row.map((value, i) => csvCell(value, isNumber[i]!)).join(',')}\n`;
  }
}

function csvCell(value: unknown, isNumber: boolean): string {
  if (value === null || value === undefined) return '';
  if (value === '') return '""';
  const text = value instanceof Uint8Array ? Buffer.from(value).toString('base64') : textOf(value);
  return quote(typeof value === 'string' && !isNumber ? disarmed(text) : text);
}

function quote(text: string): string {
  return /[",\n\r]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The names of the columns in JSON: one that comes twice gets a number. */
export function uniqueNames(columns: QueryResult['columns']): string[] {
  const names: string[] = [];
  for (const { name } of columns) {
    let unique = name;
    for (let i = 2; names.includes(unique); i++) unique = `${name}_${i}`;
    names.push(unique);
  }
  return names;
}

/** The rows as objects, by these names. */
export function rowObjects({ columns, rows }: QueryResult): Record<string, unknown>[] {
  const names = uniqueNames(columns);
  return rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i] ?? null])));
}
