// One rule for numbers and truth values that come as texts, whichever edge they come by: exact, and never through a float.
import { type Scientific, scientific } from '../core/digits.ts';

const shortWhole = /^[+-]?\d{1,15}$/;

/** The most digits that a whole number of 64 bits has. */
const longDigitsMax = 19;

/**
 * The whole number that a text denotes exactly (`'12'`, `' +5 '`, `'1.0'`, `'1e3'`): a bigint beyond ±(2^53 − 1). Undefined where it is
 * none, or has more digits than 64 bits hold.
 *
 * @example wholeOf('1.50e1') // 15
 */
export function wholeOf(text: string): number | bigint | undefined {
  // + 0: there is no whole number -0
  if (shortWhole.test(text)) return Number(text) + 0;
  const number = scientific(text);
  if (!number || number.exponent < 0 || number.digits.length + number.exponent > longDigitsMax) return undefined;
  const whole = BigInt(number.digits + '0'.repeat(number.exponent)) * (number.isNegative ? -1n : 1n);
  const nearest = Number(whole);
  return Number.isSafeInteger(nearest) ? nearest : whole;
}

/**
 * The plain digits of a decimal number, as many behind the point as `scale` says; undefined where a text is none, or has more digits.
 *
 * @example decimalOf('1.25e1', 12, 2) // '12.50'
 */
export function decimalOf(text: string, precision: number, scale: number): string | undefined {
  const number = scientific(text);
  if (!number) return undefined;
  const { isNegative, digits, exponent } = number;
  if (-exponent > scale || digits.length + exponent > precision - scale) return undefined;
  const all = `${digits}${'0'.repeat(exponent + scale)}`.padStart(scale + 1, '0');
  const whole = all.slice(0, all.length - scale);
  return `${isNegative ? '-' : ''}${scale === 0 ? whole : `${whole}.${all.slice(-scale)}`}`;
}

/**
 * The nearest floating-point number of 64 bits; an infinity where the text is a number that is beyond them; undefined where it is none.
 *
 * @example doubleOf('2.5') // 2.5
 */
export function doubleOf(text: string): number | undefined {
  const number = Number(text);
  const first = text.charCodeAt(0);
  const second = text.charCodeAt(1) | 32;
  // Number('') is 0, Number('0x10') and Number(' 0x10') are 16: none is what a person means by a number
  const isOdd =
    number === 0 ||
    !Number.isFinite(number) ||
    text.length > 24 ||
    !(first >= 43 && first <= 57) ||
    (first === 48 && (second === 120 || second === 98 || second === 111));
  return isOdd && !scientific(text) ? undefined : number;
}

/**
 * A number times a power of ten, cut off downwards to a whole one; undefined where the text is no number, or has more than 16 digits then.
 *
 * @example floorOf('1700000000.1239', 3) // 1700000000123
 * @example floorOf('-0.0001', 3) // -1
 */
export function floorOf(text: string, power: number): number | undefined {
  const number = scientific(text);
  if (!number) return undefined;
  const { isNegative, digits }: Scientific = number;
  const exponent = number.exponent + power;
  if (digits.length + exponent > 16) return undefined;
  if (exponent >= 0) return Number(digits + '0'.repeat(exponent)) * (isNegative ? -1 : 1) + 0;
  const whole = Number(digits.slice(0, Math.max(0, digits.length + exponent)));
  // something is cut off, since digits do not end with a zero
  return isNegative ? -whole - 1 : whole;
}

const truths: ReadonlyMap<string, boolean> = new Map([
  ...['true', 't', 'yes', 'y', 'on', '1'].map((text) => [text, true] as const),
  ...['false', 'f', 'no', 'n', 'off', '0'].map((text) => [text, false] as const),
]);

/**
 * The truth value of a text, as PostgreSQL and DuckDB read them: true, t, yes, y, on, 1 and their opposites, in any case.
 *
 * @example boolOf('Yes') // true
 */
export function boolOf(text: string): boolean | undefined {
  if (text.length > 16) return undefined;
  return truths.get(text) ?? truths.get(text.trim().toLowerCase());
}
