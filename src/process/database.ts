// What engine and store need of a SQL database that both may share, so that state, results and offsets commit in one transaction.

/** A value as a bound parameter. */
export type SqlParam = string | number | bigint | boolean | Uint8Array | null;

/** One connection. Calls must not overlap: each is awaited before the next. Failures are MillraceErrors (see translate in the adapter). */
export interface Session {
  /** The database, for those who ask whether they share it. */
  readonly database: object;
  /** Runs a statement; resolves with the number of rows that it changed. */
  run(sql: string, ...params: SqlParam[]): Promise<number>;
  /** Runs a query; rows as arrays of JavaScript values (bigint for 64 bits, Date for timestamps). */
  rows(sql: string, ...params: SqlParam[]): Promise<unknown[][]>;
  /** Runs the steps in one transaction: all of it durable when the promise resolves, or nothing of it. */
  transaction<T>(steps: () => Promise<T>): Promise<T>;
  close(): void;
}

/** Records of a partition: those with offsets from `from` on, before `to`. */
export type RecordSpan = { readonly partition: number; readonly from: number; readonly to: number };

/** Rows of one topic or stream within a micro-batch: a relation of the session, whose `_row` numbers them. */
export type RowSet = {
  readonly session: Session;
  readonly relation: string;
  readonly count: number;
  /** A column expression: where the record of a row lies in the log; of two rows the later record has the greater one. Absent: in the order of the relation. */
  readonly place?: string;
  /** Whether all of them come after what was written before, in the order of the log. Absent: they do. */
  readonly isInOrder?: boolean;
  /** Whether several rows of one record may have one key, in no order: the greatest values win. Absent: none have. */
  readonly hasTies?: boolean;
  /** The records that they are of, where these may have been written before. Absent: none of them was. */
  readonly again?: RecordSpan;
};

/** `"name"` for SQL. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `'text'` for SQL, for the few places that take no parameter. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
