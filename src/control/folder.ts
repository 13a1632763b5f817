// The parts of a data folder, opened behind their contracts; and what a pipeline needs to have in them.
import { MillraceError } from '../core/errors.ts';
import type { Pipeline } from '../define/pipeline.ts';
import type { Topic } from '../define/topic.ts';
import { valueIn } from '../log/batch.ts';
import type { Log } from '../log/log.ts';
import type { Registry } from '../log/registry.ts';
import type { Engine } from '../process/engine.ts';
import type { Store } from '../store/store.ts';
import { embedded } from './adapters.ts';
import type { Forgetting } from './forgetting.ts';
import { makeKnown } from './known.ts';
import { type Registered, registerSchema, replacedNotice } from './schemas.ts';
import type { System } from './system.ts';

/** A data folder's parts, open. */
export type Folder = {
  readonly path: string;
  readonly system: System;
  readonly log: Log;
  readonly registry: Registry;
  readonly store: Store;
  readonly engine: Engine;
  readonly database: Awaited<ReturnType<Awaited<ReturnType<typeof embedded.database>>['open']>>;
  /** A topic that is damaged and was not opened, so that it can be deleted. */
  readonly leftOut?: string | undefined;
  /** A forgetting that was cut short. */
  readonly forgetting?: Forgetting | undefined;
};

/** Where the parts of a data folder are; a database without a path is in memory. */
export type Places = {
  readonly path: string;
  readonly database: {
    readonly path?: string;
    readonly tempFolder?: string;
    readonly allowedFolder?: string;
    readonly memoryBytes?: number;
  };
  readonly log: string;
  readonly registry: string;
  /** A topic that is not opened. */
  readonly leaveOut?: string | undefined;
};

/** Opens the parts of a data folder, wherever they are. */
export async function openParts(places: Places, system: System, notice?: (text: string) => void): Promise<Folder> {
  const { path } = places;
  const { files, clock } = system;
  const database = await (await embedded.database()).open(places.database).catch((error) => {
    throw error instanceof MillraceError && error.code === 'DATA_IN_USE'
      ? new MillraceError('DATA_IN_USE', error.message, { place: path, remedy: error.remedy, cause: error })
      : error;
  });
  // what is open is closed again, the last first, where something behind it cannot be opened
  const opened: (() => unknown)[] = [() => database.close()];
  try {
    const log = await (await embedded.log())({
      folder: places.log,
      files,
      clock,
      ...(places.leaveOut === undefined ? {} : { leaveOut: places.leaveOut }),
      ...(notice ? { notice } : {}),
    });
    opened.push(() => log.close());
    const registry = await (await embedded.registry())({ path: places.registry });
    opened.push(() => registry.close());
    return { ...(await partsOver(path, system, { database, log, registry }, opened)), leftOut: places.leaveOut };
  } catch (error) {
    for (const close of opened.reverse()) await close();
    throw error;
  }
}

/** Store and engine over a database, a log and a registry that are open. What it opens is added to `opened`. */
export async function partsOver(
  path: string,
  system: System,
  { database, log, registry }: Pick<Folder, 'database' | 'log' | 'registry'>,
  opened: (() => unknown)[],
): Promise<Folder> {
  const { clock } = system;
  const session = await database.session();
  opened.push(() => session.close());
  await (await embedded.keeper()).makeKeeper(session);
  await makeKnown(session);
  const store = await (await embedded.store())({
    session,
    now: () => clock.now(),
    openSession: () => database.session(),
  });
  const { duckEngine } = await embedded.engine();
  const engine = await duckEngine({
    database,
    sink: store.sink,
    schemas: (id) => registry.schema(id),
    now: () => clock.now(),
    log: {
      range: (topic, partition) => log.range(topic, partition),
      async record(topic, partition, offset) {
        try {
          const [batch] = await log.read(topic, partition, offset, { recordsMax: 1, bytesMax: 1 });
          return Uint8Array.from((batch && valueIn(batch, 0)) ?? new Uint8Array());
        } catch (error) {
          if (offset < log.range(topic, partition).start) return undefined;
          throw error;
        }
      },
      async time(topic, partition, offset) {
        if (offset < log.range(topic, partition).start) return undefined;
        const [batch] = await log.read(topic, partition, offset, { recordsMax: 1, bytesMax: 1 });
        return batch?.times[0];
      },
    },
  });
  return { path, system, log, registry, store, engine, database };
}

/** Closes the parts of a data folder. */
export async function closeParts({ store, database, log, registry }: Folder): Promise<void> {
  await store.close();
  database.close();
  await log.close();
  await registry.close();
}

/**
 * Makes the topics, and registers their schemas; the ids by topic. `notice` is told of schemas that took the place of others.
 *
 * @throws SCHEMA_INCOMPATIBLE, OPTION_INVALID, NAME_TAKEN
 */
export async function registerTopics(
  folder: Pick<Folder, 'log' | 'registry' | 'database'>,
  pipeline: Pipeline,
  notice?: (text: string) => void,
): Promise<Map<string, number>> {
  const ids = new Map<string, number>();
  for (const topic of pipeline.topics) {
    const registered = await registerTopic(folder, topic);
    if (registered.replaced.length > 0) notice?.(replacedNotice(topic.name, registered));
    ids.set(topic.name, registered.id);
  }
  return ids;
}

/** Makes one topic, and registers its schema. @throws SCHEMA_INCOMPATIBLE, OPTION_INVALID, NAME_TAKEN */
export async function registerTopic(
  folder: Pick<Folder, 'log' | 'registry' | 'database'>,
  topic: Topic,
): Promise<Registered> {
  const registered = await registerSchema(folder, topic);
  // partitions are never taken away from records: where there are none, nothing is taken
  const there = (await folder.log.topics()).find(({ name }) => name === topic.name);
  if (there && there.partitions.length > topic.partitions && there.partitions.every(({ end }) => end === 0))
    await folder.log.deleteTopic(topic.name);
  await folder.log.createTopic(topic.name, { partitions: topic.partitions, retention: topic.retain });
  return registered;
}
