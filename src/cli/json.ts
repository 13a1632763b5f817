// What --json prints: any value as JSON that every reader takes.
import { Digits } from '../core/digits.ts';

/**
 * Text of a value as JSON: dates as ISO text, bigints as text, NaN and the infinities as text, bytes as base64, maps as objects.
 *
 * @param spaces indentation; 0 for one line
 */
export function toJson(value: unknown, spaces = 0): string {
  return JSON.stringify(plain(value), undefined, spaces) ?? 'null';
}

function plain(value: unknown): unknown {
  switch (typeof value) {
    case 'bigint':
      return String(value);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'object':
      break;
    default:
      return value;
  }
  if (value === null || value instanceof Digits) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map((one) => plain(one));
  if (value instanceof Map) return plain(Object.fromEntries(value));
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function')
    return plain((value as { toJSON(): unknown }).toJSON());
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
}
