// Which schemas the records of a topic have: those in its log, and those of its dead letters, which may be sent again.
import { limits } from '../core/limits.ts';
import type { Batch } from '../log/batch.ts';
import { schemaIdOf } from '../log/decode.ts';
import { headerBytes } from '../log/encode.ts';
import type { Log } from '../log/log.ts';
import type { Session } from '../process/database.ts';

/** Where schemas are used. */
export type UsePlaces = { readonly log: Log; readonly database: { session(): Promise<Session> } };

/** A record that has a schema: in the log, or in a dead letter of a record that was in the log. */
export type Use =
  | { readonly partition: number; readonly offset: number }
  | { readonly letter: number; readonly pipeline: string };

/** Records of the log that are looked at from one place on. */
const stretchRecords = 32_768;

/**
 * A use of each of the schema ids that some record of the topic has; an id that no record has is not in the answer. Exact: where it does not
 * find an id it has looked at every record. It begins at the newest records and ends as soon as all ids are found.
 *
 * @example (await usesOf(folder, 'ride', [3, 4])).get(4) // { partition: 0, offset: 17 }
 */
export async function usesOf(places: UsePlaces, topic: string, ids: readonly number[]): Promise<Map<number, Use>> {
  const found = await usesInLetters(places, topic, ids);
  const known = (await places.log.topics()).find((one) => one.name === topic);
  for (const { partition, start, end } of known?.partitions ?? []) {
    for (let to = end; to > start && found.size < ids.length; ) {
      const from = Math.max(start, to - stretchRecords);
      await usesInStretch(places.log, topic, partition, from, to, ids, found);
      to = from;
    }
  }
  return found;
}

async function usesInStretch(
  log: Log,
  topic: string,
  partition: number,
  from: number,
  to: number,
  ids: readonly number[],
  found: Map<number, Use>,
): Promise<void> {
  for (let next = from; next < to && found.size < ids.length; ) {
    const batches = await log.read(topic, partition, next, {
      recordsMax: to - next,
      bytesMax: limits.readBytesMax,
    });
    for (const batch of batches) {
      usesInBatch(batch, ids, found);
      next = batch.baseOffset + batch.count;
    }
    if (batches.length === 0) return;
  }
}

function usesInBatch(batch: Batch, ids: readonly number[], found: Map<number, Use>): void {
  let last = -1;
  for (let i = 0; i < batch.count; i++) {
    const id = idIn(batch, i);
    // nearly all records of a batch have the schema of the one before
    if (id === last) continue;
    last = id;
    if (ids.includes(id) && !found.has(id)) found.set(id, { partition: batch.partition, offset: batch.baseOffset + i });
  }
}

/** The schema id of a record; -1 where its value does not begin as one with a schema does. */
function idIn({ bytes, ends, nulls }: Batch, i: number): number {
  const start = ends[3 * i]!;
  if (nulls[i]! & 2 || ends[3 * i + 1]! - start < headerBytes || bytes[start] !== 0) return -1;
  return ((bytes[start + 1]! << 24) | (bytes[start + 2]! << 16) | (bytes[start + 3]! << 8) | bytes[start + 4]!) >>> 0;
}

/** Letters of records: one of a source holds what the source gave, which is given the present schema when it is sent again. */
async function usesInLetters(
  { database }: UsePlaces,
  topic: string,
  ids: readonly number[],
): Promise<Map<number, Use>> {
  const session = await database.session();
  try {
    const rows = await session.rows(
      'select bytes[1:5], min(id), min(pipeline) from meta.aside where topic = $1 and off is not null group by 1',
      topic,
    );
    const found = new Map<number, Use>();
    for (const [head, letter, pipeline] of rows) {
      const bytes = head as Uint8Array;
      if (bytes.length < headerBytes || bytes[0] !== 0) continue;
      const id = schemaIdOf(bytes);
      if (ids.includes(id)) found.set(id, { letter: Number(letter), pipeline: String(pipeline) });
    }
    return found;
  } finally {
    session.close();
  }
}
