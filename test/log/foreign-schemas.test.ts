// Records that another schema wrote: resolved by name, widened, and refused where they cannot be read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import avsc from 'avsc';
import * as f from '../../src/define/fields.ts';
import { columnDecoder, recordDecoder } from '../../src/log/decode.ts';
import { throwsCode } from './codec-tools.ts';

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
