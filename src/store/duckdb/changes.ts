// The change feed: after each commit, tells those who watch a table which rows it wrote, as `read` gives them.
import { limits } from '../../core/limits.ts';
import { formatType } from '../../define/fields.ts';
import type { Table } from '../../define/table.ts';
import type { Session } from '../../process/database.ts';
import type { ChangeListener, StoredRow } from '../store.ts';
import { rowOf, selectList } from './read.ts';

/** What the transaction at hand has done to a table so far. */
type Pending = {
  isReplaced?: boolean;
  count: number;
  isPartial: boolean;
  rows: Map<string, StoredRow>;
  removed: Map<string, StoredRow>;
};

/** Which rows retention removes, as a condition, and the clock ($1, milliseconds since 1970). */
export type Outdated = { readonly condition: string; readonly nowMs: number };

/** What an upsert wrote: the relation with its rows, and how many. `outdated`: which of them retention has removed since. */
export type Written = { readonly relation: string; readonly count: number; readonly outdated: Outdated | undefined };

/** Watchers by table, and what they will be told once the transactions at hand are committed. */
export class Changes {
  readonly #listeners = new Map<string, Set<ChangeListener>>();
  readonly #pending = new Map<Session, Map<string, Pending>>();
  readonly #versions = new Map<string, number>();

  /** Calls the listener after each commit that touches the table, until the function that it gives is called. */
  watch(table: string, listener: ChangeListener): () => void {
    // the same function may watch twice: each is a watch of its own
    const own: ChangeListener = (change) => listener(change);
    const all = this.#listeners.get(table) ?? new Set();
    this.#listeners.set(table, all.add(own));
    return () => {
      all.delete(own);
      if (all.size === 0 && this.#listeners.get(table) === all) this.#listeners.delete(table);
    };
  }

  /** How many commits have touched the table. */
  version(table: string): number {
    return this.#versions.get(table) ?? 0;
  }

  /** Takes note of an upsert; reads its rows only where somebody watches, and not where they are more than can be told. */
  async wrote(session: Session, table: Table, written: Written): Promise<void> {
    const { relation, count, outdated } = written;
    const change = this.#changeOf(session, table.name);
    change.count += count;
    if (!this.#listeners.has(table.name) || change.count > limits.changeRowsMax) {
      // one who begins to watch before the commit must hear of it too
      change.isPartial = true;
      change.rows.clear();
      return;
    }
    const columns = columnsOf(table, Object.keys(table.fields));
    const select = `select ${selectList(columns)} from ${relation}`;
    const rows = outdated
      ? await session.rows(`${select} where (${outdated.condition}) is not true`, outdated.nowMs)
      : await session.rows(select);
    for (const row of rows.map((values) => rowOf(columns, values))) {
      change.rows.set(keyOf(table, row), row);
      change.removed.delete(keyOf(table, row));
    }
  }

  /** Takes note that the rows of keys were removed; reads the keys only where somebody watches, and not where they are more than can be told. `values`: of the parameters in `keys`. */
  async removed(
    session: Session,
    table: Table,
    keys: string,
    count: number,
    values: readonly number[] = [],
  ): Promise<void> {
    const isTold = count > 0 && this.#listeners.has(table.name);
    this.#noteRemoved(session, table, isTold ? await this.#keys(session, table, keys, ...values) : [], count);
  }

  /** Takes note of rows that were removed, by their keys; where these are not all, only that there were some. */
  #noteRemoved(session: Session, table: Table, keys: readonly unknown[][], count: number): void {
    if (count === 0) return;
    const change = this.#changeOf(session, table.name);
    if (keys.length < count || change.removed.size + keys.length > limits.changeRowsMax) {
      change.isPartial = true;
      return;
    }
    const columns = columnsOf(table, table.key);
    for (const row of keys.map((values) => rowOf(columns, values))) {
      change.removed.set(keyOf(table, row), row);
      change.rows.delete(keyOf(table, row));
    }
  }

  /** Takes note that a table has other rows now. */
  replaced(session: Session, table: string): void {
    const change = this.#changeOf(session, table);
    change.isPartial = true;
    change.isReplaced = true;
  }

  /** Whether the transaction at hand has replaced a table. */
  hasReplaced(session: Session): boolean {
    return [...(this.#pending.get(session)?.values() ?? [])].some((change) => change.isReplaced);
  }

  /** Deletes the rows that retention removes, and takes note of their keys as `removed` does. Resolves with how many. */
  async outdated(session: Session, table: Table, stored: string, { condition, nowMs }: Outdated): Promise<number> {
    const rows = `${stored} where ${condition}`;
    const keys = this.#listeners.has(table.name) ? await this.#keys(session, table, rows, nowMs) : [];
    const count = await session.run(`delete from ${rows}`, nowMs);
    this.#noteRemoved(session, table, keys, count);
    return count;
  }

  /** The keys of rows. They may be most of a large table: one more than can be told is enough to know that they are too many. */
  #keys(session: Session, table: Table, from: string, ...values: number[]): Promise<unknown[][]> {
    const select = `select ${selectList(columnsOf(table, table.key))} from ${from} limit ${limits.changeRowsMax + 1}`;
    return session.rows(select, ...values);
  }

  /** The transaction has ended: watchers are told where it was committed. */
  settled(session: Session, isCommitted: boolean): void {
    const tables = this.#pending.get(session);
    this.#pending.delete(session);
    if (!tables || !isCommitted) return;
    for (const [name, { count, isPartial, rows, removed }] of tables) {
      this.#versions.set(name, this.version(name) + 1);
      const listeners = this.#listeners.get(name);
      if (!listeners) continue;
      const change = { rows: [...rows.values()], removed: [...removed.values()], isPartial, count };
      for (const listener of [...listeners]) listener(change);
    }
  }

  #changeOf(session: Session, table: string): Pending {
    const tables = this.#pending.get(session) ?? new Map<string, Pending>();
    this.#pending.set(session, tables);
    const change = tables.get(table) ?? { count: 0, isPartial: false, rows: new Map(), removed: new Map() };
    tables.set(table, change);
    return change;
  }
}

function columnsOf(table: Table, names: readonly string[]): { name: string; type: string }[] {
  return names.map((name) => ({ name, type: formatType(table.fields[name]!.type) }));
}

/** The key of a row as text, another one for each key. */
function keyOf(table: Table, row: StoredRow): string {
  const part = (value: unknown) => (value instanceof Date ? value.getTime() : String(value));
  return JSON.stringify(table.key.map((name) => part(row[name])));
}
