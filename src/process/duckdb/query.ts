// One read-only query over the tables, with a limit of rows and of time.
import {
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBValue,
} from '@duckdb/node-api';
import { MillraceError } from '../../core/errors.ts';
import type { DuckDatabase } from './database.ts';
import { refuseMore } from './read-only.ts';

/** Columns with DuckDB's type names, rows of JavaScript values; `truncated`: there are more rows than asked for. */
export type Answer = {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
  readonly truncated: boolean;
};

/** Milliseconds between two interrupts of a query that is over its time. */
const interruptMs = 20;

/**
 * Runs one SELECT.
 *
 * @param rowsMax rows at most; `msMax` milliseconds at most
 * @throws SQL_INVALID where it is no single SELECT over tables or does not compile; QUERY_LIMIT where it takes too long
 */
export async function query(database: DuckDatabase, sql: string, rowsMax: number, msMax: number): Promise<Answer> {
  const session = await database.session();
  // an interrupt is forgotten by a statement that has not quite begun: it is said until one hears it
  let timer = setTimeout(function interrupt() {
    session.interrupt();
    timer = setTimeout(interrupt, interruptMs);
  }, msMax);
  try {
    await refuseMore(session, sql);
    // and whatever it may be that passes, DuckDB lets it change nothing in a database
    await session.run('begin transaction read only');
    const reader = await session.read(sql, rowsMax + 1);
    const columns = reader.columnNames().map((name, i) => ({ name, type: String(reader.columnType(i)) }));
    const rows = reader
      .getRows()
      .slice(0, rowsMax)
      .map((row) => row.map(plain));
    return { columns, rows, truncated: reader.currentRowCount > rowsMax };
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'QUERY_LIMIT') {
      throw new MillraceError('QUERY_LIMIT', `the query took longer than ${msMax} ms`, {
        place: 'query',
        remedy: 'Ask for less, or raise the time limit.',
        cause: error,
      });
    }
    if (error instanceof MillraceError && error.code === 'ROW_FAILED') {
      throw new MillraceError('SQL_INVALID', error.message, {
        place: 'query',
        remedy: 'Mend the query.',
        cause: error,
      });
    }
    throw error;
  } finally {
    clearTimeout(timer);
    session.close();
  }
}

function plain(value: DuckDBValue): unknown {
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue)
    return new Date(Number(value.micros / 1000n));
  if (value instanceof DuckDBDateValue) return value.toString();
  if (value instanceof DuckDBDecimalValue) return value.toString();
  if (typeof value === 'bigint')
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  if (value === null || typeof value !== 'object') return value;
  if ('items' in value && Array.isArray(value.items)) return value.items.map(plain);
  if ('bytes' in value && value.bytes instanceof Uint8Array) return value.bytes;
  return String(value);
}
