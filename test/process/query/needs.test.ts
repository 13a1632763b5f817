// What is copied of tables for a query: the columns and rows that it cannot do without, and no fewer.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { DuckDatabase, type DuckSession } from '../../../src/process/duckdb/database.ts';
import { needsOf, type QueryTable } from '../../../src/process/duckdb/query/needs.ts';
import { readOnlyTree } from '../../../src/process/duckdb/query/read-only.ts';

const columns = (...names: string[]) => names.map((name) => ({ name, type: 'INTEGER' }));
const tables = new Map<string, QueryTable>([
  ['ride', { name: 'ride', columns: columns('id', 'zone', 'km', 'at') }],
  ['zone', { name: 'zone', columns: columns('id', 'name') }],
]);

let session: DuckSession;
before(async () => {
  session = await (await DuckDatabase.open()).session();
});

/** What is copied, as SQL. */
async function copied(sql: string): Promise<string[]> {
  return (await needsOf(session, await readOnlyTree(session, sql), tables)).needs.map((need) => need.sql);
}

const cases: readonly [string, ...string[]][] = [
  // columns
  ['select count(*) from ride', 'select "id" from main."ride"'],
  ['select avg(KM) from Ride', 'select "km" from main."ride"'],
  ['select zone, r.km from ride r', 'select "zone", "km" from main."ride"'],
  ['from ride', 'select "id", "zone", "km", "at" from main."ride"'],
  ['select r from ride r', 'select "id", "zone", "km", "at" from main."ride"'],
  ['select ride from ride', 'select "id", "zone", "km", "at" from main."ride"'],
  ["select columns('k.*') from ride", 'select "id", "zone", "km", "at" from main."ride"'],
  [
    'select r.km from ride r join zone z on r.zone = z.id',
    'select "id", "zone", "km" from main."ride"',
    'select "id" from main."zone"',
  ],
  ['select km from ride join zone using (id)', 'select "id", "km" from main."ride"', 'select "id" from main."zone"'],
  [
    'select km from ride natural join zone',
    'select "id", "zone", "km", "at" from main."ride"',
    'select "id", "name" from main."zone"',
  ],
  ['with a as (select km from ride) select * from a', 'select "id", "zone", "km", "at" from main."ride"'],
  ['select 1 where exists (select 1 from zone where name = 3)', 'select "name" from main."zone"'],
  ['select km.n, zone.id from ride', 'select "id", "zone", "km" from main."ride"'],
  ['select 1'],
  // filters of one table
  [
    "select km from ride r where r.zone = 'z' and km > 3.50",
    `select "zone", "km" from main."ride" where (("zone" = 'z')) and ((km > 3.50))`,
  ],
  ['select km from ride where 3 < km and km + 1 < 5', 'select "km" from main."ride" where ((3 < km))'],
  ['select km from ride where km = 1 or km = 2', 'select "km" from main."ride"'],
  [
    'select km from ride where id in (1, 2) and "at" between 1 and 2 and zone is not null',
    'select "id", "zone", "km", "at" from main."ride" where ((id IN (1, 2))) and (("at" BETWEEN 1 AND 2)) and (("zone" IS NOT NULL))',
  ],
  ['select km from ride where km = (select max(km) from ride)', 'select "km" from main."ride"'],
  [
    'select km from ride left join zone on true where km = 1',
    'select "km" from main."ride"',
    'select "id" from main."zone"',
  ],
  ['select km from ride where other.km = 1', 'select "km" from main."ride"'],
  ['select km from ride using sample 3 rows', 'select "km" from main."ride"'],
  // limits of one table
  ['from ride limit 5', 'select "id", "zone", "km", "at" from main."ride" limit 5'],
  [
    'from ride order by "at" desc, km nulls last limit 5 offset 2',
    'select "id", "zone", "km", "at" from main."ride" order by "at" desc, km nulls last limit 7',
  ],
  ['select km from ride where zone = 1 limit 5', 'select "zone", "km" from main."ride" where (("zone" = 1)) limit 5'],
  ['select km from ride where zone + 1 = 1 limit 5', 'select "zone", "km" from main."ride"'],
  ['select count(*) from ride limit 5', 'select "id" from main."ride"'],
  ['select distinct km from ride limit 5', 'select "km" from main."ride"'],
  ['select -km as km from ride order by km limit 5', 'select "km" from main."ride"'],
  ['select * replace (-km as km) from ride order by km limit 5', 'select "id", "zone", "km", "at" from main."ride"'],
  ['select zone from ride group by zone limit 5', 'select "zone" from main."ride"'],
  ['select km from ride qualify row_number() over (order by km) = 3 limit 5', 'select "km" from main."ride"'],
  ['select unnest([km, km]) from ride limit 5', 'select "km" from main."ride"'],
  ['select km from ride union all select km from ride limit 5', 'select "km" from main."ride"'],
  ['select km from ride limit 10%', 'select "km" from main."ride"'],
  ['select km from ride limit (select 3)', 'select "km" from main."ride"'],
];

for (const [sql, ...right] of cases)
  test(sql, async () => {
    assert.deepEqual(await copied(sql), right);
  });

test('who asks for names and types, or for a table that is not there, is told of all tables', async () => {
  const reads = async (sql: string) =>
    (await needsOf(session, await readOnlyTree(session, sql), tables)).readsCatalogue;
  for (const sql of ['show tables', 'from duckdb_tables()', 'from rides']) assert.equal(await reads(sql), true, sql);
  assert.equal(await reads('from ride'), false);
});
