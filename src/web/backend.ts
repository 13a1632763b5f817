// The contract of what the web server serves: running pipelines in an open data folder. src/control fulfils it; tests have their own.
import type { Code, MillraceError } from '../core/errors.ts';
import type { Pipeline } from '../define/pipeline.ts';
import type { Registry } from '../log/registry.ts';
import type { Condition, ReadOptions, StoredRow, TableChange } from '../store/store.ts';
import type {
  ChartData,
  ChartView,
  DeadLetterDetail,
  DeadPage,
  PipelineView,
  Plan,
  PostResult,
  QueryRequest,
  RedriveAnswer,
  RedriveRequest,
  TableView,
  TopicRecord,
  TopicRecordPage,
  TopicView,
} from './schemas.ts';

/** Which records of a topic. */
export type RecordsRequest = {
  readonly partition?: number;
  /** From this offset on; needs a partition where the topic has several. */
  readonly offset?: number;
  /** From the first record of this time on, milliseconds since 1970. */
  readonly at?: number;
  /** The newest ones where neither offset nor time is given. 1 to 1,000. */
  readonly limit: number;
  /** Only records whose key or value (as JSON, masked) has this text, case aside. Looks at `limits.searchRecordsMax` at most. */
  readonly search?: string;
};

/** Records to append, as they were posted: each a JSON value. */
export type PostRequest = {
  readonly records: readonly unknown[];
  readonly idempotencyKey?: string;
  /** The body as it came, for its signature and to tell one request from another. */
  readonly body: Uint8Array;
  /** The signature header, where the request has one. */
  readonly signature?: string;
  /** The places of `records` in the request, from 0; absent: as they stand. */
  readonly indexes?: readonly number[];
  /** What of the body could not be read as a record: counted, and kept, as records that are refused. */
  readonly unread?: readonly UnreadRecord[];
  /** The bytes of one of `records`, as they came; absent where the records come from within. */
  readonly bytesOf?: (index: number) => Uint8Array;
};

/** A part of a body that is no record: its place in the request, from 0, why, and its bytes. */
export type UnreadRecord = { readonly index: number; readonly error: MillraceError; readonly bytes: Uint8Array };

/** Posted records that were refused since the process began, by topic (empty: a topic that is not there) and code. */
export type RefusedPosts = { readonly topic: string; readonly code: Code; readonly count: number };

/** Which rows a chart is drawn from. */
export type ChartRequest = {
  readonly where: Readonly<Record<string, Condition>>;
  /** Event time, milliseconds since 1970: [from, to). */
  readonly from?: number;
  readonly to?: number;
};

/** Which dead letters. `after`: the id of the last one before. */
export type DeadRequest = {
  readonly pipeline?: string;
  readonly stage?: string;
  readonly kind?: 'dead' | 'late';
  readonly code?: string;
  readonly after?: number;
  readonly limit: number;
};

export type { TableChange };

/** Who asks a query: askers have their turns, by their names; the signal is aborted where nobody waits for the answer any more. */
export type Asker = { readonly name: string; readonly signal: AbortSignal };

/** What the web server serves. Every failure is a MillraceError. */
export interface Backend {
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** The definitions that run, for their own routes. */
  readonly definitions: readonly Pipeline[];
  readonly registry: Registry;
  /** All pipelines now; cheap enough for twice a second. */
  pipelines(): PipelineView[];
  /** The pipeline's definition as plain JSON. @throws NOT_FOUND */
  plan(pipeline: string): Promise<Plan>;
  /** Stops taking records (they stay in the log, and sources wait) until `resume`; kept over restarts. @throws NOT_FOUND */
  pause(pipeline: string): Promise<void>;
  resume(pipeline: string): Promise<void>;
  /**
   * Begins to make streams and tables of a pipeline again from the log, or all of it; `pipelines` tells how far that is.
   *
   * @throws NOT_FOUND; OFFSET_OUT_OF_RANGE where the log no longer has all records, and it is not `isPartial`; USAGE while another one runs
   */
  rebuild(pipeline: string, names: readonly string[] | undefined, isPartial: boolean): Promise<void>;
  /** Ends the rebuild of a pipeline and removes what it has made; the tables that are there stay. @throws NOT_FOUND where there is none */
  cancelRebuild(pipeline: string): Promise<void>;
  topics(): Promise<TopicView[]>;
  /** @throws NOT_FOUND */
  topic(name: string): Promise<TopicView>;
  /** @throws NOT_FOUND, OFFSET_OUT_OF_RANGE, OPTION_INVALID */
  records(topic: string, request: RecordsRequest): Promise<TopicRecordPage>;
  /** Whether a body may be posted to a topic, before it is read: by its signature, where the topic asks for one. @throws NOT_FOUND, SIGNATURE_INVALID */
  admit(topic: string, request: Pick<PostRequest, 'body' | 'signature'>): Promise<void>;
  /** Resolves once the accepted ones are durable. @throws NOT_FOUND, SIGNATURE_INVALID, IDEMPOTENCY_REUSED, DISK_FULL */
  post(topic: string, request: PostRequest): Promise<PostResult>;
  /** Counts a request that was refused as a whole, before its records were looked at. */
  countRefused(topic: string, code: Code): void;
  refusedPosts(): readonly RefusedPosts[];
  /** New records as they become durable, at most `limits.changeRowsMax` at a time, the newest ones; `changed` must not throw. */
  watchTopic(topic: string, changed: (records: TopicRecord[], skipped: number) => void): Promise<() => void>;
  tables(): Promise<TableView[]>;
  /** @throws NOT_FOUND */
  table(name: string): Promise<TableView>;
  /** @throws NOT_FOUND, OPTION_INVALID, QUERY_LIMIT */
  rows(table: string, options: ReadOptions): Promise<StoredRow[]>;
  /** Changes with every commit to a table; equal versions mean equal contents. */
  tableVersion(table: string): number;
  /** `changed` is called after each commit that touches the table; it must not throw. @throws NOT_FOUND */
  watchTable(table: string, changed: (change: TableChange) => void): Promise<() => void>;
  /**
   * Computes one SELECT and gives `take` the pieces of the JSON of a `QueryAnswer` as they come; it waits for each. What is computed ends with
   * the signal of the one who asks.
   *
   * @throws SQL_INVALID, QUERY_LIMIT, RATE_LIMITED; the last two after the first piece too
   */
  query(request: QueryRequest, asker: Asker, take: (piece: Uint8Array) => Promise<void>): Promise<void>;
  /** @throws NOT_FOUND */
  charts(pipeline: string): ChartView[];
  /** @throws NOT_FOUND, OPTION_INVALID */
  chart(pipeline: string, id: string, request: ChartRequest): Promise<ChartData>;
  dead(request: DeadRequest): Promise<DeadPage>;
  /** `seesAll`: with its bytes, also where they may hold what is personal. @throws NOT_FOUND */
  deadLetter(id: number, seesAll: boolean): Promise<DeadLetterDetail>;
  /** @throws NOT_FOUND, OPTION_INVALID */
  redrive(request: RedriveRequest): Promise<RedriveAnswer>;
}
