// A stream as statements: its query checked against the declaration, and what runs for each micro-batch.
import { MillraceError } from '../../core/errors.ts';
import type { Fields } from '../../define/fields.ts';
import { isParam } from '../../define/param.ts';
import { inputOf, type Pipeline } from '../../define/pipeline.ts';
import type { Dedupe, Relation } from '../../define/relation.ts';
import type { Stream } from '../../define/stream.ts';
import type { Topic } from '../../define/topic.ts';
import { quote } from '../database.ts';
import { type Analysis, aliasOf, analyse, carry } from './analyse.ts';
import type { DuckSession } from './database.ts';
import { type Deduping, makeDedupe } from './dedupe.ts';
import { Feed, metaColumns, metaNames } from './feed.ts';
import { badRowsQuery } from './isolate.ts';
import { storedColumns } from './moments.ts';
import {
  checkColumns,
  refuseAfterSession,
  refuseCombinations,
  refuseMixedWindows,
  refuseShapes,
  refuseWindowFields,
} from './refuse.ts';
import { aheadRelation, feedName, forSlot, insideRelation, render, slotSchema } from './render.ts';
import { screen } from './screen.ts';
import { columnList, sqlColumns } from './types.ts';
import { type Due, stateColumns, windowRows, windowStart } from './window.ts';

/** A stream ready to run. */
export type Stage = {
  readonly stream: Stream;
  readonly input: Relation;
  /** The topic at the beginning of the chain. */
  readonly topic: Topic;
  /** Reads rows that a window gave, which are no records of a topic any more. */
  readonly afterWindow: boolean;
  /** Where its rows are put, as written for the first slot. */
  readonly relation: string;
  /** Makes the relation of a stage that is ahead anew, for the first slot. */
  readonly renew: string | undefined;
  /** Whether it is computed ahead of the transaction, from nothing but the rows at hand. */
  readonly isAhead: boolean;
  /** Whether one record may become several rows. */
  readonly fansOut: boolean;
  /** Fills the stream's batch relation: `always` from the batch, or by windows that are due ($1, $2: see window.ts; $3: the number before the first row's). */
  readonly fill: { readonly always: string } | Readonly<Record<Due, string>>;
  /** Gives the rows (`_row`) that `fill` fails for, where that can be asked in one query. */
  readonly badRows: string | undefined;
  /** As `fill`, from the state rows listed in the probe relation only: for finding the row that a query fails for. */
  readonly probe: string | undefined;
  /** The columns of its input that the state of its windows keeps. */
  readonly stateFields: Fields;
};

/** The columns that the relation of every stream has after its own: which record a row came from (null after a window). */
const carriedColumns = '_row integer, _partition integer, _offset bigint, _wm bigint';
const carriedNames = ['_row', '_partition', '_offset', '_wm'] as const;

/** Names of a stage's relations. */
export const relations = {
  state: (pipeline: string, stream: string) => `state.${quote(`${pipeline}/${stream}`)}`,
  keys: (pipeline: string, stream: string) => `state.${quote(`${pipeline}/${stream}/keys`)}`,
  early: (pipeline: string, stream: string) => `state.${quote(`${pipeline}/${stream}/early`)}`,
  due: (stream: string) => `temp.main.${quote(`${stream}/due`)}`,
  duplicates: (stream: string) => `temp.main.${quote(`${stream}/duplicates`)}`,
  probe: (stream: string) => `temp.main.${quote(`${stream}/probe`)}`,
};

/** The relations of a deduplicated view. */
export function dedupingOf(pipeline: string, stream: Stream, dedupe: Dedupe): Deduping {
  return { dedupe, keys: relations.keys(pipeline, stream.name), duplicates: relations.duplicates(stream.name) };
}

/** A topic's rows in a micro-batch. */
export type TopicInput = {
  readonly topic: Topic;
  /** Gives the rows, one for each slot. */
  readonly feeds: readonly [Feed, Feed];
  /** Makes that relation anew, for the first slot. */
  readonly renew: string | undefined;
  /** Where they are put; undefined where the one stream that reads them takes them as they are fed. */
  readonly relation: string | undefined;
};

let feeds = 0;

/** Makes the feeds of a topic, and the relation in which its rows are put where more than one plain stream reads them. */
export async function makeTopicInput(session: DuckSession, pipeline: Pipeline, topic: Topic): Promise<TopicInput> {
  const number = ++feeds;
  const made = ([0, 1] as const).map((slot) => new Feed(session, topic.fields, feedName(number, slot)));
  const readers = pipeline.streams.filter((stream) =>
    stream.query.references.some((one) => !isParam(one) && one.of === topic),
  );
  const isFedOnce =
    readers.length === 1 && isPlain(readers[0]!) && !pipeline.tables.some((table) => table.from === topic);
  const relation = isFedOnce ? undefined : aheadRelation(pipeline.name, topic.name);
  const columns = `${sqlColumns(nullable(topic.fields))}, ${metaColumns}`;
  const renew = relation === undefined ? undefined : await makeAhead(session, relation, columns);
  return { topic, feeds: [made[0]!, made[1]!], relation, renew };
}

/** Makes the schemas of a pipeline's slots. */
export async function makeSlots(session: DuckSession, pipeline: Pipeline): Promise<void> {
  for (const slot of [0, 1] as const)
    await session.run(`create schema if not exists ${slotSchema(pipeline.name, slot)}`);
}

/** Makes a relation of what is ahead in both slots; resolves with the statement that empties the first by making it anew. */
async function makeAhead(session: DuckSession, relation: string, columns: string): Promise<string> {
  const create = `create or replace table ${relation} (${columns})`;
  for (const slot of [0, 1] as const) await session.run(forSlot(create, slot));
  return create;
}

/** Whether a stream needs nothing but the rows at hand: no window, no state, no table. */
function isPlain(stream: Stream): boolean {
  return stream.query.references.every(
    (one) => isParam(one) || (one.of.noun !== 'table' && !one.window && !one.dedupe),
  );
}

/**
 * Checks a stream and makes its relations. Those that it reads must have been made before.
 *
 * @throws SQL_INVALID, SQL_UNSUPPORTED, SQL_COLUMNS, PIPELINE_INVALID, TABLE_CHANGED
 */
export async function makeStage(
  session: DuckSession,
  pipeline: Pipeline,
  stream: Stream,
  inputs: ReadonlyMap<string, TopicInput>,
  before: ReadonlyMap<string, Stage>,
): Promise<Stage> {
  const place = `stream '${stream.name}'`;
  const input = inputOf(stream);
  const from = input.of as Topic | Stream;
  const upstream = before.get(from.name);
  if (from.noun === 'stream' && !upstream) {
    throw new MillraceError('PIPELINE_INVALID', `it reads stream '${from.name}', which has errors of its own`, {
      place,
      remedy: `Mend stream '${from.name}' first.`,
    });
  }
  const topic = from.noun === 'topic' ? from : upstream!.topic;
  const afterWindow = upstream !== undefined && (upstream.afterWindow || upstream.input.window !== undefined);
  refuseCombinations(place, input, topic, afterWindow);
  refuseWindowFields(place, input);
  if (upstream) refuseAfterSession(place, upstream.input);
  if (input.window?.kind === 'session' && stream.emit === 'change') {
    throw new MillraceError('SQL_UNSUPPORTED', "emit: 'change' cannot be used over sessions, whose start may change", {
      place,
      remedy: 'Leave emit out: a session is given when it has ended.',
    });
  }
  await screen(session, stream, input, place);

  const isAhead = isPlain(stream) && (upstream === undefined || upstream.isAhead);
  const relation = isAhead ? aheadRelation(pipeline.name, stream.name) : insideRelation(stream.name);
  const fed = inputs.get(topic.name)!;
  const source = upstream ? upstream.relation : (fed.relation ?? `(${fed.feeds[0].select})`);
  const names = columnList(stream.fields);
  const hidden = input.window ? [] : from.noun === 'topic' ? metaNames : carriedNames;
  const compile = async (rows: string, columns: readonly string[]) => {
    const text = render(stream.query, () => rows);
    const analysis = await analyse(session, text, place);
    const alias = aliasOf(analysis, from.name);
    refuseShapes(place, analysis, input, alias);
    return { rows, analysis, alias: alias!, ...(await carry(session, analysis, alias!, columns, hidden)) };
  };
  const finish = async ({ rows, plain, carried, analysis, alias }: Awaited<ReturnType<typeof compile>>) => {
    const types = await checkColumns(
      session,
      place,
      stream,
      { rows, tree: analysis.tree, text: plain, query: carried },
      input,
    );
    const stored = storedColumns(stream, types, analysis.tree, alias);
    const columns = `${sqlColumns(stream.fields)}, ${carriedColumns}`;
    if (isAhead) return { stored, renew: await makeAhead(session, relation, columns) };
    await session.run(`create or replace temp table ${quote(stream.name)} (${columns})`);
    return { stored, renew: undefined };
  };
  const shared = { stream, input, topic, afterWindow, relation, isAhead };

  if (!input.window) {
    const duplicates = relations.duplicates(stream.name);
    if (input.dedupe) await makeDedupe(session, dedupingOf(pipeline.name, stream, input.dedupe), from.fields);
    const rows = input.dedupe ? `(select * from ${source} where _row not in (select _row from ${duplicates}))` : source;
    const compiled = await compile(rows, carriedNames);
    const { analysis, alias, carried } = compiled;
    const { stored, renew } = await finish(compiled);
    const fansOut = analysis.hasJoin || analysis.hasUnnest;
    const carriedList = carriedNames.map((name) => `_carried${name}`).join(', ');
    const always = `insert into ${relation} (${names}, ${carriedNames.join(', ')}) select ${stored}, ${carriedList} from (${carried})`;
    const badRows = isAhead ? await badRowsQuery(session, stream, analysis, alias) : undefined;
    return { ...shared, renew, fansOut, fill: { always }, badRows, probe: undefined, stateFields: {} };
  }

  if (input.dedupe) await makeDedupe(session, dedupingOf(pipeline.name, stream, input.dedupe), from.fields);
  const due = relations.due(stream.name);
  const probe = relations.probe(stream.name);
  await session.run(`create or replace temp table ${quote(`${stream.name}/due`)} (w bigint)`);
  await session.run(`create or replace temp table ${quote(`${stream.name}/probe`)} (p integer, o bigint)`);
  // the columns that are used are known only after the query was read, so it is read first over a scratch state with all of them
  const scratch = quote(`${stream.name}/scratch`);
  await session.run(`create or replace temp table ${scratch} (${stateOf(from.fields)})`);
  const first = await compile(windowRows(input.window, from.fields, `temp.main.${scratch}`, due, 'range', ''), [
    'window_start',
  ]);
  const { stored } = await finish(first);
  await session.run(`drop table temp.main.${scratch}`);
  // as written, without the subquery of the window, which names every column
  const written = await analyse(
    session,
    render(stream.query, () => insideRelation(from.name)),
    place,
  );
  refuseMixedWindows(place, written);
  const stateFields = usedFields(written, from.fields, input);
  const state = relations.state(pipeline.name, stream.name);
  await makeState(session, state, stateFields, place);
  // rows that were kept for another window lie in those of this one
  const start = windowStart(input.window, '_ts');
  await session.run(`update ${state} set _ws = ${start} where _ws <> ${start}`);
  if (input.window.kind === 'session') {
    const early = relations.early(pipeline.name, stream.name);
    await session.run(`create table if not exists ${early} (${sqlColumns(nullable(stream.fields))})`);
  }
  const fill = async (which: Due, without: string) => {
    const { plain } = await compile(windowRows(input.window!, stateFields, state, due, which, without), [
      'window_start',
    ]);
    return `insert into ${relation} (${names}, _row) select ${stored}, $3::bigint + row_number() over () from (${plain})`;
  };
  return {
    ...shared,
    renew: undefined,
    fansOut: false,
    badRows: undefined,
    fill: { range: await fill('range', ''), listed: await fill('listed', '') },
    probe: await fill('range', ` and (_partition, _offset) in (select (p, o) from ${probe})`),
    stateFields,
  };
}

async function makeState(session: DuckSession, state: string, fields: Fields, place: string): Promise<void> {
  await session.run(`create table if not exists ${state} (${stateOf(fields)})`);
  const kept = (await session.describe(`select * from ${state}`)).map((column) => column.name).sort();
  const wanted = [...Object.keys(fields), '_partition', '_offset', '_ts', '_wm', '_ws'].sort();
  if (kept.join() === wanted.join()) return;
  if (Number((await session.rows(`select count(*) from ${state}`))[0]![0]) > 0) {
    throw new MillraceError(
      'TABLE_CHANGED',
      `its windows now need the columns ${Object.keys(fields).join(', ')}, but the rows of open windows were kept without some of them`,
      {
        place,
        remedy:
          'Give the changed stream another name (it gets what comes from then on, not what came before), or start with a new data folder.',
      },
    );
  }
  await session.run(`drop table ${state}`);
  await session.run(`create table ${state} (${stateOf(fields)})`);
}

function stateOf(fields: Fields): string {
  return [sqlColumns(nullable(fields)), stateColumns].filter(Boolean).join(', ');
}

function nullable(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.optional()]));
}

function usedFields(analysis: Analysis, fields: Fields, input: Relation): Fields {
  const by = input.window?.kind === 'session' ? input.window.by : [];
  const used = Object.entries(fields).filter(
    ([name]) => !analysis.columns || analysis.columns.has(name.toLowerCase()) || by.includes(name),
  );
  return Object.fromEntries(used);
}
