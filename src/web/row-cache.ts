// Rows by key as JSON, kept in memory while many are asked for and corrected with each commit: none is older than the table.
import { rowToJson } from '../core/row-json.ts';
import type { StoredRow, TableChange } from '../store/store.ts';
import type { Backend } from './backend.ts';

/** Bytes, about, of all rows that are kept. */
const bytesMax = 64 * 2 ** 20;

/** Bytes, about, that a row takes besides its JSON. */
const overheadBytes = 200;

/** Milliseconds between two reads of a table's rows that are many reads: only then is each commit asked for its rows. */
const oftenMs = 200;

/** Milliseconds without a read after which a table's rows are forgotten. */
const quietMs = 10_000;

/** The rows of a table that are kept, by key. */
class Kept {
  readonly rows = new Map<string, Buffer>();
  readonly key: readonly string[];
  /** Commits that were heard of. */
  commits = 0;
  /** Ends the watching; undefined: it has not begun, and nothing may be kept. */
  unwatch: (() => void) | undefined;
  forgetting: NodeJS.Timeout | undefined;
  readMs = Number.NEGATIVE_INFINITY;
  isBeginning = false;

  constructor(key: readonly string[]) {
    this.key = key;
  }
}

/** The rows of all tables that are kept. */
export class RowCache {
  readonly #backend: Pick<Backend, 'watchTable'>;
  readonly #tables = new Map<string, Kept>();
  #bytes = 0;

  constructor(backend: Pick<Backend, 'watchTable'>) {
    this.#backend = backend;
  }

  /**
   * A row as JSON; undefined where there is none.
   *
   * @param values of the key's columns, as `read` would be asked for them
   * @param read reads the row from the table
   */
  async row(
    table: { readonly name: string; readonly key: readonly string[] },
    values: readonly unknown[],
    read: () => Promise<StoredRow | undefined>,
  ): Promise<Buffer | undefined> {
    const kept = this.#keptOf(table);
    const found = kept.rows.get(keyText(values));
    if (found) return found;
    const { commits, unwatch } = kept;
    const row = await read();
    if (!row) return undefined;
    const json = Buffer.from(JSON.stringify(rowToJson(row)));
    // what was committed meanwhile may not be in it; and before the watching nothing was heard of
    if (unwatch && kept.unwatch === unwatch && kept.commits === commits) this.#keep(kept, row, json);
    return json;
  }

  /** Forgets all rows, and watches nothing. */
  close(): void {
    for (const kept of this.#tables.values()) this.#forget(kept);
    this.#tables.clear();
  }

  #keptOf({ name, key }: { readonly name: string; readonly key: readonly string[] }): Kept {
    let kept = this.#tables.get(name);
    if (!kept || kept.key.join() !== key.join()) {
      if (kept) this.#forget(kept);
      kept = new Kept(key);
      this.#tables.set(name, kept);
    }
    const nowMs = performance.now();
    if (!kept.unwatch && !kept.isBeginning && nowMs - kept.readMs < oftenMs) void this.#watch(name, kept);
    kept.readMs = nowMs;
    return kept;
  }

  async #watch(name: string, kept: Kept): Promise<void> {
    kept.isBeginning = true;
    try {
      kept.unwatch = await this.#backend.watchTable(name, (change) => this.#changed(kept, change));
      const look = () => {
        if (performance.now() - kept.readMs >= quietMs) this.#forget(kept);
        else kept.forgetting = setTimeout(look, quietMs).unref();
      };
      look();
    } catch {
      // the table is not there any more: whoever asks is told by the read
    } finally {
      kept.isBeginning = false;
    }
  }

  #changed(kept: Kept, { rows, removed, isPartial }: TableChange): void {
    kept.commits++;
    if (isPartial) {
      this.#clear(kept);
      return;
    }
    for (const row of removed) this.#drop(kept, keyText(kept.key.map((name) => row[name])));
    for (const row of rows) {
      const text = keyText(kept.key.map((name) => row[name]));
      if (kept.rows.has(text)) this.#keep(kept, row, Buffer.from(JSON.stringify(rowToJson(row))));
    }
  }

  #keep(kept: Kept, row: StoredRow, json: Buffer): void {
    const text = keyText(kept.key.map((name) => row[name]));
    this.#drop(kept, text);
    kept.rows.set(text, json);
    this.#bytes += json.length + overheadBytes;
    for (const oldest of kept.rows.keys()) {
      if (this.#bytes <= bytesMax) break;
      this.#drop(kept, oldest);
    }
  }

  #drop(kept: Kept, text: string): void {
    const json = kept.rows.get(text);
    if (!json) return;
    kept.rows.delete(text);
    this.#bytes -= json.length + overheadBytes;
  }

  #clear(kept: Kept): void {
    for (const text of [...kept.rows.keys()]) this.#drop(kept, text);
  }

  #forget(kept: Kept): void {
    clearTimeout(kept.forgetting);
    kept.unwatch?.();
    kept.unwatch = undefined;
    this.#clear(kept);
  }
}

/** The values of a key as text. Values that are written in two ways may have two texts: then they are read from the table. */
function keyText(values: readonly unknown[]): string {
  if (values.length === 1 && typeof values[0] === 'string') return values[0];
  return JSON.stringify(values.map((value) => (value instanceof Date ? value.getTime() : String(value))));
}
