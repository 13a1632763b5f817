// Reads filters and orders of a query string: `where.delay_s.gt=300`, `order=-at,line`; each value is checked against its column.
import { MillraceError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { acceptor } from '../define/accept.ts';
import { bool, bytes, date, decimal, double, type Field, float, int, long, text, timestamp } from '../define/fields.ts';
import { boolOf } from '../define/numbers.ts';
import { isPattern } from '../define/read.ts';
import type { Condition, ReadValue } from '../store/store.ts';
import type { Column } from './schemas.ts';

/** A query string as it was parsed: a name that is given several times has a list. */
export type QueryString = Readonly<Record<string, unknown>>;

/** The prefix of the names of filters. */
export const filterPrefix = 'where.';

/** What a filter may ask of a column. */
export const operators = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'like', 'missing'] as const;
type Operator = (typeof operators)[number];

const plainFields: Readonly<Record<string, Field>> = {
  text: text(),
  int: int(),
  long: long(),
  float: float(),
  double: double(),
  bool: bool(),
  timestamp: timestamp({ unit: 'ms' }),
  date: date(),
  bytes: bytes(),
};

// the years that every store can read
const timeMsMin = Date.parse('0001-01-01T00:00:00.000Z');
const timeMsMax = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * The conditions of all filters of a query string; several of one column are joined by and.
 *
 * @throws OPTION_INVALID for an unknown column (with the nearest name) or operator, a value that does not fit the column, one that is given twice
 * @example readConditions({ 'where.line': 'B8', 'where.delay_s.gt': '300' }, columns) // { line: { eq: 'B8' }, delay_s: { gt: 300 } }
 */
export function readConditions(query: QueryString, columns: readonly Column[]): Record<string, Condition> {
  const conditions: Record<string, { -readonly [K in keyof Condition]: Condition[K] }> = {};
  const isMissing = new Map<string, boolean>();
  for (const [place, given] of Object.entries(query)) {
    if (!place.startsWith(filterPrefix)) continue;
    const [name = '', operator = 'eq', ...rest] = place.slice(filterPrefix.length).split('.');
    const column = columnNamed(name, columns, place);
    if (rest.length > 0 || !isOperator(operator)) {
      const asked = [operator, ...rest].join('.');
      throw wrong(place, `there is no operator '${asked}'`, `Use one of ${operators.join(', ')}.`);
    }
    const texts = Array.isArray(given) ? given.map(String) : [String(given)];
    if (texts.length > 1 && operator !== 'in')
      throw wrong(place, 'it is given twice', `Give it once, or several values by ${filterPrefix}${name}.in.`);
    checkOperator(place, column, operator);
    if (operator === 'missing') isMissing.set(name, readMissing(place, texts[0]!));
    else {
      const condition = Object.hasOwn(conditions, name) ? conditions[name]! : {};
      conditions[name] = condition;
      if (condition[operator] !== undefined) throw wrong(place, 'it is given twice', 'Give it once.');
      for (const one of operator === 'like' ? [] : texts) checkDeclared(place, column, one);
      if (operator === 'in') condition.in = texts.map((one) => readValue(place, column, one));
      else if (operator === 'like') condition.like = readPattern(place, texts[0]!);
      else condition[operator] = readValue(place, column, texts[0]!);
    }
  }
  for (const [name, missing] of isMissing) {
    const condition = Object.hasOwn(conditions, name) ? conditions[name]! : {};
    conditions[name] = condition;
    if (missing && Object.keys(condition).length > 0)
      throw wrong(`${filterPrefix}${name}`, 'what is missing meets no other condition', 'Leave one of them out.');
    if (missing) condition.eq = null;
    // any other condition leaves out what is missing
    else if (Object.keys(condition).length === 0) condition.ne = null;
  }
  return conditions;
}

/**
 * The order of `order=-at,line`: by `at` descending, then by `line`.
 *
 * @throws OPTION_INVALID for an unknown column or one that cannot be ordered
 */
export function readOrder(
  order: string | undefined,
  columns: readonly Column[],
): { column: string; descending: boolean }[] {
  if (order === undefined) return [];
  const parts = order.split(',').map((part) => ({
    column: part.replace(/^[-+]/, ''),
    descending: part.startsWith('-'),
  }));
  for (const [i, { column }] of parts.entries()) {
    const { type } = columnNamed(column, columns, 'order');
    if (type === 'json' || type.startsWith('list'))
      throw wrong('order', `column '${column}' of type ${type} has no order`, 'Order by another column.');
    if (parts.findIndex((one) => one.column === column) < i)
      throw wrong('order', `column '${column}' is given twice`, 'Name each column once.');
  }
  return parts;
}

/**
 * A text as a value of a column, as it is bound in SQL.
 *
 * @param place the parameter that it stands in, for the message
 * @throws OPTION_INVALID where it does not fit
 */
export function readValue(place: string, column: Column, given: string): ReadValue {
  const { type } = column;
  if (type === 'bytes') return readBytes(place, given);
  try {
    const value = acceptor(column.name, fieldOf(type))(given);
    if (type === 'timestamp') return new Date(inRange(Number(value)));
    if (type === 'date') return new Date(inRange(Number(value) * 86_400_000)).toISOString().slice(0, 10);
    return value as ReadValue;
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    const message = error.message.replace(`field '${column.name}': `, '');
    throw wrong(place, message, `Give a value of type ${type}.`);
  }
}

/** The column of a name. @throws OPTION_INVALID with the nearest name */
export function columnNamed(name: string, columns: readonly Column[], place: string): Column {
  const column = columns.find((one) => one.name === name);
  if (column) return column;
  const names = columns.map((one) => one.name);
  const near = nearest(name, names);
  throw wrong(
    place,
    `there is no column '${name.slice(0, 80)}'`,
    near ? `Did you mean '${near}'?` : `Use one of ${names.join(', ')}.`,
  );
}

/** A wrong value of a parameter. */
export function wrong(place: string, message: string, remedy: string): MillraceError {
  return new MillraceError('OPTION_INVALID', `${place}: ${message}`, {
    place: place,
    remedy,
  });
}

function isOperator(name: string): name is Operator {
  return (operators as readonly string[]).includes(name);
}

function checkOperator(place: string, { name, type }: Column, operator: Operator): void {
  if (operator === 'missing') return;
  const isComposed = type === 'json' || type.startsWith('list');
  const isText = type === 'text' || type.startsWith('oneOf');
  if (isComposed || (operator === 'like' && !isText)) {
    const allowed = operators.filter((one) => one === 'missing' || (!isComposed && one !== 'like'));
    throw wrong(
      place,
      `column '${name}' of type ${type} cannot be compared by '${operator}'`,
      `Use ${allowed.length > 1 ? 'one of ' : ''}${allowed.join(', ')}.`,
    );
  }
}

/**
 * Refuses a text that is none of a column's values. Of a filter only: rows may hold values that are no longer declared, and keep their
 * keys and their places in an order.
 */
function checkDeclared(place: string, { type }: Column, given: string): void {
  const all = /^oneOf\((.*)\)$/s.exec(type)?.[1];
  if (all === undefined || `, ${all}, `.includes(`, '${given}', `)) return;
  throw wrong(place, `'${given.slice(0, 80)}' is none of ${all.slice(0, 200)}`, 'Give one of these.');
}

function readPattern(place: string, given: string): string {
  if (isPattern(given)) return given;
  throw wrong(place, 'a \\ at the end stands before nothing', 'Write a \\ itself as \\\\.');
}

function readMissing(place: string, given: string): boolean {
  const truth = boolOf(given);
  if (truth !== undefined) return truth;
  throw wrong(place, `'${given.slice(0, 80)}' is neither true nor false`, 'Give true or false.');
}

function readBytes(place: string, given: string): Uint8Array {
  const decoded = Buffer.from(given, 'base64');
  if (decoded.toString('base64').replace(/=+$/, '') === given.replace(/=+$/, '')) return new Uint8Array(decoded);
  throw wrong(place, 'this is not base64', 'Give the bytes as base64.');
}

function fieldOf(type: string): Field {
  const found = /^decimal\((\d+), (\d+)\)$/.exec(type);
  if (found) return decimal(Number(found[1]), Number(found[2]));
  return plainFields[type] ?? plainFields.text!;
}

function inRange(ms: number): number {
  if (ms >= timeMsMin && ms <= timeMsMax) return ms;
  throw new MillraceError('OPTION_INVALID', 'this is before year 1 or after year 9999');
}
