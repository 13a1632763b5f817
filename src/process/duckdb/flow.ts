// The stages and tables that hang on one topic, and what a micro-batch leaves in their relations.
import type { Topic } from '../../define/topic.ts';
import { dedupingOf, forgetKeys } from './dedupe.ts';
import type { FeedRows } from './feed.ts';
import { Filler } from './fill.ts';
import type { FlowParts } from './flow-parts.ts';
import { FlowRun } from './flow-run.ts';
import type { Filled, FlowInput, FlowResult } from './flowing.ts';
import type { Slot } from './render.ts';
import type { Stage, WindowedStage } from './stage.ts';

/** The stages and tables that hang on one topic. */
export class Flow {
  readonly #parts: FlowParts;
  readonly topic: Topic;
  readonly #filler: Filler;
  /** Relations inside the transaction that may hold rows. */
  readonly #used = new Set<string>();

  constructor(parts: FlowParts) {
    this.#parts = parts;
    this.topic = parts.input.topic;
    this.#filler = new Filler(parts);
  }

  /** The windowed stages. */
  get windowed(): readonly WindowedStage[] {
    return this.#parts.stages.filter((stage) => stage.kind === 'windowed');
  }

  /** The stages, in the order in which data flows. */
  get stages(): readonly Stage[] {
    return this.#parts.stages;
  }

  /** See `Filler.fill`. */
  fill(slot: Slot, feed: FeedRows, from: number, to: number, without: readonly number[]): Promise<Filled> {
    return this.#filler.fill(slot, feed, from, to, without);
  }

  /** See `Filler.badRows`. */
  badRows(
    stage: string,
    slot: Slot,
    rows: FeedRows,
    from: number,
    to: number,
    without: readonly number[],
  ): Promise<number[]> {
    return this.#filler.badRows(stage, slot, rows, from, to, without);
  }

  /** @throws StageFailure, RowsRefused, upon which the transaction must be rolled back */
  async run(input: FlowInput): Promise<FlowResult> {
    // none is forgotten: a transaction that is rolled back brings rows back that were deleted here
    for (const relation of this.#used) await this.#parts.session.run(`delete from ${relation}`);
    return new FlowRun(this.#parts, this.#used, input).run();
  }

  /**
   * Forgets the keys of deduplicated views that the topic's watermark before this micro-batch has left behind. A stage with a time of its
   * own forgets them by that time, when rows come to it: see `FlowRun`.
   */
  async forgetKeys(watermarkMs: number): Promise<void> {
    const { session, pipeline, stages } = this.#parts;
    for (const { stream, input, clock } of stages)
      if (input.dedupe && clock === 'topic')
        await forgetKeys(session, dedupingOf(pipeline, stream.name, input.dedupe), watermarkMs);
  }
}
