// The validation at the edge: a value of any kind to the canonical value of a field, or an error that says why not.
import { MillraceError, messageOf } from '../core/errors.ts';
import { isDeeper } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { masked } from '../core/mask.ts';
import { type Field, type Fields, type FieldType, formatType } from './fields.ts';

/**
 * The canonical value of a field, as it moves through log, engine and store:
 * text and oneOf and decimal (plain digits) and json (its text): string; int, float, double: number;
 * long: number, bigint beyond ±(2^53 − 1); bool: boolean; timestamp: milliseconds since 1970 UTC; date: days since 1970;
 * bytes: Uint8Array; list: array of these; missing: null.
 */
export type Value = string | number | bigint | boolean | Uint8Array | null | Value[];

/** Turns a value into the canonical one; throws RECORD_INVALID and nothing else. Its message names the field and the value. */
export type Accept = (value: unknown) => Value;

/** The message says what the value is not; empty: the type of the field. */
class Refused extends Error {
  readonly remedy: string | undefined;
  constructor(message = '', remedy?: string) {
    super(message);
    this.remedy = remedy;
  }
}

/**
 * The acceptor of one field. Text is parsed where the field is a number, a time or a boolean, since CSV and many APIs send numbers as text.
 *
 * @example acceptor('km', double())('3.5') // 3.5
 */
export function acceptor(name: string, field: Field): Accept {
  const accept = acceptType(field.type);
  return (value) => {
    if (value === null || value === undefined) {
      if (field.isOptional) return null;
      throw new MillraceError('RECORD_INVALID', `field '${name}' is missing`, {
        place: name,
        remedy: 'Declare it .optional() or mend the record.',
      });
    }
    try {
      return accept(value);
    } catch (error) {
      throw refusal(name, field, value, error);
    }
  };
}

/** Why a field was refused. What reading a value throws (a getter of the user's, a revoked proxy) is the record's fault as well. */
function refusal(name: string, { type, isPersonal }: Field, value: unknown, error: unknown): MillraceError {
  const isRead = error instanceof Refused;
  const message = (shown: string) =>
    isRead ? `field '${name}': ${shown} is not ${error.message || formatType(type)}` : `field '${name}' cannot be read`;
  return new MillraceError('RECORD_INVALID', isRead ? message(show(value)) : `${message('')}: ${thrown(error)}`, {
    place: name,
    remedy: (isRead && error.remedy) || `Send a value of type ${formatType(type)}, or change the field.`,
    masked: isPersonal ? message(masked) : undefined,
    cause: isRead ? undefined : error,
  });
}

/**
 * The acceptor of a whole record: an object to the canonical values in the order of the fields. Names that are no field are ignored.
 *
 * @throws RECORD_INVALID at the first field that does not fit
 */
export function recordAcceptor(fields: Fields): (record: unknown) => Value[] {
  const names = Object.keys(fields);
  const accepts = names.map((name) => acceptor(name, fields[name]!));
  return (record) => {
    try {
      if (typeof record !== 'object' || record === null || Array.isArray(record)) throw new Refused();
      const values: Value[] = new Array(names.length);
      for (let i = 0; i < names.length; i++) {
        const name = names[i]!;
        values[i] = accepts[i]!(Object.hasOwn(record, name) ? (record as Record<string, unknown>)[name] : undefined);
      }
      return values;
    } catch (error) {
      if (error instanceof MillraceError) throw error;
      const isRead = error instanceof Refused;
      const message = (shown: string) => (isRead ? `${shown} is not an object` : 'the record cannot be read');
      throw new MillraceError('RECORD_INVALID', isRead ? message(show(record)) : `${message('')}: ${thrown(error)}`, {
        remedy: 'Send a JSON object with the topic’s fields.',
        masked: hasPersonal(fields) ? message(masked) : undefined,
        cause: isRead ? undefined : error,
      });
    }
  };
}

/** Whether some of the fields are personal. */
export function hasPersonal(fields: Fields): boolean {
  return Object.values(fields).some((field) => field.isPersonal);
}

function acceptType(type: FieldType): Accept {
  switch (type.kind) {
    case 'text':
      return (value) => {
        if (typeof value === 'string') return value;
        if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
        throw new Refused();
      };
    case 'int':
      return (value) => {
        const number = typeof value === 'string' ? parseNumber(value) : value;
        if (typeof number === 'number' && (number | 0) === number) return number | 0;
        throw new Refused('a whole number of 32 bits');
      };
    case 'long':
      return acceptLong;
    case 'float':
      return (value) => {
        const double = acceptDouble(value);
        const float = Math.fround(double);
        if (Number.isFinite(double) && !Number.isFinite(float)) throw new Refused('a number of 32 bits');
        return float;
      };
    case 'double':
      return acceptDouble;
    case 'bool':
      return (value) => {
        if (value === true || value === 'true' || value === 'TRUE' || value === 'True') return true;
        if (value === false || value === 'false' || value === 'FALSE' || value === 'False') return false;
        throw new Refused('true or false');
      };
    case 'timestamp':
      return acceptTimestamp;
    case 'date':
      return acceptDate;
    case 'bytes':
      return (value) => {
        if (value instanceof Uint8Array) return value;
        throw new Refused();
      };
    case 'json':
      return acceptJson;
    case 'decimal':
      return (value) => acceptDecimal(value, type.precision, type.scale);
    case 'oneOf': {
      const known = new Set(type.values);
      return (value) => {
        if (typeof value === 'string' && known.has(value)) return value;
        throw new Refused(`one of ${type.values.join(', ')}`);
      };
    }
    case 'list': {
      const accept = acceptType(type.of);
      return (value) => {
        if (!Array.isArray(value)) throw new Refused();
        const items: Value[] = [];
        // by index: what is missing in a list is no item, and is refused
        for (let i = 0; i < value.length; i++) items.push(accept(value[i]));
        return items;
      };
    }
  }
}

/** Each character can be read in one way only: a long text that does not fit is refused in one pass. */
const numberPattern = /^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*$/;

function parseNumber(value: string): number {
  const number = Number(value);
  const first = value.charCodeAt(0);
  const second = value.charCodeAt(1) | 32;
  // Number('') is 0, Number('0x10') and Number(' 0x10') are 16: none is what a person means by a number
  const isOdd =
    number === 0 ||
    Number.isNaN(number) ||
    value.length > 24 ||
    !(first >= 43 && first <= 57) ||
    (first === 48 && (second === 120 || second === 98 || second === 111));
  if (isOdd && !numberPattern.test(value)) throw new Refused();
  return number;
}

function acceptDouble(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string') {
    if (value === 'NaN') return Number.NaN;
    if (value === 'Infinity' || value === '+Infinity') return Number.POSITIVE_INFINITY;
    if (value === '-Infinity') return Number.NEGATIVE_INFINITY;
    const number = parseNumber(value);
    if (Number.isFinite(number)) return number;
  }
  throw new Refused('a number');
}

const longMin = -(2n ** 63n);
const longMax = 2n ** 63n - 1n;

function acceptLong(value: unknown): number | bigint {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
    throw new Refused(
      'a whole number of 64 bits (send those beyond 2^53 as text, since JSON numbers lose their digits)',
    );
  }
  let whole: bigint;
  if (typeof value === 'bigint') whole = value;
  else if (typeof value === 'string' && /^\s*[+-]?\d{1,20}\s*$/.test(value)) {
    const number = Number(value);
    if (Number.isSafeInteger(number)) return number === 0 ? 0 : number;
    whole = BigInt(value.trim().replace(/^\+/, ''));
  } else throw new Refused('a whole number of 64 bits');
  if (whole < longMin || whole > longMax) throw new Refused('a whole number of 64 bits');
  return whole >= BigInt(Number.MIN_SAFE_INTEGER) && whole <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(whole) : whole;
}

/** The last moment that a Date can hold, in milliseconds since 1970. */
const timeMsMax = 8.64e15;

function acceptTimestamp(value: unknown): number {
  if (typeof value === 'string') {
    const ms = parseTimestamp(value);
    if (!Number.isNaN(ms)) return ms;
    refuseNoDay(dayIn(value));
  } else {
    const ms = value instanceof Date ? value.getTime() : value;
    // + 0: there is no moment -0
    if (typeof ms === 'number' && Math.abs(ms) <= timeMsMax) return Math.round(ms) + 0;
  }
  throw new Refused("a time (write it as '2026-11-22T08:00:00Z' or as milliseconds since 1970)");
}

/** The day that a text begins with, as it is written. */
function dayIn(value: string): string | undefined {
  return /^\s*(?:[+-]\d{6}|\d{4})-\d\d-\d\d/.exec(value)?.[0];
}

/** A day that is written as one and is in no calendar is told as such: the form is not what is wrong. */
function refuseNoDay(day: string | undefined): void {
  if (day !== undefined && Number.isNaN(parseTimestamp(day)))
    throw new Refused('a day of the calendar', 'Mend the day.');
}

/** The day that a text names, whatever time and zone follow it; the day in UTC of a Date. A number may be days or milliseconds. */
function acceptDate(value: unknown): number {
  if (typeof value === 'string') {
    const day = dayIn(value);
    if (day !== undefined && !Number.isNaN(parseTimestamp(value))) return parseTimestamp(day) / 86_400_000;
    refuseNoDay(day);
  } else if (value instanceof Date && !Number.isNaN(value.getTime())) return Math.floor(value.getTime() / 86_400_000);
  throw new Refused("a day as '2026-11-22'");
}

function acceptJson(value: unknown): string {
  const { jsonDepthMax } = limits;
  const tooDeep = () =>
    new Refused(`JSON nested at most ${jsonDepthMax} deep`, 'Nest it less: send parts of it as texts, or as fields.');
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep();
    throw new Refused('a JSON value');
  }
  if (text === undefined) throw new Refused('a JSON value');
  if (isDeeper(text, jsonDepthMax)) throw tooDeep();
  return text;
}

/** Characters of the longest text that is read as a time. */
const timeLengthMax = 64;

/**
 * Milliseconds since 1970 of a time written as ISO 8601 or SQL does, UTC where it names no zone; NaN where it is none.
 * The common form `2017-06-01 00:03:34` is read without the general parser.
 */
export function parseTimestamp(value: string): number {
  const length = value.length;
  if (
    (length === 19 || length === 20) &&
    value.charCodeAt(4) === 45 &&
    value.charCodeAt(7) === 45 &&
    value.charCodeAt(13) === 58 &&
    value.charCodeAt(16) === 58
  ) {
    const separator = value.charCodeAt(10);
    if ((separator === 32 || separator === 84) && (length === 19 || value.charCodeAt(19) === 90)) {
      const year = digits(value, 0, 4);
      const month = digits(value, 5, 2);
      const day = digits(value, 8, 2);
      const hour = digits(value, 11, 2);
      const minute = digits(value, 14, 2);
      const second = digits(value, 17, 2);
      if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 24 || minute > 59 || second > 59)
        return Number.NaN;
      // a year below 100 would be read as 19xx by Date.UTC; 24:00:00 is left to the general parser
      if (year >= 100 && hour < 24) return Date.UTC(year, month - 1, day, hour, minute, second);
    }
  }
  if (length > timeLengthMax) return Number.NaN;
  const found =
    /^\s*([+-]\d{6}|\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|z|UTC|[+-]\d\d(?::?\d\d)?)?)?\s*$/.exec(
      value,
    );
  if (!found) return Number.NaN;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = found;
  if (Number(day) > daysIn(Number(year), Number(month))) return Number.NaN;
  // the end of a day, and no moment after it
  if (hour === '24' && /[1-9]/.test(minute + second + fraction)) return Number.NaN;
  const offset = /^[+-]/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}` : 'Z';
  return Date.parse(
    `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}${offset}`,
  );
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function digits(value: string, start: number, count: number): number {
  let number = 0;
  for (let i = start; i < start + count; i++) {
    const digit = value.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    number = number * 10 + digit;
  }
  return number;
}

function acceptDecimal(value: unknown, precision: number, scale: number): string {
  const written = typeof value === 'number' ? plainDigits(value) : typeof value === 'bigint' ? String(value) : value;
  const found = typeof written === 'string' && /^\s*([+-]?)(\d*)(?:\.(\d*))?\s*$/.exec(written);
  if (!found || !(found[2] || found[3])) throw new Refused();
  const whole = found[2]!.replace(/^0+(?=\d)/, '') || '0';
  const fraction = withoutZeros(found[3] ?? '');
  if (fraction.length > scale || (whole === '0' ? 0 : whole.length) > precision - scale) throw new Refused();
  const digitsOnly = scale === 0 ? whole : `${whole}.${fraction.padEnd(scale, '0')}`;
  return found[1] === '-' && /[1-9]/.test(digitsOnly) ? `-${digitsOnly}` : digitsOnly;
}

/** Digits without the zeros at their end. */
function withoutZeros(digits: string): string {
  let end = digits.length;
  while (digits.charCodeAt(end - 1) === 48) end--;
  return digits.slice(0, end);
}

/** The digits of a number without an exponent; what has none is refused by the caller's pattern. */
function plainDigits(value: number): string {
  const found = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(String(value));
  if (!found) return String(value);
  const [, sign, first, rest = '', exponent] = found;
  const places = Number(exponent);
  if (places > 0) return `${sign}${first}${rest.padEnd(places, '0')}`;
  return `${sign}0.${'0'.repeat(-places - 1)}${first}${rest}`;
}

/** A value for an error message, cut short. */
function show(value: unknown): string {
  const written =
    typeof value === 'string' ? `'${value}'` : typeof value === 'object' ? showObject(value) : String(value);
  return written.length > 80 ? `${written.slice(0, 77)}…` : written;
}

function showObject(value: object | null): string {
  try {
    return value instanceof Uint8Array ? 'bytes' : (JSON.stringify(value) ?? 'undefined');
  } catch {
    return 'an object';
  }
}

/** What was thrown, which may be anything. */
function thrown(error: unknown): string {
  try {
    return messageOf(error).slice(0, 200);
  } catch {
    return 'an error without a message';
  }
}
