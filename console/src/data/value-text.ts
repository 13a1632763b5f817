// Values as people read them, by their declared type.
import { formatBytes, formatTime } from '../kit/format.ts';
import { jsonText } from '../kit/json.ts';
import { kindOf } from './kinds.ts';

/** A value on one line; times in UTC, fractions to six digits, those of small numbers counted from their first. Empty for what is missing. */
export function valueText(value: unknown, type: string): string {
  if (value === null || value === undefined) return '';
  switch (kindOf(type)) {
    case 'time': {
      const at = typeof value === 'number' ? value : Date.parse(String(value));
      if (Number.isNaN(at)) return String(value);
      return formatTime(at, { isUtc: true, hasMs: at % 1_000 !== 0 });
    }
    case 'number':
      if (typeof value !== 'number' || Number.isInteger(value)) return String(value);
      return String(Number(Math.abs(value) < 1 ? value.toPrecision(6) : value.toFixed(6)));
    case 'bytes': {
      const base64 = String(value);
      const size = formatBytes(Math.floor((base64.replace(/=+$/, '').length * 3) / 4));
      return `${size}: ${base64.slice(0, 24)}${base64.length > 24 ? '…' : ''}`;
    }
    default:
      return typeof value === 'object' ? jsonText(value) : String(value);
  }
}

/** DuckDB's type as the declared one that it holds. */
export function declaredType(duckdbType: string): string {
  const type = duckdbType.toUpperCase();
  if (type.endsWith('[]') || /^(STRUCT|MAP|JSON|UNION|LIST|ARRAY)/.test(type)) return 'json';
  if (type.startsWith('TIMESTAMP')) return 'timestamp';
  if (type.startsWith('DECIMAL')) return 'decimal';
  if (/^(TINY|SMALL|BIG|HUGE|U\w*)?INT(EGER)?$|^(UTINY|USMALL|UBIG|UHUGE)INT$/.test(type)) return 'long';
  if (type === 'DOUBLE' || type === 'FLOAT' || type === 'REAL') return 'double';
  if (type === 'BOOLEAN') return 'bool';
  if (type === 'DATE') return 'date';
  return type === 'BLOB' ? 'bytes' : 'text';
}
