// The contract of a store: tables of rows kept by primary key. Adapter: duckdb/.
import type { Aggregate, Span } from '../define/chart.ts';
import type { ReadValue } from '../define/read.ts';
import type { Table } from '../define/table.ts';
import type { Session } from '../process/database.ts';
import type { Sink } from '../process/engine.ts';

/** A table as the store has it. */
export type StoredTable = {
  readonly name: string;
  readonly pipeline: string;
  readonly key: readonly string[];
  readonly columns: readonly { readonly name: string; readonly type: string; readonly isOptional: boolean }[];
};

export type { ReadValue };

/** What a column must be; several are joined by and. `null` means missing (eq) or there (ne). */
export type Condition = {
  readonly eq?: ReadValue;
  readonly ne?: ReadValue;
  readonly lt?: ReadValue;
  readonly lte?: ReadValue;
  readonly gt?: ReadValue;
  readonly gte?: ReadValue;
  readonly in?: readonly ReadValue[];
  /** `%` stands for any characters, `_` for one, and `\` makes the next one stand for itself. */
  readonly like?: string;
};

/** A row by column: timestamps as Date, days and decimals as text, json parsed. */
export type StoredRow = Readonly<Record<string, unknown>>;

/** Which rows, in which order, and after which one: the last row of the page before. Default limit 100. */
export type ReadOptions = {
  readonly where?: Readonly<Record<string, Condition>>;
  readonly order?: readonly { readonly column: string; readonly descending?: boolean }[];
  readonly limit?: number;
  readonly after?: StoredRow;
};

/** Which rows a summary or a sample is of. */
export type Scope = {
  readonly where?: Readonly<Record<string, Condition>>;
  /** A range of a timestamp column: [from, to). */
  readonly within?: { readonly column: string; readonly from?: Date; readonly to?: Date };
  /** Columns that must be there; a number must be finite too. */
  readonly present?: readonly string[];
};

/** What rows are grouped by. */
export type SummaryGroup = {
  readonly column: string;
  /**
   * Cuts times (UTC) into spans, or numbers and times (milliseconds) into pieces of a width, counted from `from`; the group is its
   * beginning. With `to` (from and a number of widths) all that is less is one piece before `from`, and all from `to` on is one.
   */
  readonly every?: Span | { readonly width: number; readonly from?: number; readonly to?: number };
  /** Only these values; all others are one group, whose value is `undefined`. */
  readonly among?: readonly ReadValue[];
};

/**
 * What is computed of each group. Rows without the column (or where it is not finite) do not count. `last`: of the row with the
 * greatest `by`, or that was written last. `distinct`: how many values differ; `estimate`: the same, about, at little cost.
 * `mean` with a weight: each row counts so many times, not at all where its weight is missing or not above zero. `quantile`: below which about this share of the values lies. Slope, intercept and correlation are those of the least squares line of `column` over `against`.
 */
export type SummaryValue =
  | { readonly aggregate: 'count'; readonly column?: string }
  | {
      readonly aggregate: Exclude<Aggregate, 'count' | 'mean' | 'last'> | 'distinct' | 'estimate';
      readonly column: string;
    }
  | { readonly aggregate: 'mean'; readonly column: string; readonly weight?: string }
  | { readonly aggregate: 'last'; readonly column: string; readonly by?: string }
  | { readonly aggregate: 'quantile'; readonly column: string; readonly share: number }
  | { readonly aggregate: 'slope' | 'intercept' | 'correlation'; readonly column: string; readonly against: string };

/** A summary: columns are those of `by`, then those of `values`; `order` names them by their place. Default limit: `limits.summaryRowsMax`. */
export type SummaryOptions = Scope & {
  readonly by?: readonly SummaryGroup[];
  readonly values: readonly SummaryValue[];
  readonly order?: readonly { readonly at: number; readonly descending?: boolean }[];
  readonly limit?: number;
};

/** Rows of a table, some columns of them: the newest (by `time`, or as they were written), or some from all over it, the same ones each time. */
export type SampleOptions = Scope & {
  readonly columns: readonly string[];
  readonly of: 'newest' | 'everywhere';
  readonly time?: string;
  readonly limit: number;
};

/** What a commit did to a table. */
export type TableChange = {
  /** The rows that it wrote, as `read` gives them, one of each key; none where they are more than `limits.changeRowsMax`. */
  readonly rows: readonly StoredRow[];
  /** The keys of rows that it removed, as rows of the columns of the key. */
  readonly removed: readonly StoredRow[];
  /** Not all that were written or removed are told: what was read before must be read again. */
  readonly isPartial: boolean;
  /** Rows written in all. */
  readonly count: number;
};

/** Is told of a commit; it must not throw. */
export type ChangeListener = (change: TableChange) => void;

/** A store of tables. Writes are idempotent on the key. */
export interface Store {
  /** Takes rows within an engine's micro-batch; where both share a database, in the same transaction. */
  readonly sink: Sink;
  /**
   * Makes the tables of a pipeline; one that is there gets new optional columns.
   *
   * @throws TABLE_CHANGED where what is there cannot become what is declared; NAME_TAKEN where another pipeline has the name
   */
  prepare(pipeline: string, tables: readonly Table[]): Promise<void>;
  /**
   * Removes tables with their rows and definitions, and does `beside` in the same transaction, with its session. A table that is not there is
   * no error.
   */
  drop(tables: readonly string[], beside?: (session: Session) => Promise<void>): Promise<void>;
  tables(): Promise<StoredTable[]>;
  /** How many rows a table has. @throws NOT_FOUND */
  count(table: string): Promise<number>;
  /**
   * Rows by condition, a page at a time. @throws NOT_FOUND, OPTION_INVALID, QUERY_LIMIT
   *
   * @example await store.read('bus_latest', { where: { line: { eq: 'B8' }, delay_s: { gt: 300 } }, order: [{ column: 'delay_s', descending: true }] })
   */
  read(table: string, options?: ReadOptions): Promise<StoredRow[]>;
  /**
   * Groups of rows and what is computed of each, as arrays; numbers are doubles (counts too), times Date.
   *
   * @throws NOT_FOUND, OPTION_INVALID, QUERY_LIMIT for more groups than `limits.summaryRowsMax`
   * @example await store.summarise('line_delay', { by: [{ column: 'minute', every: 'hour' }], values: [{ aggregate: 'mean', column: 'delay_s' }] })
   */
  summarise(table: string, options: SummaryOptions): Promise<unknown[][]>;
  /** Some columns of some rows, as arrays. @throws NOT_FOUND, OPTION_INVALID, QUERY_LIMIT */
  sample(table: string, options: SampleOptions): Promise<unknown[][]>;
  /** Changes after every commit of this process to the table; equal versions mean equal contents. */
  version(table: string): number;
  /**
   * Tells the listener after each commit of this process that wrote or removed rows of the table, until the function that it gives is
   * called. What is rolled back is not told. While nobody watches a table this costs nothing.
   *
   * @example const unwatch = store.watch('bus_latest', ({ rows }) => show(rows))
   */
  watch(table: string, listener: ChangeListener): () => void;
  close(): Promise<void>;
}
