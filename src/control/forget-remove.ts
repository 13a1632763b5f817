// Erases the records of persons from the log, and removes letters and rows that are not made again from it.
import { join } from 'node:path';
import { masked } from '../core/mask.ts';
import type { Pipeline } from '../define/pipeline.ts';
import type { Topic } from '../define/topic.ts';
import { headersOf } from '../log/batch.ts';
import { forgottenHeader } from '../log/forgotten.ts';
import { embedded } from './adapters.ts';
import { endlessLookups } from './finite.ts';
import { type Remaking, staleOf } from './forget-scope.ts';
import {
  erasedPlaces,
  findRecords,
  type Hunt,
  letterFinder,
  type Place,
  searchedIn,
  textsOf,
} from './forget-search.ts';
import type { Decision, Stand } from './forgetting.ts';
import { knownPipelines } from './known.ts';
import { forgetBodies } from './post-forget.ts';

/** Erases the records of the persons in the log, and what idempotency keys keep of them. */
export async function eraseRecords(hunt: Hunt, { number }: Decision): Promise<void> {
  const { log, path, system } = hunt.folder;
  const headers = { [forgottenHeader]: Buffer.from(String(number)) };
  const found = new Map<Topic, Awaited<ReturnType<typeof findRecords>>>();
  for (const topic of hunt.topics) found.set(topic, await findRecords(hunt, topic));
  const control = join(path, 'control.db');
  // first, since the keys of posts stand in the headers that go
  if (await system.files.exists(control))
    await forgetBodies(
      { path: control, log, clock: system.clock },
      [...found.values()].flatMap(({ postKeys }) => postKeys),
      maskerOf(hunt),
    );
  for (const [topic, { offsets }] of found)
    for (const [partition, places] of offsets) await log.erase(topic.name, partition, places, headers);
}

/** The texts that name the persons, masked where they stand as words of their own. */
function maskerOf(hunt: Hunt): (text: string) => string {
  const patterns = textsOf(hunt).map((name) => {
    const literal = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return new RegExp(`(?<![\\p{L}\\p{N}_])${literal}(?![\\p{L}\\p{N}_])`, 'gu');
  });
  return (text) => patterns.reduce((rest, one) => rest.replace(one, masked), text);
}

/**
 * Removes letters of the persons, and their rows from the streams and tables that are not made again from the log. What is being made again
 * begins anew, since it may have read the records before they were erased.
 */
export async function removeRest(
  hunt: Hunt,
  { number, rows: found }: Decision,
  made: readonly Remaking[],
): Promise<Pick<Stand, 'rows' | 'stale'>> {
  const { folder } = hunt;
  const places = await placesOf(hunt, number);
  await removeLetters(hunt, places);
  for (const { name } of await knownPipelines(folder)) {
    const begun = await folder.engine.rebuild(name);
    if (begun) await folder.engine.beginRebuild(name, begun);
  }
  // what an attempt before this one has removed was found before it
  const rows: Record<string, number> = { ...found };
  const stale: string[] = [];
  const topics = new Set(hunt.topics.map(({ name }) => name));
  for (const one of made) {
    const removed = await removeRows(hunt, one, places);
    for (const [table, count] of Object.entries(removed)) rows[table] = Math.max(count, rows[table] ?? 0);
    const isTouched = one.left.length > 0 || one.pipeline.tables.some(({ name }) => rows[name]);
    if (isTouched) stale.push(...staleOf(one, topics));
  }
  await removeUndeclared(hunt);
  return { rows, stale };
}

/** Removes rows from what streams have left that no pipeline declares any more. */
async function removeUndeclared(hunt: Hunt): Promise<void> {
  const { seek, removeStray } = await embedded.personRows();
  const session = await hunt.folder.database.session();
  try {
    await seek(session, { names: textsOf(hunt), places: new Map() });
    const declared = hunt.pipelines.flatMap(({ name, streams }) => streams.map((stream) => `${name}/${stream.name}`));
    const persons = hunt.topics.map(({ person }) => person!);
    await session.transaction(() => removeStray(session, declared, persons));
  } finally {
    session.close();
  }
}

async function placesOf(hunt: Hunt, number: number): Promise<Map<string, Place[]>> {
  const places = new Map<string, Place[]>();
  for (const { name } of hunt.topics)
    places.set(
      name,
      await erasedPlaces(hunt.folder.log, name, (batch, i) => {
        const mark = headersOf(batch, i)[forgottenHeader];
        return mark !== undefined && Buffer.from(mark).toString() === String(number);
      }),
    );
  return places;
}

async function removeLetters(hunt: Hunt, places: ReadonlyMap<string, readonly Place[]>): Promise<void> {
  const { findLetters, removeLetters: remove, maskReasons } = await embedded.personLetters();
  const session = await hunt.folder.database.session();
  try {
    const found = await findLetters(session, await letterFinder(hunt, session, places));
    await session.transaction(async () => {
      await remove(session, found);
      await maskReasons(session, maskerOf(hunt), textsOf(hunt));
    });
  } finally {
    session.close();
  }
}

/** Removes rows from what is not made again of a pipeline; resolves with how many went of each table. */
async function removeRows(
  hunt: Hunt,
  { pipeline, scope }: Remaking,
  places: ReadonlyMap<string, readonly Place[]>,
): Promise<Record<string, number>> {
  const { folder } = hunt;
  const rest = {
    streams: pipeline.streams.filter(({ name }) => !scope.streams.includes(name)),
    tables: pipeline.tables.filter(({ name }) => !scope.tables.includes(name)),
  };
  if (rest.streams.length === 0 && rest.tables.length === 0) return {};
  const { seek, removeRows: remove, removeEmitted, savedProgress } = await embedded.personRows();
  const session = await folder.database.session();
  try {
    await seek(session, { names: textsOf(hunt), places });
    const searched = await searchedIn(hunt, session, pipeline, rest);
    const { tables, states } = await session.transaction(() =>
      savedProgress(session, pipeline.name, (progress) => remove(searched, progress)),
    );
    if (states > 0) await emitAgain(hunt, pipeline);
    const emitted = await session.transaction(() =>
      savedProgress(session, pipeline.name, (progress) => removeEmitted(searched, progress)),
    );
    return { ...tables, ...emitted };
  } finally {
    session.close();
  }
}

/** Has the windows that have lost rows emitted again, and what was made of them retracted. */
async function emitAgain({ folder, params }: Hunt, pipeline: Pipeline): Promise<void> {
  const values = params.get(pipeline)!;
  await folder.store.prepare(pipeline.name, pipeline.tables);
  const processor = await folder.engine.open(pipeline, values, await endlessLookups(pipeline, values));
  try {
    await processor.flush();
  } finally {
    processor.close();
  }
}
