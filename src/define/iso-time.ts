// Times as ISO 8601 and SQL write them.
import type { Zone } from './zone.ts';

/** Characters of the longest text that is read as a time. */
const timeLengthMax = 64;

/**
 * Milliseconds since 1970 of a time written as ISO 8601 or SQL does; NaN where it is none. Where it names no zone it is of the given
 * one, else in UTC. Digits beyond the millisecond are cut off. The common form `2017-06-01 00:03:34` is read without the general parser.
 *
 * @example parseTimestamp('2026-11-22 12:00', zoneOf('Europe/Berlin')) // that of 11:00 UTC
 */
export function parseTimestamp(value: string, local?: Zone): number {
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
      if (year >= 100 && hour < 24) {
        const ms = Date.UTC(year, month - 1, day, hour, minute, second);
        return local && length === 19 ? local.moment(ms) : ms;
      }
    }
  }
  if (length > timeLengthMax) return Number.NaN;
  const found =
    /^\s*([+-]\d{6}|\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*(Z|z|UTC|[+-]\d\d(?::?\d\d)?)?)?\s*$/.exec(
      value,
    );
  if (!found) return Number.NaN;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone] = found;
  if (Number(day) > daysIn(Number(year), Number(month))) return Number.NaN;
  // the end of a day, and no moment after it
  if (hour === '24' && /[1-9]/.test(minute + second + fraction)) return Number.NaN;
  const hasOffset = zone?.startsWith('+') || zone?.startsWith('-');
  const offset = hasOffset ? `${zone!.slice(0, 3)}:${zone!.slice(3).replace(':', '') || '00'}` : 'Z';
  const ms = Date.parse(
    `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}${offset}`,
  );
  return local && zone === undefined && !Number.isNaN(ms) ? local.moment(ms) : ms;
}

/** How many days a month has. */
export function daysIn(year: number, month: number): number {
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
