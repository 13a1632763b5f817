// Bytes of a field to its canonical value: the common forms read directly, all others by the field's acceptor.

import { MillraceError } from '../../core/errors.ts';
import { isTooDeep, parseJson, tooDeep } from '../../core/json.ts';
import { masked } from '../../core/mask.ts';
import { acceptor, type Value } from '../../define/accept.ts';
import type { Field } from '../../define/fields.ts';
import type { Bytes } from './bytes.ts';

/** Reads the field in `bytes` from `start` to `end`; throws RECORD_INVALID as the acceptor does. */
export type Decode = (bytes: Bytes, start: number, end: number, isAscii: boolean) => Value;

/** The decoder of a field. Its results are those of the acceptor, given the field as text (of a json field: its JSON). */
export function decoder(name: string, field: Field): Decode {
  const accept = acceptor(name, field);
  const byText: Decode = (bytes, start, end, isAscii) => accept(textOf(bytes, start, end, isAscii));
  switch (field.type.kind) {
    case 'text':
      // a cache of strings seen before was tried: finding one takes longer than making it
      return textOf;
    case 'int':
    case 'long':
      return (bytes, start, end, isAscii) => {
        const value = readWhole(bytes, start, end);
        return Number.isNaN(value) ? byText(bytes, start, end, isAscii) : value;
      };
    case 'double':
      return (bytes, start, end, isAscii) => {
        const value = readDecimal(bytes, start, end);
        return Number.isNaN(value) ? byText(bytes, start, end, isAscii) : value;
      };
    case 'float':
      return (bytes, start, end, isAscii) => {
        const value = readDecimal(bytes, start, end);
        return Number.isNaN(value) ? byText(bytes, start, end, isAscii) : Math.fround(value);
      };
    case 'timestamp': {
      const { reading } = field.type;
      if (reading && (reading.formats.length > 0 || reading.zone !== undefined)) return byText;
      const days = dayReader();
      return (bytes, start, end, isAscii) => {
        const value = days(bytes, start, end);
        return Number.isNaN(value) ? byText(bytes, start, end, isAscii) : value;
      };
    }
    case 'json':
      return (bytes, start, end, isAscii) => accept(jsonOf(name, field, textOf(bytes, start, end, isAscii)));
    default:
      return byText;
  }
}

function textOf(bytes: Bytes, start: number, end: number, isAscii: boolean): string {
  return isAscii ? bytes.latin1Slice(start, end) : bytes.utf8Slice(start, end);
}

function jsonOf(name: string, { isPersonal }: Field, text: string): unknown {
  try {
    return parseJson(text, 'the field', {});
  } catch (cause) {
    const what = isTooDeep(text) ? tooDeep : 'is not JSON';
    throw new MillraceError('RECORD_INVALID', `field '${name}': '${text.slice(0, 60)}' ${what}`, {
      place: name,
      remedy: 'Write JSON in this column, or declare the field text().',
      masked: isPersonal ? `field '${name}': ${masked} ${what}` : undefined,
      cause,
    });
  }
}

/** A whole number of up to nine digits; NaN: not in this form. */
function readWhole(bytes: Uint8Array, start: number, end: number): number {
  const isNegative = bytes[start] === 45;
  let at = isNegative ? start + 1 : start;
  if (at >= end || end - at > 9) return Number.NaN;
  let value = 0;
  for (; at < end; at++) {
    const digit = bytes[at]! - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return isNegative && value !== 0 ? -value : value;
}

const powers = Array.from({ length: 16 }, (_, i) => 10 ** i);

/**
 * A decimal number of up to 15 digits; NaN: not in this form. Digits and power of ten are both exact in 64 bits then, so that
 * their quotient is rounded once, as the language's own parser does (Clinger, 1990).
 */
function readDecimal(bytes: Uint8Array, start: number, end: number): number {
  const isNegative = bytes[start] === 45;
  let at = isNegative ? start + 1 : start;
  if (at >= end || end - at > 16) return Number.NaN;
  let digits = 0;
  let count = 0;
  let point = -1;
  for (; at < end; at++) {
    const digit = bytes[at]! - 48;
    if (digit >= 0 && digit <= 9) {
      digits = digits * 10 + digit;
      count++;
    } else if (digit === -2 && point < 0) point = count;
    else return Number.NaN;
  }
  if (count === 0 || count > 15) return Number.NaN;
  const value = point < 0 ? digits : digits / powers[count - point]!;
  return isNegative ? -value : value;
}

/** Reads `2017-06-01 00:03:34`; NaN: not in this form. Remembers the last day, since the next row is mostly of the same. */
function dayReader(): (bytes: Uint8Array, start: number, end: number) => number {
  let lastDay = -1;
  let lastDayMs = 0;
  return (bytes, start, end) => {
    if (end - start !== 19 || bytes[start + 4] !== 45 || bytes[start + 7] !== 45) return Number.NaN;
    if (bytes[start + 13] !== 58 || bytes[start + 16] !== 58) return Number.NaN;
    const separator = bytes[start + 10];
    if (separator !== 32 && separator !== 84) return Number.NaN;
    const century = twoDigits(bytes, start);
    const year = twoDigits(bytes, start + 2);
    const month = twoDigits(bytes, start + 5);
    const day = twoDigits(bytes, start + 8);
    const hour = twoDigits(bytes, start + 11);
    const minute = twoDigits(bytes, start + 14);
    const second = twoDigits(bytes, start + 17);
    // years before 100 are left to the acceptor, since Date.UTC reads them as 19xx
    if (!(century > 0 && year >= 0 && month > 0 && day > 0 && hour >= 0 && minute >= 0 && second >= 0))
      return Number.NaN;
    if (month > 12 || hour > 23 || minute > 59 || second > 59) return Number.NaN;
    const key = (century * 100 + year) * 10_000 + month * 100 + day;
    if (key !== lastDay) {
      const dayMs = Date.UTC(century * 100 + year, month - 1, day);
      if (new Date(dayMs).getUTCDate() !== day) return Number.NaN;
      lastDay = key;
      lastDayMs = dayMs;
    }
    return lastDayMs + hour * 3_600_000 + minute * 60_000 + second * 1000;
  };
}

/** Two digits as a number, -1 where they are none. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! - 48;
  const ones = bytes[at + 1]! - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}
