// The rows of a table page as they stand: read page by page, changed and removed by the live stream, held still while a person reads further down.
import type { TableRow, TableView } from '../../../src/web/schemas.ts';
import { api, type Filter, rowKey } from '../api/client.ts';
import { Feed, type FeedState, firstState, lit, litMax } from '../data/feed.ts';
import { Pace } from '../data/pace.ts';
import { type OrderBy, orderText, rowOrder } from './order.ts';
import { append, type Compare, mergeByOrder, mergeInPlace, type RowWindow, trim, without } from './row-window.ts';

export type RowsState = FeedState & {
  rows: readonly TableRow[];
  /** Keys of rows that were removed and are still shown: they fade, or stand still with the others. */
  gone: ReadonlySet<string>;
  /** A person reads further down: rows stand still. */
  isStill: boolean;
};

const pageRows = 100;
/** How long a row that was removed is seen to fade. */
const fadeMs = 500;
const trimRows = 3_000;
const waitingMax = 5_000;

export class RowFeed extends Feed<RowsState> {
  readonly #table: TableView;
  readonly #filters: readonly Filter[];
  readonly #order: readonly OrderBy[];
  readonly #compare: Compare;
  #window: RowWindow | undefined;
  /** By key: a row that was written, or undefined where it was removed. */
  #incoming = new Map<string, TableRow | undefined>();
  /** Heard while a page was being read: it may be newer than the page. */
  #again = new Map<string, TableRow | undefined>();
  #gone = new Set<string>();
  #waiting = new Map<string, TableRow>();
  readonly #pace = new Pace(() => this.#apply());
  #fading: ReturnType<typeof setTimeout> | undefined;

  constructor(table: TableView, filters: readonly Filter[], order: readonly OrderBy[]) {
    super({ ...firstState, rows: [], gone: new Set(), isStill: false });
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

  /** Rows that the stream told, and the keys of those that are gone. */
  readonly heard = (rows: readonly TableRow[], removed: readonly TableRow[]): void => {
    for (const row of rows) this.#hear(row, row);
    for (const row of removed) this.#hear(row, undefined);
    this.#pace.ask();
  };

  /** Shows what waits. */
  readonly show = (): void => {
    if (this.state().isStale) {
      void this.reload();
      return;
    }
    if (this.#waiting.size + this.#gone.size === 0 || !this.#window) return;
    const rows = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#drop();
    this.#place(rows, new Set());
  };

  protected begin(): void {
    void this.#read(undefined);
  }

  protected end(): void {
    this.#pace.stop();
    clearTimeout(this.#fading);
    this.#fading = undefined;
  }

  protected forget(): void {
    this.#again.clear();
  }

  #hear(key: TableRow, row: TableRow | undefined): void {
    const name = rowKey(this.#table, key);
    this.#incoming.set(name, row);
    if (this.isReading) this.#again.set(name, row);
  }

  async #read(after: string | undefined): Promise<void> {
    await this.during(async (signal) => {
      const order = orderText(this.#order)?.split(',');
      const page = await api.rows(this.#table.name, { where: this.#filters, order, limit: pageRows, after }, signal);
      signal.throwIfAborted();
      const before = after === undefined || !this.#window ? { rows: [], edges: [] } : this.#window;
      this.#window = append(this.#table, before, page.rows, page.next);
      if (after === undefined) this.#gone.clear();
      else for (const row of page.rows) this.#gone.delete(rowKey(this.#table, row));
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
    const heard = [...this.#incoming];
    this.#incoming.clear();
    this.#go(heard.flatMap(([key, row]) => (row ? [] : [key])));
    const put = heard.flatMap(([, row]): TableRow[] => (row ? [row] : []));
    for (const row of put) this.#gone.delete(rowKey(this.#table, row));
    const merged = mergeInPlace(this.#table, this.#window, this.#compare, put);
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

  /** Rows that are gone fade, and then leave; where many go at once they leave at once, and where rows stand still they stand. */
  #go(keys: readonly string[]): void {
    if (!this.#window || keys.length === 0) return;
    const shown = new Set(this.#window.rows.map((row) => rowKey(this.#table, row)));
    for (const key of keys) {
      this.#waiting.delete(key);
      if (shown.has(key)) this.#gone.add(key);
    }
    if (this.isHeld || this.#gone.size === 0) return;
    if (this.#gone.size > litMax) this.#drop();
    else
      this.#fading ??= setTimeout(() => {
        this.#fading = undefined;
        if (!this.isHeld) this.#drop();
        this.#publish({});
      }, fadeMs);
  }

  /** Takes the rows that are gone out of what is shown; where nothing is left of it, the next page takes its place. */
  #drop(): void {
    if (!this.#window) return;
    this.#window = without(this.#table, this.#window, this.#gone);
    this.#gone.clear();
    if (this.#window.rows.length === 0 && this.#window.edges.length > 0) void this.more();
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
      gone: new Set(this.#gone),
      isStill: this.isHeld,
      isEnd: this.#window !== undefined && this.#window.edges.length === 0,
      waiting: this.#waiting.size,
    };
  }

  #publish(more: Partial<RowsState>): void {
    this.set({ ...this.#shown(), ...more });
  }
}
