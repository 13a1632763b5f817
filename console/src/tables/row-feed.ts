// The rows of a table page as they stand: read page by page, changed by the live stream, held still while a person reads further down.
import type { TableRow, TableView } from '../../../src/web/schemas.ts';
import { api, type Filter, rowKey } from '../api/client.ts';
import { Feed, type FeedState, firstState, lit } from '../data/feed.ts';
import { Pace } from '../data/pace.ts';
import { type OrderBy, orderText, rowOrder } from './order.ts';
import { append, type Compare, mergeByOrder, mergeInPlace, type RowWindow, trim } from './row-window.ts';

export type RowsState = FeedState & { rows: readonly TableRow[] };

const pageRows = 100;
/** A row that no longer meets the filter is not told by the stream. */
const refreshMs = 5_000;
const refreshRowsMax = 1_000;
const trimRows = 3_000;
const waitingMax = 5_000;

export class RowFeed extends Feed<RowsState> {
  readonly #table: TableView;
  readonly #filters: readonly Filter[];
  readonly #order: readonly OrderBy[];
  readonly #compare: Compare;
  #window: RowWindow | undefined;
  #incoming = new Map<string, TableRow>();
  /** Heard while a page was being read: it may be newer than the page. */
  #again = new Map<string, TableRow>();
  #waiting = new Map<string, TableRow>();
  readonly #pace = new Pace(() => this.#apply());
  #refresh: ReturnType<typeof setInterval> | undefined;

  constructor(table: TableView, filters: readonly Filter[], order: readonly OrderBy[]) {
    super({ ...firstState, rows: [] });
    this.#table = table;
    this.#filters = filters;
    this.#order = order;
    this.#compare = rowOrder(table, order);
  }

  /** Reads the first page again. */
  readonly reload = async (): Promise<void> => {
    this.#waiting.clear();
    await this.#read(undefined);
  };

  /** Reads the next page. */
  readonly more = async (): Promise<void> => {
    const edge = this.#window?.edges.at(-1);
    if (edge && !this.isReading && !this.state().error) await this.#read(edge.next);
  };

  /** Rows that the stream told. */
  readonly heard = (rows: readonly TableRow[]): void => {
    for (const row of rows) {
      const key = rowKey(this.#table, row);
      this.#incoming.set(key, row);
      if (this.isReading) this.#again.set(key, row);
    }
    this.#pace.ask();
  };

  /** Shows what waits. */
  readonly show = (): void => {
    if (this.state().isStale) {
      void this.reload();
      return;
    }
    if (this.#waiting.size === 0 || !this.#window) return;
    const rows = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#place(rows, new Set());
  };

  protected begin(): void {
    void this.#read(undefined);
    if (this.#filters.length === 0) return;
    this.#refresh = setInterval(() => {
      const count = this.state().rows.length;
      if (this.isHeld || document.hidden || this.isReading || count > refreshRowsMax) return;
      void this.#read(undefined, Math.max(count, pageRows));
    }, refreshMs);
  }

  protected end(): void {
    this.#pace.stop();
    clearInterval(this.#refresh);
  }

  protected forget(): void {
    this.#again.clear();
  }

  async #read(after: string | undefined, limit = pageRows): Promise<void> {
    await this.during(async (signal) => {
      const order = orderText(this.#order)?.split(',');
      const page = await api.rows(this.#table.name, { where: this.#filters, order, limit, after }, signal);
      signal.throwIfAborted();
      const before = after === undefined || !this.#window ? { rows: [], edges: [] } : this.#window;
      this.#window = append(this.#table, before, page.rows, page.next);
      if (this.#again.size > 0) {
        this.#incoming = new Map([...this.#again, ...this.#incoming]);
        this.#pace.ask();
      }
      return { ...this.#shown(), ...(after === undefined ? { isStale: false } : {}) };
    });
  }

  #apply(): void {
    // an answer that is on its way may be older than what the stream told: it comes first
    if (this.isReading) {
      this.#pace.ask();
      return;
    }
    if (!this.#window) return;
    const merged = mergeInPlace(this.#table, this.#window, this.#compare, [...this.#incoming.values()]);
    this.#incoming.clear();
    this.#window = merged.window;
    const changed = new Set(merged.changed);
    if (!this.isHeld) {
      this.#place(merged.left, changed);
      return;
    }
    for (const key of merged.changed) this.#waiting.delete(key);
    const edge = this.#window.edges.at(-1);
    const shown = new Set(this.#window.rows.map((row) => rowKey(this.#table, row)));
    for (const row of merged.left) {
      const key = rowKey(this.#table, row);
      if (!edge || this.#compare(row, edge.row) <= 0 || shown.has(key)) this.#waiting.set(key, row);
    }
    if (this.#waiting.size > waitingMax) {
      this.#waiting.clear();
      this.#publish({ changed: lit(changed), isStale: true });
    } else this.#publish({ changed: lit(changed) });
  }

  #place(rows: readonly TableRow[], changed: Set<string>): void {
    if (!this.#window) return;
    this.#window = mergeByOrder(this.#table, this.#window, this.#compare, rows);
    if (this.#window.rows.length > trimRows) this.#window = trim(this.#window, this.#compare, pageRows);
    for (const row of rows) changed.add(rowKey(this.#table, row));
    this.#publish({ changed: lit(changed) });
  }

  #shown(): Partial<RowsState> {
    return {
      rows: this.#window?.rows ?? [],
      isEnd: this.#window !== undefined && this.#window.edges.length === 0,
      waiting: this.#waiting.size,
    };
  }

  #publish(more: Partial<RowsState>): void {
    this.set({ ...this.#shown(), ...more });
  }
}
