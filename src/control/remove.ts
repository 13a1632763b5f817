// Removes topics, tables and pipelines from a data folder that nothing runs in: what goes, who still uses it, and the removal itself.
import { join } from 'node:path';
import { MillraceError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { shadowMark } from '../define/shadow.ts';
import { embedded } from './adapters.ts';
import type { Folder } from './folder.ts';
import { type Known, knownPipelines, within } from './known.ts';
import type { PipelineRemoval, Removal, Removed, TableRemoval, TopicRemoval } from './millrace.ts';
import { forgetPostKeys } from './post-keys.ts';
import type { Runner } from './runner.ts';

/** What a removal would take away. @throws NOT_FOUND */
export function removal(folder: Folder, what: Removed): Promise<Removal> {
  if (what.noun === 'topic') return topicRemoval(folder, what.name);
  if (what.noun === 'table') return tableRemoval(folder, what.name);
  return pipelineRemoval(folder, what.name, what.keepTables ?? false);
}

/** Removes it. @throws NOT_FOUND, STILL_USED, SCHEMA_INVALID */
export function remove(folder: Folder, what: Removed, isForced: boolean): Promise<Removal> {
  if (what.noun === 'topic') return deleteTopic(folder, what.name, isForced);
  if (what.noun === 'table') return dropTable(folder, what.name, isForced);
  return removePipeline(folder, what.name, what.keepTables ?? false);
}

/** Checks that no pipeline runs in the folder: it would go on with what is removed. @throws DATA_IN_USE */
export function checkIdle({ path }: Folder, runners: readonly Pick<Runner, 'pipeline' | 'hasEnded'>[]): void {
  const running = runners.filter((runner) => !runner.hasEnded).map((runner) => runner.pipeline.name);
  if (running.length === 0) return;
  throw new MillraceError('DATA_IN_USE', `${running.join(', ')} runs in this data folder`, {
    place: path,
    remedy: 'Stop it first: nothing is removed under a pipeline that runs.',
  });
}

/** What the deletion of a topic would take away, and which pipelines read it. @throws NOT_FOUND */
async function topicRemoval(folder: Folder, name: string): Promise<TopicRemoval> {
  const topics = await folder.log.topics();
  const found = topics.find((topic) => topic.name === name);
  const isDamaged = folder.leftOut === name && (await folder.system.files.exists(join(folder.path, 'log', name)));
  if (!found && !isDamaged) throw unknown('topic', name, topics);
  const [letters] = await within(folder, (session) =>
    session.rows(`select count(*) from meta.aside where topic = $1 and not ends_with(pipeline, '${shadowMark}')`, name),
  );
  const progress = await within(folder, (session) => session.rows('select pipeline, state from meta.progress'));
  const hasRead = (pipeline: string) =>
    progress.some(
      ([one, state]) => one === pipeline && name in (JSON.parse(String(state)) as { topics: object }).topics,
    );
  const readers = (await knownPipelines(folder)).filter(({ name: pipeline, declared }) =>
    declared ? declared.topics.includes(name) : hasRead(pipeline),
  );
  return {
    noun: 'topic',
    name,
    records: found?.partitions.reduce((sum, { start, end }) => sum + end - start, 0),
    bytes: found?.partitions.reduce((sum, { bytes }) => sum + bytes, 0),
    letters: Number(letters![0]),
    subjects: await subjectsOf(folder, name),
    usedBy: readers.map((one) => one.name),
  };
}

/**
 * Deletes a topic: its records, schemas (softly, as Confluent's registry does), dead letters, the positions of its sources, the keys of posts,
 * and what windows and dedupe keep of its records. Rows of tables stay. Killed at any moment, it is finished when the folder is opened.
 *
 * @throws NOT_FOUND; STILL_USED where a pipeline reads it, unless it is forced; SCHEMA_INVALID where a subject is read only
 */
async function deleteTopic(folder: Folder, name: string, isForced: boolean): Promise<TopicRemoval> {
  const removal = await topicRemoval(folder, name);
  if (removal.usedBy.length > 0 && !isForced) {
    throw stillUsed(
      removal,
      'reads it',
      'read it',
      'With --force they lose what windows and dedupe keep of its records; rows of tables stay.',
    );
  }
  for (const subject of removal.subjects) {
    if ((await folder.registry.mode(subject)) !== 'READONLY') continue;
    throw new MillraceError('SCHEMA_INVALID', `subject '${subject}' is in mode READONLY`, {
      place: subject,
      remedy: 'Set its mode to READWRITE first.',
    });
  }
  const { forgetTopic } = await embedded.forget();
  const known = await knownPipelines(folder);
  await restartRebuilds(folder, known);
  // the one moment at which it is decided: what comes behind it is done again until it is done
  await folder.store.drop([], async (session) => {
    await session.run('insert into meta.deletions values ($1)', name);
    await forgetTopic(session, name, (pipeline) => streamsOver(name, known, pipeline));
  });
  await finishDeletions(folder);
  return removal;
}

/** What is being made again begins again from what the log then has. */
async function restartRebuilds({ engine }: Folder, known: readonly Known[]): Promise<void> {
  for (const { name } of known) {
    const begun = await engine.rebuild(name);
    if (begun) await engine.beginRebuild(name, begun);
  }
}

/** Finishes deletions of topics that are decided, and were cut short. */
export async function finishDeletions(folder: Folder): Promise<void> {
  const { path, registry, log, system } = folder;
  const topics = (await within(folder, (session) => session.rows('select distinct topic from meta.deletions'))).map(
    ([topic]) => String(topic),
  );
  for (const topic of topics) {
    for (const subject of await subjectsOf(folder, topic)) {
      // one that was made read only after a crash stays: it keeps nobody from opening the folder
      if ((await registry.mode(subject)) !== 'READONLY') await registry.deleteSubject(subject);
    }
    const control = join(path, 'control.db');
    if (await system.files.exists(control)) forgetPostKeys(control, topic);
    await log.deleteTopic(topic);
    await within(folder, (session) => session.run('delete from meta.deletions where topic = $1', topic));
  }
}

/** What dropping a table would take away. @throws NOT_FOUND */
async function tableRemoval(folder: Folder, name: string): Promise<TableRemoval> {
  const tables = await folder.store.tables();
  const found = tables.find((table) => table.name === name);
  if (!found) throw unknown('table', name, tables);
  const users = (await knownPipelines(folder)).filter((one) =>
    one.declared ? [...one.declared.tables, ...one.declared.lookups].includes(name) : one.name === found.pipeline,
  );
  return {
    noun: 'table',
    name,
    pipeline: found.pipeline,
    rows: await folder.store.count(name),
    usedBy: users.map((one) => one.name),
  };
}

/**
 * Drops a table: its rows, its view, its definition.
 *
 * @throws NOT_FOUND; STILL_USED where a pipeline writes it or looks it up, unless it is forced
 */
async function dropTable(folder: Folder, name: string, isForced: boolean): Promise<TableRemoval> {
  const removal = await tableRemoval(folder, name);
  if (removal.usedBy.length > 0 && !isForced) {
    throw stillUsed(
      removal,
      'writes or looks it up',
      'write or look it up',
      `To make it again from the log: millrace rebuild ${removal.pipeline} ${name}. With --force the next start makes it empty, and it gets what comes from then on.`,
    );
  }
  const { forgetTable } = await embedded.forget();
  await folder.store.drop([name], (session) => forgetTable(session, removal.pipeline, name));
  return removal;
}

/** What the removal of a pipeline would take away, and the topics that stay. @throws NOT_FOUND */
async function pipelineRemoval(folder: Folder, name: string, keepTables: boolean): Promise<PipelineRemoval> {
  const [tables, known] = [await folder.store.tables(), await knownPipelines(folder)];
  const kept = await within(folder, (session) =>
    session.rows(
      `select * from (select pipeline, count(*) from meta.aside group by 1 union all select pipeline, 0 from meta.progress)
        where not ends_with(pipeline, '${shadowMark}')`,
    ),
  );
  const names = new Set([...known.map((one) => one.name), ...kept.map(([pipeline]) => String(pipeline))]);
  const own = tables.filter(({ pipeline }) => pipeline === name);
  if (!names.has(name) && own.length === 0)
    throw unknown(
      'pipeline',
      name,
      [...names].map((one) => ({ name: one })),
    );
  const letters = kept.filter(([pipeline]) => pipeline === name).reduce((sum, [, count]) => sum + Number(count), 0);
  const there = new Set((await folder.log.topics()).map((topic) => topic.name));
  const counted = await Promise.all(
    own.map(async (table) => ({ name: table.name, rows: await folder.store.count(table.name) })),
  );
  return {
    noun: 'pipeline',
    name,
    tables: keepTables ? [] : counted,
    keptTables: keepTables ? counted.map((table) => table.name) : [],
    letters,
    topics: (known.find((one) => one.name === name)?.declared?.topics ?? []).filter((topic) => there.has(topic)),
    usedBy: [],
  };
}

/**
 * Removes a pipeline: its tables (unless they are kept), states, progress, dead letters, and what the folder knows of it. Topics stay.
 *
 * @throws NOT_FOUND
 */
async function removePipeline(folder: Folder, name: string, keepTables: boolean): Promise<PipelineRemoval> {
  const removal = await pipelineRemoval(folder, name, keepTables);
  const { forgetPipeline } = await embedded.forget();
  await folder.engine.beginRebuild(name, undefined);
  await folder.store.drop(
    removal.tables.map((table) => table.name),
    async (session) => {
      await forgetPipeline(session, name);
      await session.run('delete from meta.pipelines where name = $1', name);
    },
  );
  return removal;
}

async function subjectsOf({ registry }: Folder, topic: string): Promise<string[]> {
  const own = [`${topic}-key`, `${topic}-value`];
  return (await registry.subjects()).filter((subject) => own.includes(subject));
}

function streamsOver(topic: string, known: readonly Known[], pipeline: string): string[] {
  const streams = known.find((one) => one.name === pipeline)?.declared?.streams ?? {};
  return Object.keys(streams).filter((stream) => streams[stream] === topic);
}

function unknown(noun: string, name: string, there: readonly { readonly name: string }[]): MillraceError {
  const names = there.map((one) => one.name);
  const near = nearest(name, names);
  return new MillraceError('NOT_FOUND', `there is no ${noun} '${name}'`, {
    place: name,
    remedy: near ? `Did you mean '${near}'?` : `Name one that is there: ${names.sort().join(', ') || 'none yet'}.`,
  });
}

function stillUsed({ noun, name, usedBy }: TopicRemoval | TableRemoval, one: string, many: string, forced: string) {
  const who = usedBy.map((pipeline) => `'${pipeline}'`).join(', ');
  return new MillraceError(
    'STILL_USED',
    `pipeline${usedBy.length === 1 ? '' : 's'} ${who} still ${usedBy.length === 1 ? one : many}`,
    {
      place: `${noun} '${name}'`,
      remedy: `Take the ${noun} out of the file and run the pipeline once, or remove the pipeline: millrace pipeline remove ${usedBy[0]}. ${forced}`,
    },
  );
}
