// Records to bytes and back: round trips, the same bytes as avsc, schema resolution, and bytes that nobody has vouched for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import avsc from 'avsc';
import fc from 'fast-check';
import { MillraceError } from '../../src/core/errors.ts';
import { limits } from '../../src/core/limits.ts';
import type { Value } from '../../src/define/accept.ts';
import { avroSchema } from '../../src/define/avro.ts';
import * as f from '../../src/define/fields.ts';
import { BatchBuilder, valueIn } from '../../src/log/batch.ts';
import { type Column, columnDecoder, recordDecoder, schemaIdOf } from '../../src/log/decode.ts';
import { headerBytes, recordEncoder } from '../../src/log/encode.ts';

const longMax = 2n ** 63n - 1n;

/** A field type and its canonical values. */
type Kind = { field: f.Field<unknown, unknown, false>; value: fc.Arbitrary<Value> };

const texts = fc.oneof(
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
const longs = fc
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
const decimals = (precision: number, scale: number): fc.Arbitrary<Value> =>
  fc.bigInt(-(10n ** BigInt(precision)) + 1n, 10n ** BigInt(precision) - 1n).map((unscaled) => {
    const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
    return (unscaled < 0n ? '-' : '') + (scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`);
  });
const simple: Kind[] = [
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
const listed = simple.map(
  (kind): Kind => ({ field: f.list(kind.field), value: fc.array(kind.value, { maxLength: 5 }) as fc.Arbitrary<Value> }),
);
const kinds = [
  ...simple,
  ...listed,
  { field: f.list(f.list(f.long())), value: fc.array(fc.array(longs)) as fc.Arbitrary<Value> },
];

/** Random fields with some rows of them. */
const datasets = fc
  .array(fc.tuple(fc.constantFrom(...kinds), fc.boolean()), { minLength: 1, maxLength: 8 })
  .chain((chosen) => {
    const fields: Record<string, f.Field> = {};
    const values = chosen.map(([kind, optional], i) => {
      fields[`f${i}`] = optional ? kind.field.optional() : kind.field;
      return optional ? fc.option(kind.value) : kind.value;
    });
    return fc.record({ fields: fc.constant(fields), rows: fc.array(fc.tuple(...values), { maxLength: 6 }) });
  });

function schemaOf(fields: f.Fields): string {
  return JSON.stringify(avroSchema('t', fields));
}

function encodeAll(fields: f.Fields, rows: readonly (readonly Value[])[], schemaId = 1): Uint8Array[] {
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

function decodeAll(schema: string, fields: f.Fields, records: readonly Uint8Array[]): Column[] {
  const decoder = columnDecoder(schema, fields);
  decoder.begin(records.length);
  for (const record of records) decoder.add(record, headerBytes, record.length);
  return decoder.take();
}

/** The canonical values of one column. */
function valuesOf(column: Column, type: f.FieldType, count: number): Value[] {
  return Array.from({ length: count }, (_, row) => {
    if ('nulls' in column && column.nulls?.[row]) return null;
    if (column.kind === 'int64') {
      const wide = (BigInt(column.values[2 * row + 1]!) << 32n) | BigInt(column.values[2 * row]! >>> 0);
      return Number.isSafeInteger(Number(wide)) ? Number(wide) : wide;
    }
    return type.kind === 'bool' ? column.values[row] === 1 : column.values[row]!;
  });
}

function wellFormed(value: Value): Value {
  if (typeof value === 'string') return value.toWellFormed();
  return Array.isArray(value) ? value.map(wellFormed) : value;
}

function throwsCode(code: string, run: () => unknown, pattern = /./): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof MillraceError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, pattern);
    return true;
  });
}

/** What avsc is given for a canonical value. */
function forAvsc(value: Value, type: f.FieldType): unknown {
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
const plainLongs = (_key: string, json: { type?: unknown; logicalType?: unknown } | null) =>
  json?.type === 'long' && json.logicalType ? 'long' : json;

const bigLongs = avsc.types.LongType.__with({
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

test('any record comes back as it was, lone surrogates as U+FFFD', () => {
  fc.assert(
    fc.property(datasets, ({ fields, rows }) => {
      const columns = decodeAll(schemaOf(fields), fields, encodeAll(fields, rows));
      Object.values(fields).forEach((field, i) => {
        const expected = rows.map((row) => wellFormed(row[i]!));
        assert.deepStrictEqual(valuesOf(columns[i]!, field.type, rows.length), expected);
      });
    }),
    { numRuns: 400 },
  );
});

test('the Avro part is byte for byte what avsc writes', () => {
  fc.assert(
    fc.property(datasets, ({ fields, rows }) => {
      const type = avsc.Type.forSchema(JSON.parse(schemaOf(fields), plainLongs) as avsc.Schema, {
        registry: { long: bigLongs },
        wrapUnions: false,
      });
      const names = Object.keys(fields);
      const records = encodeAll(fields, rows);
      rows.forEach((row, r) => {
        const object = Object.fromEntries(
          names.map((name, i) => [name, forAvsc(wellFormed(row[i]!), fields[name]!.type)]),
        );
        assert.equal(
          Buffer.from(records[r]!.subarray(headerBytes)).toString('hex'),
          type.toBuffer(object).toString('hex'),
        );
      });
    }),
    { numRuns: 300 },
  );
});

test('the header is 0 and the schema id, big-endian', () => {
  const [record] = encodeAll({ a: f.int() }, [[1]], 0x01020304);
  assert.deepEqual([...record!], [0, 1, 2, 3, 4, 2]);
  assert.equal(schemaIdOf(record!), 0x01020304);
  for (const bad of [[], [0], [0, 0, 0, 1], [1, 0, 0, 0, 1, 2], [123, 34, 97, 34, 58, 49, 125]]) {
    throwsCode('RECORD_UNDECODABLE', () => schemaIdOf(Uint8Array.from(bad)));
  }
});

test('a record beyond the limit is refused and leaves the batch as it was', () => {
  const fields = { name: f.text(), tags: f.list(f.int()).optional() };
  const encode = recordEncoder(fields, 1);
  const builder = new BatchBuilder();
  const key = new TextEncoder().encode('key');
  builder.begin(0, key);
  encode(builder, ['first', null]);
  builder.end();
  const { at } = builder;
  for (const value of [
    'x'.repeat(limits.recordBytesMax),
    'é'.repeat(limits.recordBytesMax / 2),
    'x'.repeat(limits.recordBytesMax - 9),
  ]) {
    builder.begin(0, key);
    throwsCode('RECORD_TOO_LARGE', () => encode(builder, [value, null]), /recordBytesMax is 8388608 bytes/);
    assert.equal(builder.at, at);
  }
  builder.begin(0, key);
  encode(builder, ['x'.repeat(limits.recordBytesMax - 10), null]);
  assert.equal(builder.at - at - key.length, limits.recordBytesMax);
  builder.abandon();
  // many small items: 11 bytes each at the most, but one in truth
  builder.begin(0, key);
  encode(builder, ['x', new Array(1_000_000).fill(1)]);
  builder.abandon();
  throwsCode('RECORD_INVALID', () => encode(builder, [null, null]), /'name' is missing/);
  assert.equal(builder.at, at);
  const batch = builder.take();
  assert.equal(batch.count, 1);
  assert.equal(recordDecoder(schemaOf(fields), fields)(valueIn(batch, 0)!).name, 'first');
});

test('bytes that are no record are refused, whatever they are, and the columns stay as they were', () => {
  const foreign = JSON.stringify({
    type: 'record',
    name: 'F',
    fields: [
      {
        name: 'tree',
        type: {
          type: 'record',
          name: 'N',
          fields: [
            { name: 'next', type: ['null', 'N'] },
            { name: 'all', type: { type: 'array', items: 'N' } },
          ],
        },
      },
      { name: 'nothing', type: { type: 'array', items: { type: 'array', items: 'null' } } },
      { name: 'map', type: { type: 'map', values: 'double' } },
      { name: 'many', type: ['int', 'string', 'null'] },
      { name: 'size', type: { type: 'fixed', name: 'S', size: 3 } },
      { name: 'f0', type: 'int' },
    ],
  });
  const wanted = { tree: f.json(), many: f.text().optional(), f0: f.int() };
  fc.assert(
    fc.property(
      datasets,
      fc.uint8Array({ maxLength: 200 }),
      fc.nat(),
      fc.nat(),
      ({ fields, rows }, noise, cut, flip) => {
        const schema = schemaOf(fields);
        const records = encodeAll(fields, rows);
        const decoder = columnDecoder(schema, fields);
        decoder.begin(2 * records.length + 1);
        let good = 0;
        const attempt = (bytes: Uint8Array, start: number, end: number) => {
          try {
            decoder.add(bytes, start, end);
            good++;
          } catch (error) {
            assert.equal((error as MillraceError).code, 'RECORD_UNDECODABLE', String(error));
          }
          assert.equal(decoder.count, good);
        };
        attempt(noise, 0, noise.length);
        for (const record of records) {
          const damaged = record.slice();
          if (damaged.length > headerBytes)
            damaged[headerBytes + (flip % (damaged.length - headerBytes))]! ^= 1 << (flip % 8);
          const end = headerBytes + (cut % (record.length - headerBytes + 1));
          if (end < record.length) throwsCode('RECORD_UNDECODABLE', () => decoder.add(record, headerBytes, end));
          attempt(damaged, headerBytes, damaged.length);
          attempt(record, headerBytes, record.length);
        }
        for (const column of decoder.take()) {
          assert.equal(column.values.length, column.kind === 'int64' ? 2 * good : good);
        }
        const other = columnDecoder(foreign, wanted);
        other.begin(1);
        try {
          other.add(noise, 0, noise.length);
        } catch (error) {
          assert.equal((error as MillraceError).code, 'RECORD_UNDECODABLE', String(error));
        }
      },
    ),
    { numRuns: 400 },
  );
});

test('a failed record leaves no trace in the row that takes its place', () => {
  const fields = { a: f.int().optional(), b: f.text().optional(), c: f.double() };
  const [nulls, full] = encodeAll(fields, [
    [null, null, 1],
    [7, 'x', 2],
  ]);
  const decoder = columnDecoder(schemaOf(fields), fields);
  decoder.begin(2);
  throwsCode('RECORD_UNDECODABLE', () => decoder.add(nulls!, headerBytes, nulls!.length - 1), /cut short/);
  decoder.add(full!, headerBytes, full!.length);
  throwsCode('RECORD_UNDECODABLE', () => decoder.add(full!, headerBytes, full!.length - 1));
  decoder.add(nulls!, headerBytes, nulls!.length);
  const columns = decoder.take();
  assert.deepEqual(valuesOf(columns[0]!, { kind: 'int' }, 2), [7, null]);
  assert.deepEqual(valuesOf(columns[1]!, { kind: 'text' }, 2), ['x', null]);
});

const damages: [what: string, type: unknown, field: f.Field, bytes: number[], message: RegExp][] = [
  ['a negative length', 'string', f.text(), [1], /length beyond/],
  ['a huge length', 'string', f.text(), [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], /length beyond/],
  ['a varint without end', 'long', f.long(), new Array(20).fill(0xff), /more than 64 bits/],
  ['an int of 64 bits', 'int', f.int(), [0xff, 0xff, 0xff, 0xff, 0xff, 1], /more than 32 bits/],
  ['bytes left over', 'int', f.int(), [2, 2], /1 bytes are left over/],
  ['nothing', 'int', f.int(), [], /cut short/],
  ['a boolean of 2', 'boolean', f.bool(), [2], /boolean of 2/],
  ['text that is not UTF-8', 'string', f.text(), [4, 0xc3, 0x28], /not UTF-8/],
  ['a branch that is not there', ['null', 'int'], f.int().optional(), [4, 2], /branch/],
  [
    'a huge list of nothing',
    { type: 'array', items: 'null' },
    f.json(),
    [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
    /list longer/,
  ],
  [
    'a time beyond dates',
    { type: 'long', logicalType: 'timestamp-millis' },
    f.timestamp(),
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    /a time of/,
  ],
  ['null where the field is required', ['null', 'int'], f.int(), [0], /null/],
];
for (const [what, type, field, bytes, message] of damages) {
  test(`refused: ${what}`, () => {
    const schema = JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'a', type }] });
    const decoder = columnDecoder(schema, { a: field });
    decoder.begin(1);
    throwsCode('RECORD_UNDECODABLE', () => decoder.add(Uint8Array.from(bytes), 0, bytes.length), message);
    assert.equal(decoder.count, 0);
  });
}

test('deep nesting and lists of empty lists end at once', () => {
  const node = { type: 'record', name: 'N', fields: [{ name: 'next', type: ['null', 'N'] }] };
  const schema = JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'a', type: node }] });
  const decoder = columnDecoder(schema, { a: f.json() });
  decoder.begin(1);
  const deep = new Uint8Array(1_000_000).fill(2);
  throwsCode('RECORD_UNDECODABLE', () => decoder.add(deep, 0, deep.length), /nested/);
  const empties = columnDecoder(
    JSON.stringify({
      type: 'record',
      name: 'R',
      fields: [{ name: 'a', type: { type: 'array', items: { type: 'array', items: 'null' } } }],
    }),
    {},
  );
  empties.begin(1);
  const lists = new Uint8Array(1_000_000).fill(0x7e);
  throwsCode('RECORD_UNDECODABLE', () => empties.add(lists, 0, lists.length), /list longer|left over/);
});

/** Encodes with avsc what a foreign producer would, and reads it with our fields. */
function foreign(writer: unknown, value: unknown, fields: f.Fields): Record<string, unknown> {
  const schema = { type: 'record', name: 'R', fields: writer };
  const type = avsc.Type.forSchema(schema as avsc.Schema, { registry: {}, wrapUnions: false });
  const bytes = Buffer.concat([Buffer.from([0, 0, 0, 0, 1]), type.toBuffer(value)]);
  return recordDecoder(JSON.stringify(schema), fields)(bytes);
}

test('fields are matched by name: others are skipped, missing optional ones are null, numbers widen', () => {
  const writer = [
    { name: 'gone', type: { type: 'map', values: { type: 'array', items: ['null', 'string'] } } },
    { name: 'b', type: ['int', 'null'] },
    { name: 'a', type: 'int' },
    { name: 'alsoGone', type: ['null', 'double'] },
    { name: 'd', type: 'long' },
    { name: 'e', type: 'float' },
    { name: 's', type: 'bytes' },
    { name: 'y', type: 'string' },
  ];
  const value = { gone: { x: ['y', null] }, b: 5, a: 7, alsoGone: 2, d: -3, e: 1.5, s: Buffer.from('é'), y: 'ab' };
  const fields = {
    a: f.long(),
    b: f.double().optional(),
    c: f.text().optional(),
    d: f.float(),
    e: f.double(),
    s: f.text(),
    y: f.bytes(),
    n: f.long().optional(),
  };
  assert.deepEqual(
    { ...foreign(writer, value, fields), y: undefined },
    { a: 7, b: 5, c: null, d: -3, e: 1.5, s: 'é', y: undefined, n: null },
  );
});

test('what a foreign producer nests is read as json, its enums as text, its micro- and nanoseconds as milliseconds', () => {
  const place = {
    type: 'record',
    name: 'P',
    fields: [
      { name: 'lat', type: 'double' },
      { name: 'tags', type: { type: 'map', values: 'int' } },
    ],
  };
  const writer = [
    { name: 'place', type: place },
    { name: 'other', type: ['null', 'P'] },
    { name: 'colour', type: { type: 'enum', name: 'C', symbols: ['RED', 'BLUE'] } },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-micros' } },
    { name: 'nano', type: ['null', { type: 'long', logicalType: 'timestamp-nanos' }] },
    { name: 'price', type: { type: 'fixed', name: 'D', size: 4, logicalType: 'decimal', precision: 8, scale: 2 } },
    { name: 'mixed', type: ['int', 'null', 'string'] },
  ];
  const value = {
    place: { lat: 1.5, tags: { a: 1 } },
    other: null,
    colour: 'BLUE',
    at: -1,
    nano: 1_999_999,
    price: Buffer.from([0xff, 0xff, 0xff, 0x85]),
    mixed: 'x',
  };
  const fields = {
    place: f.json(),
    other: f.json().optional(),
    colour: f.text(),
    at: f.timestamp(),
    nano: f.timestamp().optional(),
    price: f.decimal(8, 2),
    mixed: f.text().optional(),
  };
  assert.deepEqual(foreign(writer, value, fields), {
    place: { lat: 1.5, tags: { a: 1 } },
    other: null,
    colour: 'BLUE',
    at: new Date(-1),
    nano: new Date(1),
    price: '-1.23',
    mixed: 'x',
  });
  throwsCode('RECORD_UNDECODABLE', () => foreign(writer, { ...value, mixed: 4 }, fields), /int cannot be read as text/);
});

test('fields that cannot be read are refused by name before any record is', () => {
  const refused = (type: unknown, field: f.Field, message: RegExp) => {
    const schema = JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'a', type }] });
    throwsCode('SCHEMA_INCOMPATIBLE', () => columnDecoder(schema, { a: field }), message);
  };
  refused('long', f.int(), /field 'a': long cannot be read as int/);
  refused('string', f.double(), /string cannot be read as double/);
  refused(['null', 'string'], f.int().optional(), /string cannot be read as int/);
  refused({ type: 'bytes', logicalType: 'decimal', precision: 9, scale: 3 }, f.decimal(9, 2), /decimal\(9, 3\)/);
  refused({ type: 'array', items: 'long' }, f.list(f.int()), /long cannot be read as int/);
  throwsCode(
    'SCHEMA_INCOMPATIBLE',
    () => columnDecoder('{"type":"record","name":"R","fields":[]}', { b: f.int() }),
    /'b' is not in/,
  );
  throwsCode('SCHEMA_INCOMPATIBLE', () => columnDecoder('"string"', { b: f.int() }), /not Avro records/);
});

test('people see dates, days, parsed json, and a bigint only beyond 2^53', () => {
  const fields = {
    at: f.timestamp(),
    day: f.date(),
    any: f.json(),
    big: f.long(),
    small: f.long(),
    ok: f.bool(),
    days: f.list(f.date()),
    bad: f.json(),
  };
  const row: Value[] = [253402300799999, -1, '{"a":[1,null]}', 2n ** 60n, 5, true, [0, 2932896], 'not json'];
  assert.deepEqual(recordDecoder(schemaOf(fields), fields)(encodeAll(fields, [row])[0]!), {
    at: new Date('9999-12-31T23:59:59.999Z'),
    day: '1969-12-31',
    any: { a: [1, null] },
    big: 2n ** 60n,
    small: 5,
    ok: true,
    days: ['1970-01-01', '9999-12-31'],
    bad: 'not json',
  });
});
