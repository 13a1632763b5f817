// The DuckDB store as the suites of the contract want it: with rows to write, transactions and a clock.
import { quote } from '../../src/process/database.ts';
import { DuckDatabase, type DuckSession } from '../../src/process/duckdb/database.ts';
import { sqlType } from '../../src/process/duckdb/types.ts';
import { duckStore } from '../../src/store/duckdb/duckdb.ts';
import type { StoreUnderTest } from '../contracts/store.ts';

let relations = 0;

/** A store in memory. `readsApart`: with sessions of its own for reading. */
export async function storeUnderTest({ readsApart = false } = {}): Promise<StoreUnderTest> {
  const database = await DuckDatabase.open();
  const session = await database.session();
  let nowMs = Date.UTC(2026, 0, 1);
  const store = await duckStore({
    session: await database.session(),
    now: () => nowMs,
    ...(readsApart ? { openSession: (): Promise<DuckSession> => database.session() } : {}),
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
