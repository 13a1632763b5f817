// Every type survives the whole way: record, log, SQL, table, query; whatever the time zone of the process.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import fc from 'fast-check';
import {
  bool,
  bytes,
  date,
  decimal,
  double,
  drive,
  type Field,
  float,
  int,
  json,
  list,
  long,
  oneOf,
  param,
  pipeline,
  sql,
  stream,
  table,
  text,
  timestamp,
  topic,
} from '../../src/index.ts';

const naughty = createRequire(import.meta.url)('big-list-of-naughty-strings') as string[];

const fields = {
  id: int(),
  words: text().optional(),
  whole: int().optional(),
  big: long().optional(),
  small: float().optional(),
  real: double().optional(),
  flag: bool().optional(),
  moment: timestamp().optional(),
  day: date().optional(),
  money: decimal(38, 10).optional(),
  few: decimal(4, 0).optional(),
  raw: bytes().optional(),
  any: json().optional(),
  colour: oneOf('red', "o'brien", 'é').optional(),
  reals: list(double()).optional(),
  names: list(text()).optional(),
  bigs: list(long()).optional(),
  days: list(date()).optional(),
  moments: list(timestamp()).optional(),
  flags: list(bool()).optional(),
  raws: list(bytes()).optional(),
  dayLists: list(list(date())).optional(),
  monies: list(decimal(20, 4)).optional(),
};

const all = topic('all', fields);
const some = stream('some', fields, sql`select * from ${all}`);
const tables = { direct: table('direct', all, { key: 'id' }), through: table('through', some, { key: 'id' }) };
const nothing = Object.fromEntries(Object.keys(fields).map((name) => [name, null]));

/** Values of a field as they are sent and as they are read again. */
const values: { readonly [name in keyof typeof fields]?: readonly unknown[] } = {
  words: ['', ' ', '\u0000', 'null', '\ud83d\ude00', 'a'.repeat(100_000), "'; drop table direct; --", ...naughty],
  whole: [0, -1, 2 ** 31 - 1, -(2 ** 31)],
  big: [0, 2 ** 53 - 1, -(2 ** 53) + 1, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n)],
  small: [
    0,
    0.5,
    Math.fround(0.1),
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -3.4028234663852886e38,
    1.401298464324817e-45,
  ],
  real: [0.1, 5e-324, Number.MAX_VALUE, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0],
  flag: [true, false],
  moment: [0, -1, 1, 8.64e15, -8.64e15, Date.UTC(9999, 11, 31, 23, 59, 59, 999), Date.UTC(2024, 1, 29)].map(
    (ms) => new Date(ms),
  ),
  day: ['1970-01-01', '1969-12-31', '2024-02-29', '9999-12-31', '0001-01-01'],
  money: [
    '0.0000000000',
    '1234567890123456789012345678.0123456789',
    '-0.0000000001',
    '-9999999999999999999999999999.9999999999',
  ],
  few: ['0', '-9999', '42'],
  raw: [new Uint8Array(), new Uint8Array([0, 255, 128, 10]), new Uint8Array(5000).fill(7)],
  any: [{}, [], 'text', 0, true, { a: [1, null, { 'b"': '\u2028' }] }, { __proto__x: 1 }, [[[]]]],
  colour: ['red', "o'brien", 'é'],
  reals: [[], [0.1, -1e300, -0], [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
  names: [[], [''], ['"', "'", '\\', '[', ']', ',', 'null', 'a\nb', 'é\u0001'], naughty.slice(0, 60)],
  bigs: [[], [1, 2n ** 63n - 1n, -5]],
  days: [['2024-02-29', '1969-12-31']],
  moments: [[new Date(0), new Date(-1), new Date(Date.UTC(9999, 0, 1))]],
  flags: [[true, false]],
  raws: [[new Uint8Array(), new Uint8Array([0, 255])]],
  dayLists: [[['2024-02-29'], [], ['1969-12-31']]],
  monies: [['1.5000', '-9999999999999999.9999']],
};

/** Types of a list's items with values of each, as they are read: what is sent may be the same. */
const items: Readonly<Record<string, { type: Field<unknown, unknown, false>; value: fc.Arbitrary<unknown> }>> = {
  words: { type: text(), value: fc.string({ unit: 'binary' }) },
  wholes: { type: int(), value: fc.integer() },
  bigs: { type: long(), value: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(narrow) },
  smalls: { type: float(), value: fc.float() },
  reals: { type: double(), value: fc.double() },
  flags: { type: bool(), value: fc.boolean() },
  moments: { type: timestamp(), value: fc.integer({ min: -6e13, max: 2.5e14 }).map((ms) => new Date(ms)) },
  days: {
    type: date(),
    value: fc.integer({ min: -719_162, max: 2_932_896 }).map((n) => new Date(n * 864e5).toISOString().slice(0, 10)),
  },
  monies: {
    type: decimal(20, 4),
    value: fc
      .tuple(fc.bigInt(-(10n ** 16n) + 1n, 10n ** 16n - 1n), fc.integer({ min: 1, max: 9999 }))
      .map(([whole, parts]) => `${whole}.${String(parts).padStart(4, '0')}`),
  },
  raws: { type: bytes(), value: fc.uint8Array({ maxLength: 20 }) },
  anys: { type: json(), value: fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value))) },
  colours: { type: oneOf('red', "o'brien", 'é'), value: fc.constantFrom('red', "o'brien", 'é') },
};
const nestedFields: Record<string, Field<unknown, unknown, boolean>> = {};
const nestedValues: Record<string, fc.Arbitrary<unknown>> = {};
for (const [name, { type, value }] of Object.entries(items)) {
  let field = type;
  let values = value;
  for (const depth of [1, 2, 3]) {
    field = list(field) as Field<unknown, unknown, false>;
    values = fc.array(values, { maxLength: 4 });
    nestedFields[`${name}_${depth}`] = field.optional();
    nestedValues[`${name}_${depth}`] = fc.option(values);
  }
}
const nested = topic('nested', { id: int(), ...nestedFields });
const nestedThrough = stream('nested_through', nested.fields, sql`select * from ${nested}`);
const nestedRecord = fc.record(nestedValues);
const nestedPipeline = pipeline('nested', {
  tables: [table('nested_direct', nested, { key: 'id' }), table('nested_through', nestedThrough, { key: 'id' })],
});

describe('every type', () => {
  test('comes out of a topic and of a stream as it went in', async () => {
    await using driver = await drive(pipeline('types', { tables: Object.values(tables) }));
    const records: Record<string, unknown>[] = [{ ...nothing, id: 0 }];
    for (const [name, list] of Object.entries(values))
      for (const value of list) records.push({ ...nothing, id: records.length, [name]: value });
    const { refused } = await driver.send(all, records as never);
    assert.deepEqual(refused, []);
    assert.deepEqual(await driver.dead(), []);
    for (const made of Object.values(tables)) {
      const rows = await driver.rows(made as typeof tables.direct);
      assert.equal(rows.length, records.length);
      records.forEach((record, i) => {
        const row = rows[i] as Record<string, unknown>;
        for (const name of Object.keys(fields))
          assert.deepEqual(plain(row[name]), plain(record[name]), `${made.name}, ${name} of ${i}`);
      });
    }
  });

  test('is the same within lists, and lists of lists, as long as they may be', async () => {
    await using driver = await drive(nestedPipeline);
    await fc.assert(
      fc.asyncProperty(fc.array(nestedRecord, { minLength: 1, maxLength: 30 }), async (records) => {
        const sent = records.map((record, id) => ({ ...record, id }));
        const { refused } = await driver.send(nested, sent as never);
        assert.deepEqual([refused, await driver.dead()], [[], []]);
        for (const made of nestedPipeline.tables) {
          // rows of longer lists of records before stay
          const rows = (await driver.rows(made)).slice(0, sent.length);
          assert.deepEqual(rows.map(plainRow), sent.map(plainRow), made.name);
        }
      }),
      { numRuns: 15 },
    );
  });

  test('is the same in a list that is the value of a parameter', async () => {
    const only = topic('only', { id: int() });
    const given = {
      bigs: [1, 2n ** 63n - 1n],
      days: ['2024-02-29', '1969-12-31'],
      moments: [new Date(-1), new Date(Date.UTC(9999, 0, 1))],
      raws: [new Uint8Array([0, 255])],
      anys: [{ a: [1] }, 'x', null, 2],
      reals: [Number.NaN, -0.5],
    };
    const bigs = param('bigs', list(long()), { default: given.bigs });
    const days = param('days', list(date()), { default: given.days });
    const moments = param('moments', list(timestamp()), { default: given.moments });
    const raws = param('raws', list(bytes()), { default: given.raws });
    const anys = param('anys', list(json()), { default: given.anys });
    const reals = param('reals', list(double()), { default: given.reals });
    const read = stream(
      'read',
      {
        id: int(),
        bigs: list(long()),
        days: list(date()),
        moments: list(timestamp()),
        raws: list(bytes()),
        anys: list(json()),
        reals: list(double()),
      },
      sql`select id, ${bigs} as bigs, ${days} as days, ${moments} as moments, ${raws} as raws, ${anys} as anys, ${reals} as reals from ${only}`,
    );
    const rows = table('read', read, { key: 'id' });
    await using driver = await drive(pipeline('params', { tables: [rows] }));
    await driver.send(only, [{ id: 1 }]);
    assert.deepEqual((await driver.rows(rows)).map(plainRow), [plainRow({ id: 1, ...given })]);
  });

  test('means the same moment in every time zone', async () => {
    const script = `
      import { drive, timestamp, date, int, text, topic, stream, sql, table, pipeline } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)};
      const t = topic('t', { id: int(), at_: timestamp(), day: date() });
      const s = stream('s', { id: int(), at_: timestamp(), day: date(), written: text(), back: timestamp(), hour: int() },
        sql\`select id, at_, day, at_::text as written, cast('2026-03-08 02:30:00' as timestamp) as back, hour(at_)::integer as hour from \${t}\`);
      const r = table('r', s, { key: 'id' });
      await using d = await drive(pipeline('p', { tables: [r] }));
      await d.send(t, [{ id: 1, at_: '2026-03-08 02:30:00', day: '2026-03-08' }, { id: 2, at_: '1883-11-18T12:03:58Z', day: '1969-12-31' }]);
      console.log(JSON.stringify(await d.rows(r)));`;
    for (const TZ of ['UTC', 'America/New_York', 'Pacific/Apia']) {
      const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
        env: { ...process.env, TZ },
      });
      const back = '2026-03-08T02:30:00.000Z';
      assert.deepEqual(JSON.parse(stdout), [
        { id: 1, at_: back, day: '2026-03-08', written: '2026-03-08 02:30:00', back, hour: 2 },
        { id: 2, at_: '1883-11-18T12:03:58.000Z', day: '1969-12-31', written: '1883-11-18 12:03:58', back, hour: 12 },
      ]);
    }
  });
});

/** A whole number as it is read: a number where that is exact. */
function narrow(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** A row whose bytes and texts are `plain`. */
function plainRow(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)]));
}

/** Bytes without their class, texts without a byte order mark at their beginning: DuckDB's driver leaves it out as it reads. */
function plain(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/^\ufeff/, '');
  if (Array.isArray(value)) return value.map(plain);
  return value instanceof Uint8Array ? [...value] : value;
}
