// Year, month and day as DuckDB's own functions give them, without their cache.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analyse, carry } from '../../src/process/duckdb/analyse.ts';
import { DuckDatabase } from '../../src/process/duckdb/database.ts';

const times = [
  "timestamp '1969-12-31 23:59:59.999'",
  "timestamp '2000-02-29 00:00:00'",
  "timestamp '9999-12-31 23:59:59'",
  "timestamp '0001-01-01 00:00:00'",
  "timestamp '0044-03-15 (BC) 12:00:00'",
  "'infinity'::timestamp",
  'null::timestamp',
];

test('year, month and day of every form have the values and types that they have in DuckDB', async (t) => {
  const database = await DuckDatabase.open();
  const session = await database.session();
  t.after(() => {
    session.close();
    database.close();
  });
  await session.run('create temp table t (x timestamp, d date, i interval)');
  for (const time of times)
    await session.run(`insert into t select ${time}, (${time})::date, interval '14 months 3 days'`);
  const query = `select year(x) as a, month(x) as b, day(x) as c, dayofmonth(x) + 1 as d, extract(year from x) as e, date_part('month', x) as f,
    YEAR(d) as g, month(d) as h, day(i) as i, year(date_trunc('year', x)) as j, hour(x) as k, quarter(x) as l,
    x.year() as m, extract(day from d)::int as n from temp.main.t where month(x) > 0 or year(x) is null order by year(x), day(x)`;
  const { plain } = await carry(
    session,
    await analyse(session, query, 'here'),
    [{ alias: 't', hidden: [], row: [] }],
    [],
  );
  for (const name of ['year', 'month', 'day', 'dayofmonth'])
    assert.doesNotMatch(plain, new RegExp(`\\b"?${name}"?\\(x`, 'i'));
  assert.deepEqual(await session.describe(plain), await session.describe(query));
  assert.deepEqual(await session.rows(plain), await session.rows(query));
});
