// The contract of a log: named, partitioned, ordered, durable. Adapter: embedded/.
import type { Batch, Headers } from './batch.ts';

/** How long and how much a topic keeps; undefined: for ever. */
export type Retention = { ageMs?: number | undefined; bytes?: number | undefined };

/** A topic as the log has it. */
export type TopicInfo = {
  readonly name: string;
  readonly retention: Retention;
  readonly partitions: readonly PartitionInfo[];
};

/** A partition: offsets [start, end), its size in bytes, and the newest record's time (milliseconds since 1970). */
export type PartitionInfo = {
  readonly partition: number;
  readonly start: number;
  readonly end: number;
  readonly bytes: number;
  readonly newestMs: number | undefined;
};

/**
 * Who appends, so that a source which reads again after a crash stores nothing twice: `sequence` is that of the last record of
 * the batch, in the producer's own numbering, which only grows.
 */
export type Producer = { readonly id: string; readonly sequence: number };

/** What a read may take: it ends at whichever is met first, but always holds at least one batch where there is one. */
export type ReadLimits = { recordsMax: number; bytesMax: number };

/** A durable log. Every failure of a method is a MillraceError; DISK_FULL may be tried again, and nothing half-written is ever read. */
export interface Log {
  /** Makes a topic, or changes its retention; more partitions may be added, never fewer. */
  createTopic(name: string, options: { partitions: number; retention: Retention }): Promise<void>;
  /**
   * Removes a topic with its records and what is known of its producers. Where it was killed in between it is called again, and ends in the
   * same state; a topic that is not there is no error. Nobody may append to the topic meanwhile; who waits for its records is woken.
   */
  deleteTopic(name: string): Promise<void>;
  topics(): Promise<TopicInfo[]>;
  /** @throws NOT_FOUND */
  topic(name: string): Promise<TopicInfo>;
  /**
   * Appends a batch (its topic, partition and baseOffset are not looked at) and resolves with the offset of its first record once
   * it is durable. Appends to one partition become durable in the order of the calls, many in one sync (group commit).
   * The batch's memory is the log's from then on: it is not to be changed. Where an append fails, those queued behind it fail too.
   */
  append(topic: string, partition: number, batch: Batch, producer?: Producer): Promise<number>;
  /** The sequence of the last record that the producer has durably appended to the partition; -1 for none. */
  lastSequence(topic: string, partition: number, producerId: string): Promise<number>;
  /**
   * Whole batches from an offset on (the first is cut so that it begins there); [] at the end. Only durable records are seen.
   *
   * @throws OFFSET_OUT_OF_RANGE where the offset is no longer, or not yet, in the log
   */
  read(topic: string, partition: number, offset: number, limits: ReadLimits): Promise<Batch[]>;
  /**
   * Takes keys, values and headers of records out of a partition: each of them has the given headers from then on, and nothing else. Offsets and
   * times stay, sequences of producers too, and all other records as they are. Where it fails or was killed in between, some of the records
   * are as they were, and it is called again. Nobody may read or append to the partition meanwhile.
   *
   * @param offsets in ascending order; those that are not in the log, perhaps since retention has removed them, are passed over
   * @returns how many records it has erased
   */
  erase(topic: string, partition: number, offsets: readonly number[], headers: Headers): Promise<number>;
  /** Resolves when the partition's end is beyond `offset`, or the signal aborts. */
  wait(topic: string, partition: number, offset: number, signal: AbortSignal): Promise<void>;
  /** Offsets [start, end) without touching the disk. */
  range(topic: string, partition: number): { start: number; end: number };
  /** The first offset whose record's time is `timeMs` or later, by the sparse index; the end where there is none. */
  offsetAt(topic: string, partition: number, timeMs: number): Promise<number>;
  /** Removes what the retention no longer keeps, whole segments only, and nothing at or after the held offset (what a pipeline still needs). */
  retain(held: (topic: string, partition: number) => number): Promise<void>;
  close(): Promise<void>;
}
