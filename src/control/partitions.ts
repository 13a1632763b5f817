// The partitions that a pipeline reads: what waits in each, where it goes on, and which of them are held.
import { MillraceError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Pipeline } from '../define/pipeline.ts';
import { type Batch, firstRecords } from '../log/batch.ts';
import type { Log } from '../log/log.ts';
import type { Processor } from '../process/engine.ts';

export type Partition = { readonly topic: string; readonly partition: number };

/** What is looked at. `isHeld`: whether a topic waits for a table that its streams look up. */
export type PartitionsOptions = {
  readonly pipeline: Pipeline;
  readonly processor: Pick<Processor, 'progress'>;
  readonly log: Log;
  readonly isHeld?: (topic: string) => boolean;
};

/** The partitions of one pipeline. */
export class Partitions {
  readonly all: readonly Partition[];
  readonly #options: PartitionsOptions;

  constructor(options: PartitionsOptions) {
    this.#options = options;
    this.all = options.pipeline.topics.flatMap((topic) =>
      Array.from({ length: topic.partitions }, (_, partition) => ({ topic: topic.name, partition })),
    );
  }

  isHeld(topic: string): boolean {
    return this.#options.isHeld?.(topic) ?? false;
  }

  /** Those whose records may be processed now. */
  get free(): readonly Partition[] {
    return this.#options.isHeld ? this.all.filter(({ topic }) => !this.isHeld(topic)) : this.all;
  }

  /** Records of some partitions that are in the log and not processed yet. */
  waiting(some: readonly Partition[] = this.all): number {
    let count = 0;
    for (const { topic, partition } of some)
      count += this.#options.log.range(topic, partition).end - this.next(topic, partition);
    return count;
  }

  /** The offset of the first record of a partition that is not processed. */
  next(topic: string, partition: number): number {
    const known = this.#options.processor.progress.topics[topic]?.[partition];
    return known ? known.next : this.#options.log.range(topic, partition).start;
  }

  /**
   * Checks that the log still has what was processed: records that are appended below that would never be seen.
   *
   * @throws LOG_DAMAGED
   */
  checkLog(): void {
    for (const { topic, partition } of this.all) {
      const { end } = this.#options.log.range(topic, partition);
      const next = this.next(topic, partition);
      if (end >= next) continue;
      throw new MillraceError(
        'LOG_DAMAGED',
        `the log of topic ${topic}, partition ${partition}, ends at offset ${end}, but pipeline '${this.#options.pipeline.name}' has processed it up to ${next}`,
        {
          place: `topic ${topic}, partition ${partition}`,
          remedy:
            'The log was removed or is an older copy: put back the log that belongs to these tables, or start with a new data folder.',
        },
      );
    }
  }

  /** The batches that wait in a partition from an offset on, of one micro-batch; none where nothing waits. @throws OFFSET_OUT_OF_RANGE */
  async read(topic: string, partition: number, from: number): Promise<readonly Batch[]> {
    const { log, pipeline } = this.#options;
    const { start, end } = log.range(topic, partition);
    if (end <= from) return [];
    if (from < start && from > 0) {
      throw new MillraceError(
        'OFFSET_OUT_OF_RANGE',
        `topic ${topic}, partition ${partition}: records ${from} to ${start - 1} are no longer in the log, and pipeline '${pipeline.name}' has not processed them`,
        {
          place: topic,
          remedy: `Give the topic a longer retention; to go on without them: millrace rebuild ${pipeline.name} --partial.`,
        },
      );
    }
    const batches = await log.read(topic, partition, Math.max(from, start), {
      // whole batches are read; the last one is cut
      recordsMax: limits.microBatchRecordsMax + limits.batchRecordsMax,
      bytesMax: limits.readBytesMax,
    });
    return batches.length > 0 ? firstRecords(batches, limits.microBatchRecordsMax) : [];
  }
}
