// Field types as DuckDB columns: the declaration, the check of a query's output against it, and how a column is fed.
import type { Field, Fields, FieldType } from '../../define/fields.ts';
import { literal, quote } from '../database.ts';

/** The DuckDB type of a field type. */
export function sqlType(type: FieldType): string {
  switch (type.kind) {
    case 'text':
    case 'oneOf':
      return 'VARCHAR';
    case 'json':
      return 'JSON';
    case 'int':
      return 'INTEGER';
    case 'long':
      return 'BIGINT';
    case 'float':
      return 'FLOAT';
    case 'double':
      return 'DOUBLE';
    case 'bool':
      return 'BOOLEAN';
    case 'timestamp':
      return 'TIMESTAMP';
    case 'date':
      return 'DATE';
    case 'bytes':
      return 'BLOB';
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'list':
      return `${sqlType(type.of)}[]`;
  }
}

/** A column of a CREATE TABLE, with what the declaration promises: never null, one of the values. */
export function sqlColumn(name: string, field: Field): string {
  const check =
    field.type.kind === 'oneOf' ? ` check (${quote(name)} in (${field.type.values.map(literal).join(', ')}))` : '';
  return `${quote(name)} ${sqlType(field.type)}${field.isOptional ? '' : ' not null'}${check}`;
}

/** The columns of fields, for a CREATE TABLE. */
export function sqlColumns(fields: Fields): string {
  return Object.entries(fields)
    .map(([name, field]) => sqlColumn(name, field))
    .join(', ');
}

/** Fields that may all be missing: a relation of such is checked where its rows come from. */
export function nullable(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.optional()]));
}

/** Quoted names of fields, for a SELECT list; with a prefix `b.` where given. */
export function columnList(fields: Fields, prefix = ''): string {
  return Object.keys(fields)
    .map((name) => prefix + quote(name))
    .join(', ');
}

/** The types, as DuckDB names them, that a query may give for a declared type: the same, and those that fit without loss of meaning. */
export function fits(declared: FieldType, given: string): boolean {
  const whole = ['TINYINT', 'SMALLINT', 'INTEGER', 'UTINYINT', 'USMALLINT'];
  const wholeWide = [...whole, 'BIGINT', 'UINTEGER', 'UBIGINT', 'HUGEINT'];
  if (given === sqlType(declared) || given === 'NULL' || given === '"NULL"') return true;
  switch (declared.kind) {
    case 'text':
    case 'oneOf':
      return given === 'VARCHAR' || given === 'UUID' || given.startsWith('ENUM');
    case 'json':
      return given === 'VARCHAR';
    case 'int':
      return whole.includes(given);
    case 'long':
      return wholeWide.includes(given);
    case 'float':
      return whole.includes(given) || given.startsWith('DECIMAL');
    case 'double':
      return given === 'FLOAT' || wholeWide.includes(given) || given.startsWith('DECIMAL');
    case 'timestamp':
      return /^TIMESTAMP(_S|_MS|_NS)?$|^TIMESTAMP WITH TIME ZONE$|^DATE$/.test(given);
    case 'decimal':
      return whole.includes(given) || given.startsWith('DECIMAL');
    case 'list':
      return given.endsWith('[]') && fits(declared.of, given.slice(0, -2));
    default:
      return false;
  }
}
