// A part of a pipeline under other names: what is made again from the log beside the pipeline that runs.
import { isParam } from './param.ts';
import type { Pipeline } from './pipeline.ts';
import type { Relation } from './relation.ts';
import type { Stream } from './stream.ts';
import type { Table } from './table.ts';
import type { Topic } from './topic.ts';

/** What is made again: names of streams and tables. */
export type Scope = { readonly streams: readonly string[]; readonly tables: readonly string[] };

/** What is behind the names of what is made again. No name that a person gives has this. */
export const shadowMark = '~rebuild';

/** The name of something while it is made again. */
export const shadowName = (name: string) => `${name}${shadowMark}`;

/** Everything of a pipeline, or streams with all that follows from them, and tables. Undefined where one of the names is of none of them. */
export function scopeOf(pipeline: Pipeline, names: readonly string[] | undefined): Scope | undefined {
  const { streams, tables } = pipeline;
  if (names === undefined) return { streams: streams.map((one) => one.name), tables: tables.map((one) => one.name) };
  const following = new Set<Topic | Stream>(streams.filter((one) => names.includes(one.name)));
  const isStream = (name: string) => streams.some((one) => one.name === name);
  if (!names.every((name) => isStream(name) || tables.some((one) => one.name === name))) return undefined;
  for (const one of streams)
    if (one.query.references.some((reference) => !isParam(reference) && follows(reference, following, tables)))
      following.add(one);
  return {
    streams: streams.filter((one) => following.has(one)).map((one) => one.name),
    // a table that is called as the stream that feeds it comes with the stream
    tables: tables.filter(({ from, name }) => following.has(from) || names.includes(name)).map((one) => one.name),
  };
}

function follows({ of }: Relation, following: ReadonlySet<Topic | Stream>, tables: readonly Table[]): boolean {
  return of.noun === 'table' ? tables.includes(of) && following.has(of.from) : following.has(of);
}

/**
 * Names that a person gives, with what they need: a table over windows, views by time or looked-up tables comes with the streams that keep
 * rows for it, since those know which of its rows may be retracted.
 *
 * @example withStreams(bus, ['line_delay']) // ['line_delay', 'minutes']
 */
export function withStreams({ streams, tables }: Pipeline, names: readonly string[]): string[] {
  const all = new Set(names);
  const visit = (node: Topic | Stream): void => {
    if (node.noun === 'topic') return;
    const read = node.query.references.filter((one) => !isParam(one));
    if (read.some((one) => one.window || one.previous || one.within || one.of.noun === 'table')) all.add(node.name);
    for (const { of } of read) if (of.noun !== 'table') visit(of);
  };
  for (const { from } of tables.filter(({ name }) => names.includes(name))) visit(from);
  return [...all].filter((name) => names.includes(name) || streams.some((one) => one.name === name));
}

/**
 * The pipeline that makes a part of another one again: its tables have other names, and streams look up those of them that are made again,
 * too. What the part depends on is in it.
 */
export function shadowOf(pipeline: Pipeline, scope: Scope): Pipeline {
  const streams = new Map<Stream, Stream>();
  const tables = new Map<Table, Table>();
  const made = pipeline.tables.filter(({ name }) => scope.tables.includes(name));
  const tableOf = (table: Table): Table => {
    if (!made.includes(table)) return table;
    const known = tables.get(table);
    if (known) return known;
    const from = table.from.noun === 'stream' ? streamOf(table.from) : table.from;
    const shadow = Object.freeze({ ...table, name: shadowName(table.name), from });
    tables.set(table, shadow);
    return shadow;
  };
  const relationOf = (reference: Relation): Relation => {
    const { of } = reference;
    if (of.noun === 'topic') return reference;
    if (of.noun === 'stream') return Object.freeze({ ...reference, of: streamOf(of) });
    return Object.freeze({ ...reference, of: tableOf(of), as: of.name });
  };
  const streamOf = (stream: Stream): Stream => {
    const known = streams.get(stream);
    if (known) return known;
    const references = stream.query.references.map((one) => (isParam(one) ? one : relationOf(one)));
    const shadow = Object.freeze({ ...stream, query: Object.freeze({ ...stream.query, references }) });
    streams.set(stream, shadow);
    return shadow;
  };
  const all = made.map(tableOf);
  // a table that is looked up by version is followed from its topic
  const needed = new Set<Topic | Stream>();
  const visit = (node: Topic | Stream): void => {
    if (needed.has(node)) return;
    if (node.noun === 'stream')
      for (const one of node.query.references) if (!isParam(one)) visit(one.of.noun === 'table' ? one.of.from : one.of);
    needed.add(node);
  };
  for (const { from } of made) visit(from);
  return Object.freeze({
    ...pipeline,
    name: shadowName(pipeline.name),
    topics: pipeline.topics.filter((one) => needed.has(one)),
    streams: pipeline.streams.filter((one) => needed.has(one)).map(streamOf),
    tables: all,
    lookups: [...pipeline.lookups, ...pipeline.tables.filter((one) => !made.includes(one))],
    charts: [],
    routes: [],
  });
}
