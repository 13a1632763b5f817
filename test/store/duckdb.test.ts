// The DuckDB store keeps the contract.
import { quote } from '../../src/process/database.ts';
import { DuckDatabase } from '../../src/process/duckdb/database.ts';
import { sqlType } from '../../src/process/duckdb/types.ts';
import { duckStore } from '../../src/store/duckdb/duckdb.ts';
import { type StoreUnderTest, testStore } from '../contracts/store.ts';
import { testChanges } from '../contracts/store-changes.ts';

let relations = 0;

testStore('duckdb', make);
testChanges('duckdb', make);

async function make(): Promise<StoreUnderTest> {
  const database = await DuckDatabase.open();
  const session = await database.session();
  let nowMs = Date.UTC(2026, 0, 1);
  const store = await duckStore({ session: await database.session(), now: () => nowMs });
  return {
    store,
    prepare: (pipeline, tables) => store.prepare(pipeline, tables),
    async batch(table, records) {
      const relation = `temp.main.batch${++relations}`;
      const columns = Object.entries(table.fields).map(([name, { type }]) => `${quote(name)} ${sqlType(type)}`);
      await session.run(`create temp table batch${relations} (${columns.join(', ')}, _row integer)`);
      await session.run(
        `insert into ${relation} select unnest(cast(cast($1 as json) as struct(${columns.join(', ')}, _row integer)[]), recursive := true)`,
        JSON.stringify(records.map((record, i) => ({ ...record, _row: i }))),
      );
      return { session, relation, count: records.length };
    },
    async transaction(steps) {
      let isCommitted = false;
      try {
        const result = await session.transaction(steps);
        isCommitted = true;
        return result;
      } finally {
        store.sink.settled(session, isCommitted);
      }
    },
    setNow(ms) {
      nowMs = ms;
    },
    async close() {
      await store.close();
      session.close();
      database.close();
    },
  };
}
