// What a start would do with the sources of a topic: which go on, which are read from their beginning, which cannot be opened.
import { MillraceError } from '../core/errors.ts';
import type { Value } from '../define/accept.ts';
import type { Pipeline } from '../define/pipeline.ts';
import type { Topic } from '../define/topic.ts';
import { type ChosenSource, chooseSource, sourceAdapter } from './adapters.ts';
import type { Folder } from './folder.ts';
import type { Change } from './millrace.ts';
import { isOf, SourceNames } from './source-names.ts';

/** What happens to the sources of a topic. Those that need no network are opened and closed again, as a start opens them. */
export async function sourceChanges(
  folder: Folder,
  pipeline: Pipeline,
  topic: Topic,
  params: ReadonlyMap<string, Value>,
): Promise<Change[]> {
  const saved = await folder.engine.sources(topic.name);
  const of = { noun: 'source', pipeline: pipeline.name } as const;
  const chosen: ChosenSource[] = [];
  for (const [i, definition] of topic.sources.entries()) {
    try {
      chosen.push(await chooseSource(definition, params, topic.fields, `topic '${topic.name}'`));
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      const name = `${topic.name}/${definition.kind}${i > 0 ? ` (${i + 1}.)` : ''}`;
      return [{ ...of, name, effect: 'refused', says: error.message, error }];
    }
  }
  const names = new SourceNames(topic, saved).nameAll(chosen);
  const changes: Change[] = [];
  for (const [i, source] of chosen.entries()) {
    const name = names[i]!;
    const before = saved[name];
    const error = await errorOf(folder, topic, source, name, before?.position, before?.next ?? 0);
    if (error) changes.push({ ...of, name, effect: 'refused', says: error.message, error });
    else if (!before) changes.push({ ...of, name, effect: 'new', says: '' });
    else if (source.origin && before.position && !isOf(before.position, source.origin)) {
      changes.push({ ...of, name, effect: 'changed', says: 'it reads something else than before: from its beginning' });
    } else changes.push({ ...of, name, effect: 'kept', says: 'it goes on where it was' });
  }
  const gone = Object.keys(saved).filter((name) => name.startsWith(`${topic.name}/`) && !names.includes(name));
  return [...changes, ...gone.map((name): Change => ({ ...of, name, effect: 'gone', says: 'no longer read' }))];
}

/** Why a source cannot be opened, where that can be known without the network. */
async function errorOf(
  { system }: Folder,
  topic: Topic,
  { definition, options }: ChosenSource,
  name: string,
  position: Parameters<typeof isOf>[0],
  nextSequence: number,
): Promise<MillraceError | undefined> {
  const adapter = await sourceAdapter(definition.kind);
  if (adapter.mayBeAbsent) return undefined;
  try {
    const source = await adapter.open(options, {
      ...system,
      random: system.random.fork(name),
      fields: topic.fields,
      time: topic.time,
      position,
      nextSequence,
      signal: new AbortController().signal,
      notice: () => undefined,
    });
    await source.close();
    return undefined;
  } catch (error) {
    if (error instanceof MillraceError && error.reaction === 'fix') return error;
    throw error;
  }
}
