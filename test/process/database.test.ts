// Statements on a connection: kept, and planned anew as their tables grow.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MillraceError } from '../../src/core/errors.ts';
import { DuckDatabase } from '../../src/process/duckdb/database.ts';

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
