// Statements on a connection: kept, and planned anew as their tables grow.
import assert from 'node:assert/strict';
import { test } from 'node:test';
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
