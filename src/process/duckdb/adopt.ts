// Puts what was made again from the log in the place of what was there: states, tables, letters and counts, in one transaction.
import type { Pipeline } from '../../define/pipeline.ts';
import { type Scope, shadowMark, shadowName } from '../../define/shadow.ts';
import { quote, type Session } from '../database.ts';
import type { Sink } from '../engine.ts';
import { copyProgress, type Progress } from '../progress.ts';
import { fateOf } from './counts.ts';
import type { Keeper } from './keeper.ts';
import { queriesOf } from './queries.ts';

/** What adopting works with. */
export type Adopting = {
  readonly session: Session;
  readonly sink: Sink;
  readonly keeper: Keeper;
  readonly pipeline: Pipeline;
  readonly scope: Scope;
  /** As of the last commit of the pipeline that runs. */
  readonly live: Progress;
  /** As of the last commit of what was made again: it must have processed the same records. */
  readonly shadow: Progress;
};

/**
 * Puts a part of a pipeline that was made again in its place, within the transaction at hand. Resolves with the progress of the pipeline
 * from then on.
 */
export async function adopt(adopting: Adopting): Promise<Progress> {
  const { session, sink, pipeline, scope, live, shadow } = adopting;
  await adoptStates(session, pipeline.name, scope.streams);
  for (const table of pipeline.tables)
    if (scope.tables.includes(table.name)) await sink.adopt(session, pipeline.name, table, shadowName(table.name));
  const isWhole =
    pipeline.streams.every(({ name }) => scope.streams.includes(name)) &&
    pipeline.tables.every(({ name }) => scope.tables.includes(name));
  const progress = isWhole ? wholeProgress(live, shadow) : partOf(live, shadow, scope);
  const made = pipeline.streams.filter(({ name }) => scope.streams.includes(name));
  progress.queries = { ...live.queries, ...queriesOf(made) };
  await adoptLetters(adopting, progress, isWhole);
  const name = shadowName(pipeline.name);
  for (const table of ['progress', 'revived', 'rebuilds'])
    await session.run(`delete from meta.${table} where pipeline = $1`, table === 'rebuilds' ? pipeline.name : name);
  return progress;
}

/** The states of streams: those that were made again take their names; those that a stream has no longer, go. */
async function adoptStates(session: Session, pipeline: string, streams: readonly string[]): Promise<void> {
  const own = (name: string, of: string) =>
    streams.find((stream) => `${name}/`.startsWith(`${of}/${stream}/`)) !== undefined;
  const states = await statesOf(session);
  for (const name of states) if (own(name, pipeline)) await session.run(`drop table state.${quote(name)}`);
  const made = `${shadowName(pipeline)}/`;
  for (const name of states.filter((one) => one.startsWith(made))) {
    if (own(name, shadowName(pipeline)))
      await session.run(`alter table state.${quote(name)} rename to ${quote(name.replaceAll(shadowMark, ''))}`);
    else await session.run(`drop table state.${quote(name)}`);
  }
}

async function statesOf(session: Session): Promise<string[]> {
  const rows = await session.rows(
    `select table_name from duckdb_tables() where schema_name = 'state' and database_name = current_database()`,
  );
  return rows.map(([name]) => String(name));
}

function unmarked<T>(counts: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(counts).map(([name, count]) => [name.replaceAll(shadowMark, ''), count]);
}

/** All was made again: the counts are those of the shadow, but for what never reached the log. */
function wholeProgress(live: Progress, shadow: Progress): Progress {
  const ofSources = Object.entries(live.stages).filter(([name]) => name.startsWith('source '));
  return {
    ...copyProgress(shadow),
    sources: live.sources,
    refused: live.refused,
    stages: Object.fromEntries([...unmarked(shadow.stages), ...ofSources]),
  };
}

/** A part was made again: what became of records stays, the counts of the part are those of the shadow. */
function partOf(live: Progress, shadow: Progress, { streams, tables }: Scope): Progress {
  const progress = copyProgress(live);
  for (const key of ['closed', 'forgotten', 'ids', 'changed', 'early', 'times'] as const)
    for (const stream of streams) {
      delete progress[key][stream];
      if (shadow[key][stream] !== undefined) Object.assign(progress[key], { [stream]: shadow[key][stream] });
    }
  const made = new Set([...streams.map((one) => `stream ${one}`), ...tables.map((one) => `table ${one}`)]);
  for (const name of made) delete progress.stages[name];
  for (const [name, counts] of unmarked(shadow.stages)) if (made.has(name)) progress.stages[name] = counts;
  return progress;
}

/** The letters of what was made again take the place of those that were there, but for those of sources, which never reached the log. */
async function adoptLetters(
  { session, keeper, pipeline, scope }: Adopting,
  progress: Progress,
  isWhole: boolean,
): Promise<void> {
  const names = { streams: JSON.stringify(scope.streams), tables: JSON.stringify(scope.tables) };
  const inList = (list: string) =>
    `stage in (select unnest(cast(cast('${list.replaceAll("'", "''")}' as json) as varchar[])))`;
  const shadows = JSON.stringify(scope.tables.map(shadowName));
  const isOfPart = (tables: string) =>
    isWhole
      ? "coalesce(noun, '') <> 'source'"
      : `(noun = 'stream' and ${inList(names.streams)} or noun = 'table' and ${inList(tables)})`;
  const shadow = shadowName(pipeline.name);
  const touched = await session.rows(
    `select distinct topic, part, off from meta.aside where off is not null and
      (pipeline = $1 and ${isOfPart(names.tables)} or pipeline = $2 and ${isOfPart(shadows)})`,
    pipeline.name,
    shadow,
  );
  const before = isWhole ? [] : await fatesOf(keeper, touched);
  await session.run(`delete from meta.aside where pipeline = $1 and ${isOfPart(names.tables)}`, pipeline.name);
  await session.run(
    `update meta.aside set pipeline = $1, stage = replace(stage, '${shadowMark}', '') where pipeline = $2 and ${isOfPart(shadows)}`,
    pipeline.name,
    shadow,
  );
  await session.run('delete from meta.aside where pipeline = $1', shadow);
  if (isWhole) return;
  for (const [i, fate] of (await fatesOf(keeper, touched)).entries()) {
    progress.fates[before[i]!]--;
    progress.fates[fate]++;
  }
}

async function fatesOf(keeper: Keeper, records: readonly (readonly unknown[])[]): Promise<('dead' | 'late' | 'out')[]> {
  const fates: ('dead' | 'late' | 'out')[] = [];
  for (const [topic, part, off] of records) {
    const record = { partition: Number(part), offset: Number(off) };
    fates.push(fateOf(await keeper.kinds(String(topic), [record]), record));
  }
  return fates;
}

/** Removes what was made of a pipeline beside it, and not put in its place. */
export async function dropShadow(session: Session, sink: Sink, pipeline: string): Promise<void> {
  const shadow = shadowName(pipeline);
  for (const name of await statesOf(session))
    if (name.startsWith(`${shadow}/`)) await session.run(`drop table state.${quote(name)}`);
  const tables = await session.rows('select name from meta.tables where pipeline = $1', shadow);
  for (const [name] of tables) await sink.drop(session, String(name));
  for (const table of ['aside', 'progress', 'revived'])
    await session.run(`delete from meta.${table} where pipeline = $1`, shadow);
  await session.run('delete from meta.rebuilds where pipeline = $1', pipeline);
}
