// Which colour each value of a column has: the same on each load and in each chart, whatever its rank is at the time.

/** A place in the palette's series: the second half are darker, and dashed where they are lines. */
export type Slot = number;

/** The slot of what has no name. */
export const plainSlot: Slot = 0;

const slots = 16;
/** Values of a column, and columns, that are remembered: the newest. */
const valuesMax = 400;
const columnsMax = 60;
const storageKey = 'millrace.colours';

/** Of each column, of each value (by its hash: values may be personal), which slot it has. */
type Slots = Record<string, Record<string, Slot>>;

type Kept = Pick<Storage, 'getItem' | 'setItem'>;

/** Gives values their slots and keeps them in the browser. */
export class ColourBook {
  readonly #storage: () => Kept | undefined;
  #slots: Slots;

  constructor(storage: () => Kept | undefined) {
    this.#storage = storage;
    this.#slots = this.#read();
  }

  /**
   * The slots of the values that a chart shows together, no two alike while they are sixteen at most. New ones take, by name, what the
   * chart has free; so does, for good, the later of two that had one slot and never met before.
   */
  slotsOf(column: string, values: readonly string[]): Map<string, Slot> {
    const hashes = new Map(values.map((value) => [value, hashOf(value)]));
    if (!isApart(this.#slots[column] ?? {}, hashes)) this.#settle(column, hashes);
    const known = this.#slots[column]!;
    return new Map(values.map((value) => [value, known[hashes.get(value)!] ?? plainSlot]));
  }

  /** Gives the values slots of their own. */
  #settle(column: string, hashes: ReadonlyMap<string, string>): void {
    // another tab may have given some meanwhile
    this.#slots = { ...this.#slots, ...this.#read() };
    const { [column]: before = {}, ...rest } = this.#slots;
    const known = { ...before };
    const places = new Map(Object.keys(before).map((hash, i) => [hash, i]));
    const placeOf = (hash: string) => places.get(hash) ?? places.size;
    const taken = new Set<Slot>();
    for (const [, hash] of [...hashes].sort(([a, one], [b, other]) => placeOf(one) - placeOf(other) || byName(a, b))) {
      const own = known[hash];
      if (own === undefined || taken.has(own)) known[hash] = freest(Object.values(known), taken);
      taken.add(known[hash]!);
    }
    this.#slots = newest({ ...rest, [column]: newest(known, valuesMax) }, columnsMax);
    try {
      this.#storage()?.setItem(storageKey, JSON.stringify(this.#slots));
    } catch {
      // where storage is full or forbidden slots hold until the page is left
    }
  }

  #read(): Slots {
    try {
      const stored: unknown = JSON.parse(this.#storage()?.getItem(storageKey) ?? '{}');
      return isSlots(stored) ? stored : {};
    } catch {
      return {};
    }
  }
}

/** The book of this browser. */
export const colourBook = new ColourBook(() => (typeof window === 'undefined' ? undefined : window.localStorage));

function isSlots(value: unknown): value is Slots {
  const isRecord = (one: unknown): one is Record<string, unknown> =>
    typeof one === 'object' && one !== null && !Array.isArray(one);
  return (
    isRecord(value) &&
    Object.values(value).every(
      (column) =>
        isRecord(column) &&
        Object.values(column).every((slot) => Number.isInteger(slot) && Number(slot) >= 0 && Number(slot) < slots),
    )
  );
}

/** Whether all values have slots, and no two the same. */
function isApart(known: Record<string, Slot>, hashes: ReadonlyMap<string, string>): boolean {
  const own = [...hashes.values()].map((hash) => known[hash]);
  return own.every((slot) => slot !== undefined) && new Set(own).size === own.length;
}

/** The slot that fewest values of a column have, the first of several; of those not taken while there are such. */
function freest(used: readonly Slot[], taken: ReadonlySet<Slot>): Slot {
  const counts: number[] = Array(slots).fill(0);
  for (const slot of used) counts[slot]!++;
  const cost = (slot: Slot) => counts[slot]! + (taken.has(slot) ? valuesMax : 0);
  return [...counts.keys()].reduce((best, slot) => (cost(slot) < cost(best) ? slot : best));
}

function byName(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

/** The last entries of a record. */
function newest<T>(record: Record<string, T>, most: number): Record<string, T> {
  return Object.fromEntries(Object.entries(record).slice(-most));
}

/** A short name of a text, always the same (FNV-1a); begins with a letter, so that records keep the order in which it came. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return `v${(hash >>> 0).toString(36)}`;
}
