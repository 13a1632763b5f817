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
import type { PostRequest } from '../web/backend.ts';
import type { PostResult } from '../web/schemas.ts';
import type { TopicWriter } from './feeder.ts';
import type { Folder } from './folder.ts';
import { PostKeys, type PostMark } from './post-keys.ts';
import type { Runner } from './runner.ts';
import { behindOf } from './topic-sources.ts';

/** Records that are encoded before the event loop has its turn. */
const sliceRecordsMax = 1000;

/** How long a request waits for a pipeline that is too far behind, and how often it looks. */
const roomMs = { most: 5000, step: 50 };

/** A way in for requests: a source that takes them. */
export type Door = {
  readonly receiver: Receiver;
  /** Counts what was stored and what was rejected. */
  readonly count: (accepted: number, rejected: number) => void;
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
      const feeders = new Set(readers.flatMap((one) => one.feedersOf(topic.name)));
      const doors = new Map<string, Door>();
      for (const feeder of feeders) {
        const { name, receiver } = feeder;
        if (!receiver) continue;
        doors.set(name, { receiver, count: (accepted, rejected) => feeder.count(accepted, rejected) });
      }
      const behind = () => behindOf(readers, topic.name)?.pipeline.name;
      targets.set(topic.name, { topic, writer, doors: [...doors.values()], behind });
    }
  }
  return new Posts({ path: join(path, 'control.db'), log, clock: system.clock, targets: [...targets.values()] });
}

/** Takes posted records. */
export class Posts {
  readonly #options: PostsOptions;
  readonly #targets: ReadonlyMap<string, PostTarget>;
  readonly #keys: PostKeys;
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
    const delivery: Delivery = { body: request.body, records: request.records, signature: request.signature };
    // what a pipeline's own route has made comes from within: it needs no signature, and is a record already
    const isOwn = request.records.length > 0 && request.records.every(isRecord);
    const door = isOwn ? undefined : doorFor(target, delivery);
    const { idempotencyKey: key } = request;
    const items = isOwn
      ? request.records.filter(isRecord).map((record) => record.value)
      : (door?.receiver.items(delivery) ?? request.records);
    const row = door ? (item: unknown) => door.receiver.row(item) : rowReader(target.topic, isOwn);
    const work = async (mark: PostMark | undefined) => {
      await this.#room(target);
      const { result, added } = await this.#append(target, items, row, mark);
      door?.count(added, result.rejected.length);
      return result;
    };
    return key === undefined ? work(undefined) : this.#keys.once(name, key, request.body, work);
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
  ): Promise<{ result: PostResult; added: number }> {
    const stored = [...(mark?.stored.values() ?? [])];
    const runs: Run[] = stored.map(({ partition, offset }) => ({ partition, first: offset, count: 1 }));
    const rejected: PostResult['rejected'] = [];
    const appends: Promise<void>[] = [];
    const first = mark ? mark.seed : this.#sequence;
    this.#sequence += items.length;
    let added = 0;
    try {
      for (let at = 0; at < items.length; ) {
        const slice = encodeSlice(target, items, { at, first }, row, mark);
        rejected.push(...slice.rejected);
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
    return { result: { accepted, rejected, offsets, isRepeated: false }, added };
  }
}

type Slice = {
  readonly batches: readonly { partition: number; batch: Batch; indexes: readonly number[] }[];
  readonly rejected: PostResult['rejected'];
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
  const rejected: PostResult['rejected'] = [];
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
        rejected.push(rejection(end, error, topic));
      }
    }
  } catch (error) {
    take();
    throw error;
  }
  const batches = take().flatMap(({ batch, ...rest }) => (batch ? [{ ...rest, batch }] : []));
  return { batches, rejected, end };
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

function rejection(index: number, error: unknown, { fields }: Topic): PostResult['rejected'][number] {
  if (!(error instanceof MillraceError) || error.reaction !== 'reject') throw error;
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
