// Readers of one Avro value: what a writer's schema says is there, given as the canonical value of one of our field types.
import type { Value } from '../define/accept.ts';
import { type FieldType, formatType } from '../define/fields.ts';
import { type Cursor, joinLong, undecodable } from './avro-cursor.ts';
import type { AvroOf, AvroType, Logical } from './avro-schema.ts';

/** Reads one value. */
export type Read = (cursor: Cursor) => Value;

/** Why a writer's type cannot be read as a field's. */
export class Unresolvable extends Error {}

/**
 * The reader of a writer's type as a field type, by Avro's schema resolution; beyond it, enums are read as text, times in micro- and
 * nanoseconds as milliseconds, and whatever there is as json.
 *
 * @throws Unresolvable
 */
export function resolve(writer: AvroType, type: FieldType, optional: boolean): Read {
  if (writer.kind === 'null' && optional) return () => null;
  if (writer.kind === 'union') return resolveUnion(writer, type, optional);
  switch (type.kind) {
    case 'text':
    case 'oneOf':
      if (writer.kind === 'string' || writer.kind === 'bytes') return (cursor) => cursor.string();
      if (writer.kind === 'enum') return symbolOf(writer);
      break;
    case 'json': {
      // text is taken for JSON text: that is how we write it
      if (writer.kind === 'string' || writer.kind === 'bytes') return (cursor) => cursor.string();
      const read = jsonReader(writer);
      return (cursor) => JSON.stringify(read(cursor));
    }
    case 'int':
    case 'date':
      if (writer.kind === 'int') return type.kind === 'date' ? dateReader : (cursor) => cursor.int();
      break;
    case 'long':
      if (writer.kind === 'int' || writer.kind === 'long') return (cursor) => cursor.longValue();
      break;
    case 'timestamp':
      if (writer.kind === 'int' || writer.kind === 'long') return timestampReader(writer);
      break;
    case 'float':
      if (writer.kind === 'float') return (cursor) => cursor.float();
      if (writer.kind === 'int' || writer.kind === 'long') return (cursor) => Math.fround(Number(cursor.longValue()));
      break;
    case 'double':
      if (writer.kind === 'double') return (cursor) => cursor.double();
      if (writer.kind === 'float') return (cursor) => cursor.float();
      if (writer.kind === 'int' || writer.kind === 'long') return (cursor) => Number(cursor.longValue());
      break;
    case 'bool':
      if (writer.kind === 'boolean') return (cursor) => cursor.bool();
      break;
    case 'bytes':
      if (writer.kind === 'bytes' || writer.kind === 'string') return (cursor) => cursor.bytes();
      break;
    case 'decimal':
      if (writer.kind === 'bytes' || writer.kind === 'fixed') {
        if (writer.logical?.name === 'decimal') return decimalReader(writer, writer.logical, type);
      }
      break;
    case 'list':
      if (writer.kind === 'array') {
        const item = resolve(writer.items, type.of, false);
        return (cursor) => readArray(cursor, item) as Value[];
      }
  }
  throw new Unresolvable(`${describe(writer)} cannot be read as ${formatType(type)}`);
}

/** Moves past one value of a type. */
export function skipper(type: AvroType): (cursor: Cursor) => void {
  switch (type.kind) {
    case 'null':
      return () => {};
    case 'boolean':
      return (cursor) => cursor.skip(1);
    case 'int':
      return (cursor) => cursor.long();
    case 'long':
      return (cursor) => cursor.long();
    case 'float':
      return (cursor) => cursor.skip(4);
    case 'double':
      return (cursor) => cursor.skip(8);
    case 'bytes':
    case 'string':
      return (cursor) => cursor.skip(cursor.length());
    case 'fixed':
      return (cursor) => cursor.skip(type.size);
    default: {
      // rare enough: read and forgotten
      const read = jsonReader(type);
      return (cursor) => {
        read(cursor);
      };
    }
  }
}

function resolveUnion(writer: AvroOf<'union'>, type: FieldType, optional: boolean): Read {
  const problems: string[] = [];
  const reads = writer.types.map((branch): Read => {
    try {
      return resolve(branch, type, optional);
    } catch (error) {
      if (!(error instanceof Unresolvable)) throw error;
      const { message } = error;
      if (branch.kind !== 'null') problems.push(message);
      return () => {
        throw undecodable(message);
      };
    }
  });
  const others = writer.types.filter((branch) => branch.kind !== 'null').length;
  if (others > 0 ? problems.length === others : !optional) {
    throw new Unresolvable(problems.at(-1) ?? `a union without types cannot be read as ${formatType(type)}`);
  }
  return (cursor) => {
    const read = reads[cursor.int()];
    if (!read) throw undecodable(`a branch that the union of ${reads.length} types does not have`);
    return read(cursor);
  };
}

function symbolOf(writer: AvroOf<'enum'>): (cursor: Cursor) => string {
  return (cursor) => {
    const symbol = writer.symbols[cursor.int()];
    if (symbol === undefined) throw undecodable(`a symbol that '${writer.name}' does not have`);
    return symbol;
  };
}

/** Units of a timestamp's logical type in one millisecond. */
export function timestampUnits(writer: AvroType): number {
  const name = writer.logical?.name ?? '';
  return name.endsWith('-micros') ? 1000 : name.endsWith('-nanos') ? 1_000_000 : 1;
}

function timestampReader(writer: AvroType): Read {
  const units = timestampUnits(writer);
  if (units === 1) return (cursor) => checkTime(Number(cursor.longValue()));
  return (cursor) => {
    const value = cursor.longValue();
    if (typeof value === 'number') return checkTime(Math.floor(value / units));
    const quotient = value / BigInt(units);
    return checkTime(Number(value < 0n && value % BigInt(units) !== 0n ? quotient - 1n : quotient));
  };
}

/** The milliseconds since 1970 that were read, if a Date can hold them. */
export function checkTime(ms: number): number {
  if (ms > 8.64e15 || ms < -8.64e15) throw undecodable(`a time of ${ms} milliseconds since 1970`);
  return ms;
}

/** The days since 1970 that were read, if a Date can hold them. */
export function checkDate(days: number): number {
  if (days > 1e8 || days < -1e8) throw undecodable(`a date of ${days} days since 1970`);
  return days;
}

function dateReader(cursor: Cursor): number {
  return checkDate(cursor.int());
}

function decimalReader(writer: AvroType, logical: Logical, type: FieldType & { kind: 'decimal' }): Read {
  const { precision, scale } = logical;
  if (scale !== type.scale || precision > type.precision) {
    throw new Unresolvable(`decimal(${precision}, ${scale}) cannot be read as ${formatType(type)}`);
  }
  return (cursor) => {
    const unscaled = cursor.unscaled(writer.kind === 'fixed' ? writer.size : cursor.length());
    const text = formatDecimal(unscaled, scale);
    if (text.length > type.precision + 3) throw undecodable(`a decimal of more than ${type.precision} digits`);
    return text;
  };
}

function formatDecimal(unscaled: bigint, scale: number): string {
  if (scale === 0) return unscaled.toString();
  const negative = unscaled < 0n;
  const digits = (negative ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  return `${negative ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function readArray<Item>(cursor: Cursor, read: (cursor: Cursor) => Item): Item[] {
  const items: Item[] = [];
  for (let count = cursor.blockCount(); count > 0; count = cursor.blockCount()) {
    for (let i = 0; i < count; i++) items.push(read(cursor));
  }
  return items;
}

/** Any value as JSON, as people would write it: unions without their branch, bytes in base64, beyond 2^53 as text. */
function jsonReader(type: AvroType, known = new Map<AvroType, (cursor: Cursor) => unknown>()) {
  const found = known.get(type);
  if (found) return found;
  // a record may contain itself: the reader is known before its parts are
  let inner: (cursor: Cursor) => unknown = () => null;
  const read = (cursor: Cursor) => {
    cursor.enter();
    const value = inner(cursor);
    cursor.leave();
    return value;
  };
  known.set(type, read);
  inner = jsonParts(type, (part) => jsonReader(part, known));
  return read;
}

function jsonParts(
  type: AvroType,
  reader: (part: AvroType) => (cursor: Cursor) => unknown,
): (cursor: Cursor) => unknown {
  switch (type.kind) {
    case 'null':
      return () => null;
    case 'boolean':
      return (cursor) => cursor.bool();
    case 'int':
      return (cursor) => cursor.int();
    case 'long':
      return (cursor) => {
        cursor.long();
        const value = joinLong(cursor.low, cursor.high);
        return typeof value === 'number' ? value : value.toString();
      };
    case 'float':
      return (cursor) => cursor.float();
    case 'double':
      return (cursor) => cursor.double();
    case 'string':
      return (cursor) => cursor.string();
    case 'bytes':
    case 'fixed': {
      const size = (cursor: Cursor) => (type.kind === 'fixed' ? type.size : cursor.length());
      if (type.logical?.name === 'decimal') {
        const { scale } = type.logical;
        return (cursor) => formatDecimal(cursor.unscaled(size(cursor)), scale);
      }
      return (cursor) => Buffer.from(cursor.fixed(size(cursor))).toString('base64');
    }
    case 'enum':
      return symbolOf(type);
    case 'array': {
      const item = reader(type.items);
      return (cursor) => readArray(cursor, item);
    }
    case 'map': {
      const value = reader(type.values);
      return (cursor) => Object.fromEntries(readArray(cursor, (inside) => [inside.string(), value(inside)] as const));
    }
    case 'union': {
      const branches = type.types.map(reader);
      return (cursor) => {
        const branch = branches[cursor.int()];
        if (!branch) throw undecodable(`a branch that the union of ${branches.length} types does not have`);
        return branch(cursor);
      };
    }
    case 'record': {
      const parts = type.fields.map((field) => [field.name, reader(field.type)] as const);
      return (cursor) => Object.fromEntries(parts.map(([name, part]) => [name, part(cursor)]));
    }
  }
}

function describe(writer: AvroType): string {
  return 'name' in writer
    ? `${writer.kind} '${writer.name}'`
    : writer.logical
      ? `${writer.kind} (${writer.logical.name})`
      : writer.kind;
}
