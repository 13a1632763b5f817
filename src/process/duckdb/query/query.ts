// One read-only query over the tables, with limits of rows, of bytes and of time.
import {
  type DuckDBDataChunk,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBValue,
} from '@duckdb/node-api';
import { formatMs } from '../../../core/durations.ts';
import { MillraceError } from '../../../core/errors.ts';
import type { DuckDatabase, DuckSession } from '../database.ts';
import { readOnlyTree } from './read-only.ts';

/** A column of an answer, with DuckDB's name of its type. */
export type AnswerColumn = { readonly name: string; readonly type: string };

/** Columns, rows of JavaScript values; `truncated`: there are more rows than asked for. */
export type Answer = {
  readonly columns: readonly AnswerColumn[];
  readonly rows: readonly (readonly unknown[])[];
  readonly truncated: boolean;
};

/** Milliseconds between two interrupts of a query that is over its time. */
const interruptMs = 20;

/** How much a query may ask for. */
export type QueryLimits = {
  readonly rowsMax: number;
  /** Milliseconds. */
  readonly msMax: number;
  /** Milliseconds that were asked for, where some of them have passed already: what a message says. Default: `msMax`. */
  readonly msAsked?: number;
  /** Bytes, about, of all values. Default: as many as there are. */
  readonly bytesMax?: number;
};

/** Takes an answer as it is computed: the columns, then rows. */
export type Reader = {
  columns(columns: readonly AnswerColumn[]): void;
  rows(rows: readonly (readonly unknown[])[]): Promise<void> | void;
};

/**
 * Runs one SELECT in this process. It is read chunk by chunk, no further than its limits.
 *
 * @throws SQL_INVALID where it is no single SELECT over tables or does not compile; QUERY_LIMIT where it takes too long or is too large
 */
export async function query(database: DuckDatabase, sql: string, limits: QueryLimits): Promise<Answer> {
  const session = await database.session();
  try {
    await readOnlyTree(session, sql);
  } finally {
    session.close();
  }
  const rows: (readonly unknown[])[] = [];
  let columns: readonly AnswerColumn[] = [];
  const truncated = await readQuery(database, sql, limits, {
    columns: (all) => {
      columns = all;
    },
    rows: (some) => {
      for (const row of some) rows.push(row);
    },
  });
  return { columns, rows, truncated };
}

/** Runs one SELECT that is known to read only, and gives its rows to a reader. Resolves with whether there are more rows than asked for. */
export async function readQuery(
  database: DuckDatabase,
  sql: string,
  { rowsMax, msMax, msAsked = msMax, bytesMax = Number.POSITIVE_INFINITY }: QueryLimits,
  reader: Reader,
): Promise<boolean> {
  const session = await database.session();
  const endMs = performance.now() + msMax;
  // an interrupt is forgotten by a statement that has not quite begun: it is said until one hears it
  let timer = setTimeout(function interrupt() {
    session.interrupt();
    timer = setTimeout(interrupt, interruptMs);
  }, msMax);
  try {
    // and whatever it may be that passes, DuckDB lets it change nothing in a database
    await session.run('begin transaction read only');
    let bytes = 0;
    let count = 0;
    const take = async (chunk: DuckDBDataChunk): Promise<boolean> => {
      const rows: unknown[][] = [];
      for (let i = 0; i < chunk.rowCount && count < rowsMax; i++, count++) {
        const row = chunk.getRowValues(i).map(plain);
        bytes += sizeOf(row);
        if (bytes > bytesMax) throw tooLarge(bytesMax);
        if (performance.now() > endMs) throw tooLong(msAsked);
        rows.push(row);
      }
      await reader.rows(rows);
      return rows.length === chunk.rowCount;
    };
    const isWhole = await session.read(sql, take, reader.columns);
    if (isWhole) await checkEnd(session, sql);
    return !isWhole;
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'QUERY_LIMIT' && error.place !== place)
      throw tooLong(msAsked, error);
    if (error instanceof MillraceError && error.code === 'ROW_FAILED') {
      throw new MillraceError('SQL_INVALID', error.message, {
        place,
        remedy: 'Fix the query.',
        cause: error,
      });
    }
    throw error;
  } finally {
    clearTimeout(timer);
    session.close();
  }
}

/**
 * A query that fails once its first rows are there ends as if that were all: the binding does not ask why. But its transaction is aborted then,
 * and the same query, run as a whole, says the reason.
 */
async function checkEnd(session: DuckSession, sql: string): Promise<void> {
  try {
    await session.rows('select 1');
  } catch (cause) {
    await session.run('rollback');
    await session.run(sql);
    throw new MillraceError('STORE_UNAVAILABLE', 'the query ended before its last row', {
      place,
      remedy: 'Try it again; ask for fewer rows.',
      cause,
    });
  }
}

const place = 'query';

function tooLong(ms: number, cause?: MillraceError): MillraceError {
  return new MillraceError('QUERY_LIMIT', `the query took longer than ${formatMs(ms)}`, {
    place,
    remedy: 'Ask for less, or allow more time: msMax of the API, --timeout of `millrace query`.',
    cause,
  });
}

function tooLarge(bytesMax: number): MillraceError {
  return new MillraceError('QUERY_LIMIT', `the answer is larger than ${Math.round(bytesMax / 2 ** 20)} MB`, {
    place,
    remedy: 'Ask for fewer rows or shorter values, or use `millrace query` on the machine itself.',
  });
}

/** About what a value takes as JSON. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (value instanceof Uint8Array) return value.length * 1.4;
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + sizeOf(one) + 1, 2);
  return 8;
}

/** Milliseconds from 1970 of the last moment that a Date can hold. */
const dateMsMax = 8_640_000_000_000_000n;

/** DuckDB's dates and timestamps of every unit may be infinite. */
function infinityOf(value: DuckDBValue): string | undefined {
  if (typeof value !== 'object' || value === null || !('isFinite' in value) || value.isFinite) return undefined;
  const isPositive = Object.values(value).some(
    (part) => (typeof part === 'bigint' || typeof part === 'number') && part > 0,
  );
  return isPositive ? 'infinity' : '-infinity';
}

function plain(value: DuckDBValue): unknown {
  const infinity = infinityOf(value);
  if (infinity !== undefined) return infinity;
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) {
    const ms = value.micros / 1000n;
    return ms > dateMsMax || ms < -dateMsMax ? value.toString() : new Date(Number(ms));
  }
  if (value instanceof DuckDBDateValue) return value.toString();
  if (value instanceof DuckDBDecimalValue) return value.toString();
  if (typeof value === 'bigint')
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  if (value === null || typeof value !== 'object') return value;
  if ('items' in value && Array.isArray(value.items)) return value.items.map(plain);
  if ('bytes' in value && value.bytes instanceof Uint8Array) return value.bytes;
  return String(value);
}
