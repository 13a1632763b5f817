// Statements on a connection: kept, and planned anew as their tables grow.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MillraceError } from '../../src/core/errors.ts';
import { DuckDatabase } from '../../src/process/duckdb/database.ts';
import { query } from '../../src/process/duckdb/query.ts';

test('a statement is planned again after 4, 16, 64 … uses, so that no plan for an empty table stays for ever', async (t) => {
  const database = await DuckDatabase.open();
  const session = await database.session();
  t.after(() => {
    session.close();
    database.close();
  });
  const prepare = session.connection.prepare.bind(session.connection);
  const planned: number[] = [];
  let uses = 0;
  session.connection.prepare = (sql) => {
    planned.push(uses);
    return prepare(sql);
  };
  for (; uses < 300; uses++) assert.deepEqual(await session.rows('select $1 + 1', uses), [[BigInt(uses + 1)]]);
  assert.deepEqual(planned, [0, 4, 16, 64, 256]);
});

test('an error of a query says once what DuckDB proposes, and where it points to', async (t) => {
  const database = await DuckDatabase.open();
  const session = await database.session();
  t.after(() => {
    session.close();
    database.close();
  });
  await session.run('create temp table ride (zone varchar, fare double)');
  await assert.rejects(session.rows('select zone,\n  fair + 1 from temp.main.ride'), (error: MillraceError) => {
    assert.equal(error.code, 'SQL_INVALID');
    assert.match(error.message, /"fair" not found.*Candidate bindings: "fare"/s);
    assert.equal(error.remedy, 'Look at line 2, where it says: fair + 1 from temp.main.ride');
    return true;
  });
});

test('a query that is no single SELECT is told why, and a mistyped one where', async (t) => {
  const database = await DuckDatabase.open();
  t.after(() => database.close());
  const refusal = (sql: string) =>
    query(database, sql, 10, 5000).then(
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
