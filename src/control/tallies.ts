// The rows of the tables of a running pipeline against their counts: compared after commits, and more seldom where that takes long.
import type { Clock } from '../core/clock.ts';
import type { Processor, Tally } from '../process/engine.ts';

/** How many times as long as a comparison took it is rested from: once rows were deleted, DuckDB counts those of a table one by one. */
const restShare = 20;

export class Tallies {
  readonly #processor: Processor;
  readonly #clock: Clock;
  /** The progress since which nothing was committed. */
  #progress: unknown;
  #restUntilMs = 0;
  /** As of the last comparison. */
  found: readonly Tally[] = [];

  constructor(processor: Processor, clock: Clock) {
    this.#processor = processor;
    this.#clock = clock;
  }

  /** Compares, where something was committed since; `must`: also while it rests. */
  async refresh(must: boolean): Promise<void> {
    const startedMs = this.#clock.elapsed();
    const { progress } = this.#processor;
    if (progress === this.#progress || (!must && startedMs < this.#restUntilMs)) return;
    this.found = await this.#processor.tally();
    this.#progress = progress;
    const endedMs = this.#clock.elapsed();
    this.#restUntilMs = endedMs + restShare * (endedMs - startedMs);
  }
}
