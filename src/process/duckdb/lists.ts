// Lists on their way into DuckDB: as JSON text, and the SQL that makes a list of its own type of that text.
import type { Value } from '../../define/accept.ts';
import type { FieldType } from '../../define/fields.ts';
import { sqlType } from './types.ts';

type ListType = FieldType & { kind: 'list' };

/** A list as JSON text; what JSON cannot write (NaN, -0, bigint, bytes) as `listFrom` reads it. */
export function listText(values: readonly Value[]): string {
  return JSON.stringify(values, (_key, value) => {
    if (typeof value === 'bigint') return String(value);
    if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
    if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
    if (Object.is(value, -0)) return '-0';
    return value;
  });
}

/** The list that a text of `listText` stands for, as SQL. */
export function listFrom(sql: string, type: ListType): string {
  return items(`cast(cast(${sql} as json) as ${jsonType(type)})`, type, 0);
}

/** The type of what the JSON text holds: times as numbers; bytes as base64, and json as its own text, both within a text. */
function jsonType(type: FieldType): string {
  switch (type.kind) {
    case 'list':
      return `${jsonType(type.of)}[]`;
    case 'timestamp':
      return 'BIGINT';
    case 'date':
      return 'INTEGER';
    case 'bytes':
    case 'json':
      return 'VARCHAR';
    default:
      return sqlType(type);
  }
}

/** What stands in the JSON text, turned into its own type. */
function items(sql: string, type: FieldType, depth: number): string {
  switch (type.kind) {
    case 'list': {
      if (jsonType(type) === sqlType(type)) return sql;
      const item = `item${depth}`;
      return `list_transform(${sql}, lambda ${item}: ${items(item, type.of, depth + 1)})`;
    }
    case 'timestamp':
      return `make_timestamp_ms(${sql})`;
    case 'date':
      return `(date '1970-01-01' + ${sql})`;
    case 'bytes':
      return `from_base64(${sql})`;
    case 'json':
      return `cast(${sql} as json)`;
    default:
      return sql;
  }
}
