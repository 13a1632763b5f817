// How far event time has come: the least of a topic's partitions, without those that have been quiet for long.
import type { Topic } from '../../define/topic.ts';
import type { Quiet } from '../engine.ts';
import type { Progress } from '../progress.ts';
import { beginning } from './flowing.ts';

/** The offsets of a partition: of its first record, and after its last. */
export type RangeOf = (topic: string, partition: number) => { readonly start: number; readonly end: number };

/**
 * The watermarks of a pipeline's topics and streams.
 *
 * They decide when windows are emitted for the first time, and nothing else: whether a record is late follows from its own partition
 * (`Processor`), and a window that gets more rows later is emitted again. So the clock may have a say here.
 */
export class Watermarks {
  readonly #rangeOf: RangeOf;
  readonly #now: () => number;
  /** When a partition brought something for a topic or a stream last, milliseconds since 1970. */
  readonly #heard = new Map<string, number>();

  constructor(rangeOf: RangeOf, now: () => number) {
    this.#rangeOf = rangeOf;
    this.#now = now;
  }

  /** Takes note that a partition brought rows of a topic or a stream. */
  heard(name: string, partition: number): void {
    this.#heard.set(`${name}/${partition}`, this.#now());
  }

  /**
   * The least of the newest times of the partitions that count; `beginning` where one of them has records and no time yet.
   *
   * @param name of the topic, or of a stream that has a time of its own
   */
  least(
    progress: Progress,
    topic: Topic,
    name: string,
    newestOf: (partition: number) => number | null | undefined,
  ): number {
    let least = Number.POSITIVE_INFINITY;
    for (let partition = 0; partition < topic.partitions; partition++) {
      if (topic.partitions > 1 && this.#isQuiet(progress, topic, name, partition)) continue;
      const newest = newestOf(partition);
      if (newest !== undefined && newest !== null) least = Math.min(least, newest);
      else if (this.#hasRecords(topic, partition)) least = beginning;
    }
    return Number.isFinite(least) ? least : beginning;
  }

  /** The partitions of a topic that are quiet, while others are not. */
  quiet(progress: Progress, topic: Topic): Quiet[] {
    const quiet = Array.from({ length: topic.partitions }, (_, partition) => partition)
      .filter((partition) => this.#hasRecords(topic, partition))
      .filter((partition) => this.#isQuiet(progress, topic, topic.name, partition));
    return quiet.length === topic.partitions
      ? []
      : quiet.map((partition) => ({
          topic: topic.name,
          partition,
          sinceMs: this.#heard.get(`${topic.name}/${partition}`)!,
        }));
  }

  #hasRecords({ name }: Topic, partition: number): boolean {
    const { start, end } = this.#rangeOf(name, partition);
    return end > start;
  }

  /** Whether all of a partition is processed, and nothing has come for long. */
  #isQuiet(progress: Progress, topic: Topic, name: string, partition: number): boolean {
    const key = `${name}/${partition}`;
    const heard = this.#heard.get(key);
    if (heard === undefined) this.#heard.set(key, this.#now());
    const next = progress.topics[topic.name]?.[partition]?.next ?? 0;
    return (
      heard !== undefined && this.#now() - heard >= topic.idleMs && this.#rangeOf(topic.name, partition).end <= next
    );
  }
}
