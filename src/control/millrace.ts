// What the command line, the tests and the web server drive: an open data folder, and pipelines running in it.

import type { MillraceError } from '../core/errors.ts';
import type { GivenParams } from '../define/param.ts';
import type { Pipeline } from '../define/pipeline.ts';
import type { Backend } from '../web/backend.ts';

/**
 * How a pipeline is: `degraded` works on, but something needs a look; `paused` takes no records until it is resumed, and stays so over
 * restarts; `failed` has stopped and needs a person.
 */
export type Health = 'starting' | 'healthy' | 'degraded' | 'paused' | 'failed' | 'stopped';

/**
 * What became of the records of a pipeline, each counted once: in = out + filtered + deduplicated + late + dead + inFlight.
 * `dead` are those in the dead letters now: a record that was sent again and taken is `out`.
 */
export type Ledger = {
  readonly in: number;
  readonly out: number;
  readonly filtered: number;
  readonly deduplicated: number;
  readonly late: number;
  readonly dead: number;
  readonly inFlight: number;
  /** Whether the sum is right, and each table has the rows that it has counted: out − replaced − retracted − expired. */
  readonly balanced: boolean;
  /** Tables that have other rows than they have counted; absent: none. */
  readonly wrongTables?: WrongTable[];
};

/** A table that has other rows than it has counted. */
export type WrongTable = { readonly table: string; readonly rows: number; readonly counted: number };

/** A source as it runs. `progress` is 0 to 1 where the end is known. */
export type SourceStatus = {
  readonly name: string;
  readonly kind: string;
  readonly topic: string;
  readonly state: 'starting' | 'reading' | 'waiting' | 'ended' | 'failed';
  readonly read: number;
  readonly refused: number;
  readonly progress: number | undefined;
  /** What it wants people to know: that it fell back to a generator, why it is waiting. */
  readonly notice: string | undefined;
};

/** A stream or table as it runs: rows that went in and came out since the data folder began. */
export type StageStatus = {
  readonly noun: 'stream' | 'table';
  readonly name: string;
  readonly in: number;
  readonly out: number;
  readonly filtered: number;
  readonly deduplicated: number;
  /** Rows that a window emitted and no longer has, and rows that were removed from a table for that reason. */
  readonly retracted: number;
  /** Of a table: rows whose place a newer one of their key has taken, or that lost against the one that was there. */
  readonly replaced: number;
  /** Of a table: rows that `keep` has removed. */
  readonly expired: number;
  readonly late: number;
  readonly dead: number;
};

/** How far what is made again has come. */
export type RebuildStatus = {
  /** The streams and tables that were asked for; undefined: all of the pipeline. */
  readonly names?: string[];
  readonly state: 'running' | 'waiting' | 'failed';
  /** Records of the log that are processed again, and that are to be. */
  readonly done: number;
  readonly total: number;
  /** Why it waits or has failed: a code of the table of errors, what happened, to what, and what to do. */
  readonly code?: string;
  readonly reason?: string;
  readonly place?: string;
  readonly remedy?: string;
};

/** Options of a rebuild: `isPartial`: also where the log no longer has all records; `told` hears how far it is, twice a second. */
export type RebuildOptions = {
  readonly params?: Readonly<Record<string, string>>;
  readonly isPartial?: boolean;
  readonly signal?: AbortSignal;
  readonly told?: (status: RebuildStatus) => void;
};

/** A pipeline at a moment. */
export type PipelineStatus = {
  readonly name: string;
  readonly health: Health;
  /** Why it is degraded or failed, in words, with the remedy; or which table its records wait for. */
  readonly reason: string | undefined;
  readonly ledger: Ledger;
  /** The sources of its topics; where other pipelines read a topic too, each shows the same. */
  readonly sources: readonly SourceStatus[];
  readonly stages: readonly StageStatus[];
  /** Rows per table. */
  readonly tables: Readonly<Record<string, number>>;
  /** Event time before which everything is complete, milliseconds since 1970; per topic with a time. */
  readonly watermarks: Readonly<Record<string, number | undefined>>;
  /** Per topic what people should know of it: that windows do not wait for a partition that is quiet. No reason to be degraded. */
  readonly notices: Readonly<Record<string, string>>;
  /** Records a second that were processed, over the last seconds. */
  readonly recordsPerSecond: number;
  /** Records processed by this run, and its seconds so far. */
  readonly run: { readonly records: number; readonly seconds: number };
  /** Milliseconds spent by this run in each part of the work: `encode` and `append` (the sources'), `decode`, `feed`, `stream NAME`, `table NAME`, `letters`, `commit`, `checkpoint`. */
  readonly parts: Readonly<Record<string, number>>;
};

/** A dead letter (or, with kind `late`, a record that came too late for a window): what is known without opening it. */
export type DeadLetter = {
  readonly id: number;
  readonly kind: 'dead' | 'late';
  readonly pipeline: string;
  /** `source:NAME`, `decode`, or the stream's or table's name. */
  readonly stage: string;
  readonly code: string;
  readonly reason: string;
  readonly topic: string;
  /** Undefined where it never reached the log. */
  readonly partition: number | undefined;
  readonly offset: number | undefined;
  /** Where in the source it stood: `line 17`. */
  readonly place: string | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** How often it was sent again without success. */
  readonly tries: number;
};

/** A dead letter with its original bytes and, where they can be read, the record in them (personal fields masked). */
export type DeadLetterDetail = DeadLetter & { readonly bytes: Uint8Array; readonly record: unknown };

/** Which dead letters. */
export type DeadFilter = {
  pipeline?: string;
  stage?: string;
  kind?: 'dead' | 'late';
  code?: string;
  ids?: readonly number[];
  limit?: number;
};

/** What became of dead letters that were sent again. */
export type RedriveResult = { readonly sent: number; readonly stored: number; readonly stillDead: number };

/** The answer to a query. `truncated`: there are more rows than the limit. */
export type QueryResult = {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
  readonly truncated: boolean;
};

/** A topic in the data folder. */
export type TopicSummary = {
  readonly name: string;
  readonly partitions: number;
  readonly records: number;
  readonly bytes: number;
  readonly newestMs: number | undefined;
  readonly schema: { readonly id: number; readonly version: number } | undefined;
};

/** A table in the data folder. */
export type TableSummary = {
  readonly name: string;
  readonly pipeline: string;
  readonly rows: number;
  readonly key: readonly string[];
  readonly columns: readonly { readonly name: string; readonly type: string; readonly isOptional: boolean }[];
};

/**
 * What a start does with a noun of a pipeline file: `kept` as it is, `new`, `changed` from now on, `migrated` (a column, a field or partitions are
 * added), `rebuild` (the rows that are there are others than the definition gives), `refused`, `gone` (no longer in the file; it stays in the folder).
 */
export type Effect = 'new' | 'kept' | 'changed' | 'migrated' | 'rebuild' | 'refused' | 'gone';

/** What a start would do with one noun. `command`: what could be run for it; `error`: what would keep the pipeline from starting. */
export type Change = {
  readonly noun: 'topic' | 'source' | 'stream' | 'table';
  readonly name: string;
  readonly pipeline: string;
  readonly effect: Effect;
  readonly says: string;
  readonly command?: string;
  readonly error?: MillraceError;
};

/** What goes with a topic. `records` and `bytes`: undefined where it is damaged, and was not read. `usedBy`: pipelines that read it. */
export type TopicRemoval = {
  readonly noun: 'topic';
  readonly name: string;
  readonly records: number | undefined;
  readonly bytes: number | undefined;
  /** Dead letters and late records of it. */
  readonly letters: number;
  /** Subjects of the schema registry. */
  readonly subjects: readonly string[];
  readonly usedBy: readonly string[];
};

/** What goes with a table. `usedBy`: pipelines that write it or look it up. */
export type TableRemoval = {
  readonly noun: 'table';
  readonly name: string;
  readonly pipeline: string;
  readonly rows: number;
  readonly usedBy: readonly string[];
};

/** What goes with a pipeline, and what stays: its topics, which others can read, and the tables that are kept. */
export type PipelineRemoval = {
  readonly noun: 'pipeline';
  readonly name: string;
  readonly tables: readonly { readonly name: string; readonly rows: number }[];
  readonly keptTables: readonly string[];
  readonly letters: number;
  readonly topics: readonly string[];
  readonly usedBy: readonly string[];
};

/** What a removal takes away. */
export type Removal = TopicRemoval | TableRemoval | PipelineRemoval;

/** What is to be removed. `keepTables`: of a pipeline all but its tables. */
export type Removed = {
  readonly noun: 'topic' | 'table' | 'pipeline';
  readonly name: string;
  readonly keepTables?: boolean;
};

/** A person who was forgotten, or several at once: what it took. Whom is not said. */
export type Forgotten = {
  readonly number: number;
  /** When it was decided, milliseconds since 1970. */
  readonly at: number;
  /** The command, without the names. */
  readonly command: string;
  /** Records that were erased, by topic. */
  readonly records: Readonly<Record<string, number>>;
  readonly letters: number;
  /** Tables that were made again from the log, by pipeline. */
  readonly remade: Readonly<Record<string, readonly string[]>>;
  /** Rows that were removed one by one, by table. */
  readonly rows: Readonly<Record<string, number>>;
  /** Tables that keep what was computed of records which the log no longer has: counts, sums. */
  readonly stale: readonly string[];
};

/** A record of a topic as `tail` shows it. */
export type TailRecord = {
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly key: string | null;
  /** The decoded record (personal fields masked), or undefined where it cannot be decoded. */
  readonly value: Readonly<Record<string, unknown>> | undefined;
  /** Why it cannot be decoded. */
  readonly error: string | undefined;
};

/** Options of opening a data folder. */
export type OpenOptions = {
  /** The folder; made where there is none. */
  folder: string;
  /** A topic that is damaged (LOG_DAMAGED) and is to be deleted: it is not opened. Nothing can be started then. */
  leaveOut?: string;
  /** Called with things that people should know: a torn tail that was cut off, a retry. */
  notice?: (text: string) => void;
};

/** Options of starting pipelines. */
export type StartOptions = {
  params?: GivenParams;
  /** End when all finite sources are read, everything is stored and every window has been given. Sources without an end are an error. */
  once?: boolean;
  /** The files that the pipelines came from, by name, so that `dead redrive` finds them again. */
  files?: Readonly<Record<string, string>>;
  /** Run no sources: only what is in the log (used by redrive). */
  withoutSources?: boolean;
};

/** Pipelines that run. */
export interface Running {
  status(): PipelineStatus[];
  /** Resolves when all pipelines have ended (`once`) or have failed; rejects never: look at `status()`. */
  readonly done: Promise<void>;
  /** Errors that made a pipeline fail, by pipeline. */
  readonly failures: ReadonlyMap<string, MillraceError>;
  /** Stops the sources, processes what is in flight within the deadline (milliseconds), commits. Resolves with false where the deadline cut it short: nothing is lost, it is read again. */
  stop(deadlineMs?: number): Promise<boolean>;
}

/** An open data folder. */
export interface Millrace {
  /** @throws NAME_TAKEN, PARAM_*, SQL_*, TABLE_CHANGED, SCHEMA_INCOMPATIBLE, … before anything has run */
  start(pipelines: readonly Pipeline[], options?: StartOptions): Promise<Running>;
  /** What the web server serves of pipelines that run here. */
  backend(running: Running): Backend;
  /** Runs one read-only query. @throws SQL_INVALID, QUERY_LIMIT */
  query(sql: string, options?: { rowsMax?: number; msMax?: number }): Promise<QueryResult>;
  topics(): Promise<TopicSummary[]>;
  tables(): Promise<TableSummary[]>;
  deadList(filter?: DeadFilter): Promise<DeadLetter[]>;
  /** @throws NOT_FOUND */
  deadShow(id: number): Promise<DeadLetterDetail>;
  /**
   * Makes streams and tables of a pipeline that does not run again from the log, or all of it, and puts them in their place in one step.
   *
   * @throws NOT_FOUND; OFFSET_OUT_OF_RANGE where the log no longer has all records
   */
  rebuild(pipeline: Pipeline, names: readonly string[] | undefined, options?: RebuildOptions): Promise<RebuildStatus>;
  /** Gives up a rebuild that was begun of a pipeline that does not run: what it has made is removed. @throws NOT_FOUND where none was begun */
  cancelRebuild(pipeline: string): Promise<void>;
  /** Sends dead letters of a pipeline again, through its present definition. `replacement` gives other bytes for a single letter. */
  deadRedrive(
    pipeline: Pipeline,
    filter: DeadFilter,
    options?: { params?: GivenParams; replacement?: Uint8Array },
  ): Promise<RedriveResult>;
  /** What a removal would take away, and who still uses it. Nothing is changed. @throws NOT_FOUND */
  removal(what: Removed): Promise<Removal>;
  /**
   * Removes a topic, a table or a pipeline. Killed at any moment, it is not done, or is finished when the folder is opened again.
   *
   * @throws NOT_FOUND; STILL_USED where a pipeline uses the topic or table, unless it is forced; DATA_IN_USE while pipelines run here
   */
  remove(what: Removed, options?: { force?: boolean }): Promise<Removal>;
  /** The file that a pipeline was last started from, or undefined. */
  pipelineFile(pipeline: string): Promise<string | undefined>;
  /** Names of the pipelines that have run here. */
  pipelines(): Promise<string[]>;
  /** Persons who were forgotten here, the first one first. */
  forgettings(): Promise<Forgotten[]>;
  /** The number of a forgetting that was cut short; undefined: there is none. */
  unfinished(): number | undefined;
  close(): Promise<void>;
}

/** Options of reading a topic's records. */
export type TailOptions = {
  folder: string;
  topic: string;
  partition?: number;
  /** From the beginning, from the last N records of each partition, or from an offset. Default: the last 10. */
  from?: 'start' | { last: number } | { offset: number };
  /** Go on as records arrive, until the signal aborts. */
  follow?: boolean;
  signal?: AbortSignal;
  /** Told where nothing is to be seen though all is well: the offset lies beyond the end. */
  notice?: (text: string) => void;
};

// Implemented beside this file:
//   open.ts    open(options: OpenOptions): Promise<Millrace>                                 throws DATA_IN_USE, DATA_VERSION, LOG_DAMAGED, TABLES_DAMAGED
//   tail.ts    tail(options: TailOptions): AsyncIterable<TailRecord>                         works beside a running process
//   load.ts    loadPipeline(path: string): Promise<Pipeline>                                 throws PIPELINE_FILE, PIPELINE_INVALID
//   check.ts   check(pipelines, params: GivenParams): Promise<MillraceError[]>               everything that is wrong, not only the first
//   outlook.ts outlook(pipelines, params, folder): Promise<Change[]>                          what a start would do in a data folder; writes nothing
//   forget.ts  forget(options: ForgetOptions): Promise<ForgetResult>                         removes persons from a folder that nothing runs in
//   shown-plan.ts planOf(pipeline, params: GivenParams): Promise<Plan>                          plain JSON: what would run
//   drive.ts   drive(pipeline, options): Promise<Driver>                                     for tests: no network, our clock
