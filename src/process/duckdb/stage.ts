// A stream as statements: its query checked against the declaration, and what runs for each micro-batch.
import { MillraceError } from '../../core/errors.ts';
import type { Fields } from '../../define/fields.ts';
import { inputOf, type Pipeline } from '../../define/pipeline.ts';
import type { Relation } from '../../define/relation.ts';
import type { Stream } from '../../define/stream.ts';
import type { Topic } from '../../define/topic.ts';
import { quote } from '../database.ts';
import { type Analysis, aliasOf, analyse, carry } from './analyse.ts';
import type { DuckSession } from './database.ts';
import { metaColumns, metaNames } from './feed.ts';
import { checkColumns, refuseCombinations, refuseShapes } from './refuse.ts';
import { batchRelation, render } from './render.ts';
import { columnList, sqlColumns } from './types.ts';
import { type Due, stateColumns, windowRows } from './window.ts';

/** A stream ready to run. */
export type Stage = {
  readonly stream: Stream;
  readonly input: Relation;
  /** The topic at the beginning of the chain. */
  readonly topic: Topic;
  /** Reads rows that a window gave, which are no records of a topic any more. */
  readonly afterWindow: boolean;
  /** Whether one record may become several rows. */
  readonly fansOut: boolean;
  /** Fills the stream's batch relation: `always` from the batch, or by windows that are due ($1, $2: see window.ts). */
  readonly fill: { readonly always: string } | Readonly<Record<Due, string>>;
  /** As `fill`, from the state rows listed in the probe relation only: for finding the row that a query fails for. */
  readonly probe: string | undefined;
  /** The columns of its input that the state of its windows keeps. */
  readonly stateFields: Fields;
};

/** Names of a stage's relations. */
export const relations = {
  state: (pipeline: string, stream: string) => `state.${quote(`${pipeline}/${stream}`)}`,
  keys: (pipeline: string, stream: string) => `state.${quote(`${pipeline}/${stream}/keys`)}`,
  due: (stream: string) => `temp.main.${quote(`${stream}/due`)}`,
  duplicates: (stream: string) => `temp.main.${quote(`${stream}/duplicates`)}`,
  probe: (stream: string) => `temp.main.${quote(`${stream}/probe`)}`,
};

/** Makes the relation in which the rows of a topic are put for a micro-batch. */
export async function makeTopicRelation(session: DuckSession, topic: Topic): Promise<void> {
  await session.run(
    `create or replace temp table ${quote(topic.name)} (${sqlColumns(nullable(topic.fields))}, ${metaColumns})`,
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

  const names = columnList(stream.fields);
  const into = `insert into ${batchRelation(stream.name)} (${names}, _row) select ${names}`;
  const hidden = input.window ? [] : from.noun === 'topic' ? metaNames : ['_row'];
  const compile = async (rows: string, column: string) => {
    const text = render(stream.query, () => rows);
    const analysis = await analyse(session, text, place);
    const alias = aliasOf(analysis, from.name);
    refuseShapes(place, analysis, input, alias);
    return { analysis, ...(await carry(session, analysis, alias!, column, hidden)) };
  };
  const finish = async (plain: string, carried: string) => {
    await checkColumns(session, place, stream, plain, carried, input);
    await session.run(
      `create or replace temp table ${quote(stream.name)} (${sqlColumns(stream.fields)}, _row integer)`,
    );
  };
  const shared = { stream, input, topic, afterWindow };

  if (!input.window) {
    const batch = batchRelation(from.name);
    const duplicates = relations.duplicates(stream.name);
    if (input.dedupe) await makeDedupe(session, pipeline, stream);
    const rows = input.dedupe ? `(select * from ${batch} where _row not in (select _row from ${duplicates}))` : batch;
    const { analysis, plain, carried } = await compile(rows, '_row');
    await finish(plain, carried);
    const fansOut = analysis.hasJoin || analysis.hasUnnest;
    return {
      ...shared,
      fansOut,
      fill: { always: `${into}, _carried from (${carried})` },
      probe: undefined,
      stateFields: {},
    };
  }

  if (input.dedupe) await makeDedupe(session, pipeline, stream);
  const due = relations.due(stream.name);
  const probe = relations.probe(stream.name);
  await session.run(`create or replace temp table ${quote(`${stream.name}/due`)} (w bigint)`);
  await session.run(`create or replace temp table ${quote(`${stream.name}/probe`)} (p integer, o bigint)`);
  // the columns that are used are known only after the query was read, so it is read first over a scratch state with all of them
  const scratch = quote(`${stream.name}/scratch`);
  await session.run(`create or replace temp table ${scratch} (${stateOf(from.fields)})`);
  const first = await compile(
    windowRows(input.window, from.fields, `temp.main.${scratch}`, due, 'range', ''),
    'window_start',
  );
  await finish(first.plain, first.carried);
  await session.run(`drop table temp.main.${scratch}`);
  // as written, without the subquery of the window, which names every column
  const written = await analyse(session, render(stream.query, () => batchRelation(from.name)), place);
  const stateFields = usedFields(written, from.fields, input);
  const state = relations.state(pipeline.name, stream.name);
  await makeState(session, state, stateFields, place);
  const fill = async (which: Due, without: string) => {
    const { plain } = await compile(windowRows(input.window!, stateFields, state, due, which, without), 'window_start');
    return `${into}, (row_number() over ()) + (select coalesce(max(_row), -1) from ${batchRelation(stream.name)}) from (${plain})`;
  };
  return {
    ...shared,
    fansOut: false,
    fill: { range: await fill('range', ''), listed: await fill('listed', '') },
    probe: await fill('range', ` and (_partition, _offset) in (select (p, o) from ${probe})`),
    stateFields,
  };
}

async function makeDedupe(session: DuckSession, pipeline: Pipeline, stream: Stream): Promise<void> {
  await session.run(`create or replace temp table ${quote(`${stream.name}/duplicates`)} (_row integer)`);
  await session.run(`create table if not exists ${relations.keys(pipeline.name, stream.name)} (k varchar, ts bigint)`);
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
        remedy: 'Give the changed stream another name, or start with a new data folder.',
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
