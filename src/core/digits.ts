// Numbers of JSON whose digits JavaScript's numbers cannot hold: kept as they were written.

/** Part of the language since Node 22, but not of TypeScript's library. */
const raw = JSON as unknown as { rawJSON(text: string): unknown };
const parse = JSON.parse as (
  text: string,
  reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
) => unknown;

/**
 * A number of JSON that loses digits as a number of JavaScript: `9007199254740993`, `0.12345678901234567890`, `1e400`. It computes as the
 * nearest number (`id + 1`), and is its digits as text (`String(id)`) and in JSON.
 *
 * @example String(parseDigits('9007199254740993')) // '9007199254740993'
 */
export class Digits {
  /** The number as it was written. */
  readonly digits: string;

  constructor(digits: string) {
    this.digits = digits;
  }

  toString(): string {
    return this.digits;
  }

  /** The nearest number; beyond 1.8e308 an infinity. */
  valueOf(): number {
    return Number(this.digits);
  }

  /** The digits, as they stand in JSON. */
  toJSON(): unknown {
    return raw.rawJSON(this.digits);
  }
}

/** Stands before digits that are parsed as a text. A text of JSON that holds it already is parsed in the slower way. */
const mark = '\uE000';

/**
 * JSON from outside as `JSON.parse` reads it, but with `Digits` where a number would lose digits, and for whole numbers beyond ±(2^53 − 1):
 * a plain number of that size does not tell whether it has lost any. Where there are none, it costs less than twice as much.
 *
 * @throws SyntaxError; RangeError where it is nested many thousands deep
 * @example parseDigits('[1, 9007199254740993]') // [1, Digits]
 */
export function parseDigits(json: string): unknown {
  return parseWith(json, isUnsure);
}

/**
 * JSON that was stored, with `Digits` only where a number would lose digits: a number that was given as one is read as one.
 *
 * @throws as `parseDigits`
 * @example parseStored('[9007199254740992, 9007199254740993]') // [9007199254740992, Digits]
 */
export function parseStored(json: string): unknown {
  return parseWith(json, losesDigits);
}

function parseWith(json: string, isKept: (source: string) => boolean): unknown {
  const places = placesOf(json, isKept);
  if (places.length === 0) return JSON.parse(json);
  if (!/\uE000|\\ue000/i.test(json)) {
    try {
      return unmarked(JSON.parse(marked(json, places)));
    } catch (error) {
      // one of the places is within a text (the mark behind a quotation mark is never JSON), or the text is no JSON at all
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return parse(json, (_, value, { source }) =>
    typeof value === 'number' && source !== undefined && isKept(source) ? new Digits(source) : value,
  );
}

/** Where a number stands in a text of JSON: from, and before. */
type Place = readonly [start: number, end: number];

/** A number with an exponent, up to its first digit; or a part of a text. */
const exponent = /\d[eE][+-]?\d/g;

/** The places of what may be a number to be kept as its digits, in order. What looks like one within a text is among them. */
function placesOf(json: string, isKept: (source: string) => boolean): readonly Place[] {
  const places: Place[] = [];
  // a number of 16 characters or more has one in each stride of 16
  for (let i = 15; i < json.length; i += 16) {
    if (!isDigit(json.charCodeAt(i)) || !isLong(json, i)) continue;
    const place = keptAround(json, i, isKept);
    if (place) places.push(place);
    while (isDigit(json.charCodeAt(i + 1))) i++;
  }
  // all others have at most 15 digits, which are held exactly, unless there is an exponent
  exponent.lastIndex = 0;
  while (exponent.test(json)) {
    const sign = isDigit(json.charCodeAt(exponent.lastIndex - 3)) ? 0 : 1;
    const place = keptAround(json, exponent.lastIndex - 3 - sign, isKept);
    if (place) places.push(place);
  }
  if (places.length < 2) return places;
  places.sort((left, right) => left[0] - right[0]);
  return places.filter(([start], i) => i === 0 || start !== places[i - 1]![0]);
}

function keptAround(json: string, at: number, isKept: (source: string) => boolean): Place | undefined {
  const place = numberAround(json, at);
  return place && isKept(json.slice(place[0], place[1])) ? place : undefined;
}

/** The number that a digit is of, its sign and its exponent included; undefined where what stands around it cannot stand around one. */
function numberAround(json: string, at: number): Place | undefined {
  let start = at;
  while (isDigit(json.charCodeAt(start - 1))) start--;
  if (json.charCodeAt(start - 1) === 45) start--;
  if (start > 0 && !isBefore(json.charCodeAt(start - 1))) return undefined;
  numberForm.lastIndex = start;
  const found = numberForm.exec(json);
  return found ? [start, start + found[0].length] : undefined;
}

/** Whether a character can stand before a number: a colon, a comma, a bracket, white space. */
function isBefore(code: number): boolean {
  return code === 58 || code === 44 || code === 91 || code === 32 || (code >= 9 && code <= 13);
}

/** A number of JSON and what follows one: no name of a member does. */
const numberForm = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?=\s*(?:[,\]}]|$))/y;

/** Whether the digits around one are 16 or more, the point included. Of longer ones it is asked once, within their first 16. */
function isLong(json: string, at: number): boolean {
  // to one side there are at least 8
  const isLeft = isDigit(json.charCodeAt(at - 4)) && isDigit(json.charCodeAt(at - 8));
  if (!isLeft && !(isDigit(json.charCodeAt(at + 4)) && isDigit(json.charCodeAt(at + 8)))) return false;
  let start = at;
  while (isDigit(json.charCodeAt(start - 1))) start--;
  let end = at + 1;
  while (end - start < 16 && isDigit(json.charCodeAt(end))) end++;
  return end - start >= 16;
}

/** Whether it is a digit or the point between them. */
function isDigit(code: number): boolean {
  return (code >= 48 && code <= 57) || code === 46;
}

/** The text with the numbers at these places made texts that begin with the mark. */
function marked(json: string, places: readonly Place[]): string {
  let text = '';
  let at = 0;
  for (const [start, end] of places) {
    text += `${json.slice(at, start)}"${mark}${json.slice(start, end)}"`;
    at = end;
  }
  return text + json.slice(at);
}

/** A value with its marked texts made `Digits`. */
function unmarked(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith(mark) ? new Digits(value.slice(1)) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = unmarked(value[i]);
    return value;
  }
  const record = value as Record<string, unknown>;
  for (const name in record) {
    const held = record[name];
    const clear = unmarked(held);
    if (clear !== held) record[name] = clear;
  }
  return record;
}

/** Whether a number does not tell what was written: it has lost digits, or is a whole one beyond ±(2^53 − 1). */
function isUnsure(source: string): boolean {
  const number = Number(source);
  return (Number.isInteger(number) && !Number.isSafeInteger(number)) || losesDigits(source);
}

/**
 * Whether a number as JSON writes it is another one as a number of JavaScript.
 *
 * @example losesDigits('0.1') // false
 */
export function losesDigits(source: string): boolean {
  const number = Number(source);
  if (Number.isNaN(number)) return false;
  if (!Number.isFinite(number)) return true;
  if (String(number) === source) return false;
  const given = scientific(source)!;
  const held = scientific(String(number))!;
  return given.digits !== held.digits || (given.digits !== '' && given.exponent !== held.exponent);
}

/** A decimal number: `digits` without zeros at its ends, times ten to the `exponent`. Zero has no digits. */
export type Scientific = { readonly isNegative: boolean; readonly digits: string; readonly exponent: number };

/** Each character can be read in one way only: a long text that does not fit is refused in one pass. */
const numberPattern = /^\s*([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d+))?\s*$/;

/**
 * A text as an exact decimal number; undefined where it is none. White space around it and a sign before it are taken.
 *
 * @example scientific(' -12.50e3 ') // { isNegative: true, digits: '125', exponent: 2 }
 */
export function scientific(text: string): Scientific | undefined {
  const found = numberPattern.exec(text);
  if (!found) return undefined;
  const [, sign, whole = '', behind, alone, power = '0'] = found;
  const fraction = behind ?? alone ?? '';
  const all = whole + fraction;
  let start = 0;
  let end = all.length;
  while (start < end && all.charCodeAt(start) === 48) start++;
  while (end > start && all.charCodeAt(end - 1) === 48) end--;
  const exponent = Number(power) - fraction.length + (all.length - end);
  return {
    isNegative: sign === '-' && end > start,
    digits: all.slice(start, end),
    exponent: end > start ? exponent : 0,
  };
}
