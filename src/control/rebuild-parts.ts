// What a rebuild makes: which streams and tables, from which topics in which order, and whether that is still what was begun.
import { createHash } from 'node:crypto';
import { MillraceError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import type { Value } from '../define/accept.ts';
import { lookedUpBy, topicsOf } from '../define/feeding.ts';
import type { Fields } from '../define/fields.ts';
import { isParam } from '../define/param.ts';
import type { Pipeline } from '../define/pipeline.ts';
import { type Scope, scopeOf } from '../define/shadow.ts';
import type { Topic } from '../define/topic.ts';

/** @throws NOT_FOUND, with the nearest name */
export function scopeFor(pipeline: Pipeline, names: readonly string[] | undefined): Scope {
  const scope = scopeOf(pipeline, names);
  if (scope && scope.tables.length > 0) return scope;
  const known = [...pipeline.streams, ...pipeline.tables].map((one) => one.name);
  const wrong = names!.find((name) => !known.includes(name));
  const near = wrong && nearest(wrong, known);
  throw new MillraceError(
    'NOT_FOUND',
    wrong === undefined
      ? `no table is fed by stream '${names!.join("', '")}'`
      : `pipeline '${pipeline.name}' has no stream and no table '${wrong}'`,
    {
      place: `pipeline '${pipeline.name}'`,
      remedy: near
        ? `Perhaps you mean '${near}'.`
        : `Name one of: ${known.join(', ')}. Without a name all are made again.`,
    },
  );
}

/** Topics behind those whose records feed tables that their streams look up: a finite table is loaded before it is looked up. */
export function inOrder({ topics, streams }: Pipeline): Topic[] {
  const ordered = new Set<Topic>();
  const seen = new Set<Topic>();
  const visit = (topic: Topic): void => {
    if (seen.has(topic)) return;
    seen.add(topic);
    for (const stream of streams.filter((one) => topicsOf(one).includes(topic)))
      for (const table of lookedUpBy(stream)) for (const one of topicsOf(table)) visit(one);
    ordered.add(topic);
  };
  for (const topic of topics) visit(topic);
  // those of tables of other pipelines are not processed here
  return [...ordered].filter((one) => topics.includes(one));
}

function typesOf(fields: Fields): unknown[] {
  return Object.entries(fields).map(([field, { type, isOptional }]) => [field, type, isOptional]);
}

/** What is made, as a text that is another one when the definition changes. */
export function definitionOf(pipeline: Pipeline, shadow: Pipeline, params: ReadonlyMap<string, Value>): string {
  const topics = shadow.topics.map(({ name, fields, key, time, latenessMs }) => [
    name,
    typesOf(fields),
    key,
    time,
    latenessMs,
  ]);
  const streams = shadow.streams.map(({ name, fields, query, time, latenessMs, emit }) => [
    name,
    typesOf(fields),
    query.texts,
    query.references.map((one) =>
      isParam(one)
        ? [one.name, String(params.get(one.name))]
        : [one.of.name, one.window, one.dedupe, one.previous, one.within],
    ),
    time,
    latenessMs,
    emit,
  ]);
  const tables = shadow.tables.map(({ name, from, fields, key, version, unique, keepMs }) => [
    name,
    from.name,
    Object.keys(fields),
    key,
    version,
    unique,
    keepMs,
  ]);
  return createHash('sha256')
    .update(JSON.stringify([pipeline.name, topics, streams, tables]))
    .digest('hex')
    .slice(0, 32);
}
