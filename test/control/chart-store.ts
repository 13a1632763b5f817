// A store in memory with rows of one pipeline, for tests of its charts.
import type { TestContext } from 'node:test';
import { chartData, chartViews } from '../../src/control/charts.ts';
import type { Chart } from '../../src/define/chart.ts';
import type { Pipeline } from '../../src/define/pipeline.ts';
import type { Table } from '../../src/define/table.ts';
import { date, double, int, pipeline, place, table, text, timestamp, topic } from '../../src/index.ts';
import { quote } from '../../src/process/database.ts';
import { DuckDatabase } from '../../src/process/duckdb/database.ts';
import { sqlType } from '../../src/process/duckdb/types.ts';
import { duckStore } from '../../src/store/duckdb/duckdb.ts';
import type { Store } from '../../src/store/store.ts';
import type { ChartRequest } from '../../src/web/backend.ts';

const fields = {
  id: int(),
  zone: text().optional(),
  km: double().optional(),
  seats: int(),
  day: date(),
  latitude: double().optional(),
  longitude: double().optional(),
  at: timestamp(),
};

const topicOfRides = topic('rides', fields, { time: 'at' });

/** Rides, whose event time is `at`: none takes the place of one of another time. */
export const rides = table('rides', topicOfRides, { key: ['id', 'at'] });
/** The newest ride of each zone. */
export const newest = table('newest', topicOfRides, { key: 'id', version: 'at' });
/** The same rows in a table without an event time. */
/** A table of each ride that was ever told of. */
export const each = table('each_ride', topicOfRides, { key: place() });
export const timeless = table('timeless', topic('timeless', fields), { key: 'id' });

export const start = Date.UTC(2017, 5, 1);
export const hourMs = 3_600_000;

/** A ride; `at` is `hours` after 1 June 2017. */
export function ride(id: number, more: Record<string, unknown> & { hours?: number } = {}): object {
  const { hours = id, ...rest } = more;
  const at = new Date(start + hours * hourMs).toISOString();
  return { id, zone: 'A', km: id, seats: id % 3, day: at.slice(0, 10), latitude: 40, longitude: -74, at, ...rest };
}

export type Charted = {
  readonly store: Store;
  readonly pipeline: Pipeline;
  write(table: Table, rows: readonly object[]): Promise<void>;
};

/** A store with the charts' tables and rows. */
export async function charted(t: TestContext, charts: readonly Chart[], rows: readonly object[]): Promise<Charted> {
  const database = await DuckDatabase.open();
  const session = await database.session();
  const store = await duckStore({
    session: await database.session(),
    now: Date.now,
    openSession: () => database.session(),
  });
  t.after(async () => {
    await store.close();
    session.close();
    database.close();
  });
  const made = pipeline('p', { tables: [rides, newest, each, timeless], charts });
  await store.prepare('p', made.tables);

  let batches = 0;
  const write = async (into: Table, records: readonly object[]) => {
    const name = `batch${++batches}`;
    const columns = Object.entries(into.fields).map(([column, { type }]) => `${quote(column)} ${sqlType(type)}`);
    await session.run(`create temp table ${name} (${columns.join(', ')}, _row integer)`);
    await session.run(
      `insert into ${name} select unnest(cast(cast($1 as json) as struct(${columns.join(', ')}, _row integer)[]), recursive := true)`,
      JSON.stringify(records.map((record, i) => ({ ...record, _row: i }))),
    );
    await session.transaction(async () => {
      await store.sink.write(into, { session, relation: `temp.main.${name}`, count: records.length });
    });
    store.sink.settled(session, true);
  };
  const shown = new Set(charts.map((chart) => chart.table));
  if (rows.length > 0) for (const into of shown) await write(into, rows);
  return { store, pipeline: made, write };
}

/** What the first chart shows. */
export async function dataOf(
  t: TestContext,
  chart: Chart,
  rows: readonly object[],
  request: Partial<ChartRequest> = {},
) {
  const { store, pipeline } = await charted(t, [chart], rows);
  return chartData(store, pipeline, chartViews(pipeline)[0]!.id, { where: {}, ...request });
}
