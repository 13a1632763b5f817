// What sources have reported and the engine has not committed yet, in the order in which it came.
import { limits } from '../core/limits.ts';
import type { SourceReport } from '../process/engine.ts';

/** Reports on their way into the engine. */
export class Reports {
  #waiting: SourceReport[] = [];
  /** Those that the engine was given, and has not committed. */
  #given: readonly SourceReport[] = [];

  #addedCount = 0;
  #givenCount = 0;
  #savedCount = 0;

  /** Reports that were ever added. */
  get added(): number {
    return this.#addedCount;
  }

  /** Whether so many of them, from the first on, are committed. */
  areSaved(count: number): boolean {
    return this.#savedCount >= count;
  }

  /** Whether none waits. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Refusals that are not committed. */
  get refusals(): number {
    let sum = 0;
    for (const { refusals } of [...this.#given, ...this.#waiting]) sum += refusals.length;
    return sum;
  }

  /** Whether more refusals wait than one transaction should take. */
  get isFull(): boolean {
    return this.refusals > limits.batchRecordsMax || this.#bytes > limits.readBytesMax;
  }

  get #bytes(): number {
    let sum = 0;
    for (const { refusals } of [...this.#given, ...this.#waiting])
      for (const { bytes } of refusals) sum += bytes.length;
    return sum;
  }

  add(report: SourceReport): void {
    this.#addedCount++;
    const last = this.#waiting.at(-1);
    if (last && last.source === report.source)
      this.#waiting[this.#waiting.length - 1] = { ...report, refusals: [...last.refusals, ...report.refusals] };
    else this.#waiting.push(report);
  }

  /** Those that wait, for the engine: they count as uncommitted until `committed` or `giveBack`. */
  take(): readonly SourceReport[] {
    this.#given = this.#waiting;
    this.#givenCount = this.#addedCount;
    this.#waiting = [];
    return this.#given;
  }

  /** Those of a topic that wait, for good: somebody else commits them. */
  takeOf(topic: string): readonly SourceReport[] {
    const taken = this.#waiting.filter((one) => one.topic === topic);
    this.#waiting = this.#waiting.filter((one) => one.topic !== topic);
    return taken;
  }

  /** What was taken is committed. */
  committed(): void {
    this.#savedCount = this.#givenCount;
    this.#given = [];
  }

  /** What was taken and is not committed waits again, before what came meanwhile. */
  giveBack(): void {
    this.#waiting = [...this.#given, ...this.#waiting];
    this.#given = [];
  }
}
