// Looks for persons in a data folder: records of the log, dead letters, rows of tables and of what streams keep. Nothing is changed.
import { parseStored } from '../core/digits.ts';
import { limits } from '../core/limits.ts';
import type { Value } from '../define/accept.ts';
import { inputOf, type Pipeline } from '../define/pipeline.ts';
import type { Stream } from '../define/stream.ts';
import type { Table } from '../define/table.ts';
import type { Topic } from '../define/topic.ts';
import type { Batch } from '../log/batch.ts';
import { isForgotten } from '../log/forgotten.ts';
import type { Log } from '../log/log.ts';
import type { KeptAside } from '../process/engine.ts';
import { embedded } from './adapters.ts';
import { endlessLookups } from './finite.ts';
import type { Folder } from './folder.ts';
import { namesIn, PersonFinder } from './person.ts';
import { postKeyOf } from './post-forget.ts';

/** A connection to the database of a folder. */
export type DuckSession = Awaited<ReturnType<Folder['database']['session']>>;

/** A record of the log. */
export type Place = { readonly partition: number; readonly offset: number };

/** Records of a topic that are about the persons, by partition their offsets; and the keys that they were posted with. */
export type Records = {
  readonly offsets: ReadonlyMap<number, readonly number[]>;
  readonly count: number;
  readonly postKeys: readonly Uint8Array[];
};

/** What looks for persons: who they are, and the pipelines whose definitions say where they may be. */
export type Hunt = {
  readonly folder: Folder;
  readonly names: readonly string[];
  readonly pipelines: readonly Pipeline[];
  readonly params: ReadonlyMap<Pipeline, ReadonlyMap<string, Value>>;
  /** Topics that declare a person, or the one that was named. */
  readonly topics: readonly Topic[];
};

/** The records of a topic that are about the persons. */
export async function findRecords({ folder, names }: Hunt, topic: Topic): Promise<Records> {
  const finder = new PersonFinder(topic, names, (id) => folder.registry.schema(id));
  const offsets = new Map<number, number[]>();
  const postKeys: Uint8Array[] = [];
  let count = 0;
  for await (const batch of batchesOf(folder.log, topic.name)) {
    for (const i of await finder.find(batch)) {
      offsets.set(batch.partition, [...(offsets.get(batch.partition) ?? []), batch.baseOffset + i]);
      const key = postKeyOf(batch, i);
      if (key) postKeys.push(key);
      count++;
    }
  }
  return { offsets, count, postKeys };
}

/** The places of a topic's records that were forgotten under a number. */
export async function erasedPlaces(
  log: Log,
  topic: string,
  mark: (batch: Batch, i: number) => boolean,
): Promise<Place[]> {
  const places: Place[] = [];
  for await (const batch of batchesOf(log, topic))
    for (let i = 0; i < batch.count; i++)
      if (isForgotten(batch, i) && mark(batch, i))
        places.push({ partition: batch.partition, offset: batch.baseOffset + i });
  return places;
}

/** All records that the log has of a topic, in batches; none where it has no such topic. */
export async function* batchesOf(log: Log, topic: string): AsyncGenerator<Batch> {
  const found = (await log.topics()).find(({ name }) => name === topic);
  for (const { partition, start, end } of found?.partitions ?? []) {
    for (let from = start; from < end; ) {
      const recordsMax = limits.microBatchRecordsMax;
      const batches = await log.read(topic, partition, from, { recordsMax, bytesMax: limits.readBytesMax });
      yield* batches;
      const last = batches.at(-1)!;
      from = last.baseOffset + last.count;
    }
  }
}

/** How many letters are about the persons, of the records that were found or not. */
export async function countLetters(hunt: Hunt, records: ReadonlyMap<Topic, Records>): Promise<number> {
  const { findLetters } = await embedded.personLetters();
  const session = await hunt.folder.database.session();
  try {
    const places = new Map([...records].map(([topic, found]) => [topic.name, placesIn(found)]));
    const found = await findLetters(session, await letterFinder(hunt, session, places));
    return [...found].reduce((sum, [, letters]) => sum + letters.length, 0);
  } finally {
    session.close();
  }
}

function placesIn({ offsets }: Records): Place[] {
  return [...offsets].flatMap(([partition, all]) => all.map((offset) => ({ partition, offset })));
}

/** Tells which letters are about the persons: by the record that they are of, else by their bytes. */
export async function letterFinder(
  hunt: Hunt,
  session: DuckSession,
  erased: ReadonlyMap<string, readonly Place[]>,
): Promise<(letter: KeptAside) => Promise<boolean>> {
  const { folder, names, topics, pipelines } = hunt;
  const finders = new Map(
    topics.map((topic) => [topic.name, new PersonFinder(topic, names, (id) => folder.registry.schema(id))]),
  );
  const places = new Set(
    [...erased].flatMap(([topic, all]) => all.map(({ partition, offset }) => `${topic}/${partition}/${offset}`)),
  );
  const texts = new Set(textsOf(hunt));
  const lineage = await lineageIn(hunt, session);
  return async (letter) => {
    const { topic, partition, offset, source, noun, bytes } = letter;
    if (offset !== undefined && places.has(`${topic}/${partition}/${offset}`)) return true;
    const finder = finders.get(topic);
    if (source !== undefined) return finder?.isIn(bytes) ?? false;
    // rows in JSON, where a record begins with 0
    if (noun === 'stream' && bytes[0] !== 0) {
      const stream = pipelines
        .find(({ name }) => name === letter.pipeline)
        ?.streams.find(({ name }) => name === letter.stage);
      if (!stream) return finder?.holds(bytes) ?? false;
      const columns = await lineage.of(inputOf(stream).of);
      return rowsIn(bytes).some((row) => columns.some((name) => texts.has(String(row[name]))));
    }
    return (await finder?.isAbout(bytes)) ?? false;
  };
}

function rowsIn(bytes: Uint8Array): Record<string, unknown>[] {
  try {
    const rows = parseStored(Buffer.from(bytes).toString());
    return (Array.isArray(rows) ? rows : [rows]) as Record<string, unknown>[];
  } catch {
    // what a person has put in its place may be anything
    return [];
  }
}

/** The texts by which the persons are named in columns: as they were given, and as whole numbers are written. */
export function textsOf({ topics, names }: Pick<Hunt, 'topics' | 'names'>): string[] {
  return [...new Set(topics.flatMap((topic) => [...namesIn(topic, names)]))];
}

/** Which columns may hold the person of a topic. */
export async function lineageIn({ topics }: Hunt, session: DuckSession) {
  const { Lineage } = await embedded.lineage();
  const person = new Map(topics.map((topic) => [topic.name, topic.person!]));
  return new Lineage(session, ({ name }) => (person.has(name) ? [person.get(name)!] : []));
}

/** Where the rows of streams and tables of a pipeline are looked for. */
export async function searchedIn(
  hunt: Hunt,
  session: DuckSession,
  pipeline: Pipeline,
  parts: { readonly streams: readonly Stream[]; readonly tables: readonly Table[] } = pipeline,
) {
  const endless = await endlessLookups(pipeline, hunt.params.get(pipeline)!);
  return { session, lineage: await lineageIn(hunt, session), pipeline, endless, ...pick(parts) };
}

function pick({ streams, tables }: { readonly streams: readonly Stream[]; readonly tables: readonly Table[] }) {
  return { streams, tables };
}

/** Rows that hold one of the persons, by pipeline: of each table, and of what its streams keep. */
export async function findRows(
  hunt: Hunt,
): Promise<Map<Pipeline, { readonly tables: Record<string, number>; readonly states: number }>> {
  const found = new Map<Pipeline, { tables: Record<string, number>; states: number }>();
  const { seek, countRows } = await embedded.personRows();
  const session = await hunt.folder.database.session();
  try {
    await seek(session, { names: textsOf(hunt), places: new Map() });
    for (const pipeline of hunt.pipelines) {
      const counted = await countRows(await searchedIn(hunt, session, pipeline));
      if (counted.states > 0 || Object.keys(counted.tables).length > 0) found.set(pipeline, counted);
    }
    return found;
  } finally {
    session.close();
  }
}
