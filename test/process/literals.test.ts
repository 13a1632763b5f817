// Numbers in a stream's SQL mean what they mean in DuckDB.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { double, drive, int, long, param, pipeline, sql, stream, table, text, topic } from '../../src/index.ts';
import { analyse, carry } from '../../src/process/duckdb/analyse.ts';
import { DuckDatabase, type DuckSession } from '../../src/process/duckdb/database.ts';

const strange = [
  '9007199254740993',
  '-9223372036854775808',
  '9223372036854775808',
  '170141183460469231731687303715884105727',
  '-170141183460469231731687303715884105728',
  '340282366920938463463374607431768211455',
  '12345678901234567.89',
  '1234567890123456789012345678901234567.8',
  '12345678901234567890.',
  '1e3',
  '1E+3',
  '1.5e0',
  '1e300',
  '4.9e-324',
  '-0.0',
  '-0e0',
  '1.0',
  '5.',
  '.5',
  '1_000',
  '0.30000000000000004e0',
  "'infinity'::double",
];

const digits = (max: number) => fc.stringMatching(/^[1-9]\d*$/, { maxLength: max });
const literals = fc.oneof(
  fc.constantFrom(...strange),
  digits(39),
  fc.tuple(digits(20), fc.stringMatching(/^\d*$/, { maxLength: 18 })).map(([whole, rest]) => `${whole}.${rest}`),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value.toExponential()),
  fc.tuple(digits(20), fc.integer({ min: -30, max: 30 })).map(([whole, power]) => `-${whole}e${power}`),
);

async function withSession(work: (session: DuckSession) => Promise<void>): Promise<void> {
  const database = await DuckDatabase.open();
  const session = await database.session();
  try {
    await work(session);
  } finally {
    session.close();
    database.close();
  }
}

test('parameters keep their own values, however alike their names are', async () => {
  const names = ['a-b', 'a_b', 'A_b', 'a__b', 'a_d', 'a-', 'a_', 'a_ub', 'aB', 'ab'];
  const params = names.map((name, i) => param(name, int(), { default: i }));
  const event = topic('event', { n: int() });
  const fields = Object.fromEntries([['n', int()], ...names.map((_, i) => [`p${i}`, int()])]);
  const [texts, references]: [string[], unknown[]] = [['select n'], []];
  for (const [i, one] of params.entries()) {
    texts[texts.length - 1] += ', ';
    references.push(one);
    texts.push(` as p${i}`);
  }
  texts[texts.length - 1] += ' from ';
  const query = sql(Object.assign([...texts, ''], { raw: [...texts, ''] }), ...([...references, event] as never[]));
  const rows = table('rows', stream('s', fields, query), { key: 'n' });
  await using driver = await drive(pipeline('alike', { tables: [rows] }));
  await driver.send(event, [{ n: 1 }]);
  assert.deepEqual(Object.values((await driver.rows(rows))[0]!), [1, ...names.map((_, i) => i)]);
});

test('a number keeps its value and its type, wherever it stands', async () => {
  await withSession(async (session) => {
    await fc.assert(
      fc.asyncProperty(fc.array(literals, { minLength: 1, maxLength: 8 }), async (some) => {
        const columns = some.map(
          (one, i) => `${one} as a${i}, typeof(${one}) as b${i}, [${one}] as c${i}, (${one} / 3)::varchar as d${i}`,
        );
        const query = `select ${columns.join(', ')} from temp.main.t where ${some[0]} is not null`;
        await session.run('create or replace temp table t as select 1 as n');
        const { plain } = await carry(
          session,
          await analyse(session, query, 'here'),
          [{ alias: 't', hidden: [], row: [] }],
          [],
        );
        assert.deepEqual(await session.describe(plain), await session.describe(query));
        assert.deepEqual(await session.rows(plain), await session.rows(query));
      }),
      { numRuns: 60 },
    );
  });
});

const given = topic('given', { id: int(), fare: double(), big: long() });

test('a stream stores what DuckDB alone computes of its numbers', async () => {
  const written = stream(
    'written',
    { id: int(), fare: double(), big: long(), huge: text(), exact: text(), kind: text() },
    sql`select id, fare * 1.5e0 as fare, 9007199254740993 as big, (170141183460469231731687303715884105727)::varchar as huge,
      (12345678901234567.89)::varchar as exact, typeof(1e3) as kind
      from ${given} where fare > 1e3 and big = 9007199254740993`,
  );
  const kept = table('kept', written, { key: 'id' });
  await using driver = await drive(pipeline('numbers', { tables: [kept] }));
  await driver.send(given, [
    { id: 1, fare: 1000, big: 9007199254740993n },
    { id: 2, fare: 1000.5, big: 9007199254740993n },
    { id: 3, fare: 2000, big: 9007199254740992n },
  ]);
  const huge = '170141183460469231731687303715884105727';
  assert.deepEqual(await driver.rows(kept), [
    { id: 2, fare: 1500.75, big: 9007199254740993n, huge, exact: '12345678901234567.89', kind: 'DOUBLE' },
  ]);
});

test('a record for which a query with such numbers fails is found among others', async () => {
  const written = stream(
    'written',
    { id: int(), fare: double() },
    sql`select id, case when fare > 1e3 then error('too dear') else fare / 1e0 end::double as fare
      from ${given} where big < 9007199254740993`,
  );
  const kept = table('kept', written, { key: 'id' });
  await using driver = await drive(pipeline('numbers', { tables: [kept] }));
  const records = Array.from({ length: 50 }, (_, id) => ({ id, fare: id === 7 ? 1001 : id, big: 9007199254740992n }));
  await driver.send(given, [...records, { id: 50, fare: 5000, big: 9007199254740993n }]);
  assert.equal((await driver.rows(kept)).length, 49);
  assert.deepEqual(
    (await driver.dead()).map((letter) => /too dear/.test(letter.reason)),
    [true],
  );
});

test('a number that no DOUBLE can hold is refused, with what to write', async () => {
  await withSession(async (session) => {
    await assert.rejects(analyse(session, 'select 1e400 as n', 'here'), {
      code: 'SQL_INVALID',
      message: "a number is larger than a DOUBLE can be: write 'infinity'::double",
    });
  });
});
