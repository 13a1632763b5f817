// What goes into a run of a flow and what comes out of it; and how it fails.
import type { MillraceError } from '../../core/errors.ts';
import type { RecordSpan } from '../database.ts';
import type { Refused } from '../engine.ts';
import type { Progress } from '../progress.ts';
import { isOfTheData } from './failure.ts';
import type { Slot } from './render.ts';

/** A watermark before all times, and one after all: milliseconds since 1970. */
export const beginning = -9e15;
export const end = 9e15;

/** How long the rows of closed windows are kept, so that a dead letter sent again corrects them: milliseconds of event time. */
export const correctableMs = 86_400_000;

/** The number of the hour that a time lies in: what is forgotten is looked for once an hour of event time. */
export function hourOf(ms: number): number {
  return Math.floor(ms / 3_600_000);
}

/** A data error within a stage. `firing`: it came from the rows of windows, perhaps of earlier batches. */
export class StageFailure extends Error {
  readonly noun: 'topic' | 'stream' | 'table';
  readonly stage: string;
  readonly firing: boolean;
  readonly error: MillraceError;
  constructor(noun: StageFailure['noun'], stage: string, firing: boolean, error: MillraceError) {
    super(error.message);
    this.noun = noun;
    this.stage = stage;
    this.firing = firing;
    this.error = error;
  }
}

/** Records that the rules of tables refuse. */
export class RowsRefused extends Error {
  readonly refused: readonly Refused[];
  constructor(refused: readonly Refused[]) {
    super(`${refused.length} rows refused`);
    this.refused = refused;
  }
}

/** What a run of the flow is given. */
export type FlowInput = {
  /** Undefined: no rows come in, windows are only emitted. */
  readonly filled: Filled | undefined;
  /** The records that the rows are of; undefined where no rows come in. */
  readonly records: RecordSpan | undefined;
  /** The rows (`_row`) that are sent again: they are never late. */
  readonly again: ReadonlySet<number> | 'all';
  /** Whether some of the rows may be in windows that were closed before. */
  readonly hasAgain: boolean;
  /** The topic's watermark after these rows, milliseconds since 1970. */
  readonly watermarkMs: number;
  /** The watermark of a stream with a time of its own: the least of these newest times, of the partitions that count. */
  readonly watermarkOf: (stream: string, newestMs: readonly (number | null)[]) => number;
  /** Takes note that a partition brought rows of a stream with a time of its own. */
  readonly heard: (stream: string, partition: number) => void;
  readonly progress: Progress;
  /** Windowed streams whose windows are not emitted now. */
  readonly held: ReadonlySet<string>;
  /** Emit the windows that are still open too. */
  readonly flush: boolean;
  /** Only this stage gets the rows (a record sent again to it): others before it run without effect. */
  readonly only: string | undefined;
};

/** Fates of rows, by row number less `from`. */
export const fate = { filtered: 0, out: 1, deduplicated: 2, late: 3, dead: 4 } as const;

/** What a run did. */
export type FlowResult = {
  readonly fates: Uint8Array;
  readonly lates: readonly { row: number; stage: string }[];
};

/** Rows that are fed and computed as far as that needs nothing but themselves: in one of the two slots, ahead of the transaction. */
export type Filled = {
  readonly slot: Slot;
  /** The partition that the rows are of. */
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  readonly without: readonly number[];
  /** Rows in the relation of the topic and of each stage that is ahead. */
  readonly counts: ReadonlyMap<string, number>;
};

/** Does something for a node; an error that comes from the data names that node. */
export async function guard<T>(
  noun: StageFailure['noun'],
  stage: string,
  firing: boolean,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isOfTheData(error)) throw new StageFailure(noun, stage, firing, error);
    throw error;
  }
}
