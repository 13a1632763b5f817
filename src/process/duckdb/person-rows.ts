// Rows that hold the name of a person, or were made of the person's records: in tables, and in what streams keep.
//
// Where the log still has all records, streams and tables are made again from it, and none of this is needed. Where it has not, rows go one by
// one: those of a record that was forgotten, by its place in the log; and those with the name in a column that may hold it, by their values.
import { isParam } from '../../define/param.ts';
import { inputOf, type Pipeline } from '../../define/pipeline.ts';
import type { Stream } from '../../define/stream.ts';
import type { Table } from '../../define/table.ts';
import type { Topic } from '../../define/topic.ts';
import { literal, quote } from '../database.ts';
import { countsOf, type Progress } from '../progress.ts';
import type { DuckSession } from './database.ts';
import { Keeper } from './keeper.ts';
import type { Lineage } from './lineage.ts';
import { makeTemp, relations } from './relations.ts';
import { mayRetract, rememberChangedWindows } from './sides.ts';
import { keysOf, placeOfRow, type Window, windowsOf } from './window.ts';

/** Whom to look for: every text that names one of the persons, and the places of their records in the log, by topic. */
export type Sought = {
  readonly names: readonly string[];
  readonly places: ReadonlyMap<string, readonly { readonly partition: number; readonly offset: number }[]>;
};

/** Where to look: streams and tables of a pipeline. `endless`: the names of tables that are looked up by version. */
export type Searched = {
  readonly session: DuckSession;
  readonly lineage: Lineage;
  readonly pipeline: Pipeline;
  readonly streams: readonly Stream[];
  readonly tables: readonly Table[];
  readonly endless: ReadonlySet<string>;
};

/** A relation of the database in which such rows may be. */
type Kept = {
  readonly relation: string;
  readonly columns: readonly string[];
  /** How its rows say where in the log their record is, and of which topic. */
  readonly place?: { readonly sql: string; readonly topic: string } | undefined;
  /** Its rows are those of windows, which change with them. */
  readonly window?: { readonly stream: string; readonly of: Window } | undefined;
};

/** Where the names and places of a search stand. */
const sought = { names: 'temp.main.forgotten_names', places: 'temp.main.forgotten_places' };

/** Rows of a place that are put into the database at once. */
const placesMax = 10_000;

/** Puts what is looked for where queries find it. */
export async function seek(session: DuckSession, { names, places }: Sought): Promise<void> {
  await makeTemp(session, sought.names, 'name varchar');
  // as a text is written in JSON, too
  await session.run(
    `insert into ${sought.names} select unnest(cast(cast($1 as json) as varchar[]))`,
    JSON.stringify(names.flatMap((name) => [name, JSON.stringify(name)])),
  );
  await makeTemp(session, sought.places, 'topic varchar, place bigint');
  for (const [topic, all] of places) {
    for (let at = 0; at < all.length; at += placesMax)
      await session.run(
        `insert into ${sought.places} select $1, unnest(cast(cast($2 as json) as bigint[]))`,
        topic,
        JSON.stringify(all.slice(at, at + placesMax).map(({ partition, offset }) => offset * 65_536 + partition)),
      );
  }
}

/** How many rows of each table, and of what its streams keep, hold one of the names. */
export async function countRows(searched: Searched): Promise<{ tables: Record<string, number>; states: number }> {
  const { session } = searched;
  const tables: Record<string, number> = {};
  for (const table of searched.tables) {
    const count = await countIn(session, await keptTable(searched, table));
    if (count > 0) tables[table.name] = count;
  }
  let states = 0;
  for (const stream of searched.streams)
    for (const kept of await keptOf(searched, stream)) states += await countIn(session, { ...kept, place: undefined });
  return { tables, states };
}

async function countIn(session: DuckSession, kept: Kept): Promise<number> {
  const where = await conditionOf(session, { ...kept, place: undefined });
  if (where === undefined) return 0;
  return Number((await session.rows(`select count(*) from ${kept.relation} where ${where}`))[0]![0]);
}

/**
 * Removes the rows that streams keep, and those of tables over rows that hold for good, within the transaction at hand. Windows that have
 * lost rows are noted in the progress: they are emitted again. Resolves with how many rows of each table went, and of what streams keep.
 */
export async function removeRows(
  searched: Searched,
  progress: Progress,
): Promise<{ tables: Record<string, number>; states: number }> {
  const { session, pipeline, endless } = searched;
  let states = 0;
  for (const stream of searched.streams) {
    const kept = await keptOf(searched, stream);
    for (const one of kept) {
      const where = await conditionOf(session, one);
      if (where === undefined) continue;
      if (one.window) {
        const rows = `(select * from ${one.relation} where ${where})`;
        const { of, stream: name } = one.window;
        const windows = of.kind === 'session' ? keysOf(of, rows) : windowsOf(of, rows);
        await rememberChangedWindows(session, pipeline.name, name, windows, progress);
      }
      const removed = await session.run(`delete from ${one.relation} where ${where}`);
      states += removed;
      const window = windowOf(stream, endless);
      const state = kept.find(({ window }) => window);
      // what was joined with it is joined anew
      if (removed > 0 && isSide(one, pipeline.name, stream) && window?.kind === 'record' && state)
        await rememberChangedWindows(session, pipeline.name, stream.name, windowsOf(window, state.relation), progress);
    }
  }
  const tables = await removeFrom(
    searched,
    searched.tables.filter(({ from }) => !mayRetract(from, endless)),
    progress,
  );
  return { tables, states };
}

/**
 * Removes rows from what streams have kept that are not declared any more, within the transaction at hand: those with one of the names in a text,
 * or in a column that is called as a person field.
 *
 * @param declared streams, as `pipeline/stream`
 */
export async function removeStray(
  session: DuckSession,
  declared: readonly string[],
  persons: readonly string[],
): Promise<void> {
  const rows = await session.rows(
    `select table_name, column_name, data_type from duckdb_columns() where database_name = current_database() and schema_name = 'state'`,
  );
  for (const [table, column, type] of rows) {
    const name = String(table);
    const isDeclared = declared.some((one) => `${name}/`.startsWith(`${one}/`));
    const isPerson = persons.some((person) => column === person || column === `by ${person}`);
    if (isDeclared || !(type === 'VARCHAR' || isPerson)) continue;
    await session.run(
      `delete from state.${quote(name)} where cast(${quote(String(column))} as varchar) in (select name from ${sought.names})`,
    );
  }
}

/**
 * Removes what the windows that were emitted again have left, since their rows are not kept any more: emitted rows with one of the names, and
 * rows of tables with one. Resolves with how many rows of each table went.
 */
export async function removeEmitted(searched: Searched, progress: Progress): Promise<Record<string, number>> {
  const { session, pipeline, endless } = searched;
  for (const stream of searched.streams) {
    const relation = relations.emitted(pipeline.name, stream.name);
    const window = windowOf(stream, endless);
    const keys = window?.kind === 'session' ? window.by : [];
    const from = await searched.lineage.of(inputOf(stream).of);
    const columns = [
      ...(await searched.lineage.of(stream)),
      ...keys.flatMap((name, i) => (from.includes(name) ? [`_k${i}`] : [])),
    ];
    const where = await conditionOf(session, { relation, columns });
    if (where === undefined) continue;
    await session.run(`delete from ${relation} where ${where}`);
  }
  return removeFrom(
    searched,
    searched.tables.filter(({ from }) => mayRetract(from, endless)),
    progress,
  );
}

/** Does something with the progress of a pipeline, and saves it, within the transaction at hand. */
export async function savedProgress<T>(
  session: DuckSession,
  pipeline: string,
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  const keeper = new Keeper(session, pipeline, () => 0);
  const progress = await keeper.load();
  const result = await work(progress);
  await keeper.save(progress);
  return result;
}

async function removeFrom(
  searched: Searched,
  tables: readonly Table[],
  progress: Progress,
): Promise<Record<string, number>> {
  const removed: Record<string, number> = {};
  for (const table of tables) {
    const kept = await keptTable(searched, table);
    const where = await conditionOf(searched.session, kept);
    const count = where === undefined ? 0 : await searched.session.run(`delete from ${kept.relation} where ${where}`);
    if (count === 0) continue;
    removed[table.name] = count;
    // what is counted must be what is there
    countsOf(progress, `table ${table.name}`).retracted += count;
  }
  return removed;
}

async function keptTable({ lineage, endless }: Searched, table: Table): Promise<Kept> {
  const place = table.isByPlace ? placeOfRow : '_place';
  return {
    relation: `store.${quote(table.name)}`,
    columns: await lineage.of(table),
    place: mayRetract(table.from, endless) ? undefined : { sql: place, topic: originOf(table.from).name },
  };
}

/** What a stream keeps, but for the rows that it has emitted. */
async function keptOf({ lineage, pipeline, endless }: Searched, stream: Stream): Promise<Kept[]> {
  const input = inputOf(stream);
  const columns = await lineage.of(input.of);
  const window = windowOf(stream, endless);
  const isPlainInput = input.of.noun === 'topic' || !mayRetract(input.of as Stream, endless);
  const origin = originOf(input.of as Topic | Stream).name;
  const { name } = pipeline;
  const place = (sql: string) => (isPlainInput ? { sql, topic: origin } : undefined);
  const kept: Kept[] = [];
  if (window)
    kept.push({
      relation: relations.state(name, stream.name),
      columns,
      place: place(placeOfRow),
      window: { stream: stream.name, of: window },
    });
  if (window?.kind === 'session') kept.push({ relation: relations.changed(name, stream.name), columns });
  if (input.dedupe)
    kept.push({ relation: relations.keys(name, stream.name), columns: columns.map((column) => `by ${column}`) });
  if (input.previous) kept.push({ relation: relations.last(name, stream.name), columns, place: place('_place') });
  for (const one of stream.query.references) {
    if (isParam(one) || !(one.within || (one.of.noun === 'table' && endless.has(one.of.name)))) continue;
    const what = one.within ? `within ${one.within.beforeMs} ${one.within.afterMs}` : 'versions';
    const from = one.of.noun === 'table' ? one.of.from : one.of;
    kept.push({
      relation: `state.${quote(`${name}/${stream.name}/${what}/${one.of.name}`)}`,
      columns: await lineage.of(one.of),
      place: { sql: '_place', topic: originOf(from).name },
    });
  }
  return kept;
}

function isSide({ relation }: Kept, pipeline: string, stream: Stream): boolean {
  const name = relation.slice('state."'.length);
  return [`${pipeline}/${stream.name}/within `, `${pipeline}/${stream.name}/versions/`].some((one) =>
    name.startsWith(one.replaceAll('"', '""')),
  );
}

/** The windows of a stream: as declared; each record by itself where it joins by time. */
function windowOf(stream: Stream, endless: ReadonlySet<string>): Window | undefined {
  const isJoined = stream.query.references.some(
    (one) => !isParam(one) && (one.within || (one.of.noun === 'table' && endless.has(one.of.name))),
  );
  return inputOf(stream).window ?? (isJoined ? { kind: 'record' } : undefined);
}

/** The topic at which a chain of streams begins. */
function originOf(node: Topic | Stream): Topic {
  return node.noun === 'topic' ? node : originOf(inputOf(node).of as Topic | Stream);
}

/** That a row holds one of the names, or is of a record that was forgotten; undefined where the relation is not there, or has no such rows. */
async function conditionOf(session: DuckSession, { relation, columns, place }: Kept): Promise<string | undefined> {
  const there = await columnsIn(session, relation);
  const held = columns.filter((name) => there.has(name));
  const conditions = held.map((name) => `cast(${quote(name)} as varchar) in (select name from ${sought.names})`);
  if (place && there.size > 0)
    conditions.push(`${place.sql} in (select place from ${sought.places} where topic = ${literal(place.topic)})`);
  return conditions.length === 0 ? undefined : conditions.map((one) => `coalesce(${one}, false)`).join(' or ');
}

/** The columns of a relation of the database; none where it is not there. */
async function columnsIn(session: DuckSession, relation: string): Promise<ReadonlySet<string>> {
  const at = relation.indexOf('.');
  const rows = await session.rows(
    'select column_name from duckdb_columns() where database_name = current_database() and schema_name = $1 and table_name = $2',
    relation.slice(0, at),
    relation.slice(at + 2, -1).replaceAll('""', '"'),
  );
  return new Set(rows.map(([name]) => String(name)));
}
