// Makes the stages of streams: queries are checked against the declarations, and become what runs for each micro-batch.
import { MillraceError } from '../../core/errors.ts';
import { inputOf, type Pipeline } from '../../define/pipeline.ts';
import type { Relation } from '../../define/relation.ts';
import type { Stream } from '../../define/stream.ts';
import type { Topic } from '../../define/topic.ts';
import { checked, compile, type Making } from './compile.ts';
import type { DuckSession } from './database.ts';
import { dedupingOf, makeDedupe } from './dedupe.ts';
import { emittedColumns, makeEmitted, type Pins, pinsOf } from './emitted.ts';
import { metaNames } from './feed.ts';
import { badRowsQuery } from './isolate.ts';
import { makeWindowed } from './make-windowed.ts';
import { makeLast, previousColumns, withPrevious } from './previous.ts';
import { refuseCombinations, refuseWindowFields } from './refuse.ts';
import { makeTemp, relations } from './relations.ts';
import { aheadRelation, insideRelation, type PerSlot, perSlot } from './render.ts';
import { screen } from './screen.ts';
import { makeSides, mayRetract, type Side } from './sides.ts';
import { type DerivedStage, type PlainStage, retracts, type Stage, type WindowedStage } from './stage.ts';
import { isPlain, makeAhead, type TopicInput } from './topic-input.ts';
import { columnList, sqlColumns } from './types.ts';
import { placeOfRow } from './window.ts';

/** The columns that the relation of a plain stage has after its own: which record a row came from. */
const carriedColumns = '_row integer, _partition integer, _offset bigint, _wm bigint';
const carriedNames = ['_row', '_partition', '_offset', '_wm'] as const;

/**
 * Checks a stream and makes its relations. Those that it reads must have been made before.
 *
 * @param endless the names of tables that have no end: they are looked up by version
 * @param isTried whether the query is run over no rows
 * @throws SQL_INVALID, SQL_UNSUPPORTED, SQL_COLUMNS, PIPELINE_INVALID, TABLE_CHANGED
 */
export async function makeStage(
  session: DuckSession,
  pipeline: Pipeline,
  stream: Stream,
  inputs: ReadonlyMap<string, TopicInput>,
  before: ReadonlyMap<string, Stage>,
  endless: ReadonlySet<string>,
  isTried: boolean,
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
  const sides = await makeSides(session, pipeline, stream, endless);
  for (const side of sides) refuseSide(place, side, input, endless);
  const making: Making = { session, pipeline, stream, place, input, upstream, topic, identity, clock, sides, isTried };
  if (clock === 'own') {
    await makeTemp(session, relations.newest(stream.name), 'ms bigint');
    await makeTemp(session, relations.again(stream.name), 'row integer');
  }
  if (input.dedupe) await makeDedupe(session, dedupingOf(pipeline.name, stream.name, input.dedupe), from.fields);
  if (input.window || sides.length > 0) return makeWindowed(making);
  return upstream && retracts(upstream) ? makeDerived(making, upstream) : makePlain(making, inputs.get(topic.name)!);
}

/** A stream has the time of its topic where it takes that column as it is and declares no lateness of its own. */
function clockOf({ of }: Relation, upstream: Stage | undefined): Stage['clock'] {
  if (upstream === undefined || of.noun !== 'stream') return 'topic';
  if (retracts(upstream)) return 'windows';
  const isTaken = of.time !== undefined && upstream.times.get('time')!.has(of.time);
  return isTaken && of.latenessMs === undefined && upstream.clock === 'topic' ? 'topic' : 'own';
}

/** Refuses what a join by time cannot follow. */
function refuseSide(place: string, { table, reference }: Side, input: Relation, endless: ReadonlySet<string>): void {
  const what = table ? `table '${table.name}'` : `${reference.of.noun} '${reference.of.name}'`;
  const refuse = (message: string, remedy: string) => {
    throw new MillraceError('SQL_UNSUPPORTED', message, { place, remedy });
  };
  const from = table ? table.from : (reference.of as Topic | Stream);
  if (mayRetract(from, endless))
    refuse(
      `it joins ${what} by time, and stream '${from.name}' that feeds it retracts rows`,
      'Join the streams before their windows, or read both tables where the answer is needed.',
    );
  const of = input.of as Topic | Stream;
  if (mayRetract(of, endless))
    refuse(
      `it joins ${what} by time with rows of stream '${of.name}', which may be retracted`,
      `Join before the windows: read what stream '${of.name}' reads.`,
    );
  if (of.noun === 'stream' && of.time === undefined)
    refuse(
      `it joins ${what} by time, and stream '${of.name}' has no time`,
      `Declare the time of stream '${of.name}': { time: '…' }.`,
    );
  if (input.previous)
    refuse(
      `it joins ${what} by time, and reads each row with the one before it`,
      'Make a stream of each: the join over the stream that reads previous().',
    );
}

async function makePlain(making: Making, fed: TopicInput): Promise<PlainStage> {
  const { session, pipeline, stream, input, upstream, topic, clock } = making;
  const isAhead = isPlain(stream) && (upstream === undefined || upstream.isAhead);
  const relation = await perSlot((slot) =>
    isAhead ? aheadRelation(pipeline.name, stream.name, slot) : insideRelation(stream.name),
  );
  const meta = upstream ? carriedNames : metaNames;
  const hidden = input.previous ? [...meta, ...previousColumns(input.previous)] : meta;
  const source = await perSlot((slot) => (upstream?.relation ?? fed.relation)?.[slot] ?? `(${fed.feeds[slot].select})`);
  if (input.previous) {
    refusePrevious(making);
    await makeLast(session, pipeline.name, stream.name, input.of.fields);
  }
  const compiled = await perSlot((slot) => compile(making, viewOf(making, source[slot], meta), carriedNames, hidden));
  const stored = await checked(making, compiled[0]);
  const columns = `${sqlColumns(stream.fields)}, ${carriedColumns}`;
  const renew = isAhead ? await makeAhead(session, relation, columns) : undefined;
  if (!isAhead) await makeTemp(session, insideRelation(stream.name), columns);
  const names = `${columnList(stream.fields)}, ${carriedNames.join(', ')}`;
  const carriedList = carriedNames.map((name) => `_carried${name}`).join(', ');
  const fill = await perSlot(
    (slot) =>
      `insert into ${relation[slot]} (${names}) select ${stored}, ${carriedList} from (${compiled[slot].carried})`,
  );
  const { analysis, alias } = compiled[0];
  const before = upstream?.kind === 'plain' ? upstream.times : timesOf(topic);
  const fansOut = analysis.hasJoin || analysis.hasUnnest;
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
    fansOut,
    repeats: fansOut || (upstream?.kind === 'plain' && upstream.repeats),
    hasTies: analysis.hasJoin || (upstream?.kind === 'plain' && upstream.hasTies),
    times: pinsOf(stream, analysis.tree, alias, before),
    source: input.previous ? source : undefined,
    fill,
    badRows: bad?.[0] === undefined ? undefined : [bad[0], bad[1]!],
  };
}

/** The rows of a plain stream's input as the view shows them. */
function viewOf({ pipeline, stream, input }: Making, source: string, meta: readonly string[]): string {
  if (input.dedupe)
    return `(select * from ${source} where _row not in (select _row from ${relations.duplicates(stream.name)}))`;
  if (!input.previous) return source;
  return withPrevious(
    input.previous,
    input.of.fields,
    source,
    relations.last(pipeline.name, stream.name),
    placeOfRow,
    meta,
  );
}

/** By origin: the columns of a topic that hold its event time and its key. */
function timesOf({ time, key }: Topic): Pins {
  return new Map([
    ['time', new Set(time === undefined ? [] : [time])],
    ['key', new Set(key === undefined ? [] : [key])],
  ]);
}

/** Refuses to look back where the order of the rows of a key is not that of the log. */
function refusePrevious({ place, input, upstream, topic }: Making): void {
  const keys = (upstream?.kind === 'plain' ? upstream.times : timesOf(topic)).get('key')!;
  if (topic.partitions === 1 || input.previous!.by.some((name) => keys.has(name))) return;
  throw new MillraceError(
    'PIPELINE_INVALID',
    `previous: rows of one ${input.previous!.by.join(', ')} lie in several partitions of topic '${topic.name}', and have no order among them`,
    {
      place,
      remedy: `Give the topic key: '${input.previous!.by[0]}', or one partition.`,
    },
  );
}

async function makeDerived(making: Making, upstream: WindowedStage | DerivedStage): Promise<DerivedStage> {
  const { session, pipeline, stream, input, topic, clock } = making;
  const [rows] = upstream.relation;
  const hidden = emittedColumns(upstream.emitted).names;
  const compiled = await compile(making, rows, ['_id', '_w'], hidden);
  const stored = await checked(making, compiled);
  const pins = pinsOf(stream, compiled.analysis.tree, compiled.alias, upstream.emitted.pins);
  const emitted = await makeEmitted(session, pipeline.name, stream, { pins, keys: [] });
  const { name } = stream;
  const [refused, probe] = [relations.refused(pipeline.name, name), relations.probe(name)];
  await session.run(`create table if not exists ${refused} (id bigint)`);
  await makeTemp(session, probe, 'o bigint');
  const fillFrom = ({ carried }: { readonly carried: string }) =>
    `insert into ${insideRelation(name)} (${columnList(stream.fields)}, _id, _parent, _w)
      select ${stored}, $1::bigint + row_number() over (), _carried_id, _carried_w from (${carried})`;
  const from = async (where: string) =>
    fillFrom(await compile(making, `(select * from ${upstream.emitted.kept} where ${where})`, ['_id', '_w'], hidden));
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
    fill: fillFrom(compiled),
    catchUp: await from(`_id > $2 and _id not in (select id from ${refused})`),
    probe: await from(`_id in (select o from ${probe})`),
  };
}
