// Fills the slots: rows of a micro-batch as DuckDB's, and the streams that need nothing else, beside the transaction of the micro-batch before.
import { type DuckSession, slotCatalogs } from './database.ts';
import { isOfTheData } from './failure.ts';
import type { FeedRows } from './feed.ts';
import { type Filled, guard } from './flowing.ts';
import type { Slot } from './render.ts';
import type { PlainStage, Stage } from './stage.ts';
import type { TopicInput } from './topic-input.ts';

/** Rows that the relations of a slot may have lost before their memory is freed. */
const deletedMax = 4096;

/** After so many times more rows the relations are dropped and made anew. DuckDB then plans their statements again. */
const wornOutTimes = 4;

/** Fills the two slots of a topic, one call after the other. */
export class Filler {
  readonly #side: DuckSession;
  readonly #input: TopicInput;
  readonly #stages: readonly PlainStage[];
  readonly #spent: (part: string, started: number) => void;
  #filling: Promise<unknown> = Promise.resolve();
  /** Rows that were deleted from the relations of each slot since they were made. */
  readonly #deleted: [number, number] = [0, 0];

  constructor(parts: {
    /** Fills slots, beside the transactions of the pipeline's own session. */
    side: DuckSession;
    input: TopicInput;
    stages: readonly Stage[];
    spent: (part: string, started: number) => void;
  }) {
    this.#side = parts.side;
    this.#input = parts.input;
    this.#stages = parts.stages.filter((stage) => stage.kind === 'plain').filter((stage) => stage.isAhead);
    this.#spent = parts.spent;
  }

  /**
   * Feeds the rows [from, to) into a slot and runs the stages that are ahead over them. May run beside a transaction that reads the other slot.
   *
   * @throws StageFailure
   */
  fill(slot: Slot, feed: FeedRows, from: number, to: number, without: readonly number[]): Promise<Filled> {
    return this.#inTurn(() => this.#fill(slot, feed, from, to, without));
  }

  async #fill(slot: Slot, rows: FeedRows, from: number, to: number, without: readonly number[]): Promise<Filled> {
    const { topic, feeds, relation } = this.#input;
    const counts = new Map<string, number>();
    const feed = feeds[slot];
    feed.set(rows, from, to, without);
    const started = performance.now();
    await this.#empty(slot, to - from);
    counts.set(topic.name, to - from - without.filter((row) => row >= from && row < to).length);
    if (relation)
      await guard('topic', `topic ${topic.name}`, false, () =>
        this.#side.run(`insert into ${relation[slot]} ${feed.select}`),
      );
    this.#spent('feed', started);
    for (const { stream, fill } of this.#stages) {
      const began = performance.now();
      counts.set(stream.name, await guard('stream', stream.name, false, () => this.#side.run(fill[slot])));
      this.#spent(`stream ${stream.name}`, began);
    }
    feed.clear();
    return { slot, partition: rows.partition, from, to, without, counts };
  }

  /** Empties the relations of a slot. Deleted rows keep their memory until a checkpoint, also in memory. */
  async #empty(slot: Slot, count: number): Promise<void> {
    this.#deleted[slot] += count;
    const isWorn = this.#deleted[slot] > deletedMax;
    const isWornOut = this.#deleted[slot] > deletedMax * wornOutTimes;
    for (const { relation, renew } of [this.#input, ...this.#stages]) {
      if (relation === undefined || renew === undefined) continue;
      await this.#side.run(isWornOut ? renew[slot] : `delete from ${relation[slot]}`);
    }
    if (isWornOut || (isWorn && (await this.#side.checkpoint(slotCatalogs[slot])))) this.#deleted[slot] = 0;
  }

  /** The rows of a slot that a stage that is ahead fails for; [] where they cannot be found in one query. */
  badRows(
    stageName: string,
    slot: Slot,
    rows: FeedRows,
    from: number,
    to: number,
    without: readonly number[],
  ): Promise<number[]> {
    const sql = this.#stages.find(({ stream }) => stream.name === stageName)?.badRows;
    if (!sql) return Promise.resolve([]);
    return this.#inTurn(async () => {
      const feed = this.#input.feeds[slot];
      feed.set(rows, from, to, without);
      try {
        return (await this.#side.rows(sql[slot])).map(([row]) => Number(row));
      } catch (error) {
        // what fails whatever the rows are fails here, too: each row is then tried by itself
        if (isOfTheData(error)) return [];
        throw error;
      } finally {
        feed.clear();
      }
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#filling.then(work);
    this.#filling = next.catch(() => undefined);
    return next;
  }
}
