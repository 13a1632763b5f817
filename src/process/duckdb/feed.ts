// Gives a micro-batch to DuckDB in place: a table function that copies typed columns into vectors, 2,048 rows at a time.
import {
  BIGINT,
  BLOB,
  BOOLEAN,
  DATE,
  DOUBLE,
  DuckDBTableFunction,
  type DuckDBType,
  FLOAT,
  INTEGER,
  TIMESTAMP_MS,
  VARCHAR,
} from '@duckdb/node-api';
import bindings from '@duckdb/node-bindings';
import type { Fields, FieldType } from '../../define/fields.ts';
import type { Column } from '../../log/decode.ts';
import { quote } from '../database.ts';
import type { DuckSession } from './database.ts';
import { listFrom, listText } from './lists.ts';
import { sqlType } from './types.ts';

/** Rows of a topic partition for the engine, with what it needs to know of each. All arrays have one entry a row. */
export type FeedRows = {
  readonly count: number;
  readonly partition: number;
  readonly columns: readonly Column[];
  readonly offsets: Float64Array;
  /** Event time, milliseconds since 1970; where the topic has none, when the record was written. */
  readonly times: Float64Array;
  /** The watermark before the row, milliseconds since 1970; -9e15 where it is never late. */
  readonly watermarks: Float64Array;
};

/** The columns that every fed relation has after the topic's own. */
export const metaColumns = '_row integer, _partition integer, _offset bigint, _ts bigint, _wm bigint';
export const metaNames = ['_row', '_partition', '_offset', '_ts', '_wm'] as const;

/** A table function of a session, and the rows that it gives. */
export class Feed {
  /** The SELECT that reads the rows, with the fields' SQL types and the meta columns. */
  readonly select: string;
  #rows: FeedRows | undefined;
  #from = 0;
  #to = 0;
  #without: readonly number[] = [];

  constructor(session: DuckSession, fields: Fields, name: string) {
    const entries = Object.entries(fields);
    const types = [...entries.map(([, field]) => feedType(field.type)), INTEGER, INTEGER, BIGINT, BIGINT, BIGINT];
    this.select = `select ${[...entries.map(([field, { type }]) => feedCast(field, type)), ...metaNames].join(', ')} from ${name}()`;
    session.connection.registerTableFunction(
      DuckDBTableFunction.create({
        name,
        supportsProjectionPushdown: true,
        bindFunction: (info) => {
          entries.forEach(([field], i) => {
            info.addResultColumn(field, types[i]!);
          });
          metaNames.forEach((meta, i) => {
            info.addResultColumn(meta, types[entries.length + i]!);
          });
        },
        initFunction: (info) => info.setInitData({ at: this.#from, skipped: 0, indexes: info.getColumnIndexes() }),
        mainFunction: (info, output) => {
          const state = info.initData as { at: number; skipped: number; indexes: number[] };
          const rows = this.#rows;
          const without = this.#without;
          while (without[state.skipped]! <= state.at) if (without[state.skipped++] === state.at) state.at++;
          // a chunk ends before a row that is left out
          const end = Math.min(this.#to, without[state.skipped] ?? this.#to);
          const count = rows ? Math.min(2048, end - state.at) : 0;
          output.rowCount = count;
          if (!rows || count === 0) return;
          state.indexes.forEach((index, position) => {
            const vector = bindings.data_chunk_get_vector(output.chunk, position);
            if (index < entries.length)
              writeColumn(vector, rows.columns[index]!, entries[index]![1].type, state.at, count);
            else writeMeta(vector, index - entries.length, rows, state.at, count);
          });
          state.at += count;
        },
      }),
    );
  }

  /** Sets the rows [from, to) that the next scan gives, without some of them (in order); `_row` counts from the beginning of all. */
  set(rows: FeedRows, from: number, to: number, without: readonly number[]): void {
    this.#rows = rows;
    this.#from = from;
    this.#to = to;
    this.#without = without;
  }

  /** Forgets the rows, so that their memory is free. */
  clear(): void {
    this.#rows = undefined;
  }
}

function feedType(type: FieldType): DuckDBType {
  switch (type.kind) {
    case 'int':
      return INTEGER;
    case 'long':
      return BIGINT;
    case 'float':
      return FLOAT;
    case 'double':
      return DOUBLE;
    case 'bool':
      return BOOLEAN;
    case 'timestamp':
      return TIMESTAMP_MS;
    case 'date':
      return DATE;
    case 'bytes':
      return BLOB;
    default:
      return VARCHAR;
  }
}

function feedCast(name: string, type: FieldType): string {
  if (type.kind === 'list') return `${listFrom(quote(name), type)} as ${quote(name)}`;
  if (feedType(type) === VARCHAR && sqlType(type) === 'VARCHAR') return quote(name);
  return `cast(${quote(name)} as ${sqlType(type)}) as ${quote(name)}`;
}

function writeColumn(vector: bindings.Vector, column: Column, type: FieldType, from: number, count: number): void {
  if (column.kind === 'strings') writeStrings(vector, column.values, from, count);
  else if (column.kind === 'bytes') {
    writeItems(vector, column.values, from, count, (value, i) =>
      bindings.vector_assign_string_element_len(vector, i, value),
    );
  } else if (column.kind === 'lists') {
    writeItems(vector, column.values, from, count, (value, i) => assign(vector, i, listText(value)));
  } else {
    if (column.kind === 'int64') copy(vector, column.values, from * 2, count * 2);
    else if (type.kind === 'float')
      copy(vector, Float32Array.from(column.values.subarray(from, from + count)), 0, count);
    else if (type.kind === 'bool') copy(vector, Uint8Array.from(column.values.subarray(from, from + count)), 0, count);
    else copy(vector, column.values, from, count);
    writeNulls(vector, column.nulls, from, count);
  }
}

function writeStrings(vector: bindings.Vector, values: readonly (string | null)[], from: number, count: number): void {
  let hasNull = false;
  for (let i = 0; i < count; i++) {
    const value = values[from + i]!;
    if (value === null) hasNull = true;
    else bindings.vector_assign_string_element(vector, i, value);
  }
  if (hasNull) writeValidity(vector, count, (i) => values[from + i] !== null);
}

function writeItems<T>(
  vector: bindings.Vector,
  values: readonly (T | null)[],
  from: number,
  count: number,
  write: (value: T, i: number) => void,
): void {
  let hasNull = false;
  for (let i = 0; i < count; i++) {
    const value = values[from + i] as T | null;
    if (value === null) hasNull = true;
    else write(value, i);
  }
  if (hasNull) writeValidity(vector, count, (i) => values[from + i] !== null);
}

function assign(vector: bindings.Vector, i: number, value: string): void {
  bindings.vector_assign_string_element(vector, i, value);
}

function copy(
  vector: bindings.Vector,
  values: Float64Array | Float32Array | Int32Array | Uint8Array,
  from: number,
  count: number,
): void {
  const width = values.BYTES_PER_ELEMENT;
  bindings.copy_data_to_vector(
    vector,
    0,
    values.buffer as ArrayBuffer,
    values.byteOffset + from * width,
    count * width,
  );
}

function writeNulls(vector: bindings.Vector, nulls: Uint8Array | undefined, from: number, count: number): void {
  if (!nulls) return;
  let hasNull = false;
  for (let i = from; i < from + count; i++) if (nulls[i]) hasNull = true;
  if (hasNull) writeValidity(vector, count, (i) => !nulls[from + i]);
}

const validity = new Uint8Array(256);

function writeValidity(vector: bindings.Vector, count: number, isValid: (i: number) => boolean): void {
  validity.fill(255);
  for (let i = 0; i < count; i++) if (!isValid(i)) validity[i >> 3]! &= ~(1 << (i & 7));
  bindings.vector_ensure_validity_writable(vector);
  bindings.copy_data_to_vector_validity(vector, 0, validity.buffer, 0, Math.ceil(count / 64) * 8);
}

function writeMeta(vector: bindings.Vector, meta: number, rows: FeedRows, from: number, count: number): void {
  if (meta < 2) {
    const whole = new Int32Array(count).fill(rows.partition);
    if (meta === 0) for (let i = 0; i < count; i++) whole[i] = from + i;
    copy(vector, whole, 0, count);
    return;
  }
  const values = meta === 2 ? rows.offsets : meta === 3 ? rows.times : rows.watermarks;
  const halves = new Int32Array(count * 2);
  let hasNull = false;
  for (let i = 0; i < count; i++) {
    const value = values[from + i]!;
    if (Number.isNaN(value)) hasNull = true;
    halves[2 * i] = value | 0;
    halves[2 * i + 1] = Math.floor(value / 4294967296);
  }
  copy(vector, halves, 0, count * 2);
  if (hasNull) writeValidity(vector, count, (i) => !Number.isNaN(values[from + i]));
}
