// pipeline(): what a file exports; and its graph, in the order in which data flows through it.
import { MillraceError } from '../core/errors.ts';
import type { Chart } from './chart.ts';
import { lookedUpBy, topicsOf } from './feeding.ts';
import { checkName } from './names.ts';
import { checkOptions, nounsRule, objectRule } from './options.ts';
import { isParam, type Param } from './param.ts';
import type { Relation } from './relation.ts';
import { type GetRoutes, type OwnRoute, type PostRoutes, routesOf } from './route.ts';
import { paramsOf } from './source.ts';
import type { Stream } from './stream.ts';
import type { Table } from './table.ts';
import type { Topic } from './topic.ts';

/** What a pipeline consists of; topics and streams are found through the tables that they feed. */
export type PipelineParts<Gets extends string = never, Posts extends string = never> = {
  tables: readonly Table[];
  charts?: readonly Chart[];
  /** Routes of its own under `/api`, by path. Their functions must be pure: no state, no chance, no time but what they are given. */
  get?: GetRoutes<Gets>;
  /** As `get`; where one returns records of topics, they are stored before it is answered. */
  post?: PostRoutes<Posts>;
};

/** A pipeline: the graph of everything that its tables need, each noun once, in the order of the data. Frozen. */
export interface Pipeline {
  readonly noun: 'pipeline';
  readonly name: string;
  readonly topics: readonly Topic[];
  /** A stream stands after those it reads. */
  readonly streams: readonly Stream[];
  readonly tables: readonly Table[];
  /** Tables of other pipelines that its streams look up. */
  readonly lookups: readonly Table[];
  readonly charts: readonly Chart[];
  readonly params: readonly Param[];
  readonly routes: readonly OwnRoute[];
}

const partRules = { tables: nounsRule('table'), charts: nounsRule('chart'), get: objectRule, post: objectRule };

/**
 * Declares a pipeline; a file exports one as its default.
 *
 * @throws NAME_TAKEN where two different things have one name; PIPELINE_INVALID, OPTION_INVALID
 * @example export default pipeline('rides', { tables: [byZone], charts: [line(byZone, { x: 'minute', y: 'fare' })] })
 */
export function pipeline<Gets extends string = never, Posts extends string = never>(
  name: string,
  parts: PipelineParts<Gets, Posts>,
): Pipeline {
  checkName('pipeline', name);
  const place = `pipeline '${name}'`;
  checkOptions(place, parts, partRules);
  const tables = parts.tables ?? [];
  if (tables.length === 0)
    throw new MillraceError('PIPELINE_INVALID', 'there are no tables', { place, remedy: 'Give it at least one.' });
  const topics = new Set<Topic>();
  const streams = new Set<Stream>();
  const lookups = new Set<Table>();
  const params = new Map<string, Param>();
  const addParam = (one: Param) => {
    const twin = params.get(one.name);
    // one secret may stand in several texts
    if (twin && twin !== one && !(twin.secret && one.secret)) throw taken(place, 'param', one.name);
    params.set(one.name, one);
  };
  const visit = (node: Topic | Stream) => {
    if (node.noun === 'topic') {
      topics.add(node);
      for (const source of node.sources) paramsOf(source).forEach(addParam);
      return;
    }
    if (streams.has(node)) return;
    for (const reference of node.query.references) {
      if (isParam(reference) && reference.secret) throw secretInSql(node, reference);
      if (isParam(reference)) addParam(reference);
      else if (reference.of.noun === 'table') lookups.add(reference.of);
      else visit(reference.of);
    }
    streams.add(node);
  };
  for (const table of tables) visit(table.from);
  const charts = parts.charts ?? [];
  for (const { table } of charts) {
    if (tables.includes(table)) continue;
    throw new MillraceError(
      'PIPELINE_INVALID',
      `table '${table.name}' is shown in a chart, but it is not among the pipeline's tables`,
      { place, remedy: 'Add it to tables, or declare the chart in the pipeline that keeps the table.' },
    );
  }
  const foreign = [...lookups].filter((table) => !tables.includes(table));
  checkNames(place, [...topics], [...streams], [...tables, ...foreign]);
  for (const stream of streams) refuseOwnTopic(stream);
  return Object.freeze({
    noun: 'pipeline',
    name,
    topics: Object.freeze([...topics]),
    streams: Object.freeze([...streams]),
    tables: Object.freeze([...tables]),
    lookups: Object.freeze(foreign),
    charts: Object.freeze([...charts]),
    params: Object.freeze([...params.values()]),
    routes: routesOf(parts.get ?? {}, parts.post ?? {}),
  });
}

function secretInSql({ name }: Stream, secret: Param): MillraceError {
  return new MillraceError('PIPELINE_INVALID', `secret '${secret.name}' stands in SQL, whose values are stored`, {
    place: `stream '${name}'`,
    remedy: 'Give secrets to options of sources only. Or declare it with param().',
  });
}

/** Refuses to look up a table that the stream's own topic feeds: what is found depends on which records are processed together. */
function refuseOwnTopic(stream: Stream): void {
  const own = topicsOf(stream).map(({ name }) => name);
  for (const table of lookedUpBy(stream)) {
    const topic = topicsOf(table).find(({ name }) => own.includes(name));
    if (!topic) continue;
    throw new MillraceError(
      'PIPELINE_INVALID',
      `table '${table.name}' is fed by topic '${topic.name}', as the stream itself is, so that what is found there depends on which records are processed together`,
      {
        place: `stream '${stream.name}'`,
        remedy: `Read the record before of the same key: from \${${topic.name}.previous({ by: ['${topic.key ?? (table.isByPlace ? Object.keys(topic.fields) : table.key)[0]}'] })}. Or look up a table that another topic feeds.`,
      },
    );
  }
}

/** The streaming relation of a stream's query: the one topic or stream in its FROM clause; the rest are lookups of tables. */
export function inputOf(stream: Stream): Relation {
  const inputs = stream.query.references.filter(
    (one): one is Relation => !isParam(one) && one.of.noun !== 'table' && !one.within,
  );
  const first = inputs[0];
  if (!first || inputs.some((one) => one.of !== first.of || viewOf(one) !== viewOf(first))) {
    const names = [...new Set(inputs.map((one) => `${one.of.noun} '${one.of.name}'`))];
    throw new MillraceError(
      'PIPELINE_INVALID',
      first
        ? `the query reads ${names.length > 1 ? names.join(' and ') : `${names[0]} in two different views`}`
        : 'the query reads no topic and no stream',
      {
        place: `stream '${stream.name}'`,
        remedy: first
          ? `Read exactly one topic or stream; join it with tables, or with \${${inputs.find((one) => one.of !== first.of)?.of.name ?? first.of.name}.within('10 minutes')}.`
          : `Put one into the FROM clause as a value: from \${ride}.`,
      },
    );
  }
  return first;
}

/** How a relation is seen, as a text that is the same for views that were written twice. */
function viewOf({ window, dedupe, previous }: Relation): string {
  return JSON.stringify([window ?? null, dedupe ?? null, previous ?? null]);
}

function checkNames(
  place: string,
  topics: readonly Topic[],
  streams: readonly Stream[],
  tables: readonly Table[],
): void {
  const seen = new Map<string, string>();
  for (const one of [...topics, ...streams, ...tables]) {
    // one namespace for what is read in SQL as it flows, one for tables: a table may be called as the stream or topic it keeps
    const space = one.noun === 'table' ? 'table' : 'flow';
    const key = `${space}/${one.name.toLowerCase()}`;
    if (seen.has(key)) throw taken(place, one.noun, one.name);
    seen.set(key, one.noun);
  }
}

function taken(place: string, noun: string, name: string): MillraceError {
  return new MillraceError('NAME_TAKEN', `the name '${name}' is used twice (here by a ${noun})`, {
    place,
    remedy: 'Rename one of them. A topic that got a source by .from() is a new value: use that one everywhere.',
  });
}
