// How far a pipeline is, and what became of its records: kept with the results, in the same transaction.
import type { Position } from '../ingest/source.ts';

/** What became of records, each counted once. */
export type Fates = { out: number; filtered: number; deduplicated: number; late: number; dead: number };

/**
 * Rows of a stream or table since the data folder began; `retracted`: rows that were emitted or stored and no longer hold. Of a table,
 * `replaced`: rows whose place a newer one of their key has taken; `expired`: rows that `keep` removed. A table has
 * out − replaced − retracted − expired rows.
 */
export type StageCounts = Fates & { in: number; retracted: number; replaced: number; expired: number };

/**
 * A source, of its topic and of no pipeline: where it goes on, the number that its next record gets, how many it has read, how many of
 * these were refused. `isAtEnd`: it was read to its end and has nothing new that is known of; undefined where the data folder was made
 * before this was kept.
 */
export type SourceProgress = {
  position: Position | undefined;
  next: number;
  read: number;
  refused: number;
  isAtEnd?: boolean;
  /** Of those refused, the ones that only the caller was told of, and that count as read nowhere; absent: all that requests brought. */
  told?: number;
};

/** What a source has read while it reported to a pipeline, and how many of these were refused: they lie in the pipeline's dead letters. */
export type SourceCounts = { read: number; refused: number };

/** A partition of a topic: offset of the first record that counted here, of the next to process, and the newest event time seen. */
export type PartitionProgress = { base: number; next: number; newestMs: number | undefined };

/** Everything that a restart needs. Plain JSON. */
export type Progress = {
  readonly topics: Record<string, PartitionProgress[]>;
  /** Per topic with event time: its watermark, which never goes back, milliseconds since 1970. */
  readonly watermarks: Record<string, number>;
  /** Per windowed stream: the watermark up to which its windows have been emitted, milliseconds since 1970. */
  readonly closed: Record<string, number>;
  /** Per stream whose rows may be retracted: the id of the last row that it emitted. */
  readonly ids: Record<string, number>;
  /** Per windowed stream that has windows which changed and could not be emitted yet: the watermark at that time, milliseconds since 1970. */
  readonly changed: Record<string, number>;
  /**
   * Per windowed stream: when the last of the windows ends that were emitted before they ended, milliseconds since 1970; absent: not known. Up to
   * then sessions follow each change, and windows of fixed size are compared with what was emitted.
   */
  readonly early: Record<string, number>;
  /** Per stream with windows or `dedupe` over a stream with a time of its own: the newest such time, by partition, milliseconds since 1970. */
  readonly times: Record<string, (number | null)[]>;
  /** Per windowed stream: rows with an event time before this are no longer kept, milliseconds since 1970. */
  readonly forgotten: Record<string, number>;
  /** Sources that have reported to this pipeline. How far they are is kept by topic: see `SourceProgress`. */
  readonly sources: Record<string, SourceCounts>;
  /** Records that were taken from the log, and their fates; `dead` and `late` are those that now lie aside. */
  consumed: number;
  readonly fates: Fates;
  /** What sources gave that never reached the log and lies in the dead letters now. */
  refused: number;
  readonly stages: Record<string, StageCounts>;
  /** Rows of windows that lie in the dead letters, since a stream over them fails: they are no records, and not in the sum of the ledger. */
  deadRows: number;
  /** Per stream, the hash of the query that it has now; absent where the data folder was made before this was kept. */
  queries?: Record<string, string>;
};

/** The progress of a pipeline that has not run yet. */
export function newProgress(): Progress {
  return {
    topics: {},
    watermarks: {},
    closed: {},
    ids: {},
    changed: {},
    early: {},
    times: {},
    forgotten: {},
    sources: {},
    consumed: 0,
    fates: newFates(),
    refused: 0,
    stages: {},
    deadRows: 0,
  };
}

/** Fates, all zero. */
export function newFates(): Fates {
  return { out: 0, filtered: 0, deduplicated: 0, late: 0, dead: 0 };
}

/** The counts of a stage (`stream NAME` or `table NAME`), made where there are none. */
export function countsOf(progress: Progress, name: string): StageCounts {
  // a data folder that an earlier version made does not have all of them
  progress.stages[name] = { ...newCounts(), ...progress.stages[name] };
  return progress.stages[name];
}

/** Counts of a stage, all zero. */
export function newCounts(): StageCounts {
  return { in: 0, ...newFates(), retracted: 0, replaced: 0, expired: 0 };
}

/** How many rows a table has by its counts. */
export function rowsBy({ out, replaced, retracted, expired }: StageCounts): number {
  return out - replaced - retracted - expired;
}

/** A copy that can be changed and thrown away with its transaction. */
export function copyProgress(progress: Progress): Progress {
  return structuredClone(progress);
}
