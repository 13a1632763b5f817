// The newest batches in memory, so that whoever follows the tail of a partition reads no disk. Bounded as a whole and per partition.
import { type Batch, heldBytes } from '../batch.ts';

/** A batch in memory, undefined once it was let go: its length in the file, and the memory that it holds. */
export type CachedBatch = { batch: Batch | undefined; readonly fileBytes: number; readonly heldBytes: number };

/** The part of one partition: batches without a gap up to the partition's end. */
export class TailCache {
  readonly #all: CacheLimit;
  #batches: CachedBatch[] = [];
  #first = 0;
  /** Memory that is held. */
  bytes = 0;

  constructor(all: CacheLimit) {
    this.#all = all;
  }

  /** Adds the batch at the partition's end. */
  add(batch: Batch, fileBytes: number): void {
    const cached = { batch, fileBytes, heldBytes: heldBytes(batch) };
    this.#batches.push(cached);
    this.bytes += cached.heldBytes;
    this.#all.added(this, cached);
  }

  /** The batches from the one that holds `offset` on; that one must be in memory (`holds`). */
  *from(offset: number): Generator<{ batch: Batch; fileBytes: number }> {
    let low = this.#first;
    let high = this.#batches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#batches[middle]!.batch!.baseOffset <= offset) low = middle + 1;
      else high = middle;
    }
    for (let i = low - 1; i < this.#batches.length; i++) {
      const { batch, fileBytes } = this.#batches[i]!;
      yield { batch: batch!, fileBytes };
    }
  }

  /** Whether the batch that holds `offset` (before the partition's end) is in memory. */
  holds(offset: number): boolean {
    const first = this.#batches[this.#first];
    return first !== undefined && first.batch!.baseOffset <= offset;
  }

  /** Lets all batches go. */
  clear(): void {
    for (let oldest = this.evict(); oldest; oldest = this.evict()) this.#all.left(oldest);
  }

  /** Lets the oldest batch go. */
  evict(): CachedBatch | undefined {
    const oldest = this.#batches[this.#first];
    if (!oldest) return undefined;
    this.#first++;
    oldest.batch = undefined;
    this.bytes -= oldest.heldBytes;
    if (this.#first > 64 && this.#first * 2 > this.#batches.length) {
      this.#batches = this.#batches.slice(this.#first);
      this.#first = 0;
    }
    return oldest;
  }
}

/** The bound of all partitions together: the oldest batch of any goes first. */
export class CacheLimit {
  readonly #bytesMax: number;
  readonly #partitionBytesMax: number;
  #bytes = 0;
  #order: { cache: TailCache; cached: CachedBatch }[] = [];
  #first = 0;

  constructor(bytesMax: number, partitionBytesMax: number) {
    this.#bytesMax = bytesMax;
    this.#partitionBytesMax = partitionBytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a batch that a partition has let go out of the account. */
  left({ heldBytes }: CachedBatch): void {
    this.#bytes -= heldBytes;
  }

  added(cache: TailCache, cached: CachedBatch): void {
    this.#order.push({ cache, cached });
    this.#bytes += cached.heldBytes;
    while (cache.bytes > this.#partitionBytesMax) this.#bytes -= cache.evict()!.heldBytes;
    while (this.#first < this.#order.length) {
      const oldest = this.#order[this.#first]!;
      if (oldest.cached.batch) {
        if (this.#bytes <= this.#bytesMax) break;
        this.#bytes -= oldest.cache.evict()!.heldBytes;
      }
      this.#first++;
    }
    if (this.#first > 64 && this.#first * 2 > this.#order.length) {
      this.#order = this.#order.slice(this.#first);
      this.#first = 0;
    }
  }
}
