// How far a pipeline is, and what became of its records: kept with the results, in the same transaction.
import type { Position } from '../ingest/source.ts';

/** What became of records, each counted once. */
export type Fates = { out: number; filtered: number; deduplicated: number; late: number; dead: number };

/** Rows of a stream or table since the data folder began. */
export type StageCounts = Fates & { in: number };

/** A source: where it goes on, the number that its next record gets, how many it has read, how many of these were refused. */
export type SourceProgress = {
  position: Position | undefined;
  next: number;
  read: number;
  refused: number;
  /** Of those refused, the ones that only the caller was told of, and that count as read nowhere; absent: all that requests brought. */
  told?: number;
};

/** A partition of a topic: offset of the first record that counted here, of the next to process, and the newest event time seen. */
export type PartitionProgress = { base: number; next: number; newestMs: number | undefined };

/** Everything that a restart needs. Plain JSON. */
export type Progress = {
  readonly topics: Record<string, PartitionProgress[]>;
  /** Per topic with event time: its watermark, which never goes back, milliseconds since 1970. */
  readonly watermarks: Record<string, number>;
  /** Per windowed stream: the watermark up to which its windows have been given, milliseconds since 1970. */
  readonly closed: Record<string, number>;
  /** Per windowed stream: rows with an event time before this are no longer kept, milliseconds since 1970. */
  readonly forgotten: Record<string, number>;
  readonly sources: Record<string, SourceProgress>;
  /** Records that were taken from the log, and their fates; `dead` and `late` are those that now lie aside. */
  consumed: number;
  readonly fates: Fates;
  /** What sources gave that never reached the log and lies in the dead letters now. */
  refused: number;
  readonly stages: Record<string, StageCounts>;
  /** Per stream, the hash of the query that it has now; absent where the data folder was made before this was kept. */
  queries?: Record<string, string>;
};

/** The progress of a pipeline that has not run yet. */
export function newProgress(): Progress {
  return {
    topics: {},
    watermarks: {},
    closed: {},
    forgotten: {},
    sources: {},
    consumed: 0,
    fates: newFates(),
    refused: 0,
    stages: {},
  };
}

/** Fates, all zero. */
export function newFates(): Fates {
  return { out: 0, filtered: 0, deduplicated: 0, late: 0, dead: 0 };
}

/** The counts of a stage (`stream NAME` or `table NAME`), made where there are none. */
export function stageOf(progress: Progress, name: string): StageCounts {
  progress.stages[name] ??= { in: 0, ...newFates() };
  return progress.stages[name];
}

/** A copy that can be changed and thrown away with its transaction. */
export function copyProgress(progress: Progress): Progress {
  return structuredClone(progress);
}
