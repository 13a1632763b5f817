// Posted records into their topic: each checked, stored whole or rejected with its reason; answered when all that was accepted is durable.
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { MillraceError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { turn } from '../core/turn.ts';
import { hasPersonal, recordAcceptor, type Value } from '../define/accept.ts';
import { recordFromJson } from '../define/input.ts';
import { isRecord } from '../define/record.ts';
import type { Topic } from '../define/topic.ts';
import type { Delivery, Receiver } from '../ingest/source.ts';
import type { Batch } from '../log/batch.ts';
import type { Log } from '../log/log.ts';
import type { PostRequest, UnreadRecord } from '../web/backend.ts';
import type { PostResult } from '../web/schemas.ts';
import type { Feeder, RefusedPost, TopicWriter } from './feeder.ts';
import type { Folder } from './folder.ts';
import { PostKeys, type PostMark } from './post-keys.ts';
import { lettersOf, originalOf, RefusedCounts, type RefusedRecord } from './post-refused.ts';
import type { Runner } from './runner.ts';
import { behindOf, type TopicReader } from './topic-sources.ts';

/** Records that are encoded before the event loop has its turn. */
const sliceRecordsMax = 1000;

/** How long a request waits for a pipeline that is too far behind, and how often it looks. */
const roomMs = { most: 5000, step: 50 };

/** How long a request waits for its dead letters to be on disk. */
const keptMs = 5000;

/** A way in for requests: a source that takes them. */
export type Door = {
  readonly receiver: Receiver;
  /** Counts what was stored and what was refused, and keeps letters where it can; resolves with how many of them are durable. */
  readonly count: (accepted: number, refused: number, letters: readonly RefusedPost[]) => Promise<number>;
};

/** A topic that takes records. */
export type PostTarget = {
  readonly topic: Topic;
  readonly writer: TopicWriter;
  readonly doors: readonly Door[];
  /** A pipeline that reads it and is too far behind, or undefined. */
  readonly behind: () => string | undefined;
};

/** What posts work with; `path` is control.db or `':memory:'`. */
export type PostsOptions = {
  readonly path: string;
  readonly log: Log;
  readonly clock: Clock;
  readonly targets: readonly PostTarget[];
};

/** Posts to the topics of pipelines that run in a data folder. */
export function postsOf({ path, log, system }: Folder, runners: readonly Runner[]): Posts {
  const targets = new Map<string, PostTarget>();
  for (const runner of runners) {
    for (const { topic, writer } of runner.writers()) {
      const readers = runners.filter((one) => one.pipeline.topics.some(({ name }) => name === topic.name));
      const doors = new Map<string, Door>();
      for (const reader of readers) {
        for (const feeder of reader.feedersOf(topic.name)) {
          const { name, receiver } = feeder;
          if (!receiver) continue;
          doors.set(name, { receiver, count: countAt(feeder, () => reader.keeperOf(topic.name)) });
        }
      }
      const behind = () => behindOf(readers, topic.name)?.pipeline.name;
      targets.set(topic.name, { topic, writer, doors: [...doors.values()], behind });
    }
  }
  return new Posts({ path: join(path, 'control.db'), log, clock: system.clock, targets: [...targets.values()] });
}

/** Counts what a request brought at its source; the pipeline that keeps what the source reports keeps the letters, too. */
function countAt(feeder: Feeder, keeperOf: () => TopicReader | undefined): Door['count'] {
  return async (accepted, refused, letters) => {
    const keeper = keeperOf();
    // one that has ended saves nothing any more: then only the caller is told
    const kept = keeper && !keeper.hasEnded ? letters : [];
    feeder.count(accepted, refused - kept.length, kept);
    return kept.length > 0 && (await keeper!.saved(keptMs)) ? kept.length : 0;
  };
}

/** Takes posted records. */
export class Posts {
  readonly #options: PostsOptions;
  readonly #targets: ReadonlyMap<string, PostTarget>;
  readonly #keys: PostKeys;
  /** What was refused since the process began. */
  readonly refused = new RefusedCounts();
  readonly #closed = new AbortController();
  #sequence = 0;

  constructor(options: PostsOptions) {
    this.#options = options;
    this.#targets = new Map(options.targets.map((target) => [target.topic.name, target]));
    this.#keys = new PostKeys(options);
  }

  /** Whether records can be posted to a topic. */
  accepts(topic: string): boolean {
    return this.#targets.has(topic);
  }

  /** Whether what is posted to a topic must be signed. */
  isSigned(topic: string): boolean {
    const doors = this.#targets.get(topic)?.doors ?? [];
    return doors.length > 0 && doors.every((door) => door.receiver.isSigned);
  }

  /** Checks the signature of a body, where the topic asks for one. @throws NOT_FOUND, SIGNATURE_INVALID */
  admit(name: string, { body, signature }: Pick<PostRequest, 'body' | 'signature'>): void {
    doorFor(this.#target(name), { body, signature, records: [] });
  }

  /**
   * Stores records; resolves once those accepted are durable. Where an error comes of the disk, some may be stored: with an
   * Idempotency-Key the same request completes them.
   *
   * @throws NOT_FOUND, SIGNATURE_INVALID, IDEMPOTENCY_REUSED, RECORD_MALFORMED, STORE_UNAVAILABLE where a pipeline is too far behind, DISK_FULL
   */
  async post(name: string, request: PostRequest): Promise<PostResult> {
    const target = this.#target(name);
    const { body, records, signature, bytesOf } = request;
    const delivery: Delivery = { body, records, signature, bytesOf };
    // what a pipeline's own route has made comes from within: it needs no signature, and is a record already
    const isOwn = request.records.length > 0 && request.records.every(isRecord);
    const door = isOwn ? undefined : doorFor(target, delivery);
    const { idempotencyKey: key } = request;
    const { items, unread, failure } = isOwn
      ? { items: request.records.filter(isRecord).map((record) => record.value), unread: [], failure: undefined }
      : itemsOf(door, delivery, request.unread ?? []);
    if (failure) {
      await door?.count(0, 1, []);
      throw failure;
    }
    const row = door ? (item: unknown) => door.receiver.row(item) : rowReader(target.topic, isOwn);
    const work = async (mark: PostMark | undefined) => {
      await this.#room(target);
      const { result, added, refused } = await this.#append(target, items, row, mark);
      const bytes = (index: number) => () => originalOf(door!.receiver, delivery, items, index);
      const place = (index: number) => (items === records ? (request.indexes?.[index] ?? index) : index);
      const all: RefusedRecord[] = [
        ...unread,
        ...refused.map(({ index, error }) => ({ index: place(index), error, bytes: bytes(index) })),
      ];
      for (const { error } of all) this.refused.add(name, error.code);
      const letters = door?.receiver.keepsRefused ? lettersOf(all, this.#options.clock.now()) : [];
      const kept = await door?.count(added, all.length, letters);
      return kept ? { ...result, kept } : result;
    };
    // of a body in which nothing could be read, and of which nothing is kept, the key stays free for the body that was meant
    const isNothing = items.length === 0 && unread.length > 0 && !door?.receiver.keepsRefused;
    return key === undefined || isNothing ? work(undefined) : this.#keys.once(name, key, request.body, work);
  }

  /** Waits for what is under way and closes. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#keys.close();
  }

  #target(name: string): PostTarget {
    const found = this.#targets.get(name);
    if (found) return found;
    throw new MillraceError('NOT_FOUND', `no pipeline that runs has a topic '${name}'`, {
      place: name,
      remedy: `Post to one of: ${[...this.#targets.keys()].sort().join(', ') || 'none'}.`,
    });
  }

  async #room(target: PostTarget): Promise<void> {
    const { clock } = this.#options;
    const endMs = clock.elapsed() + roomMs.most;
    for (let behind = target.behind(); behind !== undefined; behind = target.behind()) {
      if (clock.elapsed() >= endMs || this.#closed.signal.aborted) {
        throw new MillraceError(
          'STORE_UNAVAILABLE',
          `pipeline '${behind}' is more than ${limits.inFlightRecordsMax} records behind`,
          { place: target.topic.name, remedy: 'Post again later, as Retry-After says; it goes on by itself.' },
        );
      }
      await clock.sleep(roomMs.step, this.#closed.signal);
    }
  }

  async #append(
    target: PostTarget,
    items: readonly unknown[],
    row: (item: unknown) => Value[],
    mark: PostMark | undefined,
  ): Promise<{ result: PostResult; added: number; refused: readonly Refused[] }> {
    const stored = [...(mark?.stored.values() ?? [])];
    const runs: Run[] = stored.map(({ partition, offset }) => ({ partition, first: offset, count: 1 }));
    const refused: Refused[] = [];
    const appends: Promise<void>[] = [];
    const first = mark ? mark.seed : this.#sequence;
    this.#sequence += items.length;
    let added = 0;
    try {
      for (let at = 0; at < items.length; ) {
        const slice = encodeSlice(target, items, { at, first }, row, mark);
        refused.push(...slice.refused);
        for (const { partition, batch, indexes } of slice.batches) {
          added += batch.count;
          const append = this.#options.log.append(target.topic.name, partition, batch).then((offset) => {
            runs.push({ partition, first: offset, count: indexes.length });
            for (const [i, index] of indexes.entries()) mark?.stored.set(index, { partition, offset: offset + i });
          });
          // looked at below: until then it must not end the process
          append.catch(() => undefined);
          appends.push(append);
        }
        at = slice.end;
        if (at < items.length) await turn();
      }
    } finally {
      await Promise.allSettled(appends);
    }
    await Promise.all(appends);
    const offsets = joined(runs);
    const accepted = offsets.reduce((sum, { count }) => sum + count, 0);
    const rejected = refused.map((one) => rejection(one, target.topic));
    return { result: { accepted, rejected, offsets, isRepeated: false }, added, refused };
  }
}

/** What a body holds for a door, and what of it could not be read; the failure where that is all of it, and the door keeps none. */
function itemsOf(
  door: Door | undefined,
  delivery: Delivery,
  lines: readonly UnreadRecord[],
): { items: readonly unknown[]; unread: readonly RefusedRecord[]; failure: MillraceError | undefined } {
  const unread = lines.map(({ index, error, bytes }) => ({ index, error, bytes: () => Uint8Array.from(bytes) }));
  if (!door) return { items: delivery.records, unread, failure: undefined };
  try {
    return { items: door.receiver.items(delivery), unread, failure: undefined };
  } catch (error) {
    if (!(error instanceof MillraceError) || error.reaction !== 'reject') throw error;
    const whole = { index: 0, error, bytes: () => Uint8Array.from(delivery.body) };
    return { items: [], unread: [whole], failure: door.receiver.keepsRefused ? undefined : error };
  }
}

/** An item that was refused: its place, and why. */
type Refused = { readonly index: number; readonly error: MillraceError };

type Slice = {
  readonly batches: readonly { partition: number; batch: Batch; indexes: readonly number[] }[];
  readonly refused: readonly Refused[];
  /** The place after the last that was looked at. */
  readonly end: number;
};

/**
 * Some of the items, from a place on, as a batch for each partition; what is stored already is passed over. Nothing waits in here, since
 * the writer is everyone's.
 */
function encodeSlice(
  { topic, writer }: PostTarget,
  items: readonly unknown[],
  { at, first }: { at: number; first: number },
  row: (item: unknown) => Value[],
  mark: PostMark | undefined,
): Slice {
  const refused: Refused[] = [];
  const places: number[][] = Array.from({ length: topic.partitions }, () => []);
  const take = () => places.map((indexes, partition) => ({ partition, indexes, batch: writer.take(partition) }));
  const last = Math.min(items.length, at + sliceRecordsMax);
  let end = at;
  try {
    for (; end < last && writer.bytes < limits.batchBytesMax; end++) {
      if (mark?.stored.has(end)) continue;
      try {
        const values = row(items[end]);
        const partition = writer.partition(values, first + end);
        writer.add(partition, values, mark?.headers(end));
        places[partition]!.push(end);
      } catch (error) {
        if (!(error instanceof MillraceError) || error.reaction !== 'reject') throw error;
        refused.push({ index: end, error });
      }
    }
  } catch (error) {
    take();
    throw error;
  }
  const batches = take().flatMap(({ batch, ...rest }) => (batch ? [{ ...rest, batch }] : []));
  return { batches, refused, end };
}

type Run = { partition: number; first: number; count: number };

/** The way in that takes a request: the first whose check it passes. @throws SIGNATURE_INVALID of the first, where none does */
function doorFor({ doors }: PostTarget, delivery: Delivery): Door | undefined {
  let failure: unknown;
  for (const door of doors) {
    try {
      door.receiver.check(delivery);
      return door;
    } catch (error) {
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  return undefined;
}

/** Reads records that come without a source; those that a route has made may hold bytes, JSON has them as base64. */
function rowReader({ fields }: Topic, isOwn: boolean): (item: unknown) => Value[] {
  const accept = recordAcceptor(fields);
  if (isOwn) return accept;
  const plain = recordFromJson(fields);
  return (item) => accept(plain(item));
}

function rejection({ index, error }: Refused, { fields }: Topic): PostResult['rejected'][number] {
  const { code, remedy } = error;
  const reason = hasPersonal(fields) ? error.masked : error.message;
  return { index, code, reason, ...(remedy === undefined ? {} : { remedy }) };
}

/** Stretches of offsets, those that touch joined. */
function joined(runs: Run[]): Run[] {
  const all = runs.sort((a, b) => a.partition - b.partition || a.first - b.first);
  const found: Run[] = [];
  for (const run of all) {
    const last = found.at(-1);
    if (last && last.partition === run.partition && last.first + last.count === run.first) last.count += run.count;
    else found.push({ ...run });
  }
  return found;
}
