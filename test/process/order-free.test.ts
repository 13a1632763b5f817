// Of which queries over a window it is seen that the order of the rows says nothing: the rows are not sorted for them.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { bytes, decimal, double, int, json, long, text, timestamp } from '../../src/index.ts';
import { analyse } from '../../src/process/duckdb/analyse.ts';
import { DuckDatabase } from '../../src/process/duckdb/database.ts';
import { functions } from '../../src/process/duckdb/functions.ts';
import { isOrderFree } from '../../src/process/duckdb/order-free.ts';
import { insideRelation } from '../../src/process/duckdb/render.ts';

const fields = {
  line: text(),
  n: int(),
  long: long(),
  money: decimal(10, 2),
  at: timestamp(),
  d: double(),
  raw: bytes(),
  doc: json(),
};
const database = await DuckDatabase.open();
const session = await database.session();
after(() => {
  session.close();
  database.close();
});

const free = [
  'select * from f where d > 2',
  'select line, n / 2 as half from f',
  'select line, window_start, count(*) as n from f group by line, window_start',
  'select line, window_start, count(*) as n, avg(long) as a from f group by all',
  'select line, max(n) - min(n) as span, sum(money) as sum, quantile_cont(n, 0.95) as p from f where d < 7 group by line having count(d) > 2',
  'select count(distinct d) as n, max("at") as last from f',
];
const ordered = [
  'select sum(d) as x from f',
  'select min(d) as x from f',
  'select sum(n / 2) as x from f',
  'select avg(n::double) as x from f',
  'select d, count(*) as x from f group by d',
  'select d, count(*) as x from f group by all',
  'select d + 1 as e, count(*) as x from f group by 1',
  'select -n / 2 as half, count(*) as x from f group by half',
  'select first(n) as x from f',
  'select list(n) as x from f',
  'select arg_max(n, long) as x from f',
  'select mode(n) as x from f',
  'select line, count(*) as x from f group by line having sum(d) > 2',
  'select max(raw) as x from f',
  'select max(doc) as x from f',
  'select distinct on (line) n as x from f',
  'select distinct d as x from f',
  'select n as x from f limit 2',
  'select n as x, row_number() over () as i from f',
  'select n as x from f qualify row_number() over (partition by line) = 1',
  'select unnest([n]) as x from f',
  'select sum(n) as x from (select n from f)',
  'select (select first(n) from f) as x from f',
  'with g as (select n from f) select sum(n) as x from g',
  'select sum(n) as x from f using sample 2',
  'select sum(f.n) as x from f join f g using (line)',
  'select sum(n) as x from f union select 1',
];

for (const [queries, isFree] of [
  [free, true],
  [ordered, false],
] as const)
  for (const query of queries)
    test(`${isFree ? 'not sorted' : 'sorted'}: ${query}`, async () => {
      const analysis = await analyse(
        session,
        query.replaceAll(/(?<=from |join )f\b/g, insideRelation('f')),
        'here',
      ).catch(() => undefined);
      assert.ok(analysis, 'it can be read');
      assert.equal(isOrderFree(analysis, fields, await functions(session)), isFree);
    });
