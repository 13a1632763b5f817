// Timestamps of streams are stored to the millisecond, so that pages and keys, which hold no more, find each row.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pipeline } from '../../src/define/pipeline.ts';
import type { Sql } from '../../src/define/sql.ts';
import { type Fields, int, list, pipeline, sql, stream, table, timestamp, topic } from '../../src/index.ts';
import { analyse } from '../../src/process/duckdb/analyse.ts';
import { DuckDatabase } from '../../src/process/duckdb/database.ts';
import { storedColumns } from '../../src/process/duckdb/moments.ts';
import { makeApp } from '../../src/web/server.ts';
import { serving, temporary, until } from '../control/tools.ts';

const tick = topic('tick', { id: int(), moment: timestamp(), moments: list(timestamp()) }, { time: 'moment' });
const names = table('names', topic('name', { id: int(), since: timestamp() }), { key: 'id' });
const many = { id: int(), moment: timestamp() };

/** Runs a pipeline with some ticks, 250 microseconds apart in its stream, around 1970. */
async function ticking(t: Parameters<typeof temporary>[0], made: Pipeline, count: number) {
  const served = await serving(t, await temporary(t), [made]);
  const records = Array.from({ length: count }, (_, id) => ({ id, moment: -2, moments: [0, -1] }));
  await served.post('tick', ...records);
  await served.settled();
  return served;
}

test('pages over a table of such a stream give every row once, in both directions, and each is found by its key', async (t) => {
  const made = stream(
    'made',
    many,
    sql`select id, moment + to_microseconds(id * 250) as moment from ${tick} where id <> 3`,
  );
  const kept = table('kept', made, { key: ['moment', 'id'] });
  const { backend } = await ticking(t, pipeline('p', { tables: [kept] }), 20);
  const app = await makeApp(backend);
  t.after(() => app.close());
  for (const order of ['moment', '-moment']) {
    const seen: number[] = [];
    let after = '';
    do {
      const url = `/api/tables/kept/rows?order=${order}&limit=3${after && `&after=${encodeURIComponent(after)}`}`;
      const page = (await app.inject(url)).json<{ rows: { id: number; moment: string }[]; next?: string | null }>();
      for (const { id, moment } of page.rows) {
        seen.push(id);
        assert.equal(Date.parse(moment), -2 + Math.floor(id / 4));
        const found = await app.inject(`/api/tables/kept/rows/${encodeURIComponent(JSON.stringify([moment, id]))}`);
        assert.equal(found.json<{ id: number }>().id, id, found.body);
      }
      after = page.next ?? '';
    } while (after);
    assert.deepEqual(
      seen.toSorted((a, b) => a - b),
      Array.from({ length: 20 }, (_, id) => id).filter((id) => id !== 3),
    );
  }
});

test('whatever the query makes of them: of every type, in lists, through names, subqueries, stars and windows', async (t) => {
  const wide: Fields = {
    id: int(),
    a: timestamp(),
    b: timestamp(),
    c: timestamp(),
    d: timestamp(),
    e: list(timestamp()),
    f: list(list(timestamp())),
    g: timestamp().optional(),
  };
  const more = sql`moment + to_microseconds(id * 250 + 1)`;
  const streams = {
    wide: stream(
      'wide',
      wide,
      sql`select id, ${more} as a, (${more})::timestamptz as b, (${more})::timestamp_ns as c, a as d, [${more}, null] as e, [[${more}]] as f, null::timestamp as g
        from ${tick}`,
    ),
    inner: stream(
      'inner',
      many,
      sql`select id, x.moment from ${tick} join lateral (select tick.moment + to_microseconds(tick.id * 250 + 1) as moment) x on true`,
    ),
    star: stream(
      'star',
      { ...many, moments: list(timestamp()) },
      sql`select * replace (${more} as moment, [${more}] as moments) from ${tick}`,
    ),
    windowed: stream(
      'windowed',
      { id: int(), start: timestamp(), moment: timestamp() },
      sql`select id, window_start as start, max(${more}) as moment from ${tick.tumble('1 minute')} group by id, window_start`,
    ),
  };
  const tables = Object.values(streams).map((one) =>
    table(`${one.name}_rows`, one as typeof streams.inner, { key: 'id' }),
  );
  const { millrace } = await ticking(t, pipeline('p', { tables }), 12);
  const of = async (query: string) => (await millrace.query(query)).rows;
  const floors = (column: string) => `select id, epoch_us(${column}), microsecond(${column}) % 1000 from`;
  const expected = Array.from({ length: 12 }, (_, id) => [id, Math.floor((id * 250 + 1 - 2000) / 1000) * 1000, 0]);
  for (const column of ['a', 'b', 'c', 'd', 'e[1]', 'f[1][1]'])
    assert.deepEqual(await of(`${floors(column)} wide_rows order by id`), expected, column);
  assert.deepEqual(await of('select distinct e[2], g from wide_rows'), [[null, null]]);
  assert.deepEqual(await of(`${floors('moment')} inner_rows order by id`), expected);
  assert.deepEqual(await of(`${floors('moments[1]')} star_rows order by id`), expected);
  assert.deepEqual(await of(`${floors('moment')} star_rows order by id`), expected);
  await until('the windows are given', async () => (await of('from windowed_rows')).length === 12);
  assert.deepEqual(await of(`${floors('moment')} windowed_rows order by id`), expected);
});

test('columns that are taken as they are cost nothing', async (t) => {
  const database = await DuckDatabase.open();
  const session = await database.session();
  t.after(() => {
    session.close();
    database.close();
  });
  const stored = async (query: Sql, text: string) => {
    const made = stream('s', { moment: timestamp() }, query);
    const { tree } = await analyse(session, text, 'here');
    return storedColumns(made, new Map([['moment', 'TIMESTAMP']]), tree, 'tick');
  };
  const plain = sql`select moment from ${tick}`;
  const joined = sql`select moment from ${tick} join ${names} on true`;
  const as = '"moment"';
  const floored = `date_trunc('millisecond', "moment")`;
  const from = 'temp.main."tick" as tick';
  for (const [query, text, wanted] of [
    [plain, `select moment from ${from}`, as],
    [plain, `select tick.moment from ${from}`, as],
    [plain, `select * from ${from}`, as],
    [plain, `select window_start as moment from (select * from ${from}) as tick`, as],
    [joined, `select n.since as moment from ${from} join main."names" as n on true`, as],
    [joined, `select tick.moment from ${from} join (select timestamp '2020-01-01' as moment) as n on true`, as],
    [joined, `select n.moment from ${from} join (select timestamp '2020-01-01' as moment) as n on true`, floored],
    [joined, `select moment from ${from} join (select timestamp '2020-01-01' as moment) as n using (moment)`, floored],
    [
      joined,
      `with n as (select timestamp '2020-01-01' as moment) select moment from ${from} join n using (moment)`,
      floored,
    ],
    [joined, `select tick.* from ${from} join (select timestamp '2020-01-01' as x) as n on true`, as],
    [joined, `select n.* from ${from} join (select timestamp '2020-01-01' as moment) as n on true`, floored],
    [plain, `select * replace (timestamp '2020-01-01' as moment) from ${from}`, floored],
    [plain, `select moment + interval 1 day as moment from ${from}`, floored],
    [plain, `select later as moment, timestamp '2020-01-01' as later from ${from}`, floored],
    [plain, `select moments[1] as moment from ${from}`, floored],
  ] as const)
    assert.equal(await stored(query, text), wanted, text);
});
