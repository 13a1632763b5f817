// Every type survives the whole way: record, log, SQL, table, query; whatever the time zone of the process.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import {
  bool,
  bytes,
  date,
  decimal,
  double,
  drive,
  float,
  int,
  json,
  list,
  long,
  oneOf,
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
  reals: [[], [0.1, -1e300], [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
  names: [[], [''], ['"', "'", '\\', '[', ']', ',', 'null', 'a\nb', 'é\u0001'], naughty.slice(0, 60)],
  bigs: [[], [1, 2n ** 63n - 1n, -5]],
  days: [['2024-02-29', '1969-12-31']],
  moments: [[new Date(0), new Date(-1), new Date(Date.UTC(9999, 0, 1))]],
  flags: [[true, false]],
  raws: [[new Uint8Array(), new Uint8Array([0, 255])]],
  dayLists: [[['2024-02-29'], [], ['1969-12-31']]],
  monies: [['1.5000', '-9999999999999999.9999']],
};

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

/** Bytes without their class, texts without a byte order mark at their beginning: DuckDB's driver leaves it out as it reads. */
function plain(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/^\ufeff/, '');
  if (Array.isArray(value)) return value.map(plain);
  return value instanceof Uint8Array ? [...value] : value;
}
