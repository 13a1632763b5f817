// Records to bytes and back: round trips, the same bytes as avsc, limits, and records as people see them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import avsc from 'avsc';
import fc from 'fast-check';
import { limits } from '../../src/core/limits.ts';
import type { Value } from '../../src/define/accept.ts';
import * as f from '../../src/define/fields.ts';
import { BatchBuilder, valueIn } from '../../src/log/batch.ts';
import { recordDecoder, schemaIdOf } from '../../src/log/decode.ts';
import { headerBytes, recordEncoder } from '../../src/log/encode.ts';
import {
  bigLongs,
  datasets,
  decodeAll,
  encodeAll,
  forAvsc,
  plainLongs,
  schemaOf,
  throwsCode,
  valuesOf,
  wellFormed,
} from './codec-tools.ts';

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
