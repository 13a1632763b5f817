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
  close(): Promise<void>;
}
