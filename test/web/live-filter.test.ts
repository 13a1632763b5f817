// A filter of a live table lets the same rows through as the store finds with it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import type { Table } from '../../src/define/table.ts';
import {
  bool,
  bytes,
  date,
  decimal,
  double,
  int,
  long,
  oneOf,
  table,
  text,
  timestamp,
  topic,
} from '../../src/index.ts';
import { DuckDatabase, type DuckSession } from '../../src/process/duckdb/database.ts';
import { duckStore } from '../../src/store/duckdb/duckdb.ts';
import type { Store, StoredRow } from '../../src/store/store.ts';
import { columnsOf } from '../../src/web/columns.ts';
import { readConditions } from '../../src/web/filters.ts';
import { rowMatcher } from '../../src/web/live/matches.ts';

const typed = table(
  'typed',
  topic('x', {
    id: int(),
    t: text().optional(),
    i: int().optional(),
    l: long().optional(),
    d: double().optional(),
    b: bool().optional(),
    at: timestamp().optional(),
    day: date().optional(),
    m: decimal(20, 3).optional(),
    y: bytes().optional(),
    o: oneOf('red', 'blue').optional(),
  }),
  { key: 'id' },
);
const columns = columnsOf(typed.fields);

/** Values as they stand in a filter; the same ones are stored, so that filters meet rows. */
const values: Readonly<Record<string, readonly string[]>> = {
  t: ['', 'a', 'B', 'ab', 'aab', 'é', '\u{1F600}', '\uFFFD', '%', '_', 'a\nb', "'", '\\', '5 %', 'a\\b'],
  i: ['-2147483648', '-1', '0', '1', '2147483647'],
  l: ['-9223372036854775808', '-1', '0', '9007199254740993', '9007199254740992', '9223372036854775807'],
  d: ['-1.5', '0', '0.1', '1e300', '2'],
  b: ['true', 'false'],
  at: ['1969-12-31T23:59:59.999Z', '1970-01-01T00:00:00Z', '2024-02-29T12:00:00.001Z', '9999-12-31T23:59:59Z'],
  day: ['1969-12-31', '1970-01-01', '2024-02-29', '9999-12-31'],
  m: ['-1.001', '0', '1.1', '12345678901234567.891', '12345678901234567.892'],
  y: ['', 'AA==', 'AAE=', '/w=='],
  o: ['red', 'blue'],
};
const names = Object.keys(values);
const likes = [
  '',
  '%',
  '_',
  'a%',
  '%b',
  'a_b',
  '%a%b%',
  '__',
  '%\u{1F600}',
  'A',
  "'%",
  '\\',
  'a%%b',
  '%_%',
  '\\%',
  '\\_',
  '\\\\',
  '%\\\\%',
  '\\a\\b',
  '%\\%%',
];

const filter = fc.constantFrom(...names).chain((name) => {
  const value = fc.constantFrom(...values[name]!);
  const operators = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'missing'];
  if (name === 't' || name === 'o') operators.push('like');
  return fc.constantFrom(...operators).chain((operator) => {
    const given: fc.Arbitrary<string | string[]> =
      operator === 'missing'
        ? fc.constantFrom('true', 'false')
        : operator === 'like'
          ? fc.constantFrom(...likes)
          : operator === 'in'
            ? fc.array(value, { minLength: 1, maxLength: 3 })
            : value;
    return given.map((one): [string, string | string[]] => [`where.${name}.${operator}`, one]);
  });
});

let database: DuckDatabase;
let session: DuckSession;
let store: Store;
let rows: StoredRow[];

before(async () => {
  database = await DuckDatabase.open();
  session = await database.session();
  store = await duckStore({ session, now: Date.now });
  await store.prepare('p', [typed as Table]);
  const most = Math.max(...names.map((name) => values[name]!.length));
  for (let id = 0; id <= most * 2; id++) {
    const stored = names.map((name, i) =>
      id === most * 2 || (id + i) % 7 === 6 ? null : pick(name, id + (id >= most ? i : 0)),
    );
    const cells = names.map((name, i) => (name === 'y' ? `from_base64($${i + 1})` : `$${i + 1}`));
    await session.run(`insert into store.typed select ${id}, ${cells.join(', ')}, 0, null`, ...stored);
  }
  await session.run(
    `insert into store.typed (id, d, _hash) values (1001, 'nan', 0), (1002, 'infinity', 0), (1003, '-infinity', 0), (1004, '-0.0', 0)`,
  );
  await session.run(
    "insert into store.typed (id, day, _hash) values (1005, '12000-01-01', 0), (1006, '0044-03-15 (BC)', 0)",
  );
  rows = await store.read('typed', { limit: 1000 });
});

after(async () => {
  await store.close();
  database.close();
});

function pick(name: string, i: number): string {
  return values[name]![i % values[name]!.length]!;
}

test('for every type and operator', async () => {
  let found = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(filter, { minLength: 1, maxLength: 3 }), async (filters) => {
      const query = Object.fromEntries(filters);
      const conditions = (() => {
        try {
          return readConditions(query, columns);
        } catch {
          return undefined;
        }
      })();
      if (!conditions) return;
      const matches = rowMatcher(conditions, columns);
      const ids = rows.filter((row) => matches?.(row) ?? true).map((row) => row.id);
      const stored = await store.read('typed', { where: conditions, limit: 1000 });
      assert.deepEqual(
        ids,
        stored.map((row) => row.id),
        JSON.stringify(query),
      );
      found += ids.length;
    }),
    { numRuns: 400 },
  );
  assert.ok(found > 1000, `${found} rows met the filters`);
});

test('in a time that no pattern can make long', () => {
  const matches = rowMatcher({ t: { like: `${'%a'.repeat(50)}%b` } }, columns)!;
  assert.equal(matches({ t: 'a'.repeat(20_000) }), false);
});

test('without conditions there is nothing to ask', () => {
  assert.equal(rowMatcher({}, columns), undefined);
});
