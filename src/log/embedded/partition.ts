// A partition as its readers see it: the durable offsets, from memory at the tail and from segment files before it.
import { MillraceError, systemCode } from '../../core/errors.ts';
import { type Batch, sliceBatch } from '../batch.ts';
import type { PartitionInfo, ReadLimits } from '../log.ts';
import { asMillraceError, damaged, outOfRange } from './failures.ts';
import { isBodyIntact, viewBatch } from './format.ts';
import type { CheckedOptions } from './options.ts';
import type { Recovered } from './recovery.ts';
import { type PartitionPlace, type Segment, type Visitor, walk, withFile } from './segment.ts';
import { type CacheLimit, TailCache } from './tail-cache.ts';

type Waiter = { readonly offset: number; readonly wake: () => void };

/** Segments, newest batches and waiters of one partition. The writer, or the follower of a read-only log, moves its end. */
export class Partition {
  readonly place: PartitionPlace;
  readonly options: CheckedOptions;
  readonly cache: TailCache;
  segments: Segment[];
  producers: Map<string, number>;
  readonly #waiters = new Set<Waiter>();

  constructor(place: PartitionPlace, recovered: Recovered, options: CheckedOptions, cacheLimit: CacheLimit) {
    this.place = place;
    this.options = options;
    this.segments = recovered.segments;
    this.producers = recovered.producers;
    this.cache = new TailCache(cacheLimit);
  }

  get start(): number {
    return this.segments[0]?.base ?? 0;
  }

  get end(): number {
    return this.segments.at(-1)?.end ?? 0;
  }

  info(): PartitionInfo {
    let bytes = 0;
    let newestMs = Number.NEGATIVE_INFINITY;
    for (const segment of this.segments) {
      bytes += segment.bytes;
      newestMs = Math.max(newestMs, segment.newestMs);
    }
    return {
      partition: this.place.partition,
      start: this.start,
      end: this.end,
      bytes,
      newestMs: newestMs === Number.NEGATIVE_INFINITY ? undefined : newestMs,
    };
  }

  async read(offset: number, limits: ReadLimits): Promise<Batch[]> {
    const { start, end } = this;
    if (!(offset >= start && offset <= end)) throw this.#outOfRange(offset);
    if (offset === end) return [];
    return this.cache.holds(offset) ? this.#readCached(offset, limits) : await this.#readFile(offset, limits);
  }

  #readCached(offset: number, limits: ReadLimits): Batch[] {
    const batches: Batch[] = [];
    const taken = counter(limits);
    for (const { batch, fileBytes } of this.cache.from(offset)) {
      if (!taken(batch.count, fileBytes)) break;
      batches.push(cutBefore(batch, offset));
    }
    return batches;
  }

  async #readFile(offset: number, limits: ReadLimits): Promise<Batch[]> {
    const batches: Batch[] = [];
    const taken = counter(limits);
    const { end } = this;
    for (let from = offset; from < end; ) {
      const segment = this.#segmentOf(from);
      if (!(await this.#readSegment(segment, from, limits, taken, batches))) break;
      from = segment.end;
    }
    return batches;
  }

  /** Adds the batches of one segment from an offset on; true where the limits allow more than it holds. */
  async #readSegment(
    segment: Segment,
    offset: number,
    limits: ReadLimits,
    taken: ReturnType<typeof counter>,
    batches: Batch[],
  ): Promise<boolean> {
    const { topic, partition } = this.place;
    const from = segment.index.beforeOffset(offset)!;
    const chunkBytes = Math.min(2 ** 20, Math.max(2 ** 16, limits.bytesMax));
    let isDone = false;
    await this.#walk(
      segment,
      { from: from.position, offset: from.offset, chunkBytes },
      {
        enter(header) {
          if (header.base + header.count <= offset) return 'skip';
          isDone = !taken(header.count, header.length);
          return isDone ? 'stop' : 'take';
        },
        take(header, bytes, at) {
          if (!isBodyIntact(bytes, at, header)) return 'its checksum does not fit its bytes';
          batches.push(cutBefore(viewBatch(topic, partition, bytes, at, header), offset));
          return true;
        },
      },
    );
    return !isDone;
  }

  async offsetAt(timeMs: number): Promise<number> {
    const { topic, partition } = this.place;
    for (const segment of this.segments) {
      if (!(segment.newestMs >= timeMs)) continue;
      const from = segment.index.beforeTime(timeMs)!;
      let found: number | undefined;
      await this.#walk(
        segment,
        { from: from.position, offset: from.offset },
        {
          enter: (header) => (header.maxMs >= timeMs ? 'take' : 'skip'),
          take(header, bytes, at) {
            if (!isBodyIntact(bytes, at, header)) return 'its checksum does not fit its bytes';
            const { times } = viewBatch(topic, partition, bytes, at, header);
            found = header.base + times.findIndex((time) => time >= timeMs);
            return false;
          },
        },
      );
      if (found !== undefined) return found;
    }
    return this.end;
  }

  /** Walks the durable batches of a segment; damage there is refused. */
  async #walk(
    segment: Segment,
    range: { from: number; offset: number; chunkBytes?: number },
    visitor: Visitor,
  ): Promise<void> {
    const { path, salt, bytes: to } = segment;
    try {
      const obstacle = await withFile(this.options.files, path, (handle) =>
        walk(handle, { ...range, to, salt }, visitor),
      );
      if (obstacle) throw damaged(path, obstacle.position, obstacle.offset, obstacle.what);
    } catch (error) {
      // retention removed it while we came to open it
      if (systemCode(error) === 'ENOENT' && !this.segments.includes(segment)) throw this.#outOfRange(range.offset);
      throw error instanceof MillraceError ? error : asMillraceError(error, path);
    }
  }

  #segmentOf(offset: number): Segment {
    let low = 0;
    let high = this.segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.segments[middle]!.base <= offset) low = middle + 1;
      else high = middle;
    }
    return this.segments[low - 1]!;
  }

  #outOfRange(offset: number): MillraceError {
    return outOfRange(this.place.topic, this.place.partition, offset, this.start, this.end);
  }

  /** Resolves when the end is beyond `offset` or the signal aborts. */
  wait(offset: number, signal: AbortSignal): Promise<void> {
    if (this.end > offset || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const waiter = {
        offset,
        wake: () => {
          this.#waiters.delete(waiter);
          signal.removeEventListener('abort', waiter.wake);
          resolve();
        },
      };
      this.#waiters.add(waiter);
      signal.addEventListener('abort', waiter.wake);
    });
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Wakes whoever waits for what is there now; at the close, everyone. */
  wake(everyone = false): void {
    const { end } = this;
    for (const waiter of this.#waiters) if (everyone || waiter.offset < end) waiter.wake();
  }
}

/** Says of each next batch whether the limits still allow it; of the first, always. */
function counter({ recordsMax, bytesMax }: ReadLimits): (count: number, bytes: number) => boolean {
  let records = 0;
  let total = 0;
  return (count, bytes) => {
    if (records > 0 && (records + count > recordsMax || total + bytes > bytesMax)) return false;
    records += count;
    total += bytes;
    return true;
  };
}

function cutBefore(batch: Batch, offset: number): Batch {
  const from = offset - batch.baseOffset;
  return from > 0 ? sliceBatch(batch, from, batch.count - from) : batch;
}
