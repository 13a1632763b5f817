// Which tables are finite: all that feeds them has an end, so that a stream which looks them up can wait until they are loaded.
import { MillraceError } from '../core/errors.ts';
import type { Value } from '../define/accept.ts';
import { feedingTopics, lookedUpBy } from '../define/feeding.ts';
import type { Fields } from '../define/fields.ts';
import type { Pipeline } from '../define/pipeline.ts';
import type { SourceDefinition } from '../define/source.ts';
import type { Table } from '../define/table.ts';
import type { Topic } from '../define/topic.ts';
import { chooseSource, sourceAdapter, valuesIn } from './adapters.ts';

/** Values of parameters, by name. */
type Params = ReadonlyMap<string, Value>;

/**
 * Whether a table is finite: every topic that it depends on (its own, and those of the tables that its streams look up) has sources, and
 * each of them has an end. A topic without a source is endless, since records can be posted to it for ever; so is one with a webhook.
 *
 * @example if (await isFiniteTable(zones, params)) …
 */
export async function isFiniteTable(table: Table, params: Params): Promise<boolean> {
  for (const topic of feedingTopics(table)) if (!(await hasEnd(topic, params))) return false;
  return true;
}

async function hasEnd({ name, fields, sources }: Topic, params: Params): Promise<boolean> {
  for (const source of sources) {
    if (!(await ends(await chosen(source, params, fields, `topic '${name}'`), params))) return false;
  }
  return sources.length > 0;
}

/** The source that is used for one; where none can be had, since a parameter is not set here or an option is wrong, itself. */
async function chosen(source: SourceDefinition, params: Params, fields: Fields, place: string) {
  try {
    return (await chooseSource(source, params, fields, place)).definition;
  } catch (error) {
    if (error instanceof MillraceError && error.reaction === 'fix') return source;
    throw error;
  }
}

/** Whether a source has an end, and, where another may take its place at the start, that one too. */
async function ends(source: SourceDefinition, params: Params): Promise<boolean> {
  const adapter = await sourceAdapter(source.kind);
  if (!adapter.ends(valuesIn(source.options, params))) return false;
  return !adapter.mayBeAbsent || !source.otherwise || ends(source.otherwise, params);
}

/**
 * The names of the tables that the streams of a pipeline look up and that have no end: those are joined by version.
 *
 * @example await engine.open(pipeline, params, await endlessLookups(pipeline, params))
 */
export async function endlessLookups({ streams }: Pipeline, params: Params): Promise<Set<string>> {
  const names = new Set<string>();
  // a source that cannot be chosen for its parameters is told where it is opened
  for (const table of streams.flatMap(lookedUpBy))
    if (!(await isFiniteTable(table, params).catch(() => true))) names.add(table.name);
  return names;
}
