// A database file that is written anew: nothing of what was deleted is in it, and all else is.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { copyDatabase, settleDatabase } from '../../src/process/duckdb/compact.ts';
import { DuckDatabase } from '../../src/process/duckdb/database.ts';

const secret = 'xanthippe-of-athens-4711';

test('a copy has all tables, views, comments and sequences, in the order of the rows, and no deleted row', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-compact-'));
  t.after(() => rm(folder, { recursive: true }));
  const [path, copy, temp] = ['tables.duckdb', 'copy.duckdb', 'temp'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const within = async <T>(
    file: string,
    work: (session: Awaited<ReturnType<DuckDatabase['session']>>) => Promise<T>,
  ) => {
    const database = await DuckDatabase.open({ path: file });
    const session = await database.session();
    try {
      return await work(session);
    } finally {
      session.close();
      database.close();
    }
  };
  await within(path, async (session) => {
    for (const one of [
      'create schema meta',
      'create schema store',
      'create sequence meta.aside_id',
      'create table meta.kept (id bigint not null, on_ boolean default true, name varchar)',
      `create table store."a ""b"" ~" (k varchar, v decimal(12, 2)[], s struct(a integer), j json, b blob, t timestamp, _hash ubigint not null)`,
      `insert into store."a ""b"" ~" select case when i % 2 = 0 then '${secret} ' || i else 'k' || i end, [i], {a: i}, '{"a":1}', 'x'::blob, now()::timestamp, i from range(20000, 0, -1) t(i)`,
      `create view main.a as select k, v from store."a ""b"" ~"`,
      "comment on view main.a is 'key: k'",
      "insert into meta.kept (id) select nextval('meta.aside_id') from range(7)",
    ])
      await session.run(one);
    await session.checkpoint('millrace');
    await session.run(`delete from store."a ""b"" ~" where k like '${secret}%'`);
  });
  const catalogue = async (session: { rows(sql: string): Promise<unknown[][]> }) => {
    const found: unknown[][][] = [];
    for (const query of [
      'select schema_name, table_name, sql from duckdb_tables() where database_name = current_database() order by all',
      'select schema_name, view_name, sql, comment from duckdb_views() where database_name = current_database() and not internal order by all',
      'select * from store."a ""b"" ~"',
      'select * from meta.kept',
      "select block_size from pragma_database_size() where database_name = 'millrace'",
    ])
      found.push(await session.rows(query));
    return found;
  };
  await settleDatabase(path, temp);
  const before = await within(path, catalogue);
  assert.ok((await readFile(path)).includes(secret), 'it stays in free blocks');
  await copyDatabase(path, copy, temp);
  assert.deepEqual(await within(copy, catalogue), before);
  assert.equal(before[2]!.length, 10_000);
  assert.deepEqual(await within(copy, (session) => session.rows("select nextval('meta.aside_id')")), [[8n]]);
  assert.ok(!(await readFile(copy)).includes(secret));
  assert.ok((await stat(copy)).size < (await stat(path)).size);
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.endsWith('.wal')),
    [],
  );
});
