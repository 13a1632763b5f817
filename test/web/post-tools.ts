// What the tests of posting share: a log in memory or on disk, a topic, and its records as they were stored.

import { TopicWriter } from '../../src/control/feeder.ts';
import { type Door, Posts, type PostTarget } from '../../src/control/post.ts';
import { type Clock, virtualClock } from '../../src/core/clock.ts';
import type { Files } from '../../src/core/files.ts';
import { memoryFiles } from '../../src/core/memory-files.ts';
import { int, text } from '../../src/define/fields.ts';
import { topic } from '../../src/define/topic.ts';
import { keyOf } from '../../src/log/batch.ts';
import { embeddedLog } from '../../src/log/embedded/embedded.ts';
import type { Log } from '../../src/log/log.ts';

export const orders = topic('orders', { id: text(), count: int() }, { key: 'id', partitions: 3 });

/** A log, and posts to the topic `orders` in it. */
export type Opened = { readonly log: Log; readonly posts: Posts; readonly close: () => Promise<void> };

export type OpenedOptions = {
  readonly files?: Files;
  readonly folder?: string;
  readonly clock?: Clock;
  /** control.db. */
  readonly path?: string;
  readonly doors?: readonly Door[];
  readonly behind?: () => string | undefined;
};

/** Opens a log and posts. */
export async function opened(options: OpenedOptions = {}): Promise<Opened> {
  const { files = memoryFiles(), folder = '/log', clock = virtualClock(1e12), path = ':memory:' } = options;
  const log = await embeddedLog({ folder, files, clock });
  await log.createTopic('orders', { partitions: 3, retention: {} });
  const target: PostTarget = {
    topic: orders,
    writer: new TopicWriter(orders, 1, clock),
    doors: options.doors ?? [],
    behind: options.behind ?? (() => undefined),
  };
  const posts = new Posts({ path, log, clock, targets: [target] });
  return {
    log,
    posts,
    async close() {
      await posts.close();
      await log.close();
    },
  };
}

/** A request of these records. */
export function request(records: readonly unknown[], idempotencyKey?: string) {
  const body = Buffer.from(JSON.stringify(records));
  return { records, body, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) };
}

/** The orders `id` with counts from 0, so that each record is told from all others. */
export const some = (id: string, count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: `${id}-${i}`, count: i }));

/** The ids of all records that are stored, sorted. */
export async function storedIds(log: Log): Promise<string[]> {
  const ids: string[] = [];
  const { partitions } = await log.topic('orders');
  for (const { partition, start, end } of partitions) {
    for (let from = start; from < end; ) {
      const batches = await log.read('orders', partition, from, { recordsMax: 1e6, bytesMax: 1e9 });
      for (const batch of batches)
        for (let i = 0; i < batch.count; i++) ids.push(Buffer.from(keyOf(batch, i)!).toString());
      const last = batches.at(-1)!;
      from = last.baseOffset + last.count;
    }
  }
  return ids.sort();
}
