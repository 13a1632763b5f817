// Knows a stream's query again: rows that an earlier one made stay as they are, which a person should know.
import { createHash } from 'node:crypto';
import { isParam } from '../../define/param.ts';
import type { Pipeline } from '../../define/pipeline.ts';
import type { Relation } from '../../define/relation.ts';
import type { Sql } from '../../define/sql.ts';
import type { Progress } from '../progress.ts';

/** The hashes of the queries of streams, by their names. */
export function queriesOf(streams: Pipeline['streams']): Record<string, string> {
  return Object.fromEntries(streams.map(({ name, query }) => [name, hashOf(query)]));
}

/** Notes the queries of a pipeline in its progress; the streams that have given rows by another one. */
export function noteQueries({ streams }: Pipeline, progress: Progress): string[] {
  const before = progress.queries ?? {};
  const now = queriesOf(streams);
  // what a stream of this name did that is not there now is known when it comes back
  progress.queries = { ...before, ...now };
  return Object.keys(now).filter(
    (name) =>
      before[name] !== undefined && before[name] !== now[name] && (progress.stages[`stream ${name}`]?.out ?? 0) > 0,
  );
}

/** Views that were not there at first: without them the hash is as it was. */
function moreOf({ previous, within }: Relation): unknown[] {
  return previous || within ? [previous ?? null, within ?? null] : [];
}

/** A hash of what a query says: its words, what it reads and how that is seen; not of how it is broken into lines. */
function hashOf({ texts, references }: Sql): string {
  const read = references.map((one) =>
    isParam(one) ? one.name : [one.of.noun, one.of.name, one.window ?? null, one.dedupe ?? null, ...moreOf(one)],
  );
  const words = texts.map((text) => text.replace(/\s+/g, ' ')).join('\u0000');
  return createHash('sha256')
    .update(JSON.stringify([words.trim(), read]))
    .digest('hex')
    .slice(0, 32);
}
