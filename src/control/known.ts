// What a data folder remembers of the pipelines that have run in it: the file each came from, what it declared, whether it is paused.
import { resolve } from 'node:path';
import { isParam } from '../define/param.ts';
import { inputOf, type Pipeline } from '../define/pipeline.ts';
import type { Scope } from '../define/shadow.ts';
import type { Stream } from '../define/stream.ts';
import type { Session } from '../process/database.ts';
import { type AllSettings, settingsOf } from './settings.ts';

/** What has the database of a data folder. */
type Folder = { readonly database: { session(): Promise<Session> } };

/** What a pipeline declared when it was last started. */
export type Declared = {
  readonly topics: readonly string[];
  readonly tables: readonly string[];
  /** Tables that its streams look up. */
  readonly lookups: readonly string[];
  /** The topic at which each stream begins; those of earlier starts too, since what they keep is still there. */
  readonly streams: Readonly<Record<string, string>>;
  readonly settings: AllSettings;
};

/** A pipeline that the folder knows. `file`: '' where that is not known; `declared`: undefined where it last ran before this was kept. */
export type Known = { readonly name: string; readonly file: string; readonly declared: Declared | undefined };

/** Makes the tables where there are none. */
export async function makeKnown(session: Session): Promise<void> {
  await session.run('create table if not exists meta.pipelines (name varchar not null, file varchar not null)');
  await session.run('alter table meta.pipelines add column if not exists paused boolean default false');
  await session.run('alter table meta.pipelines add column if not exists declared varchar');
  // topics whose deletion is decided: it is finished before anything else is done
  await session.run('create table if not exists meta.deletions (topic varchar not null)');
  // who was forgotten is not in it
  await session.run('create table if not exists meta.forgotten (number bigint not null, state varchar not null)');
}

/** The pipelines that the folder knows, by name. */
export async function knownPipelines(folder: Folder): Promise<Known[]> {
  return within(folder, async (session) => {
    const rows = await session.rows('select name, file, declared from meta.pipelines order by name');
    return rows.map(([name, file, declared]) => ({
      name: String(name),
      file: String(file),
      declared: declared === null ? undefined : (JSON.parse(String(declared)) as Declared),
    }));
  });
}

/** Names of the pipelines, with their files; '' where that is not known. */
export async function pipelineFiles(folder: Folder): Promise<Record<string, string>> {
  return Object.fromEntries((await knownPipelines(folder)).map(({ name, file }) => [name, file]));
}

/** Remembers that a pipeline runs, what it declares, and its file where one is given. Resolves with whether it is paused. */
export async function remember(folder: Folder, pipeline: Pipeline, file: string | undefined): Promise<boolean> {
  const { name } = pipeline;
  return within(folder, async (session) => {
    const [had] = await session.rows('select paused, declared from meta.pipelines where name = $1', name);
    const path = file === undefined ? '' : resolve(file);
    const before = had?.[1] ? (JSON.parse(String(had[1])) as Declared) : undefined;
    const declared = JSON.stringify(declaredBy(pipeline, before));
    if (!had) await session.run('insert into meta.pipelines values ($1, $2, false, $3)', name, path, declared);
    else {
      await session.run('update meta.pipelines set declared = $1 where name = $2', declared, name);
      if (path) await session.run('update meta.pipelines set file = $1 where name = $2', path, name);
    }
    return had?.[0] === true;
  });
}

/**
 * Remembers what a pipeline declares of the streams and tables that were made again while it does not run; `isWhole`: of all of it. What it
 * declared of the others stays as it was at its last start.
 */
export async function rememberMade(
  folder: Folder,
  pipeline: Pipeline,
  { streams, tables }: Scope,
  isWhole: boolean,
): Promise<void> {
  const { name } = pipeline;
  await within(folder, async (session) => {
    const [had] = await session.rows('select declared from meta.pipelines where name = $1', name);
    if (!had?.[0]) return;
    const before = JSON.parse(String(had[0])) as Declared;
    const made = new Set([...streams.map((one) => `stream ${one}`), ...tables.map((one) => `table ${one}`)]);
    const settings = Object.entries(settingsOf(pipeline)).filter(([key]) => made.has(key));
    const declared = isWhole
      ? declaredBy(pipeline, before)
      : { ...before, settings: { ...before.settings, ...Object.fromEntries(settings) } };
    await session.run('update meta.pipelines set declared = $1 where name = $2', JSON.stringify(declared), name);
  });
}

function declaredBy(pipeline: Pipeline, before: Declared | undefined): Declared {
  const { topics, streams, tables } = pipeline;
  return {
    settings: settingsOf(pipeline),
    topics: topics.map(({ name }) => name),
    tables: tables.map(({ name }) => name),
    lookups: [...new Set(streams.flatMap(lookupsOf))],
    streams: { ...before?.streams, ...Object.fromEntries(streams.map((one) => [one.name, topicOf(one)])) },
  };
}

function lookupsOf({ query }: Stream): string[] {
  return query.references.flatMap((one) => (!isParam(one) && one.of.noun === 'table' ? [one.of.name] : []));
}

/** The topic at which a stream begins. */
function topicOf(stream: Stream): string {
  const from = inputOf(stream).of;
  return from.noun === 'stream' ? topicOf(from) : from.name;
}

/** Whether a pipeline is paused. */
export async function isPaused(folder: Folder, pipeline: string): Promise<boolean> {
  return within(folder, async (session) => {
    const [found] = await session.rows('select paused from meta.pipelines where name = $1', pipeline);
    return found?.[0] === true;
  });
}

/** Keeps whether a pipeline is paused. Durable when it resolves. */
export async function keepPaused(folder: Folder, pipeline: string, paused: boolean): Promise<void> {
  await within(folder, (session) =>
    session.run('update meta.pipelines set paused = $1 where name = $2', paused, pipeline),
  );
}

/** Does something with a session of its own, which is closed behind it. */
export async function within<T>(folder: Folder, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await folder.database.session();
  try {
    return await work(session);
  } finally {
    session.close();
  }
}
