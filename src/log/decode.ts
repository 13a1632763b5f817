// Records from bytes: batches straight into columns, single records into the values that people see.
import { parseStored } from '../core/digits.ts';
import { assert, MillraceError } from '../core/errors.ts';
import type { Value } from '../define/accept.ts';
import type { Field, Fields, FieldType } from '../define/fields.ts';
import { Cursor, joinLong, undecodable } from './avro-cursor.ts';
import { checkDate, checkTime, type Read, resolve, skipper, timestampUnits, Unresolvable } from './avro-resolve.ts';
import { type AvroField, type AvroType, parseAvro } from './avro-schema.ts';
import { headerBytes } from './encode.ts';

/** One a row: 1 where the value is null; undefined where none is. */
export type Nulls = Uint8Array | undefined;

/**
 * The values of one field, a row each: text, json, oneOf and decimal (its plain digits) are strings; int, date (days since 1970) and
 * bool (0 or 1) are int32; long and timestamp (milliseconds since 1970) are int64, as two halves a row, low and high; float and
 * double are float64.
 */
export type Column =
  | { kind: 'float64'; values: Float64Array; nulls: Nulls }
  | { kind: 'int32'; values: Int32Array; nulls: Nulls }
  | { kind: 'int64'; values: Int32Array; nulls: Nulls }
  | { kind: 'strings'; values: (string | null)[] }
  | { kind: 'bytes'; values: (Uint8Array | null)[] }
  | { kind: 'lists'; values: (Value[] | null)[] };

/** Decodes many records of one schema into columns, in the order of the fields. */
export interface ColumnDecoder {
  /** Makes room for rows, and forgets those that were not taken. */
  begin(capacity: number): void;
  /**
   * Adds the row that the Avro bytes at [start, end) hold (what follows the header).
   *
   * @throws RECORD_UNDECODABLE; the columns are as they were
   */
  add(bytes: Uint8Array, start: number, end: number): void;
  /** The rows so far. */
  readonly count: number;
  /** The columns, which are now the caller's. `begin` must follow. */
  take(): Column[];
}

/**
 * The decoder of what was written with one schema (its JSON text) into the fields that the reader wants, by Avro's schema
 * resolution: fields are matched by name, others are skipped; one that the writer does not have is null where it is optional.
 *
 * @throws SCHEMA_INVALID; SCHEMA_INCOMPATIBLE, naming the field
 * @example
 * const decoder = columnDecoder(await registry.schema(id), ride.fields)
 * decoder.begin(batch.count); decoder.add(batch.bytes, start + headerBytes, end); const columns = decoder.take()
 */
export function columnDecoder(writerSchema: string, fields: Fields): ColumnDecoder {
  const writer = parseAvro(writerSchema);
  if (writer.kind !== 'record') {
    throw incompatible(`records of this topic are not Avro records but of type ${writer.kind}`);
  }
  return new Decoder(writer.fields, fields);
}

const SKIP = 0;
const STRING = 1;
const DOUBLE = 2;
const FLOAT = 3;
const INT = 4;
const LONG = 5;
const TIMESTAMP = 6;
const BOOL = 7;
const DATE = 8;
const LONG_TO_DOUBLE = 9;
const READ = 10;

/** What to do with one field of the writer: where it goes (-1: nowhere), and which branch of its union is null (-1: no union). */
type Step = { code: number; column: number; nullBranch: number; read: Read; skip: (cursor: Cursor) => void };

class Decoder implements ColumnDecoder {
  count = 0;
  #capacity = 0;
  readonly #kinds: Column['kind'][];
  readonly #codes: Uint8Array;
  readonly #targets: Int32Array;
  readonly #nullBranches: Int8Array;
  readonly #steps: Step[];
  /** Which columns may have nulls, and which are nothing but nulls. */
  readonly #optional: boolean[];
  readonly #absent: boolean[];
  readonly #numbers: (Float64Array | Int32Array)[] = [];
  readonly #objects: (string | Uint8Array | Value[] | null)[][] = [];
  readonly #nulls: Uint8Array[] = [];
  readonly #cursor = new Cursor();

  constructor(writer: readonly AvroField[], fields: Fields) {
    const names = Object.keys(fields);
    const wanted = names.map((name) => fields[name]!);
    const written = new Set(writer.map((field) => field.name));
    this.#kinds = wanted.map((field) => columnKind(field.type));
    this.#optional = wanted.map((field) => field.isOptional);
    this.#absent = names.map((name) => !written.has(name));
    names.forEach((name, i) => {
      if (this.#absent[i] && !this.#optional[i]) {
        throw incompatible(`field '${name}' is not in the schema of the records, and is not optional`);
      }
    });
    this.#steps = writer.map((field) => {
      const column = names.indexOf(field.name);
      return column < 0 ? skipStep(field.type) : stepOf(field, wanted[column]!, column);
    });
    this.#codes = Uint8Array.from(this.#steps, (step) => step.code);
    this.#targets = Int32Array.from(this.#steps, (step) => step.column);
    this.#nullBranches = Int8Array.from(this.#steps, (step) => step.nullBranch);
  }

  begin(capacity: number): void {
    this.count = 0;
    this.#capacity = capacity;
    this.#kinds.forEach((kind, i) => {
      const isNumber = kind === 'float64' || kind === 'int32' || kind === 'int64';
      this.#numbers[i] =
        kind === 'float64'
          ? new Float64Array(capacity)
          : new Int32Array(!isNumber ? 0 : kind === 'int64' ? 2 * capacity : capacity);
      this.#objects[i] = isNumber ? [] : new Array(capacity).fill(null);
      this.#nulls[i] = new Uint8Array(isNumber && this.#optional[i] ? capacity : 0);
      if (this.#absent[i]) this.#nulls[i]!.fill(1);
    });
  }

  add(bytes: Uint8Array, start: number, end: number): void {
    const row = this.count;
    assert(row < this.#capacity, `a row beyond the ${this.#capacity} of begin`);
    const cursor = this.#cursor;
    const codes = this.#codes;
    const nullBranches = this.#nullBranches;
    cursor.open(bytes, start, end);
    for (let i = 0; i < codes.length; i++) {
      const target = this.#targets[i]!;
      const nullBranch = nullBranches[i]!;
      if (nullBranch >= 0) {
        const branch = cursor.byte();
        if (branch === nullBranch << 1) {
          this.#putNull(target, row);
          continue;
        }
        if (branch !== (1 - nullBranch) << 1) throw undecodable('a branch that the union of 2 types does not have');
      }
      switch (codes[i]) {
        case STRING:
          this.#objects[target]![row] = cursor.string();
          break;
        case DOUBLE:
          this.#numbers[target]![row] = cursor.double();
          break;
        case FLOAT:
          this.#numbers[target]![row] = cursor.float();
          break;
        case INT:
          this.#numbers[target]![row] = cursor.int();
          break;
        case TIMESTAMP:
        case LONG: {
          const halves = this.#numbers[target]!;
          cursor.long();
          if (codes[i] === TIMESTAMP) checkTime(cursor.high * 0x100000000 + (cursor.low >>> 0));
          halves[2 * row] = cursor.low;
          halves[2 * row + 1] = cursor.high;
          break;
        }
        case BOOL:
          this.#numbers[target]![row] = cursor.bool() ? 1 : 0;
          break;
        case DATE:
          this.#numbers[target]![row] = checkDate(cursor.int());
          break;
        case LONG_TO_DOUBLE:
          this.#numbers[target]![row] = Number(cursor.longValue());
          break;
        case SKIP:
          this.#steps[i]!.skip(cursor);
          continue;
        default:
          this.#put(target, row, this.#steps[i]!.read(cursor));
          continue;
      }
      if (this.#nulls[target]!.length > 0) this.#nulls[target]![row] = 0;
    }
    cursor.finish();
    this.count = row + 1;
  }

  take(): Column[] {
    const { count } = this;
    const columns = this.#kinds.map((kind, i): Column => {
      if (kind === 'float64' || kind === 'int32' || kind === 'int64') {
        const all = this.#nulls[i]!.subarray(0, count);
        const nulls = all.includes(1) ? all : undefined;
        const values = this.#numbers[i]!.subarray(0, kind === 'int64' ? 2 * count : count);
        return { kind, values, nulls } as Column;
      }
      const values = this.#objects[i]!;
      values.length = count;
      return { kind, values } as Column;
    });
    this.begin(0);
    return columns;
  }

  #putNull(target: number, row: number): void {
    if (target < 0) return;
    if (!this.#optional[target]) throw undecodable('null in a field that is not optional');
    if (this.#nulls[target]!.length > 0) this.#nulls[target]![row] = 1;
    else this.#objects[target]![row] = null;
  }

  #put(target: number, row: number, value: Value): void {
    if (value === null) {
      this.#putNull(target, row);
      return;
    }
    const kind = this.#kinds[target]!;
    if (this.#nulls[target]!.length > 0) this.#nulls[target]![row] = 0;
    if (kind === 'float64' || kind === 'int32') this.#numbers[target]![row] = Number(value);
    else if (kind === 'int64') {
      const wide = BigInt(value as number | bigint);
      this.#numbers[target]![2 * row] = Number(BigInt.asIntN(32, wide));
      this.#numbers[target]![2 * row + 1] = Number(wide >> 32n);
    } else this.#objects[target]![row] = value as string | Uint8Array | Value[];
  }
}

function columnKind(type: FieldType): Column['kind'] {
  switch (type.kind) {
    case 'int':
    case 'date':
    case 'bool':
      return 'int32';
    case 'long':
    case 'timestamp':
      return 'int64';
    case 'float':
    case 'double':
      return 'float64';
    case 'bytes':
      return 'bytes';
    case 'list':
      return 'lists';
    default:
      return 'strings';
  }
}

function stepOf(field: AvroField, wanted: Field, column: number): Step {
  try {
    // resolved in any case: what cannot be read is refused here, however it would be read
    const read = resolve(field.type, wanted.type, wanted.isOptional);
    const { nullBranch, type } = optionalType(field.type);
    const code = fastCode(type, wanted.type);
    return { code, column, nullBranch: code === READ ? -1 : nullBranch, read, skip: () => {} };
  } catch (error) {
    if (!(error instanceof Unresolvable)) throw error;
    throw incompatible(`field '${field.name}': ${error.message}`);
  }
}

function skipStep(written: AvroType): Step {
  const { nullBranch, type } = optionalType(written);
  return { code: SKIP, column: -1, nullBranch, read: () => null, skip: skipper(type) };
}

/** The type of a union of null and one type, and which branch is null. */
function optionalType(type: AvroType): { nullBranch: number; type: AvroType } {
  if (type.kind === 'union' && type.types.length === 2) {
    const nullBranch = type.types.findIndex((branch) => branch.kind === 'null');
    if (nullBranch >= 0) return { nullBranch, type: type.types[1 - nullBranch]! };
  }
  return { nullBranch: -1, type };
}

/** The code of what needs no closure; READ for everything else. */
function fastCode(writer: AvroType, wanted: FieldType): number {
  const whole = writer.kind === 'int' || writer.kind === 'long';
  switch (wanted.kind) {
    case 'text':
    case 'oneOf':
    case 'json':
      return writer.kind === 'string' || writer.kind === 'bytes' ? STRING : READ;
    case 'double':
      return writer.kind === 'double' ? DOUBLE : writer.kind === 'float' ? FLOAT : whole ? LONG_TO_DOUBLE : READ;
    case 'float':
      return writer.kind === 'float' ? FLOAT : READ;
    case 'int':
      return writer.kind === 'int' ? INT : READ;
    case 'date':
      return writer.kind === 'int' ? DATE : READ;
    case 'long':
      return whole ? LONG : READ;
    case 'timestamp':
      return whole && timestampUnits(writer) === 1 ? TIMESTAMP : READ;
    case 'bool':
      return writer.kind === 'boolean' ? BOOL : READ;
    default:
      return READ;
  }
}

function incompatible(problem: string): MillraceError {
  return new MillraceError('SCHEMA_INCOMPATIBLE', problem, {
    remedy: 'Change the field in the pipeline, or write to a new topic.',
  });
}

/**
 * The decoder of single records, header included, into the values that people see: Date for a timestamp, `'2026-11-22'` for a date,
 * json parsed, bigint only beyond ±(2^53 − 1).
 *
 * @throws SCHEMA_INVALID, SCHEMA_INCOMPATIBLE; the decoder throws RECORD_UNDECODABLE
 * @example recordDecoder(await registry.schema(schemaIdOf(value)), ride.fields)(value) // { zone: 'JFK', km: 3.5 }
 */
export function recordDecoder(writerSchema: string, fields: Fields): (bytes: Uint8Array) => Record<string, unknown> {
  const decoder = columnDecoder(writerSchema, fields);
  const names = Object.keys(fields);
  return (bytes) => {
    schemaIdOf(bytes);
    decoder.begin(1);
    decoder.add(bytes, headerBytes, bytes.length);
    const columns = decoder.take();
    return Object.fromEntries(
      names.map((name, i) => [name, presented(canonicalAt(columns[i]!, 0), fields[name]!.type)]),
    );
  };
}

/** The canonical value (see define/accept.ts) of a row of a column, save that a bool is 0 or 1. */
function canonicalAt(column: Column, row: number): Value {
  if ('nulls' in column && column.nulls?.[row]) return null;
  return column.kind === 'int64' ? joinLong(column.values[2 * row]!, column.values[2 * row + 1]!) : column.values[row]!;
}

function presented(value: Value, type: FieldType): unknown {
  if (value === null) return null;
  switch (type.kind) {
    case 'timestamp':
      return new Date(value as number);
    case 'date': {
      const text = new Date((value as number) * 86_400_000).toISOString();
      return text.slice(0, text.indexOf('T'));
    }
    case 'bool':
      return Boolean(value);
    case 'json':
      try {
        return parseStored(value as string);
      } catch {
        return value;
      }
    case 'list':
      return (value as Value[]).map((item) => presented(item, type.of));
    default:
      return value;
  }
}

/**
 * The schema id in the header of a record's value.
 *
 * @throws RECORD_UNDECODABLE where the value is not in the Confluent wire format
 */
export function schemaIdOf(bytes: Uint8Array): number {
  if (bytes.length < headerBytes) {
    throw undecodable(`${bytes.length} bytes are fewer than the ${headerBytes} of the header`);
  }
  if (bytes[0] !== 0) throw undecodable(`its first byte is ${bytes[0]}, not 0`);
  return ((bytes[1]! << 24) | (bytes[2]! << 16) | (bytes[3]! << 8) | bytes[4]!) >>> 0;
}
