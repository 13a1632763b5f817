// Reads of single rows by their keys: those that come while one is under way are answered together, since planning costs more than reading.
import { isPlaceKey } from '../../define/place.ts';
import { quote, type Session, type SqlParam } from '../../process/database.ts';
import type { ReadOptions, ReadValue, StoredRow, StoredTable } from '../store.ts';
import { castType, readRows, rowOf, selectList } from './read.ts';

/** Keys of one statement: more make DuckDB look at each row of the table for all of them. */
const keysMax = 16;

type Wanted = {
  readonly key: readonly ReadValue[];
  readonly resolve: (rows: StoredRow[]) => void;
  readonly reject: (error: unknown) => void;
};

/** The reads by key of a store. */
export class ReadsByKey {
  readonly #reading: <T>(work: (session: Session) => Promise<T>) => Promise<T>;
  readonly #waiting = new Map<StoredTable, Wanted[]>();

  constructor(reading: <T>(work: (session: Session) => Promise<T>) => Promise<T>) {
    this.#reading = reading;
  }

  /** The row with a key, or none. Each read begins after it was asked for. */
  read(table: StoredTable, key: readonly ReadValue[]): Promise<StoredRow[]> {
    return new Promise((resolve, reject) => {
      const wanted: Wanted = { key, resolve, reject };
      const waiting = this.#waiting.get(table);
      if (waiting) waiting.push(wanted);
      else {
        this.#waiting.set(table, [wanted]);
        // those of the same turn of the event loop come with it
        setImmediate(() => void this.#readAll(table));
      }
    });
  }

  async #readAll(table: StoredTable): Promise<void> {
    for (;;) {
      const all = this.#waiting.get(table)!.splice(0, keysMax);
      if (all.length === 0) break;
      await this.#answer(table, all).catch(async (error) => {
        // one of them may be to blame: each is asked for alone
        if (all.length === 1) all[0]!.reject(error);
        else for (const one of all) await this.#answer(table, [one]).catch(one.reject);
      });
    }
    this.#waiting.delete(table);
  }

  async #answer(table: StoredTable, all: readonly Wanted[]): Promise<void> {
    const keys = all.map(({ key }) => key);
    const rows = await this.#reading((session) => readKeys(session, table, keys));
    for (const [i, { resolve }] of all.entries()) resolve(rows[i]!);
  }
}

/** The values of a key that is all that is asked for; undefined where it is not. */
export function onlyKey(table: StoredTable, { where = {}, order = [], after }: ReadOptions): ReadValue[] | undefined {
  const names = Object.keys(where);
  if (after || order.length > 0 || names.length !== table.key.length) return undefined;
  const values = table.key.map((name) => where[name]);
  const isPlain = values.every(
    (one) => one && Object.keys(one).length === 1 && one.eq !== undefined && one.eq !== null,
  );
  return isPlain ? values.map((one) => one!.eq as ReadValue) : undefined;
}

/** The rows of keys, each as a list of one or none. */
async function readKeys(
  session: Session,
  table: StoredTable,
  keys: readonly (readonly ReadValue[])[],
): Promise<StoredRow[][]> {
  const { name, key, columns } = table;
  if (keys.length === 1) {
    const where = Object.fromEntries(key.map((column, i) => [column, { eq: keys[0]![i]! }]));
    return [await readRows(session, table, { where, limit: 1 })];
  }
  // few sizes of statements are planned: the last key is asked for again
  const count = keys.length <= 4 ? 4 : keysMax;
  const params: SqlParam[] = [];
  const values = Array.from({ length: count }, (_, row) => {
    const cells = key.map((column, i) => {
      const value = keys[Math.min(row, keys.length - 1)]![i]!;
      params.push(value instanceof Date ? value.toISOString() : value);
      return `cast($${params.length} as ${castType(columns.find((one) => one.name === column)!.type)})`;
    });
    return `(${[row, ...cells].join(', ')})`;
  });
  const names = key.map((_, i) => `_k${i}`);
  const matches = key.map((column, i) => `t.${quote(column)} = _k${i}`);
  // a place is found by its columns
  if (!isPlaceKey(key)) matches.unshift(`t._hash = hash(${names.join(', ')})`);
  const found = await session.rows(
    `select ${selectList(columns)}, _n from (values ${values.join(', ')}) k(_n, ${names.join(', ')})
      join store.${quote(name)} t on ${matches.join(' and ')}`,
    ...params,
  );
  const rows: StoredRow[][] = keys.map(() => []);
  for (const values of found) {
    const at = Number(values.pop());
    if (at < keys.length) rows[at]!.push(rowOf(columns, values));
  }
  return rows;
}
