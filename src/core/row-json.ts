// Values of rows as they are sent: JSON that loses nothing, and the same as text for CSV.
import { Digits } from '../core/digits.ts';

/**
 * A value of a row as JSON: times as ISO text, whole numbers beyond ±(2^53 − 1) as text, bytes as base64, and NaN and the infinities,
 * which JSON has no numbers for, as `'NaN'`, `'Infinity'`, `'-Infinity'`. Numbers within a JSON value keep their digits.
 *
 * @example toJson(9007199254740993n) // '9007199254740993'
 */
export function toJson(value: unknown): unknown {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
      return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value);
    case 'object':
      if (value === null || value instanceof Digits) return value;
      if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
      if (value instanceof Uint8Array)
        return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
      return Array.isArray(value) ? value.map(toJson) : rowToJson(value as Record<string, unknown>);
    case 'undefined':
      return null;
    default:
      return value;
  }
}

/** A row by column as JSON. */
export function rowToJson(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  for (const name in row) {
    // a key of parsed JSON may be `__proto__`, which an assignment would lose
    if (name === '__proto__')
      Object.defineProperty(json, name, { value: toJson(row[name]), enumerable: true, configurable: true });
    else json[name] = toJson(row[name]);
  }
  return json;
}
