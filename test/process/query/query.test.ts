// Queries of those who may only read: what is refused, and how it is said.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MillraceError } from '../../../src/core/errors.ts';
import { int, pipeline, table, text, topic } from '../../../src/index.ts';
import { DuckDatabase } from '../../../src/process/duckdb/database.ts';
import { query } from '../../../src/process/duckdb/query/query.ts';
import { serving, temporary } from '../../control/tools.ts';

test('a query that is no single SELECT is told why, and a mistyped one where', async (t) => {
  const database = await DuckDatabase.open();
  t.after(() => database.close());
  const refusal = (sql: string) =>
    query(database, sql, { rowsMax: 10, msMax: 5000 }).then(
      () => assert.fail(`${sql} was run`),
      ({ code, message, remedy }: MillraceError) => [code, message, remedy].join('; '),
    );
  const select = 'Write one SELECT; nothing can be changed here.';
  assert.equal(
    await refusal('select 1,\n  2 frm ride'),
    'SQL_INVALID; syntax error at or near "ride"; Look at line 2: 2 frm ride',
  );
  assert.equal(
    await refusal('select 1 where'),
    'SQL_INVALID; syntax error at end of input; Look at line 1: select 1 where',
  );
  assert.equal(await refusal(''), `SQL_INVALID; the query is empty; ${select}`);
  assert.equal(await refusal('select 1; select 2'), `SQL_INVALID; this is more than one statement; ${select}`);
  assert.equal(await refusal('create table x (a int)'), `SQL_INVALID; only SELECT can be run; ${select}`);
});

test('a query that fails after many rows is told why, and not cut off', async (t) => {
  const database = await DuckDatabase.open();
  t.after(() => database.close());
  const sql = "select case when i < 900000 then i else ('x' || i)::int end from range(1000000) t(i)";
  await assert.rejects(
    query(database, sql, { rowsMax: 1e7, msMax: 60_000 }),
    (error: MillraceError) => error.code === 'SQL_INVALID' && /'x900000'/.test(error.message),
  );
  const first = await query(database, sql, { rowsMax: 1000, msMax: 60_000 });
  assert.deepEqual([first.rows.length, first.truncated], [1000, true]);
});

const user = topic('user', { id: int(), name: text().personal() });
const users = table('users', user, { key: 'id' });

test('a query reads the tables of pipelines and the catalogue, and changes nothing', async (t) => {
  const { millrace, post, settled } = await serving(t, await temporary(t), [pipeline('p', { tables: [users] })]);
  await post('user', { id: 1, name: 'Ann Lee' }, { id: 'none', name: 'Bob Poe' });
  await settled();
  const outcome = (sql: string) =>
    millrace.query(sql).then(
      () => 'fine',
      ({ code, message }: MillraceError) => `${code}: ${message}`,
    );
  for (const sql of [
    'from users',
    'select name from main.users u join range(3) r(n) on u.id = r.n',
    'from millrace.main."users"',
    'with meta as (select 1 as n) from meta',
    'show tables',
    'describe users',
    'summarize users',
    'select table_name from information_schema.tables',
    'from duckdb_tables',
    'select count(*) from duckdb_functions()',
    "select * from json_each('[1, 2]')",
    'select random(), uuid(), now(), age(now()), current_date, 1e3, 170141183460469231731687303715884105727',
    'from users using sample 1 rows',
    'select id, (select max(id) from users) from users order by id limit 1',
  ])
    assert.equal(await outcome(sql), 'fine', sql);
  const noTable = (name: string) => `SQL_INVALID: '${name}' is no table of a pipeline`;
  const noFunction = (name: string) => `SQL_INVALID: the table function ${name}() cannot be used in a query`;
  const acts = (name: string) => `SQL_INVALID: ${name}() does more than give a value`;
  for (const [sql, said] of [
    ['select bytes from meta.aside', noTable('meta.aside')],
    ['select bytes from "META".aside', noTable('META.aside')],
    ['from millrace.meta.aside', noTable('millrace.meta.aside')],
    ['select (select max(bytes) from meta.aside)', noTable('meta.aside')],
    ['with a as (from meta.aside) from a', noTable('meta.aside')],
    ['summarize meta.aside', noTable('meta.aside')],
    ['select id from users union all select id from meta.aside', noTable('meta.aside')],
    ['from work_slot0."p/slot0"."user"', noTable('work_slot0.p/slot0.user')],
    ["from query('from meta.aside')", noFunction('query')],
    ["from query_table('meta.aside')", noFunction('query_table')],
    ["from pragma_storage_info('meta.aside')", noFunction('pragma_storage_info')],
    ["from histogram('meta.aside', id)", noFunction('histogram')],
    [
      "from json_execute_serialized_sql(json_serialize_sql('from meta.aside'))",
      noFunction('json_execute_serialized_sql'),
    ],
    ["from read_text('/etc/passwd')", noFunction('read_text')],
    ["from glob('/*')", noFunction('glob')],
    ['from checkpoint()', noFunction('checkpoint')],
    ['from enable_logging()', noFunction('enable_logging')],
    ['from duckdb_secrets()', noFunction('duckdb_secrets')],
    ['from duckdb_settings()', noFunction('duckdb_settings')],
    ["select nextval('meta.aside_id')", acts('nextval')],
    ['select setseed(0.5)', acts('setseed')],
    ["select Main.Write_Log('x')", acts('write_log')],
    ['select sleep_ms(10000)', acts('sleep_ms')],
    ['select pg_sleep(10)', acts('pg_sleep')],
    ['select list_transform([1], lambda x: sleep_ms(x))', acts('sleep_ms')],
    ["select current_setting('temp_directory')", acts('current_setting')],
  ] as const)
    assert.equal(await outcome(sql), said, sql);
  for (const sql of ["from '/etc/passwd'", "select getenv('HOME')"])
    assert.match(await outcome(sql), /^SQL_INVALID/, sql);
});

test('what the check lets pass still meets a transaction that may only read', async (t) => {
  const database = await DuckDatabase.open();
  t.after(() => database.close());
  const session = await database.session();
  t.after(() => session.close());
  await session.run('create sequence counted');
  await session.run("create macro main.harmless() as nextval('counted')");
  await assert.rejects(query(database, 'select harmless() from range(3)', { rowsMax: 10, msMax: 5000 }));
  assert.deepEqual(await session.rows("select nextval('counted')"), [[1n]]);
});

test('an answer is read no further than its limits of rows, bytes and time', async (t) => {
  const database = await DuckDatabase.open();
  t.after(() => database.close());
  const limits = { rowsMax: 5000, msMax: 30_000 };
  const all = await query(database, 'select i from range(5000) r(i)', limits);
  assert.equal(all.rows.length, 5000);
  assert.equal(all.truncated, false);
  const cut = await query(database, 'select i from range(1e12::bigint) r(i)', limits);
  assert.deepEqual([cut.rows.length, cut.rows.at(-1), cut.truncated], [5000, [4999], true]);
  const long = "select repeat('x', 1000) as t from range(5000)";
  assert.equal((await query(database, long, limits)).rows.length, 5000);
  await assert.rejects(query(database, long, { ...limits, bytesMax: 2 ** 20 }), {
    code: 'QUERY_LIMIT',
    message: 'the answer is larger than 1 MB',
  });
  await assert.rejects(
    query(database, 'select max(i * j) from range(1e6::bigint) a(i), range(1e6::bigint) b(j)', {
      ...limits,
      msMax: 100,
    }),
    {
      code: 'QUERY_LIMIT',
      message: 'the query took longer than 100ms',
    },
  );
  assert.deepEqual((await query(database, 'select 1 as one where false', limits)).columns, [
    { name: 'one', type: 'INTEGER' },
  ]);
});

test('dates and times that no Date can hold are texts', async (t) => {
  const database = await DuckDatabase.open();
  t.after(() => database.close());
  const kinds = ['date', 'timestamp', 'timestamptz', 'timestamp_s', 'timestamp_ms', 'timestamp_ns'];
  const columns = ['infinity', '-infinity'].flatMap((text) => kinds.map((kind) => `'${text}'::${kind}`));
  const { rows } = await query(database, `select ${columns}, ['infinity'::date], '290000-01-01'::timestamp`, {
    rowsMax: 1,
    msMax: 5000,
  });
  const ends = ['infinity', '-infinity'].flatMap((text) => kinds.map(() => text));
  assert.deepEqual(rows, [[...ends, ['infinity'], '290000-01-01 00:00:00']]);
});
