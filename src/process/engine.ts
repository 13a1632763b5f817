// The contract of an engine: a pipeline's SQL over batches of its topics, with state, results and offsets committed together. Adapter: duckdb/.
import type { MillraceError } from '../core/errors.ts';
import { hasPersonal, type Value } from '../define/accept.ts';
import type { Pipeline } from '../define/pipeline.ts';
import type { Scope } from '../define/shadow.ts';
import type { Table } from '../define/table.ts';
import type { Refusal } from '../ingest/source.ts';
import type { Batch } from '../log/batch.ts';
import type { RowSet, Session } from './database.ts';
import type { Progress, SourceProgress } from './progress.ts';

/** Rows on their way into a table. */
export type TableRows = { readonly table: Table; readonly rows: RowSet };

/** What changes in a table over rows that may be retracted: rows, one of a key, and the keys (as rows of the key's columns) whose row goes. */
export type RowChanges = { readonly put: RowSet; readonly gone: RowSet };

/** A record (by `_row`) that the rules of a table refuse. */
export type Refused = { readonly row: number; readonly table: string; readonly reason: string };

/**
 * What became of rows of a table, those that came and those that were there: `replaced`: a newer row of their key took their place;
 * `retracted`: they no longer hold; `expired`: `keep` removed them.
 */
export type RowCounts = { readonly replaced: number; readonly retracted: number; readonly expired: number };

/** How many rows a table has, and how many it has by the counts of its pipeline, as of one commit. */
export type Tally = { readonly table: string; readonly rows: number; readonly counted: number };

/** Takes the rows of tables; the store's side of a micro-batch. */
export interface Sink {
  /**
   * The records that the rules of one of the tables refuse, in order: those that would be refused if one came after the other, and one that
   * is refused were stored in none of the tables. Nothing is written.
   */
  refuse(tables: readonly TableRows[]): Promise<Refused[]>;
  /** Upserts the rows by key; adds them to a table by place. */
  write(table: Table, rows: RowSet): Promise<RowCounts>;
  /** Puts rows in the place of those with their keys, whatever is there, and removes the rows of keys. */
  replace(table: Table, changes: RowChanges): Promise<RowCounts>;
  /** How many rows tables have, as a session sees them. */
  counts(session: Session, tables: readonly string[]): Promise<number[]>;
  /** By partition, the greatest offset of the records that a table by place has rows of; of other tables none. */
  lastPlaces(session: Session, table: Table): Promise<ReadonlyMap<number, number>>;
  /** Puts a table that was made again (`made`) in the place of the one that is there, within the transaction of a session. */
  adopt(session: Session, pipeline: string, table: Table, made: string): Promise<void>;
  /** Removes a table, within the transaction of a session. */
  drop(session: Session, table: string): Promise<void>;
  /** Called when the transaction that rows were given in has ended: its changes are now there for all, or undone. */
  settled(session: Session, isCommitted: boolean): void;
}

/** Something that is put aside: a dead letter, or a record too late for a window. */
export type Aside = {
  readonly kind: 'dead' | 'late';
  /** What put it aside: the source, the topic (it cannot be decoded), a stream or a table; undefined for those of old data folders. */
  readonly noun: 'source' | 'topic' | 'stream' | 'table' | undefined;
  readonly stage: string;
  readonly code: string;
  readonly reason: string;
  readonly topic: string;
  readonly partition: number | undefined;
  readonly offset: number | undefined;
  readonly place: string | undefined;
  /** The source and the number in it, where it never reached the log. */
  readonly source: string | undefined;
  readonly sequence: number | undefined;
  readonly bytes: Uint8Array;
};

/** An aside as it is kept. */
export type KeptAside = Aside & {
  readonly id: number;
  readonly pipeline: string;
  readonly atMs: number;
  readonly tries: number;
};

/** What a source has read since it was last saved: saved with the next micro-batch of one of the pipelines that read its topic. */
export type SourceReport = {
  readonly source: string;
  readonly topic: string;
  readonly progress: SourceProgress;
  readonly refusals: readonly Refusal[];
};

/** Records of one partition, decoded and ready for `step`. */
export interface Prepared {
  readonly topic: string;
  readonly partition: number;
  /** Records, decodable or not. */
  readonly count: number;
  /** The offset after the last. */
  readonly next: number;
}

/** What a step tells on its way. */
export type StepEvents = {
  /** The sources' reports are committed: whatever fails after this, they must not be given again. */
  readonly saved?: () => void;
  /** Nothing is left but to wait for the disk: the best moment to prepare what comes next. */
  readonly committing?: () => void;
};

/** What a micro-batch did. */
export type StepResult = { readonly out: number; readonly dead: number; readonly late: number };

/** A partition that has brought nothing for long (since `sinceMs`, milliseconds since 1970), so that windows do not wait for it. */
export type Quiet = { readonly topic: string; readonly partition: number; readonly sinceMs: number };

/**
 * A pipeline in an engine. Calls of `step`, `tidy`, `save`, `again`, `trial` and `flush` must not overlap; `prepare` and `tally` may run
 * beside them.
 */
export interface Processor {
  /** As of the last commit. */
  readonly progress: Progress;
  /** Streams that have another query than the one that made the rows that are there. */
  readonly changed: readonly string[];
  /** Partitions that are quiet while others of their topic are not. */
  readonly quiet: readonly Quiet[];
  /** Milliseconds spent so far: `decode`, `feed`, `stream NAME`, `table NAME`, `letters`, `commit`, `checkpoint`. */
  readonly parts: Readonly<Record<string, number>>;
  /** Decodes batches of one partition, that follow each other. */
  prepare(batches: readonly Batch[]): Promise<Prepared>;
  /**
   * Runs the pipeline over the records and commits results, state, dead letters and offsets, and the sources' reports with the first of
   * them. Where a row must be looked for this is done part by part: a failure leaves the parts before it committed, and `progress` says where.
   *
   * @throws what may be tried again (DISK_FULL, STORE_UNAVAILABLE); a bad record is no error but a dead letter
   */
  step(prepared: Prepared, reports: readonly SourceReport[], events?: StepEvents): Promise<StepResult>;
  /** Does what may wait until the results of a step are there for all: frees memory, and checkpoints the file where that is due. */
  tidy(): Promise<void>;
  /**
   * Puts a part of the pipeline that was made again beside it in its place. The two have processed the same records.
   *
   * @param shadow the progress of what was made again; its processor is closed
   */
  adopt(scope: Scope, shadow: Progress): Promise<void>;
  /** Commits the sources' reports alone. */
  save(reports: readonly SourceReport[]): Promise<void>;
  /** Emits the rows of all windows that are still open, as they are now; what more records change is retracted and emitted again. */
  flush(): Promise<void>;
  /** The rows of its tables and how many it has counted, as of its last commit. */
  tally(): Promise<readonly Tally[]>;
  /** Processes asides again; those taken leave the dead letters in the same transaction. Resolves with the ids still aside. */
  again(asides: readonly KeptAside[]): Promise<number[]>;
  /** Processes an aside again and undoes it: undefined where it would be taken, else the reason why not. Nothing is changed. */
  trial(aside: KeptAside): Promise<string | undefined>;
  /**
   * Stops what is under way, however long it would take: it rejects with STOP_DEADLINE, and so does all that follows but `save` and `close`.
   * What was not committed is undone.
   */
  cut(): void;
  close(): void;
}

/**
 * What is made again of a pipeline: streams and tables, absent: all; `isPartial`: also where the log no longer has all records; `definition`
 * tells whether it is still the same.
 */
export type Rebuild = { readonly names?: readonly string[]; readonly isPartial?: boolean; readonly definition: string };

/** An engine. */
export interface Engine {
  /**
   * Everything that is wrong with the SQL of a pipeline.
   *
   * @param endless the names of the tables that have no end: streams look them up by version
   */
  check(
    pipeline: Pipeline,
    params: ReadonlyMap<string, Value>,
    endless?: ReadonlySet<string>,
  ): Promise<MillraceError[]>;
  /** As `Processor.adopt`, of a pipeline that does not run. Resolves once it is committed. */
  adopt(pipeline: Pipeline, scope: Scope, shadow: Progress): Promise<void>;
  /** The progress of a pipeline that does not run; undefined where it never has. */
  progress(pipeline: string): Promise<Progress | undefined>;
  /** What is being made again of a pipeline; undefined: nothing. */
  rebuild(pipeline: string): Promise<Rebuild | undefined>;
  /** Notes what is made again of a pipeline, in place of what was begun before, which is removed; undefined: nothing is made any more. */
  beginRebuild(pipeline: string, rebuild: Rebuild | undefined): Promise<void>;
  /** What was read of the sources of a topic, by their names, as of the last commit of any pipeline. */
  sources(topic: string): Promise<Readonly<Record<string, SourceProgress>>>;
  /** Opens a pipeline, making its state where there is none. @throws what `check` finds; TABLE_CHANGED */
  open(pipeline: Pipeline, params: ReadonlyMap<string, Value>, endless?: ReadonlySet<string>): Promise<Processor>;
}

/** Whether some of what a pipeline declares is personal. */
export function isPersonal({ topics, streams, tables }: Pipeline): boolean {
  return [...topics, ...streams, ...tables].some(({ fields }) => hasPersonal(fields));
}

/** Why something was refused, as it is kept and shown: without values that are personal. */
export function reasonOf(pipeline: Pipeline, error: MillraceError): string {
  return isPersonal(pipeline) ? error.masked : error.message;
}

/** The header that marks a record as a dead letter sent again: its id, as text. */
export const againHeader = 'millrace-dead-letter';
