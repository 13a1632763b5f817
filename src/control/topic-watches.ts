// Tells those who watch topics of new records: one reader a topic, shared by all of them.
import type { Clock } from '../core/clock.ts';
import { limits } from '../core/limits.ts';
import type { Log } from '../log/log.ts';
import type { TopicRecord } from '../web/schemas.ts';
import type { RecordReader } from './records.ts';

/** Is told of new records, and how many others came with them that are left out; it must not throw. */
export type RecordListener = (records: TopicRecord[], skipped: number) => void;

/** Milliseconds between two reads of one topic. */
const everyMs = 50;

/** Milliseconds after a read that failed. */
const retryMs = 1000;

/** What watching works with. */
export type Watching = { readonly log: Log; readonly clock: Clock; readonly reader: (topic: string) => RecordReader };

/** The watchers of all topics. */
export class TopicWatches {
  readonly #watching: Watching;
  readonly #topics = new Map<string, { readonly listeners: Set<RecordListener>; readonly stop: AbortController }>();

  constructor(watching: Watching) {
    this.#watching = watching;
  }

  /** Tells the listener of the records that come from now on, until the function that it gives is called. @throws NOT_FOUND */
  async watch(topic: string, listener: RecordListener): Promise<() => void> {
    const { partitions } = await this.#watching.log.topic(topic);
    // the same function may watch twice: each is a watch of its own
    const own: RecordListener = (records, skipped) => listener(records, skipped);
    let watched = this.#topics.get(topic);
    if (!watched) {
      watched = { listeners: new Set(), stop: new AbortController() };
      this.#topics.set(topic, watched);
      // from here on, before anything is awaited
      const next = new Map(
        partitions.map(({ partition }) => [partition, this.#watching.log.range(topic, partition).end]),
      );
      void this.#follow(topic, next, watched.listeners, watched.stop.signal);
    }
    const { listeners, stop } = watched;
    listeners.add(own);
    return () => {
      listeners.delete(own);
      if (listeners.size > 0 || this.#topics.get(topic)?.stop !== stop) return;
      this.#topics.delete(topic);
      stop.abort();
    };
  }

  /** How many topics are read for watchers. */
  get size(): number {
    return this.#topics.size;
  }

  /** Ends all watching. */
  close(): void {
    for (const { stop } of this.#topics.values()) stop.abort();
    this.#topics.clear();
  }

  async #follow(
    topic: string,
    next: Map<number, number>,
    listeners: ReadonlySet<RecordListener>,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock } = this.#watching;
    while (!signal.aborted) {
      try {
        await this.#arrival(topic, next, signal);
        if (signal.aborted) return;
        const { records, skipped } = await this.#read(topic, next);
        if (records.length + skipped > 0 && !signal.aborted) for (const tell of [...listeners]) tell(records, skipped);
        await clock.sleep(everyMs, signal);
      } catch {
        if (!signal.aborted) this.#passOver(topic, next);
        await clock.sleep(retryMs, signal);
      }
    }
  }

  /** What cannot be read any more (removed by the retention, a damaged segment) is left out: watching goes on with what comes. */
  #passOver(topic: string, next: Map<number, number>): void {
    for (const [partition] of next) {
      try {
        next.set(partition, this.#watching.log.range(topic, partition).end);
      } catch {
        // it is looked for again: nobody waits for this, and it must not end the process
      }
    }
  }

  /** Resolves when a partition has more, or the signal aborts. */
  async #arrival(topic: string, next: ReadonlyMap<number, number>, signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const abort = () => stop.abort();
    signal.addEventListener('abort', abort, { once: true });
    const waits = [...next].map(([partition, offset]) =>
      this.#watching.log.wait(topic, partition, offset, stop.signal),
    );
    await Promise.race(waits);
    stop.abort();
    signal.removeEventListener('abort', abort);
  }

  /** The newest records of what has come, an equal share of each partition; moves `next` to the ends. */
  async #read(topic: string, next: Map<number, number>): Promise<{ records: TopicRecord[]; skipped: number }> {
    const { log, reader } = this.#watching;
    const records: TopicRecord[] = [];
    let came = 0;
    const grown = [...next].flatMap(([partition, from]) => {
      const { end } = log.range(topic, partition);
      came += end - from;
      next.set(partition, end);
      return end > from ? [{ partition, from, end }] : [];
    });
    // those with few records leave room for the others
    grown.sort((a, b) => a.end - a.from - (b.end - b.from));
    for (const [i, { partition, from, end }] of grown.entries()) {
      const share = Math.floor((limits.changeRowsMax - records.length) / (grown.length - i));
      for (let at = Math.max(from, end - share); at < end; ) {
        const batches = await reader(topic).read(partition, at, end);
        for (const batch of batches) {
          for (let record = 0; record < batch.count; record++) records.push(await reader(topic).decode(batch, record));
          at = batch.baseOffset + batch.count;
        }
        if (batches.length === 0) break;
      }
    }
    records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
    return { records, skipped: came - records.length };
  }
}
