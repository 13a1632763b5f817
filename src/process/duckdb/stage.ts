// The stages of a pipeline: its streams as statements that run for each micro-batch.
import type { Fields } from '../../define/fields.ts';
import type { Relation } from '../../define/relation.ts';
import type { Stream } from '../../define/stream.ts';
import type { Topic } from '../../define/topic.ts';
import type { Emitted, Pins } from './emitted.ts';
import type { PerSlot } from './render.ts';
import type { Side } from './sides.ts';
import type { Window } from './window.ts';

/** What every stage has. */
type AnyStage = {
  readonly stream: Stream;
  readonly input: Relation;
  /** The stage of the stream that it reads; undefined where it reads the topic. */
  readonly upstream: Stage | undefined;
  /** The topic at the beginning of the chain. */
  readonly topic: Topic;
  /** Where its rows are put, for each slot. */
  readonly relation: PerSlot<string>;
  /** Make the relations of a stage that is ahead anew. */
  readonly renew: PerSlot<string> | undefined;
  /** Whether it is computed ahead of the transaction, from nothing but the rows at hand. */
  readonly isAhead: boolean;
  /** Whose time the rows of its input have: that of the topic, one that a stream computes, or that of windows. */
  readonly clock: 'topic' | 'own' | 'windows';
};

/** A stream that makes rows of each record, for good. */
export type PlainStage = AnyStage & {
  readonly kind: 'plain';
  /** Whether one record may become several rows. */
  readonly fansOut: boolean;
  /** Whether one record of the topic may have several rows: here, or in a stream before. */
  readonly repeats: boolean;
  /** Whether these rows are in no order. */
  readonly hasTies: boolean;
  /** The columns that hold the topic's event time as it is. */
  readonly times: Pins;
  /** Where its input is, where it reads each row with those before it. */
  readonly source: PerSlot<string> | undefined;
  /** Fill the stream's relation from the micro-batch. */
  readonly fill: PerSlot<string>;
  /** Give the rows (`_row`) that `fill` fails for, where that can be asked in one query. */
  readonly badRows: PerSlot<string> | undefined;
};

/** A stream over windows, or one whose rows change with what they are joined with. */
export type WindowedStage = AnyStage & {
  readonly kind: 'windowed';
  /** The windows of its rows; those of a stream that joins by time are the records themselves. */
  readonly window: Window;
  readonly sides: readonly Side[];
  /** By side: the rows of the state that the new rows of the side are joined with, as a relation. */
  readonly touched: ReadonlyMap<Side, string>;
  readonly emitted: Emitted;
  /** Fills the stream's relation with the rows of the windows that are due: bounds ($1, $2), the id before the first row's ($3). See `window.ts`. */
  readonly fill: string;
  /** As `fill`, with the rows of all windows that lie within the bounds; undefined where these do not tell which windows have ended. */
  readonly fillEnding: string | undefined;
  /** As `fill`, from the state rows listed in the probe relation only: for finding the row that a query fails for. */
  readonly probe: string;
  /** The columns of its input that the state of its windows keeps. */
  readonly stateFields: Fields;
};

/** A stream over rows that may be retracted: its own rows then are, too. */
export type DerivedStage = AnyStage & {
  readonly kind: 'derived';
  readonly emitted: Emitted;
  /** Fills the stream's relation from the rows that its input emits: the id before the first row's ($1). */
  readonly fill: string;
  /** As `fill`, from the rows of its input that hold and came after an id ($2), but for those that it fails for. */
  readonly catchUp: string;
  /** As `fill`, from the rows of its input that are listed in the probe relation: for finding the row that the query fails for. */
  readonly probe: string;
};

/** A stream ready to run. */
export type Stage = PlainStage | WindowedStage | DerivedStage;

/** Whether rows of a stage may be retracted. */
export function retracts(stage: Stage): stage is WindowedStage | DerivedStage {
  return stage.kind !== 'plain';
}
