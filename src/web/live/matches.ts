// Conditions on rows in memory, with the meaning that they have in a store: filters of live tables.
import type { Condition, ReadValue, StoredRow } from '../../store/store.ts';
import type { Column } from '../schemas.ts';

/** Whether a row meets the conditions. */
export type Matches = (row: StoredRow) => boolean;

/** A filter of a live table. `matchesKey`: whether a row may meet the conditions, by the columns of its key alone. */
export type RowFilter = { readonly matches: Matches; readonly matchesKey: Matches };

type Test = (value: unknown) => boolean;
type Compare = (left: never, right: never) => number;

/** The conditions of a request (see `readConditions`) as a filter of a table with this key; undefined where there are none. */
export function rowFilter(
  where: Readonly<Record<string, Condition>>,
  columns: readonly Column[],
  key: readonly string[],
): RowFilter | undefined {
  const matches = rowMatcher(where, columns);
  const ofKey = Object.fromEntries(Object.entries(where).filter(([name]) => key.includes(name)));
  return matches && { matches, matchesKey: rowMatcher(ofKey, columns) ?? (() => true) };
}

/**
 * The conditions of a request (see `readConditions`) as a function; undefined where there are none.
 *
 * @example rowMatcher({ delay_s: { gt: 300 } }, columns)?.({ delay_s: 301 }) // true
 */
export function rowMatcher(
  where: Readonly<Record<string, Condition>>,
  columns: readonly Column[],
): Matches | undefined {
  const tests = Object.entries(where).flatMap(([name, condition]) => {
    const { type } = columns.find((column) => column.name === name)!;
    return Object.entries(condition).map(([operator, wanted]) => {
      const test = testOf(operator, wanted, type);
      return (row: StoredRow) => test(row[name] ?? null);
    });
  });
  return tests.length === 0 ? undefined : (row) => tests.every((test) => test(row));
}

function testOf(operator: string, wanted: ReadValue | readonly ReadValue[], type: string): Test {
  if (wanted === null) return operator === 'ne' ? (value) => value !== null : (value) => value === null;
  if (operator === 'in') {
    const tests = (wanted as readonly ReadValue[]).map((one) => testOf('eq', one, type));
    return (value) => tests.some((test) => test(value));
  }
  if (operator === 'like') {
    const pattern = parts(wanted as string);
    return (value) => value !== null && isLike([...(value as string)], pattern);
  }
  const compare = comparison(type) as (left: unknown, right: unknown) => number;
  const order: Test = {
    eq: (value: unknown) => compare(value, wanted) === 0,
    ne: (value: unknown) => compare(value, wanted) !== 0,
    lt: (value: unknown) => compare(value, wanted) < 0,
    lte: (value: unknown) => compare(value, wanted) <= 0,
    gt: (value: unknown) => compare(value, wanted) > 0,
    gte: (value: unknown) => compare(value, wanted) >= 0,
  }[operator as 'eq']!;
  return (value) => value !== null && order(value);
}

function comparison(type: string): Compare {
  if (type === 'timestamp') return (left: Date, right: Date) => left.getTime() - right.getTime();
  if (type === 'bool') return (left: boolean, right: boolean) => Number(left) - Number(right);
  if (type === 'bytes') return (left: Uint8Array, right: Uint8Array) => Buffer.compare(left, right);
  if (type === 'date') return (left: string, right: string) => numbers(day(left), day(right));
  const scale = /^decimal\(\d+, (\d+)\)$/.exec(type)?.[1];
  if (scale !== undefined)
    return (left: string, right: string) => numbers(scaled(left, Number(scale)), scaled(right, Number(scale)));
  if (type === 'text' || type.startsWith('oneOf')) return texts;
  return numbers;
}

/** By size, exact for 64 bits; NaN is equal to itself and greater than all others. */
function numbers(left: number | bigint, right: number | bigint): number {
  if (left === right) return 0;
  if (Number.isNaN(left)) return Number.isNaN(right) ? 0 : 1;
  if (Number.isNaN(right)) return -1;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** By code points; `<` goes by 16-bit units, which have another order beyond U+FFFF. */
function texts(left: string, right: string): number {
  return left === right ? 0 : Buffer.compare(Buffer.from(left), Buffer.from(right));
}

/** A day as text in a form whose order is that of the days; only filters are sure to have four digits of a year. */
function day(text: string): number {
  if (text.length === 10) return Number(text.replaceAll('-', ''));
  return text.endsWith('(BC)') || text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function scaled(text: string, scale: number): bigint {
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(scale, '0'));
}

const anyText = Symbol('%');
const anyOne = Symbol('_');
type Part = string | typeof anyText | typeof anyOne;

/** A pattern of LIKE by characters: `%` any text, `_` any one; one after a `\` stands for itself. */
function parts(pattern: string): Part[] {
  const found: Part[] = [];
  let isLiteral = false;
  for (const one of pattern) {
    if (one === '\\' && !isLiteral) isLiteral = true;
    else {
      found.push(isLiteral ? one : one === '%' ? anyText : one === '_' ? anyOne : one);
      isLiteral = false;
    }
  }
  return found;
}

/** SQL's LIKE in time that grows with the lengths only, whatever the pattern. */
function isLike(text: readonly string[], pattern: readonly Part[]): boolean {
  let at = 0;
  let i = 0;
  let any: { readonly i: number; at: number } | undefined;
  while (at < text.length) {
    if (pattern[i] === anyText) {
      any = { i: ++i, at };
    } else if (i < pattern.length && (pattern[i] === anyOne || pattern[i] === text[at])) {
      i++;
      at++;
    } else if (any) {
      // let the last % take one character more
      at = ++any.at;
      i = any.i;
    } else return false;
  }
  while (pattern[i] === anyText) i++;
  return i === pattern.length;
}
