// What was made of records that are forgotten: which tables can be made again from the log, and which have lost some of their records there.
import { MillraceError } from '../core/errors.ts';
import { feedingTopics, isWindowed } from '../define/feeding.ts';
import type { Pipeline } from '../define/pipeline.ts';
import { type Scope, scopeOf, withStreams } from '../define/shadow.ts';
import type { Table } from '../define/table.ts';
import type { Progress } from '../process/progress.ts';
import type { Folder } from './folder.ts';

/** What becomes of a pipeline. */
export type Remaking = {
  readonly pipeline: Pipeline;
  /** Streams and tables that are made again, as names for a rebuild: undefined: all; [] : none. */
  readonly names: readonly string[] | undefined;
  readonly scope: Scope;
  /** Tables that are not made again, though they were made of such records: the log no longer has all of theirs. */
  readonly left: readonly Table[];
};

/**
 * What becomes of the pipelines, in the order in which they are made again: one that looks up a table of another one comes behind it.
 *
 * @param erased the topics of which records are erased
 */
export async function remakings(
  folder: Folder,
  pipelines: readonly Pipeline[],
  erased: ReadonlySet<string>,
): Promise<Remaking[]> {
  const made: Remaking[] = [];
  for (const pipeline of inOrder(pipelines)) {
    const progress = await folder.engine.progress(pipeline.name);
    // what never ran has nothing
    if (progress) made.push(remakingOf(folder, pipeline, progress, erased));
  }
  return made;
}

function remakingOf(folder: Folder, pipeline: Pipeline, progress: Progress, erased: ReadonlySet<string>): Remaking {
  const isOf = (table: Table) => feedingTopics(table).some(({ name }) => erased.has(name));
  const isComplete = (table: Table) =>
    feedingTopics(table).every((topic) => !pipeline.topics.includes(topic) || hasAll(folder, progress, topic.name));
  const touched = pipeline.tables.filter(isOf);
  if (touched.length === 0) return { pipeline, names: [], scope: nothing, left: [] };
  if (pipeline.topics.every(({ name }) => hasAll(folder, progress, name)))
    return { pipeline, names: undefined, scope: scopeOf(pipeline, undefined)!, left: [] };
  let names = touched.filter(isComplete).map(({ name }) => name);
  const scopeFor = (some: readonly string[]) =>
    some.length === 0 ? nothing : scopeOf(pipeline, withStreams(pipeline, some))!;
  // a stream comes with all that follows from it: none of that may have lost records
  const isAlone = (name: string) =>
    pipeline.tables.every((table) => !scopeFor([name]).tables.includes(table.name) || isComplete(table));
  names = names.filter(isAlone);
  const scope = scopeFor(names);
  return { pipeline, names, scope, left: touched.filter(({ name }) => !scope.tables.includes(name)) };
}

const nothing: Scope = { streams: [], tables: [] };

/** Whether the log has all records of a topic that the pipeline has processed. */
function hasAll({ log }: Folder, progress: Progress, topic: string): boolean {
  return (progress.topics[topic] ?? []).every(
    ({ base, next }, partition) => next === base || log.range(topic, partition).start <= base,
  );
}

/** Tables over windows of these topics that are not made again: what they computed of records that the log no longer has stays. */
export function staleOf({ pipeline, scope }: Remaking, topics: ReadonlySet<string>): string[] {
  return pipeline.tables
    .filter((table) => isWindowed(table) && !scope.tables.includes(table.name))
    .filter((table) => feedingTopics(table).some(({ name }) => topics.has(name)))
    .map(({ name }) => name);
}

/** Pipelines behind those whose tables they look up. */
function inOrder(pipelines: readonly Pipeline[]): Pipeline[] {
  const ordered = new Set<Pipeline>();
  const visit = (pipeline: Pipeline, above: readonly Pipeline[]): void => {
    if (ordered.has(pipeline) || above.includes(pipeline)) return;
    for (const { name } of pipeline.lookups) {
      const owner = pipelines.find(({ tables }) => tables.some((one) => one.name === name));
      if (owner) visit(owner, [...above, pipeline]);
    }
    ordered.add(pipeline);
  };
  for (const pipeline of pipelines) visit(pipeline, []);
  return [...ordered];
}

/**
 * Checks that the definition of each pipeline that has run is given: without it nobody knows which of its columns hold a person.
 *
 * @throws NOT_FOUND
 */
export function checkGiven(known: readonly string[], pipelines: readonly Pipeline[]): void {
  const missing = known.find((name) => !pipelines.some((one) => one.name === name));
  if (missing === undefined) return;
  throw new MillraceError('NOT_FOUND', `pipeline '${missing}' has run in this data folder, and its file is not known`, {
    place: `pipeline '${missing}'`,
    remedy: `Give it: --pipeline FILE. If it is not needed any more: millrace pipeline remove ${missing}.`,
  });
}
