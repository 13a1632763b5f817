// The DuckDB store keeps the contract of summaries and samples.
import { quote } from '../../src/process/database.ts';
import { DuckDatabase } from '../../src/process/duckdb/database.ts';
import { sqlType } from '../../src/process/duckdb/types.ts';
import { duckStore } from '../../src/store/duckdb/duckdb.ts';
import { testSummaries } from '../contracts/store-summaries.ts';

let relations = 0;

testSummaries('duckdb', async () => {
  const database = await DuckDatabase.open();
  const session = await database.session();
  let nowMs = Date.UTC(2026, 0, 1);
  const store = await duckStore({
    session: await database.session(),
    now: () => nowMs,
    openSession: () => database.session(),
  });
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
    transaction: (steps) => session.transaction(steps),
    setNow(ms) {
      nowMs = ms;
    },
    async close() {
      await store.close();
      session.close();
      database.close();
    },
  };
});
