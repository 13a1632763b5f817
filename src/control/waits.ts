// How long records wait for the pipeline that is to process them: what a rebuild beside it goes by.
import type { Clock } from '../core/clock.ts';
import type { Log } from '../log/log.ts';
import type { Prepared } from '../process/engine.ts';
import { Lag } from './lag.ts';
import type { Partition } from './partitions.ts';

/** For so long after a micro-batch it counts what its records have waited, milliseconds. */
const rememberedMs = 1000;

/** What is looked at. `next`: the offset of the first record of a partition that is not processed. */
export type WaitsOptions = {
  readonly log: Pick<Log, 'range'>;
  readonly clock: Pick<Clock, 'elapsed'>;
  readonly next: (topic: string, partition: number) => number;
};

/** The waits of one pipeline's records. */
export class Waits {
  readonly #options: WaitsOptions;
  readonly #lags = new Map<string, Lag>();
  #last = { ms: 0, atMs: Number.NEGATIVE_INFINITY };

  constructor(options: WaitsOptions) {
    this.#options = options;
  }

  /** Takes the end of a partition, when a micro-batch of it is about to be taken. */
  seen(topic: string, partition: number): void {
    const { log, clock, next } = this.#options;
    this.#lagOf(topic, partition).mark(clock.elapsed(), log.range(topic, partition).end, next(topic, partition));
  }

  /** Takes what the records of a micro-batch have waited that is committed. */
  processed({ topic, partition, next, count }: Prepared): void {
    const atMs = this.#options.clock.elapsed();
    this.#last = { atMs, ms: this.#lagOf(topic, partition).seconds(atMs, next, next - count) * 1000 };
  }

  /** How long records have waited that were processed last, or that wait in some partitions now, milliseconds. */
  ms(partitions: readonly Partition[]): number {
    const { log, clock, next } = this.#options;
    const nowMs = clock.elapsed();
    const waiting = partitions.map(({ topic, partition }) =>
      this.#lagOf(topic, partition).seconds(nowMs, log.range(topic, partition).end, next(topic, partition)),
    );
    const last = nowMs - this.#last.atMs <= rememberedMs ? this.#last.ms : 0;
    return Math.max(last, ...waiting.map((seconds) => seconds * 1000));
  }

  #lagOf(topic: string, partition: number): Lag {
    const key = `${topic}/${partition}`;
    const lag = this.#lags.get(key) ?? new Lag();
    this.#lags.set(key, lag);
    return lag;
  }
}
