// Conditions on a table's columns: which operators suit a type, how they read in words, and how they stand in the address.
import type { Column } from '../../../src/web/schemas.ts';
import type { Filter, Operator } from '../api/client.ts';
import { kindOf, type ValueKind } from '../data/kinds.ts';

const comparing: readonly Operator[] = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'missing'];

const suited: Record<ValueKind, readonly Operator[]> = {
  text: ['eq', 'ne', 'like', 'in', 'gte', 'lt', 'missing'],
  number: comparing,
  time: ['gte', 'lt', 'eq', 'gt', 'lte', 'ne', 'missing'],
  date: ['gte', 'lt', 'eq', 'gt', 'lte', 'ne', 'missing'],
  bool: ['eq', 'missing'],
  choice: ['eq', 'ne', 'in', 'missing'],
  nested: ['like', 'missing'],
  bytes: ['missing'],
};

/** The operators that can be used with a column, the likeliest first. */
export function operatorsOf(column: Pick<Column, 'type' | 'isOptional'>): readonly Operator[] {
  const all = suited[kindOf(column.type)];
  return column.isOptional ? all : all.filter((one) => one !== 'missing');
}

const signs: Record<Operator, string> = {
  eq: '=',
  ne: '≠',
  lt: '<',
  lte: '≤',
  gt: '>',
  gte: '≥',
  in: 'is one of',
  like: 'matches',
  missing: 'is missing',
};

const words: Record<Operator, string> = {
  eq: 'is',
  ne: 'is not',
  lt: 'less than',
  lte: 'at most',
  gt: 'greater than',
  gte: 'at least',
  in: 'is one of',
  like: 'matches (% is any text)',
  missing: 'is missing',
};

const wordsOfTime: Partial<Record<Operator, string>> = { lt: 'before', lte: 'until', gt: 'after', gte: 'from' };

/** An operator in words, as a menu shows it: `greater than`, of a time `after`. */
export function operatorWords(op: Operator, type: string): string {
  const kind = kindOf(type);
  return ((kind === 'time' || kind === 'date') && wordsOfTime[op]) || words[op];
}

/** A filter as a chip shows it: `['delay_s', '>', '300']`. */
export function filterParts({ column, op, value }: Filter): [string, string, string] {
  if (op === 'missing') return [column, value === 'true' ? 'is missing' : 'is there', ''];
  return [column, signs[op], typeof value === 'string' ? value : value.join(', ')];
}

const operators = Object.keys(signs) as Operator[];

/** The filters of an address: `where.line` and `where.delay_s.gt`, as the API has them. */
export function filtersOf(search: Readonly<Record<string, unknown>>): Filter[] {
  const filters: Filter[] = [];
  for (const [name, given] of Object.entries(search)) {
    if (!name.startsWith('where.')) continue;
    const rest = name.slice('where.'.length);
    const dot = rest.lastIndexOf('.');
    const named = dot > 0 ? operators.find((one) => one === rest.slice(dot + 1)) : undefined;
    const column = named ? rest.slice(0, dot) : rest;
    const op = named ?? 'eq';
    const values = (Array.isArray(given) ? given : [given]).map(String);
    if (op === 'in') filters.push({ column, op, value: values });
    else filters.push({ column, op, value: values.at(-1) ?? '' });
  }
  return filters;
}

/** Filters by the names that the address gives them; the counterpart of `filtersOf`. */
export function searchOf(filters: readonly Filter[]): Record<`where.${string}`, Plain | Plain[]> {
  const search: Record<`where.${string}`, Plain | Plain[]> = {};
  for (const { column, op, value } of filters) {
    const name = op === 'eq' ? (`where.${column}` as const) : (`where.${column}.${op}` as const);
    search[name] = typeof value === 'string' ? plain(value) : value.map(plain);
  }
  return search;
}

type Plain = string | number | boolean;

/** The router quotes a text that reads as JSON; as the value itself it stands plainly in the address. */
function plain(text: string): Plain {
  if (text === 'true' || text === 'false') return text === 'true';
  return text !== '' && String(Number(text)) === text && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** The filters with one more; it takes the place of one with the same column and operator. */
export function withFilter(filters: readonly Filter[], added: Filter): Filter[] {
  return [...filters.filter((one) => one.column !== added.column || one.op !== added.op), added];
}

/** What is wrong with a value for a column, in words, or undefined. */
export function wrongWith(column: Pick<Column, 'type' | 'name'>, op: Operator, text: string): string | undefined {
  if (op === 'missing') return undefined;
  const kind = kindOf(column.type);
  const values = op === 'in' ? listed(text) : [text.trim()];
  if (kind !== 'text' && kind !== 'choice' && text.trim() === '') return 'Give a value.';
  if (op === 'in' && values.length === 0) return 'Give one value or more, with commas between them.';
  if (kind === 'number' && values.some((one) => one === '' || Number.isNaN(Number(one)))) return 'Give a number.';
  if (kind === 'time' && Number.isNaN(Date.parse(text.trim()))) return 'Give a time: 2026-11-22T09:30:00Z.';
  if (kind === 'date' && !/^\d{4}-\d{2}-\d{2}$/.test(text.trim())) return 'Give a day: 2026-11-22.';
  return undefined;
}

/** The values of a text with commas between them. */
export function listed(text: string): string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}
