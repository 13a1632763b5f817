// What hangs on one topic: its stages and tables, and how they depend on each other.
import type { Table } from '../../define/table.ts';
import type { Sink } from '../engine.ts';
import type { DuckSession } from './database.ts';
import type { Settled } from './settle.ts';
import type { Side } from './sides.ts';
import { retracts, type Stage, type WindowedStage } from './stage.ts';
import type { Ahead } from './tally.ts';
import type { TopicInput } from './topic-input.ts';

/** What a flow works with. */
export type FlowParts = {
  readonly session: DuckSession;
  /** Fills slots, beside the transactions of `session`. */
  readonly side: DuckSession;
  readonly pipeline: string;
  readonly input: TopicInput;
  /** In the order in which data flows. */
  readonly stages: readonly Stage[];
  readonly tables: readonly Table[];
  /** Those of the tables whose stream retracts. */
  readonly settled: readonly Settled[];
  /** The sides of joins by time that this topic and its streams feed, and the streams that read them: perhaps of other topics. */
  readonly sides: readonly { readonly side: Side; readonly stage: WindowedStage }[];
  readonly sink: Sink;
  readonly ahead: Ahead;
  /** Adds the time since `started` to a part. */
  readonly spent: (part: string, started: number) => void;
};

export function stageOf({ stages }: FlowParts, stream: string): Stage | undefined {
  return stages.find((one) => one.stream.name === stream);
}

/** Whether a stage has an effect: always, but for a record sent again to one stage, which only concerns that stage and what follows it. */
export function takesPart(parts: FlowParts, stream: string, only: string | undefined): boolean {
  if (only === undefined) return true;
  for (let stage = stageOf(parts, stream); stage; stage = stage.upstream) if (stage.stream.name === only) return true;
  return false;
}

/** As `takesPart`, of what a topic or stream feeds: a record that is sent again to one stage is in what its topic feeds already. */
export function takesPartOf(parts: FlowParts, from: string, only: string | undefined): boolean {
  return stageOf(parts, from) ? takesPart(parts, from, only) : only === undefined;
}

/** The tables that a stream feeds which retracts. */
export function settledOf({ settled }: FlowParts, stage: Stage): readonly Settled[] {
  return retracts(stage) ? settled.filter(({ table }) => table.from === stage.stream) : [];
}
