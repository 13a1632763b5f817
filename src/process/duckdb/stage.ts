// A stream as statements: its query checked against the declaration, and what runs for each micro-batch.
import { MillraceError } from '../../core/errors.ts';
import type { Fields } from '../../define/fields.ts';
import { inputOf, type Pipeline } from '../../define/pipeline.ts';
import type { Relation } from '../../define/relation.ts';
import type { Stream } from '../../define/stream.ts';
import type { Topic } from '../../define/topic.ts';
import { quote } from '../database.ts';
import { type Analysis, aliasOf, analyse, carry, hasWholeRow } from './analyse.ts';
import type { DuckSession } from './database.ts';
import { type Emitted, emittedColumns, makeEmitted, type Pins, pinsOf, windowPins } from './emitted.ts';
import { metaNames } from './feed.ts';
import { badRowsQuery } from './isolate.ts';
import { storedColumns } from './moments.ts';
import { checkColumns, refuseCombinations, refuseMixedWindows, refuseShapes, refuseWindowFields } from './refuse.ts';
import { makeTemp, relations } from './relations.ts';
import { aheadRelation, insideRelation, type PerSlot, perSlot, render } from './render.ts';
import { screen } from './screen.ts';
import { isPlain, makeAhead, type TopicInput } from './topic-input.ts';
import { columnList, nullable, sqlColumns } from './types.ts';
import { boundParameters, noBounds, stateColumns, type WindowRead, windowRows, windowStart } from './window.ts';

/** What every stage has. */
type AnyStage = {
  readonly stream: Stream;
  readonly input: Relation;
  /** The stage of the stream that it reads; undefined where it reads the topic. */
  readonly upstream: Stage | undefined;
  /** The topic at the beginning of the chain. */
  readonly topic: Topic;
  /** Where its rows are put, for each slot. */
  readonly relation: PerSlot<string>;
  /** Make the relations of a stage that is ahead anew. */
  readonly renew: PerSlot<string> | undefined;
  /** Whether it is computed ahead of the transaction, from nothing but the rows at hand. */
  readonly isAhead: boolean;
  /** Whose time the rows of its input have: that of the topic, one that a stream computes, or that of windows. */
  readonly clock: 'topic' | 'own' | 'windows';
};

/** A stream that makes rows of each record, for good. */
export type PlainStage = AnyStage & {
  readonly kind: 'plain';
  /** Whether one record may become several rows. */
  readonly fansOut: boolean;
  /** Whether these rows are in no order. */
  readonly hasTies: boolean;
  /** The columns that hold the topic's event time as it is. */
  readonly times: Pins;
  /** Fill the stream's relation from the micro-batch. */
  readonly fill: PerSlot<string>;
  /** Give the rows (`_row`) that `fill` fails for, where that can be asked in one query. */
  readonly badRows: PerSlot<string> | undefined;
};

/** A stream over windows. */
export type WindowedStage = AnyStage & {
  readonly kind: 'windowed';
  readonly emitted: Emitted;
  /** Fills the stream's relation with the rows of the windows that are due: bounds ($1, $2), the id before the first row's ($3). See `window.ts`. */
  readonly fill: string;
  /** As `fill`, from the state rows listed in the probe relation only: for finding the row that a query fails for. */
  readonly probe: string;
  /** The columns of its input that the state of its windows keeps. */
  readonly stateFields: Fields;
};

/** A stream over rows that may be retracted: its own rows then are, too. */
export type DerivedStage = AnyStage & {
  readonly kind: 'derived';
  readonly emitted: Emitted;
  /** Fills the stream's relation from the rows that its input emits: the id before the first row's ($1). */
  readonly fill: string;
};

/** A stream ready to run. */
export type Stage = PlainStage | WindowedStage | DerivedStage;

/** Whether rows of a stage may be retracted. */
export function retracts(stage: Stage): stage is WindowedStage | DerivedStage {
  return stage.kind !== 'plain';
}

/** The columns that the relation of a plain stage has after its own: which record a row came from. */
const carriedColumns = '_row integer, _partition integer, _offset bigint, _wm bigint';
const carriedNames = ['_row', '_partition', '_offset', '_wm'] as const;

/** What the stage of a stream is made of. */
type Making = {
  readonly session: DuckSession;
  readonly pipeline: Pipeline;
  readonly stream: Stream;
  readonly place: string;
  readonly input: Relation;
  readonly upstream: Stage | undefined;
  readonly topic: Topic;
  /** The columns that tell two of its windows apart. */
  readonly identity: readonly string[];
  readonly clock: AnyStage['clock'];
};

/** A query over a relation: read, refused where it must be, and with the columns that are carried along. */
type Compiled = {
  readonly rows: string;
  readonly analysis: Analysis;
  readonly alias: string;
  readonly plain: string;
  readonly carried: string;
};

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
      remedy: `Fix stream '${from.name}' first.`,
    });
  }
  const topic = from.noun === 'topic' ? from : upstream!.topic;
  refuseCombinations(place, input, topic, upstream !== undefined && retracts(upstream));
  refuseWindowFields(place, input);
  await screen(session, stream, input, place);
  const identity = ['window_start', ...(input.window?.kind === 'session' ? input.window.by : [])];
  const clock = clockOf(input, upstream);
  const making: Making = { session, pipeline, stream, place, input, upstream, topic, identity, clock };
  if (clock === 'own') {
    await makeTemp(session, relations.newest(stream.name), 'ms bigint');
    await makeTemp(session, relations.again(stream.name), 'row integer');
  }
  if (input.dedupe) await makeDedupe(session, pipeline, stream);
  if (input.window) return makeWindowed(making);
  return upstream && retracts(upstream) ? makeDerived(making, upstream) : makePlain(making, inputs.get(topic.name)!);
}

/** A stream has the time of its topic where it takes that column as it is and declares no lateness of its own. */
function clockOf({ of }: Relation, upstream: Stage | undefined): AnyStage['clock'] {
  if (upstream === undefined || of.noun !== 'stream') return 'topic';
  if (retracts(upstream)) return 'windows';
  const isTaken = of.time !== undefined && upstream.times.get('time')!.has(of.time);
  return isTaken && of.latenessMs === undefined && upstream.clock === 'topic' ? 'topic' : 'own';
}

/** Reads a query over a relation, and carries columns of the relation along. */
async function compile(
  { session, stream, place, input, identity }: Making,
  rows: string,
  columns: readonly string[],
  hidden: readonly string[],
): Promise<Compiled> {
  const text = render(stream.query, () => rows);
  const analysis = await analyse(session, text, place, identity);
  const alias = aliasOf(analysis, input.of.name);
  refuseShapes(place, analysis, input, alias);
  const row = [...Object.keys(input.of.fields), ...(input.window ? ['window_start', 'window_end'] : [])];
  return {
    rows,
    analysis,
    alias: alias!,
    ...(await carry(session, analysis, { alias: alias!, columns, hidden, row })),
  };
}

/** Compares what a compiled query gives with the declaration; resolves with the SELECT list that stores its columns. */
async function checked({ session, place, stream, input }: Making, compiled: Compiled): Promise<string> {
  const { rows, plain, carried, analysis, alias } = compiled;
  const query = { rows, tree: analysis.tree, text: plain, query: carried };
  const types = await checkColumns(session, place, stream, query, input);
  return storedColumns(stream, types, analysis.tree, alias);
}

async function makePlain(making: Making, fed: TopicInput): Promise<PlainStage> {
  const { session, pipeline, stream, input, upstream, topic, clock } = making;
  const isAhead = isPlain(stream) && (upstream === undefined || upstream.isAhead);
  const relation = await perSlot((slot) =>
    isAhead ? aheadRelation(pipeline.name, stream.name, slot) : insideRelation(stream.name),
  );
  const duplicates = relations.duplicates(stream.name);
  const hidden = upstream ? carriedNames : metaNames;
  const compiled = await perSlot((slot) => {
    const source = (upstream?.relation ?? fed.relation)?.[slot] ?? `(${fed.feeds[slot].select})`;
    const rows = input.dedupe ? `(select * from ${source} where _row not in (select _row from ${duplicates}))` : source;
    return compile(making, rows, carriedNames, hidden);
  });
  const stored = await checked(making, compiled[0]);
  const columns = `${sqlColumns(stream.fields)}, ${carriedColumns}`;
  const renew = isAhead ? await makeAhead(session, relation, columns) : undefined;
  if (!isAhead) await session.run(`create or replace temp table ${quote(stream.name)} (${columns})`);
  const names = `${columnList(stream.fields)}, ${carriedNames.join(', ')}`;
  const carriedList = carriedNames.map((name) => `_carried${name}`).join(', ');
  const fill = await perSlot(
    (slot) =>
      `insert into ${relation[slot]} (${names}) select ${stored}, ${carriedList} from (${compiled[slot].carried})`,
  );
  const { analysis, alias } = compiled[0];
  const before: Pins =
    upstream?.kind === 'plain'
      ? upstream.times
      : new Map([['time', new Set(topic.time === undefined ? [] : [topic.time])]]);
  const bad = isAhead
    ? await perSlot((slot) => badRowsQuery(session, stream, compiled[slot].analysis, compiled[slot].alias))
    : undefined;
  return {
    kind: 'plain',
    stream,
    input,
    upstream,
    topic,
    relation,
    renew,
    isAhead,
    clock,
    fansOut: analysis.hasJoin || analysis.hasUnnest,
    hasTies: analysis.hasJoin || (upstream?.kind === 'plain' && upstream.hasTies),
    times: pinsOf(stream, analysis.tree, alias, before),
    fill,
    badRows: bad?.[0] === undefined ? undefined : [bad[0], bad[1]!],
  };
}

async function makeDerived(making: Making, upstream: WindowedStage | DerivedStage): Promise<DerivedStage> {
  const { session, pipeline, stream, input, topic, clock } = making;
  const [rows] = upstream.relation;
  const hidden = emittedColumns(upstream.emitted).names;
  const compiled = await compile(making, rows, ['_id', '_w'], hidden);
  const stored = await checked(making, compiled);
  const pins = pinsOf(stream, compiled.analysis.tree, compiled.alias, upstream.emitted.pins);
  const emitted = await makeEmitted(session, pipeline.name, stream, { pins, keys: [] });
  const fill = `insert into ${insideRelation(stream.name)} (${columnList(stream.fields)}, _id, _parent, _w)
    select ${stored}, $1::bigint + row_number() over (), _carried_id, _carried_w from (${compiled.carried})`;
  const relation: PerSlot<string> = [insideRelation(stream.name), insideRelation(stream.name)];
  return {
    kind: 'derived',
    stream,
    input,
    upstream,
    topic,
    relation,
    renew: undefined,
    isAhead: false,
    clock,
    emitted,
    fill,
  };
}

async function makeWindowed(making: Making): Promise<WindowedStage> {
  const { session, pipeline, stream, place, input, upstream, topic, identity, clock } = making;
  const window = input.window!;
  const from = input.of;
  const by = window.kind === 'session' ? window.by : [];
  const due = relations.due(stream.name);
  const probe = relations.probe(stream.name);
  const keys = by.map((name) => ({ name, field: from.fields[name]! }));
  const dueColumns =
    window.kind === 'session'
      ? sqlColumns(nullable(Object.fromEntries(keys.map(({ name, field }) => [name, field]))))
      : '_window bigint';
  await makeTemp(session, due, dueColumns);
  await makeTemp(session, probe, 'p integer, o bigint');
  // the columns that are used are known only after the query was read, so it is read first over a scratch state with all of them
  const scratch = quote(`${stream.name}/scratch`);
  await session.run(`create or replace temp table ${scratch} (${stateOf(from.fields)})`);
  const carriedOver = ['window_start', ...by];
  const hasTies = upstream !== undefined;
  const all = { window, fields: from.fields, state: `temp.main.${scratch}`, due: undefined, bounds: noBounds, hasTies };
  const first = await compile(making, windowRows(all), carriedOver, []);
  const stored = await checked(making, first);
  await session.run(`drop table temp.main.${scratch}`);
  // as written, without the subquery of the window, which names every column
  const written = await analyse(
    session,
    render(stream.query, () => insideRelation(from.name)),
    place,
    identity,
  );
  refuseMixedWindows(place, written, identity);
  const stateFields = usedFields(written, from.fields, by, aliasOf(written, from.name) ?? from.name);
  const state = relations.state(pipeline.name, stream.name);
  await makeState(session, state, stateFields, place);
  await makeTemp(session, relations.removed(stream.name), stateOf(stateFields));
  // rows that were kept for another window lie in those of this one
  const start = windowStart(window, '_ts');
  await session.run(`update ${state} set _ws = ${start} where _ws <> ${start}`);
  const pins = pinsOf(stream, first.analysis.tree, first.alias, windowPins(identity));
  const emitted = await makeEmitted(session, pipeline.name, stream, { pins, keys });
  const names = [columnList(stream.fields), '_id', '_w', ...emitted.keys].join(', ');
  const carriedList = ['epoch_ms(_carriedwindow_start)', ...by.map((name) => quote(`_carried${name}`))].join(', ');
  const fill = async (read: Pick<WindowRead, 'due' | 'emitted' | 'only'>) => {
    const rows = windowRows({ window, fields: stateFields, state, bounds: boundParameters, hasTies, ...read });
    const { carried } = await compile(making, rows, carriedOver, []);
    return `insert into ${insideRelation(stream.name)} (${names}) select ${stored}, $3::bigint + row_number() over (), ${carriedList} from (${carried})`;
  };
  return {
    kind: 'windowed',
    stream,
    input,
    upstream,
    topic,
    relation: [insideRelation(stream.name), insideRelation(stream.name)],
    renew: undefined,
    isAhead: false,
    clock,
    emitted,
    fill: await fill({ due, emitted }),
    probe: await fill({ due: undefined, only: `and (_partition, _offset) in (select (p, o) from ${probe})` }),
    stateFields,
  };
}

async function makeDedupe(session: DuckSession, pipeline: Pipeline, stream: Stream): Promise<void> {
  await makeTemp(session, relations.duplicates(stream.name), '_row integer');
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

function usedFields(analysis: Analysis, fields: Fields, by: readonly string[], alias: string): Fields {
  const isAll = analysis.columns === undefined || hasWholeRow(analysis, alias);
  const used = Object.entries(fields).filter(
    ([name]) => isAll || analysis.columns!.has(name.toLowerCase()) || by.includes(name),
  );
  return Object.fromEntries(used);
}
