// Statements on a connection: kept, and planned anew as their tables grow.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

test('a file that is damaged anywhere is told as such, with what to do, and nothing is tried again', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-'));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'tables.duckdb');
  const made = await DuckDatabase.open({ path });
  const session = await made.session();
  await session.run('create table t as select range as i, md5(range::varchar) as h from range(20000)');
  await session.checkpoint('millrace');
  session.close();
  made.close();
  const whole = await readFile(path);
  const read = async (bytes: Uint8Array) => {
    await writeFile(path, bytes);
    const database = await DuckDatabase.open({ path });
    try {
      const session = await database.session();
      await session.rows('select sum(i), max(h) from t');
      session.close();
    } finally {
      database.close();
    }
  };
  await read(whole);
  const overwritten = (at: number) => Buffer.from(whole).fill(0xaa, at, at + 4096);
  const damaged = [
    Buffer.alloc(0),
    Buffer.from('hello'),
    whole.subarray(0, 4096),
    whole.subarray(0, whole.length >> 1),
    overwritten(0),
    overwritten(whole.length >> 1),
  ];
  for (const bytes of damaged) {
    await assert.rejects(read(bytes), (error: MillraceError) => {
      assert.equal(error.code, 'TABLES_DAMAGED', error.message);
      assert.equal(error.reaction, 'fix');
      assert.equal(error.place, path);
      assert.match(error.remedy ?? '', /backup/);
      return true;
    });
  }
});
