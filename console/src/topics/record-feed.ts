// The records of a topic page as they stand: the newest with a live tail, or from an offset or time on; more are read as one scrolls.
import type { TopicRecord, TopicRecordPage } from '../../../src/web/schemas.ts';
import { api, type RecordsRequest } from '../api/client.ts';
import { Feed, type FeedState, firstState, lit, litMax } from '../data/feed.ts';
import { hasText, newestFirst, oldestFirst, recordId } from './record-order.ts';

/** Where reading begins and what is looked for. Without `offset` and `at`: the newest. */
export type RecordsWanted = { partition?: number; offset?: number; at?: string; search?: string };

/** What a page shows. `skipped`: records that came too fast to be shown; `scanned`: those that a search looked at. */
export type RecordsState = FeedState & { records: readonly TopicRecord[]; skipped: number; scanned: number };

type Offsets = Record<string, number>;

const pageRecords = 100;
/** What a search of the newest gives: it cannot be read on from where it ended. */
const foundRecords = 1_000;
const shownMax = 2_000;
/** Until a tail has shown how fast it is. */
const applyMs = 100;
/** Nobody reads lines of which a screenful comes at once: they may come less often. */
const applyMsMany = 800;

export class RecordFeed extends Feed<RecordsState> {
  readonly #topic: string;
  readonly #wanted: RecordsWanted;
  readonly #startOf: (partition: number) => number;
  readonly #isNewest: boolean;
  /** By partition: the lowest offset that was read, and the one after the highest. */
  #low: Offsets = {};
  #next: Offsets = {};
  #records: readonly TopicRecord[] = [];
  #incoming: TopicRecord[] = [];
  /** Heard while a page was being read: it may not be in the page. */
  #again: TopicRecord[] = [];
  #waiting: TopicRecord[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isFast = false;
  #isRead = false;

  /** `startOf`: the first offset that a partition still has. */
  constructor(topic: string, wanted: RecordsWanted, startOf: (partition: number) => number) {
    super({ ...firstState, records: [], skipped: 0, scanned: 0 });
    this.#topic = topic;
    this.#wanted = wanted;
    this.#startOf = startOf;
    this.#isNewest = wanted.offset === undefined && wanted.at === undefined;
  }

  readonly reload = async (): Promise<void> => {
    await this.#reading(async (signal) => {
      const limit = this.#isNewest && this.#wanted.search ? foundRecords : pageRecords;
      const page = await this.#page({ ...this.#wanted, limit }, signal);
      this.#isRead = true;
      this.#waiting = [];
      this.#next = { ...page.next };
      this.#incoming = this.#again;
      this.#again = [];
      if (this.#incoming.length > 0) this.#timer ??= setTimeout(() => this.#apply(), applyMs);
      this.#low = lowest(page.records, page.next);
      this.#records = this.#isNewest ? newestFirst(page.records) : oldestFirst(page.records);
      return {
        skipped: 0,
        isStale: false,
        scanned: page.scanned,
        isEnd: this.#isNewest ? this.#older().length === 0 : page.isEnd,
      };
    });
  };

  /** Reads on: older records below the newest, or those that follow an offset or time. */
  readonly more = async (): Promise<void> => {
    if (!this.#isRead || this.isReading || this.state().isEnd || this.state().error) return;
    await this.#reading((signal) => (this.#isNewest ? this.#readOlder(signal) : this.#readOn(signal)));
  };

  readonly heard = (records: readonly TopicRecord[], skipped: number): void => {
    this.#incoming.push(...records);
    if (this.isReading) this.#again.push(...records);
    if (skipped > 0) this.set({ skipped: this.state().skipped + skipped });
    this.#timer ??= setTimeout(() => this.#apply(), this.#isFast ? applyMsMany : applyMs);
  };

  readonly show = (): void => {
    if (this.state().isStale) {
      void this.reload();
      return;
    }
    if (this.#waiting.length === 0) return;
    const records = this.#waiting;
    this.#waiting = [];
    this.#place(records);
  };

  protected begin(): void {
    void this.reload();
  }

  protected end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  protected forget(): void {
    this.#again = [];
  }

  /** One reading; what was read is shown with what it says. */
  #reading(read: (signal: AbortSignal) => Promise<Partial<RecordsState>>): Promise<void> {
    return this.during(async (signal) => {
      const more = await read(signal);
      return { records: this.#records, waiting: this.#waiting.length, ...more };
    });
  }

  async #page(request: RecordsRequest, signal: AbortSignal): Promise<TopicRecordPage> {
    const page = await api.records(this.#topic, request, signal);
    signal.throwIfAborted();
    return page;
  }

  /** Partitions that have records below those shown. What a search did not look at is not read on. */
  #older(): [number, number][] {
    if (this.#wanted.search !== undefined) return [];
    return Object.entries(this.#low)
      .map(([partition, low]): [number, number] => [Number(partition), low])
      .filter(([partition, low]) => low > this.#startOf(partition));
  }

  async #readOlder(signal: AbortSignal): Promise<Partial<RecordsState>> {
    const older = this.#older();
    const each = Math.ceil(pageRecords / Math.max(older.length, 1));
    const pages = await Promise.all(
      older.map(async ([partition, low]) => {
        const offset = Math.max(this.#startOf(partition), low - each);
        const page = await this.#page({ partition, offset, limit: Math.max(1, low - offset) }, signal);
        this.#low[partition] = offset;
        return page.records.filter((record) => record.offset < low);
      }),
    );
    this.#records = [...this.#records, ...newestFirst(pages.flat())];
    return { isEnd: this.#older().length === 0 };
  }

  async #readOn(signal: AbortSignal): Promise<Partial<RecordsState>> {
    const { search } = this.#wanted;
    const pages = await Promise.all(
      Object.entries(this.#next).map(([partition, offset]) =>
        this.#page({ partition: Number(partition), offset, limit: pageRecords, search }, signal),
      ),
    );
    for (const page of pages) Object.assign(this.#next, page.next);
    this.#records = [...this.#records, ...oldestFirst(pages.flatMap((page) => page.records))];
    return {
      isEnd: pages.every((page) => page.isEnd),
      scanned: pages.reduce((sum, page) => sum + page.scanned, this.state().scanned),
    };
  }

  #apply(): void {
    this.#timer = undefined;
    // an answer that is on its way may be older than what the stream told: it comes first
    if (this.isReading) {
      this.#timer = setTimeout(() => this.#apply(), applyMs);
      return;
    }
    if (!this.#isRead) return;
    const { partition, search } = this.#wanted;
    const fresh = this.#incoming.filter((record) => record.offset >= (this.#next[record.partition] ?? 0));
    this.#incoming = [];
    this.#isFast = fresh.length > litMax;
    for (const record of fresh) {
      this.#next[record.partition] = Math.max(this.#next[record.partition] ?? 0, record.offset + 1);
      this.#low[record.partition] ??= record.offset;
    }
    const wanted = fresh.filter(
      (record) => (partition === undefined || record.partition === partition) && (!search || hasText(record, search)),
    );
    if (search) this.set({ scanned: this.state().scanned + fresh.length });
    if (wanted.length === 0) return;
    if (!this.isHeld) {
      this.#place(wanted);
      return;
    }
    const all = [...this.#waiting, ...wanted];
    this.#waiting = all.slice(-shownMax);
    this.set({ waiting: this.#waiting.length, skipped: this.state().skipped + all.length - this.#waiting.length });
  }

  #place(records: readonly TopicRecord[]): void {
    const all = [...newestFirst(records), ...this.#records];
    this.#records = all.slice(0, shownMax);
    const isCut = all.length > shownMax;
    if (isCut) this.#low = { ...this.#low, ...lowest(this.#records, {}) };
    this.set({
      records: this.#records,
      changed: lit(records.map(recordId)),
      waiting: this.#waiting.length,
      ...(isCut && !this.#wanted.search ? { isEnd: false } : {}),
    });
  }
}

/** By partition the lowest offset of these records; that of `otherwise` where there are none. */
function lowest(records: readonly TopicRecord[], otherwise: Offsets): Offsets {
  const low = { ...otherwise };
  const seen = new Set<number>();
  for (const { partition, offset } of records) {
    low[partition] = seen.has(partition) ? Math.min(low[partition]!, offset) : offset;
    seen.add(partition);
  }
  return low;
}
