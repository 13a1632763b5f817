// What is measured of a pipeline while it runs: rates of its nodes, times of its micro-batches, sizes and lags of its topics.
import type { Clock } from '../core/clock.ts';
import type { Pipeline } from '../define/pipeline.ts';
import type { Log } from '../log/log.ts';
import type { Processor } from '../process/engine.ts';
import { Lag } from './lag.ts';
import { Meter } from './meter.ts';
import type { SourceStatus } from './millrace.ts';

/** What is measured. */
export type Measured = {
  readonly pipeline: Pipeline;
  readonly processor: Processor;
  readonly log: Log;
  readonly clock: Clock;
  /** Micro-batches, and records in them, that this run has processed. */
  readonly pump: { readonly batches: number; readonly records: number; readonly waitMs: number };
  readonly sources: () => readonly SourceStatus[];
};

/** Where the records of a topic are for its pipeline. */
export type TopicCounts = { readonly in: number; readonly out: number; readonly waiting: number };

/** Late records of the last seconds from which on they are worth a word. */
const lateMin = 10;

/** The measures of one pipeline. */
export class Measures {
  readonly #of: Measured;
  readonly #meter = new Meter();
  readonly #lags = new Map<string, Lag>();
  readonly #bytes = new Map<string, number>();
  readonly #batchMs = new Map<string, number>();

  constructor(of: Measured) {
    this.#of = of;
  }

  /** How long records wait at the moment, milliseconds: see `Pump.waitMs`. */
  get waitMs(): number {
    return this.#of.pump.waitMs;
  }

  /** Takes one sample; called once a second, by nobody else. */
  async sample(): Promise<void> {
    const { pipeline, processor, log, clock, pump, sources } = this.#of;
    for (const topic of pipeline.topics) {
      const { partitions } = await log.topic(topic.name);
      this.#bytes.set(
        topic.name,
        partitions.reduce((sum, one) => sum + one.bytes, 0),
      );
    }
    const nowMs = clock.elapsed();
    const counts: Record<string, number> = { records: pump.records, batches: pump.batches };
    for (const topic of pipeline.topics) {
      counts[`bytes ${topic.name}`] = this.#bytes.get(topic.name)!;
      counts[`topic ${topic.name}`] = this.topic(topic.name).out;
      for (const { partition, end, next } of this.#partitions(topic.name)) {
        const key = `${topic.name}/${partition}`;
        if (!this.#lags.has(key)) this.#lags.set(key, new Lag());
        this.#lags.get(key)!.mark(nowMs, end, next);
      }
    }
    for (const source of sources()) counts[`source ${source.name}`] = source.read - source.refused;
    for (const [name, stage] of Object.entries(processor.progress.stages)) {
      counts[`${name} in`] = stage.in;
      counts[`${name} late`] = stage.late;
      counts[name] ??= stage.out;
    }
    for (const [part, ms] of Object.entries(processor.parts)) counts[`ms ${part}`] = ms;
    this.#meter.sample(nowMs, counts);
    const batches = this.#meter.growth('batches');
    if (batches === 0) return;
    for (const part of Object.keys(processor.parts))
      this.#batchMs.set(part, this.#meter.growth(`ms ${part}`) / batches);
  }

  /** Records (or rows) a second that come out of a node: `topic NAME`, `source NAME`, …; ` in` behind a stage: that go in. */
  rate(node: string): number {
    return this.#meter.rate(node);
  }

  /** The streams for which most records of the last seconds were too late. */
  get mostlyLate(): string[] {
    return this.#of.pipeline.streams
      .map(({ name }) => name)
      .filter((name) => {
        const late = this.#meter.growth(`stream ${name} late`);
        return late >= lateMin && late > this.#meter.growth(`stream ${name} in`) / 2;
      });
  }

  /** Bytes a second that were appended to the topics. */
  get bytesPerSecond(): number {
    return this.#of.pipeline.topics.reduce((sum, topic) => sum + this.#meter.rate(`bytes ${topic.name}`), 0);
  }

  /** Milliseconds that a stage took of a micro-batch, mean of the last ones; undefined before the first. */
  batchMs(stage: string): number | undefined {
    return this.#batchMs.get(stage);
  }

  /** Bytes of a topic, as of the last sample. */
  bytes(topic: string): number {
    return this.#bytes.get(topic) ?? 0;
  }

  /** Records of a topic that this pipeline has been given, has taken, and has yet to take. */
  topic(name: string): TopicCounts {
    const total = { in: 0, out: 0, waiting: 0 };
    for (const { base, next, end } of this.#partitions(name)) {
      total.in += end - base;
      total.out += next - base;
      total.waiting += end - next;
    }
    return total;
  }

  /** Seconds that the oldest record of a topic which is not processed has waited. */
  lagSeconds(topic: string): number {
    const nowMs = this.#of.clock.elapsed();
    const seconds = this.#partitions(topic).map(
      ({ partition, end, next }) => this.#lags.get(`${topic}/${partition}`)?.seconds(nowMs, end, next) ?? 0,
    );
    return Math.max(0, ...seconds);
  }

  #partitions(name: string): { partition: number; base: number; next: number; end: number }[] {
    const topic = this.#of.pipeline.topics.find((one) => one.name === name)!;
    return Array.from({ length: topic.partitions }, (_, partition) => {
      const { start, end } = this.#of.log.range(name, partition);
      const known = this.#of.processor.progress.topics[name]?.[partition];
      return { partition, end, base: known?.base ?? start, next: known?.next ?? start };
    });
  }
}
