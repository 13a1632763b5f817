// The last changes of a table or topic: from them a client that was away, or reads slowly, gets what it missed.

/** A row, a row that was removed, or a record. */
export type Item = {
  /** Of a row: the columns of its key as JSON. A newer item of the same key takes its place. */
  readonly key: string | undefined;
  /** The row or record; of a row that was removed the columns of its key. */
  readonly value: Readonly<Record<string, unknown>>;
  /** The value as it is sent. */
  readonly json: string;
  readonly isRemoved: boolean;
  /** Changes that it stands for. */
  readonly count: number;
};

/** What one push carried; `skipped`: records before them that were left out. */
export type Entry = { readonly id: number; readonly items: readonly Item[]; readonly skipped: number };

/** A bounded memory of pushes. What was before `base` is forgotten. */
export class Ring {
  readonly #itemsMax: number;
  readonly #bytesMax: number;
  readonly #entries: (Entry & { readonly bytes: number })[] = [];
  #items = 0;
  #bytes = 0;
  #base: number;
  #last: number;

  constructor(limits: { readonly itemsMax: number; readonly bytesMax: number }, id: number) {
    this.#itemsMax = limits.itemsMax;
    this.#bytesMax = limits.bytesMax;
    this.#base = id;
    this.#last = id;
  }

  /** The id of the last push. */
  get last(): number {
    return this.#last;
  }

  add(entry: Entry): void {
    const bytes = entry.items.reduce((sum, { json }) => sum + json.length, 0);
    this.#entries.push({ ...entry, bytes });
    this.#last = entry.id;
    this.#items += entry.items.length;
    this.#bytes += bytes;
    while (this.#items > this.#itemsMax || this.#bytes > this.#bytesMax) {
      const oldest = this.#entries.shift()!;
      this.#items -= oldest.items.length;
      this.#bytes -= oldest.bytes;
      this.#base = oldest.id;
    }
  }

  /** Forgets all: from here on nobody can go on from an id before. */
  clear(id: number): void {
    this.#entries.length = 0;
    this.#items = 0;
    this.#bytes = 0;
    this.#base = id;
    this.#last = id;
  }

  /** The pushes after an id, in order; undefined where some of them are forgotten. */
  after(id: number): readonly Entry[] | undefined {
    if (id < this.#base || id > this.#last) return undefined;
    return this.#entries.filter((entry) => entry.id > id);
  }
}

/** Items of several pushes as those of one: of each key the newest. */
export function merge(entries: readonly Entry[]): { items: Item[]; skipped: number } {
  const merged = new Map<string | Item, Item>();
  let skipped = 0;
  for (const entry of entries) {
    skipped += entry.skipped;
    for (const item of entry.items) {
      const key = item.key ?? item;
      const before = merged.get(key);
      merged.delete(key);
      merged.set(key, before ? { ...item, count: before.count + item.count } : item);
    }
  }
  return { items: [...merged.values()], skipped };
}
