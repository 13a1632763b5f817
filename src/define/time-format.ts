// Times written by a pattern of one's own, `dd/MM/yyyy HH:mm`: the pattern is compiled once, and read without regular expressions.
import { MillraceError } from '../core/errors.ts';
import { daysIn } from './iso-time.ts';
import type { Zone } from './zone.ts';

/** What a token stands for. */
type Part =
  | 'year'
  | 'month'
  | 'day'
  | 'weekday'
  | 'hour'
  | 'hour12'
  | 'minute'
  | 'second'
  | 'fraction'
  | 'half'
  | 'offset';

/** How a token is read: digits, at least and at most so many; a name of a list; an offset in one of three forms; a literal text. */
type Step =
  | { readonly reads: 'digits'; readonly part: Part; readonly least: number; readonly most: number }
  | { readonly reads: 'name'; readonly part: Part; readonly names: readonly string[] }
  | { readonly reads: 'offset'; readonly part: 'offset'; readonly form: 'X' | 'XXX' | 'Z' }
  | { readonly reads: 'literal'; readonly text: string };

type Token = { readonly step: Step; readonly example: string };

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const digits = (part: Part, least: number, most: number, example: string): Token => ({
  step: { reads: 'digits', part, least, most },
  example,
});
const names = (part: Part, all: readonly string[], example: string): Token => ({
  step: { reads: 'name', part, names: all },
  example,
});
const offset = (form: 'X' | 'XXX' | 'Z', example: string): Token => ({
  step: { reads: 'offset', part: 'offset', form },
  example,
});

/** All tokens but those of fractions, which are any number of S. The example is one and the same moment. */
const tokens: Readonly<Record<string, Token>> = {
  yyyy: digits('year', 4, 4, '2026'),
  yy: digits('year', 2, 2, '26'),
  M: digits('month', 1, 2, '11'),
  MM: digits('month', 2, 2, '11'),
  MMM: names('month', months, 'Nov'),
  d: digits('day', 1, 2, '22'),
  dd: digits('day', 2, 2, '22'),
  EEE: names('weekday', weekdays, 'Sun'),
  H: digits('hour', 1, 2, '8'),
  HH: digits('hour', 2, 2, '08'),
  h: digits('hour12', 1, 2, '8'),
  hh: digits('hour12', 2, 2, '08'),
  m: digits('minute', 1, 2, '5'),
  mm: digits('minute', 2, 2, '05'),
  s: digits('second', 1, 2, '9'),
  ss: digits('second', 2, 2, '09'),
  a: names('half', ['am', 'pm'], 'AM'),
  X: offset('X', '+01'),
  XXX: offset('XXX', '+01:00'),
  Z: offset('Z', '+0100'),
};

const fractionDigitsMax = 9;

/** A compiled format. */
export type TimeFormat = {
  readonly format: string;
  /** A time in this format. */
  readonly example: string;
  /** Milliseconds since 1970 of a text; NaN where it does not fit. Without an offset it is of the zone, else in UTC. */
  parse(text: string, zone: Zone | undefined): number;
};

/**
 * Compiles a format of LDML tokens; letters in `'…'` stand for themselves.
 *
 * @throws OPTION_INVALID for an unknown token, with the nearest one, and for what is no moment
 * @example timeFormat('dd/MM/yyyy HH:mm').parse('22/11/2026 08:05', undefined) // 1795334700000
 */
export function timeFormat(format: string): TimeFormat {
  const steps: Step[] = [];
  let example = '';
  for (const { text, isLiteral } of piecesOf(format)) {
    const token = isLiteral ? { step: { reads: 'literal', text } as const, example: text } : tokenOf(format, text);
    steps.push(token.step);
    example += token.example;
  }
  checkParts(
    format,
    steps.flatMap((step) => (step.reads === 'literal' ? [] : [step.part])),
  );
  return { format, example, parse: (text, zone) => parse(steps, text, zone) };
}

type Piece = { readonly text: string; readonly isLiteral: boolean };

/** A format as tokens (runs of one letter) and literal texts. */
function piecesOf(format: string): Piece[] {
  const pieces: Piece[] = [];
  for (const [text, quoted] of format.matchAll(/'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+|'/g)) {
    if (text === "'") throw wrong(format, 'a quotation mark is not closed', "Write '' for a quotation mark itself.");
    if (/^[A-Za-z]/.test(text)) pieces.push({ text, isLiteral: false });
    else if (text === "''") pieces.push({ text: "'", isLiteral: true });
    else pieces.push({ text: quoted === undefined ? text : quoted.replaceAll("''", "'"), isLiteral: true });
  }
  return pieces;
}

function tokenOf(format: string, text: string): Token {
  if (Object.hasOwn(tokens, text)) return tokens[text]!;
  const { length } = text;
  if (text === 'S'.repeat(length) && length <= fractionDigitsMax) {
    const example = '123'.padEnd(length, '0').slice(0, length);
    return digits('fraction', length === 1 ? 1 : length, length === 1 ? fractionDigitsMax : length, example);
  }
  throw wrong(format, `there is no token '${text.slice(0, 20)}'`, nearestToken(text));
}

function nearestToken(text: string): string {
  const same = Object.keys(tokens).filter((one) => one[0]!.toLowerCase() === text[0]!.toLowerCase());
  const near =
    same.find((one) => one[0] === text[0] && one.length === text.length) ??
    same.find((one) => one.toLowerCase() === text.toLowerCase()) ??
    same.filter((one) => one[0] === text[0]).at(-1) ??
    same.at(-1);
  const asItself = `Letters that stand for themselves are quoted: '${text.slice(0, 20)}'.`;
  return near ? `Did you mean '${near}'? ${asItself}` : asItself;
}

/** Each part that another one counts within. */
const within: readonly (readonly [Part, Part])[] = [
  ['day', 'month'],
  ['fraction', 'second'],
  ['second', 'minute'],
];

/** Refuses formats that are no moment, or say something twice. */
function checkParts(format: string, parts: readonly Part[]): void {
  const has = (part: Part) => parts.includes(part);
  const hasHour = has('hour') || has('hour12');
  const twice = parts.find((part, i) => parts.indexOf(part) < i) ?? (has('hour') && has('hour12') && 'hour');
  if (twice) throw wrong(format, `it has the ${twice} twice`, 'Leave one of them out.');
  if (has('minute') && !hasHour) {
    const remedy = has('month') ? 'Add the hour: HH.' : 'MM is the month, mm the minute.';
    throw wrong(format, 'it has a minute (m) and no hour', remedy);
  }
  if (!has('year')) throw wrong(format, 'it has no year', 'Add yyyy or yy.');
  if (hasHour && !has('day'))
    throw wrong(format, 'it has an hour and no day', 'Add dd; MM is the month, mm the minute.');
  if (has('hour12') && !has('half'))
    throw wrong(
      format,
      'it has h, the hour of a half day, and no a',
      'Write HH for hours from 0 to 23, or add a for AM and PM.',
    );
  if (has('half') && !has('hour12'))
    throw wrong(format, 'it has a and no h', 'Write hh for hours from 1 to 12, or leave a out.');
  for (const [part, needed] of within)
    if (has(part) && !has(needed)) throw wrong(format, `it has a ${part} and no ${needed}`, `Add the ${needed}.`);
}

function wrong(format: string, message: string, remedy: string): MillraceError {
  return new MillraceError('OPTION_INVALID', `format '${format.slice(0, 80)}': ${message}`, {
    place: 'timestamp',
    remedy,
  });
}

/** The longest text that is read as a time. */
const lengthMax = 128;

function parse(steps: readonly Step[], given: string, zone: Zone | undefined): number {
  if (given.length > lengthMax) return Number.NaN;
  const text = given.trim();
  const found: Record<Part, number> = { ...unsaid };
  let at = 0;
  for (const step of steps) {
    const end = step.reads === 'literal' ? literalEnd(step.text, text, at) : read(step, text, at, found);
    if (end < 0) return Number.NaN;
    at = end;
  }
  return at === text.length ? momentOf(found, zone) : Number.NaN;
}

const unsaid: Readonly<Record<Part, number>> = {
  year: 0,
  month: 1,
  day: 1,
  weekday: -1,
  hour: 0,
  hour12: -1,
  minute: 0,
  second: 0,
  fraction: 0,
  half: 0,
  offset: Number.NaN,
};

function literalEnd(literal: string, text: string, at: number): number {
  return text.startsWith(literal, at) ? at + literal.length : -1;
}

/** Reads a token at a place; the place behind it, or -1 where it does not fit. */
function read(
  step: Exclude<Step, { reads: 'literal' }>,
  text: string,
  at: number,
  found: Record<Part, number>,
): number {
  if (step.reads === 'name') {
    const name = text.slice(at, at + step.names[0]!.length).toLowerCase();
    const index = step.names.indexOf(name);
    found[step.part] = step.part === 'month' ? index + 1 : index;
    return index < 0 ? -1 : at + name.length;
  }
  if (step.reads === 'offset') return readOffset(step.form, text, at, found);
  let value = 0;
  let end = at;
  for (; end < text.length && end - at < step.most; end++) {
    const digit = text.charCodeAt(end) - 48;
    if (digit < 0 || digit > 9) break;
    // digits beyond the millisecond are cut off
    if (step.part !== 'fraction' || end - at < 3) value = value * 10 + digit;
  }
  const count = end - at;
  if (count < step.least) return -1;
  if (step.part === 'fraction') value *= 10 ** Math.max(0, 3 - count);
  if (step.part === 'year' && step.most === 2) value += value < 69 ? 2000 : 1900;
  found[step.part] = value;
  return end;
}

const offsetForms = {
  X: /[Zz]|([+-])(\d\d)(\d\d)?/y,
  XXX: /[Zz]|([+-])(\d\d):(\d\d)/y,
  Z: /([+-])(\d\d)(\d\d)/y,
};

function readOffset(form: 'X' | 'XXX' | 'Z', text: string, at: number, found: Record<Part, number>): number {
  const pattern = offsetForms[form];
  pattern.lastIndex = at;
  const written = pattern.exec(text);
  if (!written) return -1;
  const [whole, sign, hours = '0', minutes = '0'] = written;
  if (Number(hours) > 18 || Number(minutes) > 59) return -1;
  found.offset = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1);
  return at + whole.length;
}

function momentOf(found: Readonly<Record<Part, number>>, zone: Zone | undefined): number {
  const { year, month, day, weekday, hour12, half, minute, second, fraction, offset } = found;
  const hour = hour12 < 0 ? found.hour : hour12 < 1 || hour12 > 12 ? Number.NaN : (hour12 % 12) + half * 12;
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return Number.NaN;
  if (!(hour <= 24 && minute <= 59 && second <= 59)) return Number.NaN;
  // the end of a day, and no moment after it
  if (hour === 24 && minute + second + fraction > 0) return Number.NaN;
  const days = daysBefore(year, month) + day - 1;
  // the first of 1970 was a Thursday
  if (weekday >= 0 && (((days + 4) % 7) + 7) % 7 !== weekday) return Number.NaN;
  const localMs = days * 86_400_000 + ((hour * 60 + minute) * 60 + second) * 1000 + fraction;
  if (!Number.isNaN(offset)) return localMs - offset;
  return zone ? zone.moment(localMs) : localMs;
}

/** Days from 1970 to the first of a month. A year below 100 is that year, unlike in Date.UTC. */
function daysBefore(year: number, month: number): number {
  return new Date(Date.UTC(2000, month - 1, 1)).setUTCFullYear(year) / 86_400_000;
}
