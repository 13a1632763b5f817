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

/** What an upsert wrote: the relation with its rows, how many, and how many rows of the table its retention then removed. */
export type Written = {
  readonly relation: string;
  readonly count: number;
  readonly removed: number;
  /** Which rows are removed, and the clock ($1, milliseconds since 1970); undefined where the table keeps all. */
  readonly outdated: string | undefined;
  readonly nowMs: number;
};

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
    const { relation, count, removed } = written;
    const change = this.#changeOf(session, table.name);
    change.count += count;
    if (removed > 0) change.isPartial = true;
    if (!this.#listeners.has(table.name) || change.count > limits.changeRowsMax) {
      // one who begins to watch before the commit must hear of it too
      change.isPartial = true;
      change.rows.clear();
      return;
    }
    const columns = columnsOf(table, Object.keys(table.fields));
    const select = `select ${selectList(columns)} from ${relation}`;
    const rows =
      removed > 0
        ? await session.rows(`${select} where (${written.outdated}) is not true`, written.nowMs)
        : await session.rows(select);
    for (const row of rows.map((values) => rowOf(columns, values))) {
      change.rows.set(keyOf(table, row), row);
      change.removed.delete(keyOf(table, row));
    }
  }

  /** Takes note that the rows of keys were removed; reads the keys only where somebody watches, and not where they are more than can be told. */
  async removed(session: Session, table: Table, keys: string, count: number): Promise<void> {
    if (count === 0) return;
    const change = this.#changeOf(session, table.name);
    if (!this.#listeners.has(table.name) || change.removed.size + count > limits.changeRowsMax) {
      change.isPartial = true;
      return;
    }
    const columns = columnsOf(table, table.key);
    for (const values of await session.rows(`select ${selectList(columns)} from ${keys}`)) {
      const row = rowOf(columns, values);
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
