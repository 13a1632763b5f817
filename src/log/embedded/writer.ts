// The one who writes a partition: group commit, new segments, retention, and what to do when the disk refuses.
import { type MillraceError, systemCode } from '../../core/errors.ts';
import type { FileHandle, Files } from '../../core/files.ts';
import { Gate } from '../../core/gate.ts';
import { type Batch, type Headers, headerBytesOf } from '../batch.ts';
import type { Producer, Retention } from '../log.ts';
import { asMillraceError } from './failures.ts';
import { type Encoded, encodeBatch, encodeSegmentHeader, place as placeBatch } from './format.ts';
import type { CheckedOptions } from './options.ts';
import type { Partition } from './partition.ts';
import { writeIndex } from './recovery.ts';
import { besideEnding, type Erased, within, writeBeside } from './rewrite.ts';
import { emptySegment, extendSegment, type Segment, segmentPath } from './segment.ts';

type Pending = {
  readonly batch: Batch;
  readonly encoded: Encoded;
  readonly producer: Producer | undefined;
  readonly resolve: (offset: number) => void;
  readonly reject: (error: MillraceError) => void;
};

/** Appends to a partition. Between awaits the partition's segments describe exactly what is durable. */
export class Writer {
  readonly partition: Partition;
  readonly #options: CheckedOptions;
  /** Shared by all partitions: how many write and sync at once. */
  readonly #syncs: Gate;
  /** One commit, roll or retention at a time. */
  readonly #lock = new Gate(1);
  readonly #queue: Pending[] = [];
  #handle: FileHandle | undefined;
  #running: Promise<void> | undefined;
  /** The file may hold more than is durable, or a sync failed: it is cut before the next write. */
  #isSuspect = false;
  /** Something was appended since the last mark. */
  #isMarked = true;
  #lastSyncMs = Number.NEGATIVE_INFINITY;
  #segmentSinceMs: number | undefined;
  /** Removed for the readers, and not surely on disk: the oldest first. None is removed before those before it are. */
  #leaving: Segment[] = [];

  constructor(partition: Partition, options: CheckedOptions, syncs: Gate) {
    this.partition = partition;
    this.#options = options;
    this.#syncs = syncs;
  }

  /** Bytes after which a new segment begins: fewer where the retention by size is small. */
  segmentBytes = 0;

  append(batch: Batch, producer: Producer | undefined): Promise<number> {
    const encoded = encodeBatch(batch, producer);
    return new Promise((resolve, reject) => {
      this.#queue.push({ batch, encoded, producer, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  async #run(): Promise<void> {
    // lets the appends of the same turn join the first group
    await undefined;
    const { clock, lingerMs } = this.#options;
    while (this.#queue.length > 0) {
      if (lingerMs > 0) await clock.sleep(this.#lastSyncMs + lingerMs - clock.elapsed());
      this.#lastSyncMs = clock.elapsed();
      await this.#lock.run(() => this.#commit());
    }
    this.#running = undefined;
  }

  /** Writes and syncs the next group. Where that fails, the appends queued behind it fail too: their order is the callers' to restore. */
  async #commit(): Promise<void> {
    const { partition } = this;
    let group: Pending[] = [];
    let path = partition.place.folder;
    try {
      const segment = await this.#segmentFor(this.#queue[0]!.encoded.length);
      path = segment.path;
      group = this.#takeGroup(segment);
      const parts: Uint8Array[] = [];
      let offset = segment.end;
      for (const { encoded } of group) {
        placeBatch(encoded, offset, segment.end, segment.salt);
        for (const part of encoded.parts) parts.push(part);
        offset += encoded.count;
      }
      await this.#write(parts, segment.bytes);
      this.#publish(segment, group);
    } catch (cause) {
      const error = asMillraceError(cause, path);
      await this.#repair().catch(() => {});
      for (const { reject } of [...group, ...this.#queue.splice(0)]) reject(error);
    }
  }

  /** Everything queued that fits the segment and one flush; always the first. */
  #takeGroup(segment: Segment): Pending[] {
    const roomBytes = Math.min(this.#options.flushBytesMax, this.segmentBytes - segment.bytes);
    let length = 0;
    let count = 0;
    for (; count < this.#queue.length; count++) {
      length += this.#queue[count]!.encoded.length;
      if (count > 0 && length > roomBytes) break;
    }
    return this.#queue.splice(0, count);
  }

  async #write(parts: readonly Uint8Array[], position: number): Promise<void> {
    this.#isSuspect = true;
    const handle = this.#handle!;
    await this.#syncs.run(async () => {
      await handle.write(parts, position);
      await handle.sync();
    });
    this.#isSuspect = false;
  }

  #publish(segment: Segment, group: readonly Pending[]): void {
    const { partition } = this;
    const { topic, partition: number } = partition.place;
    this.#isMarked = false;
    this.#segmentSinceMs ??= this.#options.clock.now();
    for (const { batch, encoded, producer, resolve } of group) {
      const baseOffset = segment.end;
      extendSegment(segment, encoded.count, encoded.length, encoded.maxMs, this.#options.indexBytes);
      if (producer) partition.producers.set(producer.id, producer.sequence);
      partition.cache.add({ ...batch, topic, partition: number, baseOffset }, encoded.length);
      resolve(baseOffset);
    }
    partition.wake();
  }

  /** The segment that takes the next batch, open and sound. */
  async #segmentFor(length: number): Promise<Segment> {
    if (this.#isSuspect) await this.#repair();
    const active = this.partition.segments.at(-1);
    if (!active) return await this.#roll();
    if (active.end > active.base && active.bytes + length > this.segmentBytes) return await this.#roll();
    this.#handle ??= await this.#options.files.openWrite(active.path);
    return active;
  }

  /** Begins a new segment at the end. Its header is durable before anything else happens. */
  async #roll(): Promise<Segment> {
    const { partition } = this;
    const { files } = this.#options;
    const { folder, topic, partition: number } = partition.place;
    const sealed = partition.segments.at(-1);
    const base = partition.end;
    const header = encodeSegmentHeader(topic, number, base, partition.producers);
    const segment = emptySegment(partition.place, base, header.length);
    const handle = await files.openWrite(segment.path);
    try {
      await handle.truncate(0);
      await handle.write([header], 0);
      await handle.sync();
      await files.syncFolder(folder);
    } catch (error) {
      await handle.close();
      await files.remove(segment.path).catch(() => {});
      throw error;
    }
    const old = this.#handle;
    this.#handle = handle;
    this.#segmentSinceMs = undefined;
    partition.segments = [...partition.segments, segment];
    if (old) await old.close();
    if (sealed) await writeIndex(partition.place, sealed, this.#options);
    return segment;
  }

  /**
   * Cuts the file back to what is durable. After a failed sync the system may hold pages that it takes for written though they are
   * not: the file is opened anew, cut, and synced before it is trusted again; what failed is written again by its callers.
   */
  async #repair(): Promise<void> {
    if (!this.#isSuspect) return;
    const active = this.partition.segments.at(-1)!;
    const old = this.#handle;
    this.#handle = undefined;
    await old?.close().catch(() => {});
    const handle = await this.#options.files.openWrite(active.path);
    try {
      await handle.truncate(active.bytes);
      await handle.sync();
    } catch (error) {
      await handle.close();
      throw error;
    }
    this.#handle = handle;
    this.#isSuspect = false;
  }

  /** Removes the oldest segments that age or size no longer keep and that end at or before `held`. `bytesMax` is this partition's share. */
  async retain(held: number, ageMs: number | undefined, bytesMax: number | undefined): Promise<void> {
    await this.#lock.run(async () => {
      try {
        // a full disk must not keep the older segments from going: their going makes the space
        await this.#rollByAge(ageMs).catch(() => {});
        await this.#removeLeaving();
        for (;;) {
          const { segments } = this.partition;
          const oldest = segments[0];
          if (!oldest || segments.length === 1 || !(oldest.end <= held)) return;
          const isExpired = ageMs !== undefined && oldest.newestMs < this.#options.clock.now() - ageMs;
          const isTooMuch = bytesMax !== undefined && this.partition.info().bytes > bytesMax;
          if (!isExpired && !isTooMuch) return;
          // first for the readers, then on disk, one by one, so that neither a crash nor a failure leaves a gap
          this.partition.segments = segments.slice(1);
          this.#leaving.push(oldest);
          await this.#removeLeaving();
        }
      } catch (error) {
        throw asMillraceError(error, this.partition.place.folder);
      }
    });
  }

  /** Erases records, a segment at a time. See `Log.erase`. */
  async erase(offsets: readonly number[], headers: Headers): Promise<number> {
    const erased = { offsets, headers: headerBytesOf(headers) };
    return await this.#lock.run(async () => {
      let count = 0;
      try {
        await this.#repair();
        for (const segment of this.partition.segments) {
          const chosen = within(offsets, segment.base, segment.end);
          if (chosen.length > 0) await this.#replace(segment, { ...erased, offsets: chosen });
          count += chosen.length;
        }
        return count;
      } catch (error) {
        throw asMillraceError(error, this.partition.place.folder);
      }
    });
  }

  /** Puts a segment that was written anew in the place of the one that is there. A crash leaves the one or the other. */
  async #replace(segment: Segment, erased: Erased): Promise<void> {
    const { partition } = this;
    const { place } = partition;
    const { files } = this.#options;
    const made = await writeBeside(place, segment, erased, this.#options);
    // an index of the former file would be taken for one of the new: it goes first, and a missing one is made anew
    await removeWhereThere(files, segmentPath(place, segment.base, '.index'));
    await files.syncFolder(place.folder);
    const isActive = segment === partition.segments.at(-1);
    if (isActive) {
      await this.#handle?.close();
      this.#handle = undefined;
    }
    await files.rename(`${segment.path}${besideEnding}`, segment.path);
    partition.segments = partition.segments.map((one) => (one === segment ? made : one));
    partition.cache.clear();
    await files.syncFolder(place.folder);
    if (!isActive) await writeIndex(place, made, this.#options);
  }

  /** So that age can remove what stands in the active segment: rolls it once it is expired, or holds a quarter of the age. */
  async #rollByAge(ageMs: number | undefined): Promise<void> {
    const active = this.partition.segments.at(-1);
    if (ageMs === undefined || !active || active.end === active.base) return;
    const nowMs = this.#options.clock.now();
    this.#segmentSinceMs ??= nowMs;
    if (active.newestMs < nowMs - ageMs || this.#segmentSinceMs <= nowMs - ageMs / 4) {
      await this.#repair();
      await this.#roll();
    }
  }

  async #removeLeaving(): Promise<void> {
    for (let oldest = this.#leaving[0]; oldest; oldest = this.#leaving[0]) {
      await this.#remove(oldest);
      this.#leaving.shift();
    }
  }

  /** Removes the files of a segment; what an attempt before this one has removed is no failure. */
  async #remove(segment: Segment): Promise<void> {
    const { files } = this.#options;
    const { place } = this.partition;
    for (const path of [segment.path, segmentPath(place, segment.base, '.index')]) await removeWhereThere(files, path);
    await files.syncFolder(place.folder);
  }

  /** Waits for the appends under way, marks that everything is durable, and closes the file. */
  async close(): Promise<void> {
    await this.#running;
    await this.#lock.run(async () => {
      const active = this.partition.segments.at(-1);
      if (active && !this.#isMarked && !this.#isSuspect) {
        // a batch of no records, by which a later damage of the last batches is told from a torn tail
        const none = new Uint8Array(0);
        const mark = encodeBatch(
          {
            topic: '',
            partition: 0,
            baseOffset: 0,
            count: 0,
            times: new Float64Array(0),
            bytes: none,
            ends: new Uint32Array(0),
            nulls: none,
          },
          undefined,
        );
        placeBatch(mark, active.end, active.end, active.salt);
        await this.#write(mark.parts, active.bytes).catch(() => {});
      }
      await this.#handle?.close().catch(() => {});
      this.#handle = undefined;
    });
  }
}

async function removeWhereThere(files: Files, path: string): Promise<void> {
  try {
    await files.remove(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

/** The part of a topic's retention by size that one of its partitions may use. */
export function shareOf(retention: Retention, partitions: number): number | undefined {
  return retention.bytes === undefined ? undefined : Math.floor(retention.bytes / partitions);
}
