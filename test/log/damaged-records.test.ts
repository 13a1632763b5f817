// Bytes that nobody has vouched for: refused, whatever they hold, without a trace in what is read beside them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MillraceError } from '../../src/core/errors.ts';
import * as f from '../../src/define/fields.ts';
import { columnDecoder } from '../../src/log/decode.ts';
import { headerBytes } from '../../src/log/encode.ts';
import { datasets, encodeAll, schemaOf, throwsCode, valuesOf } from './codec-tools.ts';

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
