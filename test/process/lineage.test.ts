// Which columns of streams and tables may hold the values of a field: all through which they can come, and no more than need be.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Fields,
  int,
  json,
  list,
  long,
  type Sql,
  sql,
  stream,
  table,
  text,
  timestamp,
  topic,
} from '../../src/index.ts';
import { DuckDatabase } from '../../src/process/duckdb/database.ts';
import { Lineage } from '../../src/process/duckdb/lineage.ts';

const ride = topic(
  'rides',
  { id: int(), rider: text(), zone: text(), note: text(), at: timestamp() },
  { key: 'id', time: 'at', person: 'rider' },
);
const zone = topic('zones', { zone: text(), owner: text(), name: text() }, { key: 'zone' });
const zones = table('zones', zone, { key: 'zone' });
const riders = table('riders', ride, { key: 'rider' });

/** The columns of a stream that may hold the rider. */
async function held(
  fields: Fields,
  query: Sql,
  session: Awaited<ReturnType<DuckDatabase['session']>>,
): Promise<string[]> {
  const lineage = new Lineage(session, (one) => (one.name === 'rides' ? ['rider'] : []));
  return [...(await lineage.of(stream('s', fields, query)))];
}

const wide = { a: text(), b: text(), c: text() };

const cases: readonly [why: string, fields: Fields, query: Sql, held: readonly string[]][] = [
  ['taken as it is', wide, sql`select rider as a, zone as b, note as c from ${ride}`, ['a']],
  [
    'by its name alone, and qualified',
    { rider: text(), b: text() },
    sql`select rider, rides.rider as b from ${ride}`,
    ['rider', 'b'],
  ],
  [
    'whatever the case of its letters',
    { Rider: text(), b: text() },
    sql`select RIDER as Rider, Zone as b from ${ride}`,
    ['Rider'],
  ],
  ['with all columns', ride.fields, sql`select * from ${ride}`, ['rider']],
  [
    'not with all columns but it',
    { id: int(), zone: text() },
    sql`select * exclude (rider, note, "at") from ${ride}`,
    [],
  ],
  [
    'in an expression',
    wide,
    sql`select upper(rider) as a, case when id > 1 then zone else rider end as b, zone || note as c from ${ride}`,
    ['a', 'b'],
  ],
  [
    'in an aggregate of a window',
    { w: timestamp(), a: text(), l: list(text()), n: long() },
    sql`select window_start as w, max(rider) as a, list(rider) as l, count(*) as n from ${ride.tumble('1 hour')} group by all`,
    ['a', 'l'],
  ],
  [
    'not in a number that is computed of it',
    { a: long(), b: long(), c: text(), d: long() },
    sql`select count(distinct rider) as a, rank() over (partition by window_start order by rider) as b, min(zone) filter (rider = 'x') as c, length(rider) as d
      from ${ride.tumble('1 hour')} group by all`,
    [],
  ],
  [
    'not in what is decided by it',
    wide,
    sql`select case when rider = 'x' then zone else note end as a, cast(rider is null as varchar) as b, cast(rider in ('x', 'y') as varchar) as c from ${ride}`,
    [],
  ],
  [
    'in what may be it',
    wide,
    sql`select coalesce(nullif(rider, ''), zone) as a, arg_max(rider, id) over (order by id) as b, lag(rider) over (order by id) as c from ${ride}`,
    ['a', 'b', 'c'],
  ],
  [
    'not with a condition on it',
    { n: long() },
    sql`select count(*) filter (rider = 'x') as n from ${ride.tumble('1 hour')} group by window_start`,
    [],
  ],
  [
    'not where it only chooses rows',
    wide,
    sql`select zone as a, zone as b, note as c from ${ride} where rider = 'x'`,
    [],
  ],
  ['as a whole row', { a: json(), b: text() }, sql`select to_json(rides) as a, zone as b from ${ride}`, ['a']],
  [
    'under another name of its relation',
    wide,
    sql`select r.rider as a, r.zone as b, r.note as c from ${ride} r`,
    ['a'],
  ],
  [
    'through a subquery',
    wide,
    sql`select who as a, z as b, 'x' as c from (select rider as who, zone as z from ${ride})`,
    ['a'],
  ],
  [
    'through a WITH',
    wide,
    sql`with x as (select rider as who, zone as z from ${ride}) select who as a, z as b, z as c from x`,
    ['a'],
  ],
  [
    'through a scalar subquery of a table',
    wide,
    sql`select r.note as a, (select max(t.rider) from ${riders} t where t.id = r.id) as b, zone as c from ${ride} r`,
    ['b'],
  ],
  [
    'from a table that is joined',
    wide,
    sql`select z.name as a, t.rider as b, z.owner as c from ${ride} z2 join ${zones} z using (zone) left join ${riders} t on t.rider = z2.note`,
    ['b'],
  ],
  [
    'not from a column of that name in another relation',
    { rider: text() },
    sql`select x.owner as rider from ${ride} r join ${zones} x using (zone)`,
    [],
  ],
  [
    'from the row before',
    { a: text().optional(), b: text().optional() },
    sql`select previous.rider as a, note as b from ${ride.previous({ by: ['id'] })}`,
    ['a'],
  ],
  [
    'from a row near it',
    { a: text().optional() },
    sql`select c.rider as a from ${ride} r left join ${ride.within('1 minute')} c on c.id = r.id`,
    ['a'],
  ],
  [
    'unnested',
    { a: text(), b: text() },
    sql`select u.x as a, zone as b from ${ride}, unnest(string_split(rider, '@')) u(x)`,
    ['a'],
  ],
  ['through an item of the same list', wide, sql`select rider as a, lower(a) as b, zone as c from ${ride}`, ['a', 'b']],
  [
    'replaced by something else',
    { id: int(), rider: text(), zone: text(), note: text(), at: timestamp() },
    sql`select * replace (zone as rider) from ${ride}`,
    ['rider'],
  ],
];

test('a column may hold a value wherever it can come through', async () => {
  const database = await DuckDatabase.open({});
  const session = await database.session();
  for (const [why, fields, query, expected] of cases)
    assert.deepEqual(await held(fields, query, session), expected, why);
  session.close();
  database.close();
});

test('a value is followed through streams over streams, into the columns that a table keeps', async () => {
  const database = await DuckDatabase.open({});
  const session = await database.session();
  const lineage = new Lineage(session, (one) => (one.name === 'rides' ? ['rider'] : []));
  const first = stream('first', { who: text(), zone: text() }, sql`select rider as who, zone from ${ride}`);
  const second = stream('second', { zone: text(), person: text() }, sql`select zone, who as person from ${first}`);
  assert.deepEqual(await lineage.of(second), ['person']);
  assert.deepEqual(await lineage.of(table('t', second, { key: 'zone' })), ['person']);
  assert.deepEqual(await lineage.of(table('u', second, { key: 'zone', columns: ['zone'] })), []);
  assert.deepEqual(await lineage.of(zones), []);
  session.close();
  database.close();
});
