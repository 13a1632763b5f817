// Records that come in all the time, and how long each waits until its rows are committed.
import { createHistogram, monitorEventLoopDelay, type RecordableHistogram } from 'node:perf_hooks';
import type { Folder } from '../../src/control/folder.ts';
import type { Runner } from '../../src/control/runner.ts';
import { recordAcceptor } from '../../src/define/accept.ts';
import type { Subject } from './subjects.ts';

/** What a phase has shown. Times in milliseconds. */
export type Phase = {
  readonly seconds: number;
  readonly records: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly batchP50: number;
  readonly loopP99: number;
  readonly parts: Readonly<Record<string, number>>;
};

const tickMs = 5;

/** Brings records into a topic, so many a second, and measures how long each takes from when it is due to its committed rows. */
export class Traffic {
  readonly #folder: Folder;
  readonly #runner: Runner;
  readonly #perSecond: number;
  readonly #writer;
  readonly #accept;
  readonly #rows;
  readonly #topic;
  readonly #waiting: { offset: number; count: number; dueMs: number }[][];
  #latency: RecordableHistogram = createHistogram();
  #batches: RecordableHistogram = createHistogram();
  #loop = monitorEventLoopDelay({ resolution: 1 });
  #parts: Record<string, number> = {};
  #beganMs = 0;
  #count = 0;
  #stop = new AbortController();
  #done: Promise<unknown> = Promise.resolve();
  sent = 0;

  constructor(folder: Folder, runner: Runner, subject: Subject, first: number, perSecond: number) {
    this.#folder = folder;
    this.#runner = runner;
    this.#perSecond = perSecond;
    this.#topic = subject.topic;
    this.#accept = recordAcceptor(subject.topic.fields);
    this.#rows = subject.records(first);
    this.#writer = runner.writers().find(({ topic }) => topic.name === subject.topic.name)!.writer;
    this.#waiting = Array.from({ length: subject.topic.partitions }, () => []);
  }

  begin(): void {
    this.#done = Promise.all([this.#send(), this.#watch()]);
    this.mark();
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  /** Begins a phase. */
  mark(): void {
    this.#latency = createHistogram();
    this.#batches = createHistogram();
    this.#loop.disable();
    this.#loop = monitorEventLoopDelay({ resolution: 1 });
    this.#loop.enable();
    this.#parts = { ...this.#runner.processor.parts };
    this.#beganMs = performance.now();
    this.#count = 0;
  }

  /** The phase since `mark`. */
  phase(): Phase {
    const at = (share: number) => this.#latency.percentile(share) / 1000;
    return {
      seconds: (performance.now() - this.#beganMs) / 1000,
      records: this.#count,
      p50: at(50),
      p99: at(99),
      max: this.#latency.max / 1000,
      batchP50: this.#batches.percentile(50),
      loopP99: this.#loop.percentile(99) / 1e6,
      parts: Object.fromEntries(
        Object.entries(this.#runner.processor.parts).map(([name, ms]) => [name, ms - (this.#parts[name] ?? 0)]),
      ),
    };
  }

  async #send(): Promise<void> {
    const { clock } = this.#folder.system;
    const beganMs = performance.now();
    let sequence = 0;
    while (!this.#stop.signal.aborted) {
      const due = Math.floor(((performance.now() - beganMs) / 1000) * this.#perSecond) - this.sent;
      if (due > 0) {
        const dueMs = beganMs + (this.sent / this.#perSecond) * 1000;
        for (let i = 0; i < due; i++) {
          const row = this.#accept(this.#rows.next().value);
          this.#writer.add(this.#writer.partition(row, sequence++), row);
        }
        this.sent += due;
        for (let partition = 0; partition < this.#topic.partitions; partition++) {
          const batch = this.#writer.take(partition);
          if (!batch) continue;
          const { count } = batch;
          void this.#folder.log.append(this.#topic.name, partition, batch).then((offset) => {
            this.#waiting[partition]!.push({ offset, count, dueMs });
          });
        }
      }
      await clock.sleep(tickMs);
    }
  }

  async #watch(): Promise<void> {
    let before = 0;
    while (!this.#stop.signal.aborted) {
      await this.#runner.moved(this.#stop.signal);
      const now = performance.now();
      for (const [partition, waiting] of this.#waiting.entries()) {
        const next = this.#runner.next(this.#topic.name, partition);
        while (waiting[0] && waiting[0].offset + waiting[0].count <= next) {
          const { count, dueMs } = waiting.shift()!;
          this.#count += count;
          for (let i = 0; i < count; i++) this.#latency.record(Math.max(1, Math.round((now - dueMs) * 1000)));
        }
      }
      const { records } = this.#runner.status().run;
      if (records > before) this.#batches.record(records - before);
      before = records;
    }
  }
}
