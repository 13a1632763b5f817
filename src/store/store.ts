// The contract of a store: tables of rows kept by primary key. Adapters: duckdb/, postgres/, cassandra/.
import type { Table } from '../define/table.ts';
import type { Sink } from '../process/engine.ts';

/** A table as the store has it. */
export type StoredTable = {
  readonly name: string;
  readonly pipeline: string;
  readonly key: readonly string[];
  readonly columns: readonly { readonly name: string; readonly type: string; readonly isOptional: boolean }[];
};

/** A value in a condition. */
export type ReadValue = string | number | bigint | boolean | Date | Uint8Array | null;

/** What a column must be; several are joined by and. `null` means missing (eq) or there (ne). */
export type Condition = {
  readonly eq?: ReadValue;
  readonly ne?: ReadValue;
  readonly lt?: ReadValue;
  readonly lte?: ReadValue;
  readonly gt?: ReadValue;
  readonly gte?: ReadValue;
  readonly in?: readonly ReadValue[];
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
  tables(): Promise<StoredTable[]>;
  /** How many rows a table has. @throws NOT_FOUND */
  count(table: string): Promise<number>;
  /**
   * Rows by condition, a page at a time. @throws NOT_FOUND, OPTION_INVALID, QUERY_LIMIT
   *
   * @example await store.read('bus_latest', { where: { line: { eq: 'B8' }, delay_s: { gt: 300 } }, order: [{ column: 'delay_s', descending: true }] })
   */
  read(table: string, options?: ReadOptions): Promise<StoredRow[]>;
  close(): Promise<void>;
}
