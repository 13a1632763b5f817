// What the tests of the codec share: records of every type, drawn at random, and avsc beside us.
import assert from 'node:assert/strict';
import avsc from 'avsc';
import fc from 'fast-check';
import { MillraceError } from '../../src/core/errors.ts';
import type { Value } from '../../src/define/accept.ts';
import { avroSchema } from '../../src/define/avro.ts';
import * as f from '../../src/define/fields.ts';
import { BatchBuilder, valueIn } from '../../src/log/batch.ts';
import { type Column, columnDecoder } from '../../src/log/decode.ts';
import { headerBytes, recordEncoder } from '../../src/log/encode.ts';

export const longMax = 2n ** 63n - 1n;

/** A field type and its canonical values. */
export type Kind = { field: f.Field<unknown, unknown, false>; value: fc.Arbitrary<Value> };

export const texts = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary', maxLength: 120 }),
  fc.string({ minLength: 60, maxLength: 70 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 5 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom(
    '',
    '\uFFFD',
    '\uD800',
    'a\uDC00b',
    '👩‍🚀',
    'x'.repeat(63),
    'x'.repeat(64),
    'é'.repeat(40),
    '\0',
    '__proto__',
  ),
);
export const longs = fc
  .oneof(
    fc.bigInt(-longMax - 1n, longMax),
    fc.maxSafeInteger().map(BigInt),
    fc.integer().map(BigInt),
    fc.constantFrom(
      0n,
      longMax,
      -longMax - 1n,
      2n ** 52n,
      -(2n ** 52n),
      2n ** 53n,
      -(2n ** 53n),
      2n ** 30n,
      -(2n ** 30n) - 1n,
      2n ** 31n,
      2n ** 32n,
    ),
  )
  .map((whole): Value => (Number.isSafeInteger(Number(whole)) ? Number(whole) : whole));
export const decimals = (precision: number, scale: number): fc.Arbitrary<Value> =>
  fc.bigInt(-(10n ** BigInt(precision)) + 1n, 10n ** BigInt(precision) - 1n).map((unscaled) => {
    const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
    return (unscaled < 0n ? '-' : '') + (scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`);
  });
export const simple: Kind[] = [
  { field: f.text(), value: texts },
  { field: f.int(), value: fc.integer() },
  { field: f.long(), value: longs },
  { field: f.float(), value: fc.float() },
  { field: f.double(), value: fc.double() },
  { field: f.bool(), value: fc.boolean() },
  {
    field: f.timestamp(),
    value: fc.oneof(fc.integer({ min: -8.64e15, max: 8.64e15 }), fc.constantFrom(-1, 253402300799999)),
  },
  { field: f.date(), value: fc.integer({ min: -1e8, max: 1e8 }) },
  { field: f.bytes(), value: fc.uint8Array({ maxLength: 90 }) },
  { field: f.json(), value: fc.jsonValue().map((value) => JSON.stringify(value)) },
  { field: f.oneOf('a', 'b'), value: fc.constantFrom('a', 'b') },
  { field: f.decimal(38, 9), value: decimals(38, 9) },
  { field: f.decimal(3, 0), value: decimals(3, 0) },
  { field: f.decimal(5, 5), value: decimals(5, 5) },
];
export const listed = simple.map(
  (kind): Kind => ({ field: f.list(kind.field), value: fc.array(kind.value, { maxLength: 5 }) as fc.Arbitrary<Value> }),
);
export const kinds = [
  ...simple,
  ...listed,
  { field: f.list(f.list(f.long())), value: fc.array(fc.array(longs)) as fc.Arbitrary<Value> },
];

/** Random fields with some rows of them. */
export const datasets = fc
  .array(fc.tuple(fc.constantFrom(...kinds), fc.boolean()), { minLength: 1, maxLength: 8 })
  .chain((chosen) => {
    const fields: Record<string, f.Field> = {};
    const values = chosen.map(([kind, optional], i) => {
      fields[`f${i}`] = optional ? kind.field.optional() : kind.field;
      return optional ? fc.option(kind.value) : kind.value;
    });
    return fc.record({ fields: fc.constant(fields), rows: fc.array(fc.tuple(...values), { maxLength: 6 }) });
  });

export function schemaOf(fields: f.Fields): string {
  return JSON.stringify(avroSchema('t', fields));
}

export function encodeAll(fields: f.Fields, rows: readonly (readonly Value[])[], schemaId = 1): Uint8Array[] {
  const builder = new BatchBuilder(16);
  const encode = recordEncoder(fields, schemaId);
  for (const row of rows) {
    builder.begin(0, null);
    encode(builder, row);
    builder.end();
  }
  const batch = builder.take();
  return rows.map((_, i) => valueIn(batch, i)!);
}

export function decodeAll(schema: string, fields: f.Fields, records: readonly Uint8Array[]): Column[] {
  const decoder = columnDecoder(schema, fields);
  decoder.begin(records.length);
  for (const record of records) decoder.add(record, headerBytes, record.length);
  return decoder.take();
}

/** The canonical values of one column. */
export function valuesOf(column: Column, type: f.FieldType, count: number): Value[] {
  return Array.from({ length: count }, (_, row) => {
    if ('nulls' in column && column.nulls?.[row]) return null;
    if (column.kind === 'int64') {
      const wide = (BigInt(column.values[2 * row + 1]!) << 32n) | BigInt(column.values[2 * row]! >>> 0);
      return Number.isSafeInteger(Number(wide)) ? Number(wide) : wide;
    }
    return type.kind === 'bool' ? column.values[row] === 1 : column.values[row]!;
  });
}

export function wellFormed(value: Value): Value {
  if (typeof value === 'string') return value.toWellFormed();
  return Array.isArray(value) ? value.map(wellFormed) : value;
}

export function throwsCode(code: string, run: () => unknown, pattern = /./): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof MillraceError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, pattern);
    return true;
  });
}

/** What avsc is given for a canonical value. */
export function forAvsc(value: Value, type: f.FieldType): unknown {
  if (value === null) return null;
  if (type.kind === 'list') return (value as Value[]).map((item) => forAvsc(item, type.of));
  if (type.kind === 'bytes') return Buffer.from(value as Uint8Array);
  if (type.kind !== 'decimal') return value;
  const unscaled = BigInt((value as string).replace('.', ''));
  let length = 1;
  while (BigInt.asIntN(8 * length, unscaled) !== unscaled) length++;
  return Buffer.from(
    BigInt.asUintN(8 * length, unscaled)
      .toString(16)
      .padStart(2 * length, '0'),
    'hex',
  );
}

/** avsc uses the longs that it is given only where the type is bare. */
export const plainLongs = (_key: string, json: { type?: unknown; logicalType?: unknown } | null) =>
  json?.type === 'long' && json.logicalType ? 'long' : json;

export const bigLongs = avsc.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer: (value: number | bigint) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(BigInt(value));
    return buffer;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'number' || typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
});
