// The DuckDB store keeps the contract, gives texts as they are, and holds no memory for what was read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { double, place, table, text, topic } from '../../src/index.ts';
import type { Session } from '../../src/process/database.ts';
import { DuckDatabase } from '../../src/process/duckdb/database.ts';
import { duckStore } from '../../src/store/duckdb/duckdb.ts';
import type { StoredRow } from '../../src/store/store.ts';
import { testStore } from '../contracts/store.ts';
import { testReadsByKey } from '../contracts/store-by-key.ts';
import { testChanges } from '../contracts/store-changes.ts';
import { testCounts } from '../contracts/store-counts.ts';
import { storeUnderTest } from './under-test.ts';

testStore('duckdb', storeUnderTest);
testChanges('duckdb', storeUnderTest);
testReadsByKey('duckdb', storeUnderTest);
testCounts('duckdb', storeUnderTest);

/** A table `kept` of these texts in a store that reads on sessions of its own. */
async function storeOf(ids: readonly string[]) {
  const database = await DuckDatabase.open();
  const session = await database.session();
  const store = await duckStore({
    session: await database.session(),
    openSession: () => database.session(),
    now: Date.now,
  });
  const kept = table('kept', topic('ids', { id: text(), n: double() }), { key: 'id' });
  await store.prepare('p', [kept]);
  await session.run('create temp table batch (id varchar, n double, _row integer)');
  await session.run(
    'insert into batch select id, n, n from (select unnest(cast(cast($1 as json) as varchar[])) as id, generate_subscripts(cast(cast($1 as json) as varchar[]), 1) as n)',
    JSON.stringify(ids),
  );
  await session.transaction(() => store.sink.write(kept, { session, relation: 'temp.main.batch', count: ids.length }));
  return {
    store,
    session,
    async [Symbol.asyncDispose]() {
      await store.close();
      session.close();
      database.close();
    },
  };
}

test('texts that begin with U+FEFF are read as they are, and pages go on behind them', async () => {
  const ids = ['a', '\ufeff', '\ufeffa', '\ufeff\ufeffb', 'b', '\ufeffz', 'z'];
  await using under = await storeOf(ids);
  const seen: string[] = [];
  for (let after: StoredRow | undefined; ; ) {
    const rows = await under.store.read('kept', { limit: 2, ...(after && { after }) });
    seen.push(...rows.map((row) => String(row.id)));
    assert.ok(seen.length <= ids.length, 'a row came twice');
    if (rows.length < 2) break;
    after = rows.at(-1)!;
  }
  assert.deepEqual(seen.sort(), [...ids].sort());
});

test('reading in many ways takes no more memory than reading in one', async () => {
  await using under = await storeOf(Array.from({ length: 1000 }, (_, i) => `id ${i}`));
  const takenMb = async () => {
    const [[bytes]] = (await under.session.rows(
      "select sum(memory_usage_bytes)::double from duckdb_memory() where tag = 'ALLOCATOR'",
    )) as [[number]];
    return bytes / 1e6;
  };
  for (let limit = 1; limit <= 100; limit++) {
    assert.equal((await under.store.read('kept', { limit, order: [{ column: 'n' }] })).length, limit);
    await under.store.sample('kept', { columns: ['id'], of: 'everywhere', limit });
    await under.store.summarise('kept', { by: [{ column: 'id' }], values: [{ aggregate: 'count' }], limit });
  }
  assert.ok((await takenMb()) < 10, `${await takenMb()} MB`);
});

test('rows by place that are asked for at once are read by one statement', async () => {
  const database = await DuckDatabase.open();
  const session = await database.session();
  const statements: string[] = [];
  const store = await duckStore({
    session: await database.session(),
    now: Date.now,
    openSession: async () => {
      const reading = await database.session();
      const rows: Session['rows'] = (sql, ...values) => {
        statements.push(sql);
        return reading.rows(sql, ...values);
      };
      return { database, rows, run: reading.run, transaction: reading.transaction, close: () => reading.close() };
    },
  });
  const lines = table('lines', topic('line', { n: double() }), { key: place() });
  await store.prepare('p', [lines]);
  await session.run('create temp table batch as select 0 as _partition, range as _offset, range as n from range(10)');
  await session.transaction(() => store.sink.write(lines, { session, relation: 'temp.main.batch', count: 10 }));
  const read = (offset: number) => store.read('lines', { where: { _partition: { eq: 0 }, _offset: { eq: offset } } });
  const found = await Promise.all([3, 1, 12, 7].map(read));
  assert.deepEqual(
    found.map((rows) => rows.map((row) => row.n)),
    [[3], [1], [], [7]],
  );
  assert.equal(statements.length, 1, statements.join('\n'));
  await store.close();
  session.close();
  database.close();
});
