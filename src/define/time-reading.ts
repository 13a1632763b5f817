// How timestamp() reads what comes in: formats of texts, the zone of those without an offset, what numbers count.
import { Digits } from '../core/digits.ts';
import { MillraceError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { parseTimestamp } from './iso-time.ts';
import { floorOf } from './numbers.ts';
import { anyRule, checkOptions, checkValue, textOrTextsRule, textRule } from './options.ts';
import { type TimeFormat, timeFormat } from './time-format.ts';
import { zoneOf } from './zone.ts';

/** What numbers count since 1970. */
export type TimeUnit = 's' | 'ms' | 'us' | 'ns';

/** Options of `timestamp()`. */
export type TimestampOptions = {
  /**
   * How texts are written, in LDML tokens: `'dd/MM/yyyy HH:mm'`; several are tried in their order. Absent: ISO 8601 and SQL. Other letters
   * than tokens are quoted: `"yyyy-MM-dd'T'HH:mm"`.
   */
  readonly format?: string | readonly string[] | undefined;
  /** The zone of texts without an offset: `'Europe/Berlin'`. Default: UTC. */
  readonly zone?: string | undefined;
  /** What numbers count since 1970, and texts that are numbers. Default: `'ms'`; texts are then no numbers. */
  readonly unit?: TimeUnit | undefined;
};

/** The options as data. `alsoIso`: texts in ISO 8601 are read too, as Millrace shows times: in UTC. */
export type TimeReading = {
  readonly formats: readonly string[];
  readonly zone: string | undefined;
  readonly unit: TimeUnit | undefined;
  readonly alsoIso: boolean;
};

/** Powers of ten from a unit to milliseconds. */
const powers: Readonly<Record<TimeUnit, number>> = { s: 3, ms: 0, us: -3, ns: -6 };
const unitNames: Readonly<Record<TimeUnit, string>> = {
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
};

/**
 * The reading of options; undefined where none is given.
 *
 * @throws OPTION_INVALID for an unknown option, token, zone or unit, with the nearest one
 */
export function timeReading(options: TimestampOptions): TimeReading | undefined {
  const place = 'timestamp';
  checkOptions(place, options, { format: anyRule, zone: textRule, unit: textRule });
  const { format, zone, unit } = options;
  const says = "a format as 'dd/MM/yyyy HH:mm', or a list of them";
  const fits = (value: unknown) => textOrTextsRule.fits(value) && value !== '' && (value as string).length > 0;
  if (format !== undefined) checkValue(place, 'format', format, { fits, says });
  const formats = typeof format === 'string' ? [format] : [...(format ?? [])];
  for (const one of formats) timeFormat(one);
  if (zone !== undefined) zoneOf(zone);
  if (unit !== undefined) checkUnit(unit);
  if (formats.length === 0 && zone === undefined && unit === undefined) return undefined;
  return Object.freeze({ formats: Object.freeze(formats), zone, unit, alsoIso: false });
}

function checkUnit(unit: string): void {
  if (Object.hasOwn(powers, unit)) return;
  const byName = new Map(Object.entries(unitNames).flatMap(([one, name]) => [one, name].map((it) => [it, one])));
  const near = byName.get(nearest(unit, byName.keys()) ?? '');
  throw new MillraceError('OPTION_INVALID', `there is no unit '${unit.slice(0, 80)}'`, {
    place: 'timestamp',
    remedy: `${near ? `Did you mean '${near}'? ` : ''}Use one of ${Object.keys(powers).join(', ')}.`,
  });
}

/** Reads times. */
export type TimeReader = {
  /** Milliseconds since 1970, cut off downwards; NaN where it is none. */
  read(value: unknown): number;
  /** What is read, for messages: `a time as 'dd/MM/yyyy' (for example '22/11/2026')`. */
  readonly says: string;
  /** What to do about a text that is a number, where numbers are not read as texts. */
  remedy(value: unknown): string | undefined;
};

/**
 * Compiles a reading.
 *
 * @example timeReader(timeReading({ unit: 's' })).read(1700000000.5) // 1700000000500
 */
export function timeReader(reading: TimeReading | undefined): TimeReader {
  const formats = (reading?.formats ?? []).map(timeFormat);
  const zone = reading?.zone === undefined ? undefined : zoneOf(reading.zone);
  const power = powers[reading?.unit ?? 'ms'];
  const areTextsNumbers = reading?.unit !== undefined;
  const isIso = formats.length === 0 || reading?.alsoIso === true;
  // what Millrace shows is in UTC, also where it does not say so
  const isoZone = reading?.alsoIso ? undefined : zone;
  const readText = (text: string): number => {
    for (const one of formats) {
      const ms = one.parse(text, zone);
      if (!Number.isNaN(ms)) return ms;
    }
    const ms = isIso ? parseTimestamp(text, isoZone) : Number.NaN;
    return Number.isNaN(ms) && areTextsNumbers ? (floorOf(text, power) ?? Number.NaN) : ms;
  };
  return {
    says: saysOf(formats, reading?.unit),
    remedy(value) {
      if (formats.length > 0) return 'Write it so, or change the format of the field.';
      const isNumber = typeof value === 'string' && !areTextsNumbers && floorOf(value, 0) !== undefined;
      return isNumber ? "Say what the number counts: timestamp({ unit: 's' })." : undefined;
    },
    read(value) {
      const ms = readAny(value, power, readText);
      return Math.abs(ms) <= timeMsMax ? ms : Number.NaN;
    },
  };
}

/** The last moment that a Date can hold, in milliseconds since 1970. */
const timeMsMax = 8.64e15;

function readAny(value: unknown, power: number, readText: (text: string) => number): number {
  if (typeof value === 'string') return readText(value);
  if (typeof value === 'number') {
    if (power === 0) return Math.floor(value) + 0;
    // thousands of whole numbers are exact as long as they are moments
    if (power > 0 && Number.isInteger(value)) return value * 10 ** power + 0;
    return floorOf(String(value), power) ?? Number.NaN;
  }
  if (typeof value === 'bigint' || value instanceof Digits) return floorOf(String(value), power) ?? Number.NaN;
  return value instanceof Date ? value.getTime() : Number.NaN;
}

function saysOf(formats: readonly TimeFormat[], unit: TimeUnit | undefined): string {
  if (formats.length === 0) {
    return `a time (write it as '2026-11-22T08:00:00Z' or as ${unitNames[unit ?? 'ms']} since 1970)`;
  }
  const all = formats.map(({ format, example }) => `'${format}' (for example '${example}')`);
  return `a time as ${all.join(' or ')}${unit === undefined ? '' : `, or a number of ${unitNames[unit]} since 1970`}`;
}

/** A reading in words, for people who send records; undefined where there is nothing to say. */
export function describeReading(reading: TimeReading | undefined): string | undefined {
  if (!reading) return undefined;
  const { formats, zone, unit } = reading;
  const texts = formats.map((format) => `'${format}' (for example '${timeFormat(format).example}')`);
  return [
    texts.length > 0 ? `Texts are written as ${texts.join(' or ')}.` : '',
    zone === undefined ? '' : `Times without an offset are those of ${zone}.`,
    unit === undefined ? '' : `Numbers are ${unitNames[unit]} since 1970.`,
  ]
    .filter((one) => one !== '')
    .join(' ');
}

/** A text in the first of the formats; undefined where there is none. */
export function exampleOf(reading: TimeReading | undefined): string | undefined {
  const format = reading?.formats[0];
  return format === undefined ? undefined : timeFormat(format).example;
}

/** The same reading, which takes texts in ISO 8601 too, in UTC, as Millrace shows times. */
export function withIso(reading: TimeReading): TimeReading {
  return Object.freeze({ ...reading, alsoIso: true });
}
