// What a data folder remembers of the pipelines that have run in it: the file each came from, and whether it is paused.
import { resolve } from 'node:path';
import type { Session } from '../process/database.ts';

/** What has the database of a data folder. */
type Folder = { readonly database: { session(): Promise<Session> } };

/** Makes the table where there is none. */
export async function makeKnown(session: Session): Promise<void> {
  await session.run('create table if not exists meta.pipelines (name varchar not null, file varchar not null)');
  await session.run('alter table meta.pipelines add column if not exists paused boolean default false');
}

/** Names of the pipelines, with their files; '' where that is not known. */
export async function pipelineFiles(folder: Folder): Promise<Record<string, string>> {
  return within(folder, async (session) => {
    const rows = await session.rows('select name, file from meta.pipelines order by name');
    return Object.fromEntries(rows.map(([name, file]) => [String(name), String(file)]));
  });
}

/** Remembers that a pipeline runs, and its file where one is given. Resolves with whether it is paused. */
export async function remember(folder: Folder, pipeline: string, file: string | undefined): Promise<boolean> {
  return within(folder, async (session) => {
    const [had] = await session.rows('select paused from meta.pipelines where name = $1', pipeline);
    const path = file === undefined ? '' : resolve(file);
    if (!had) await session.run('insert into meta.pipelines values ($1, $2, false)', pipeline, path);
    else if (path) await session.run('update meta.pipelines set file = $1 where name = $2', path, pipeline);
    return had?.[0] === true;
  });
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

async function within<T>(folder: Folder, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await folder.database.session();
  try {
    return await work(session);
  } finally {
    session.close();
  }
}
