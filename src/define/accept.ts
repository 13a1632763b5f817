// The validation at the edge: a value of any kind to the canonical value of a field, or an error that says why not.
import { Digits } from '../core/digits.ts';
import { MillraceError, messageOf } from '../core/errors.ts';
import { isDeeper } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { masked } from '../core/mask.ts';
import { type Field, type Fields, type FieldType, formatType } from './fields.ts';
import { parseTimestamp } from './iso-time.ts';
import { boolOf, decimalOf, doubleOf, wholeOf } from './numbers.ts';
import { type TimeReading, timeReader } from './time-reading.ts';

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
 * A number of JSON that came as `Digits` is read as its text.
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
        remedy: 'Declare it .optional() or fix the record.',
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
        if (value instanceof Digits) return value.digits;
        throw new Refused();
      };
    case 'int':
      return acceptInt;
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
      return acceptBool;
    case 'timestamp':
      return timestampAcceptor(type.reading);
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

function acceptInt(value: unknown): number {
  const number = isText(value) ? wholeOf(String(value)) : value;
  if (typeof number === 'number' && (number | 0) === number) return number | 0;
  throw new Refused('a whole number of 32 bits');
}

function acceptDouble(value: unknown): number {
  if (typeof value === 'number') return value;
  if (isText(value)) {
    if (value === 'NaN') return Number.NaN;
    if (value === 'Infinity' || value === '+Infinity') return Number.POSITIVE_INFINITY;
    if (value === '-Infinity') return Number.NEGATIVE_INFINITY;
    const number = doubleOf(String(value));
    if (number !== undefined && Number.isFinite(number)) return number;
    if (number === undefined) throw new Refused();
    throw new Refused('a number of 64 bits: it is beyond 1.8e308', 'Send a smaller number.');
  }
  throw new Refused('a number');
}

/** A text, or a number of JSON that JavaScript's numbers cannot hold, which is read as its text. */
function isText(value: unknown): value is string | Digits {
  return typeof value === 'string' || value instanceof Digits;
}

const longMin = -(2n ** 63n);
const longMax = 2n ** 63n - 1n;

function acceptLong(value: unknown): number | bigint {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
    throw new Refused(
      'a whole number of 64 bits (give those beyond 2^53 as text or bigint, since JavaScript’s numbers lose their digits)',
    );
  }
  const whole = isText(value) ? wholeOf(String(value)) : value;
  if (typeof whole === 'number') return whole;
  if (typeof whole !== 'bigint' || whole < longMin || whole > longMax) throw new Refused('a whole number of 64 bits');
  return whole >= BigInt(Number.MIN_SAFE_INTEGER) && whole <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(whole) : whole;
}

function acceptBool(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  const truth = typeof value === 'string' ? boolOf(value) : value === 1 ? true : value === 0 ? false : undefined;
  if (truth !== undefined) return truth;
  throw new Refused('true or false');
}

function timestampAcceptor(reading: TimeReading | undefined): Accept {
  const reader = timeReader(reading);
  return (value) => {
    const ms = reader.read(value);
    if (!Number.isNaN(ms)) return ms;
    if (typeof value === 'string' && !reading) refuseNoDay(dayIn(value));
    throw new Refused(reader.says, reader.remedy(value));
  };
}

/** The day that a text begins with, as it is written. */
function dayIn(value: string): string | undefined {
  return /^\s*(?:[+-]\d{6}|\d{4})-\d\d-\d\d/.exec(value)?.[0];
}

/** A day that is written as one and is in no calendar is told as such: the form is not what is wrong. */
function refuseNoDay(day: string | undefined): void {
  if (day !== undefined && Number.isNaN(parseTimestamp(day)))
    throw new Refused('a day of the calendar', 'Fix the day.');
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

/** A text of JSON that may hold a number beyond 1.8e308. */
const hugeNumber = /[eE]\+?\d{3}|\d{309}/;

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
  if (hugeNumber.test(text) && isBeyondDoubles(value))
    throw new Refused('JSON whose numbers have 64 bits: one is beyond 1.8e308', 'Send it as text, or a smaller one.');
  return text;
}

function acceptDecimal(value: unknown, precision: number, scale: number): string {
  const isNumber = typeof value === 'number' || typeof value === 'bigint';
  const digits = isText(value) || isNumber ? decimalOf(String(value), precision, scale) : undefined;
  if (digits !== undefined) return digits;
  throw new Refused();
}

/** Whether a value that is written as JSON holds a number beyond what 64 bits can hold, which no reader of JSON takes. */
function isBeyondDoubles(value: unknown): boolean {
  if (value instanceof Digits) return !Number.isFinite(value.valueOf());
  return typeof value === 'object' && value !== null && Object.values(value).some(isBeyondDoubles);
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
