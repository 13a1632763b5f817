// The hubs that are open: one for each table and topic that somebody watches, until a while after the last one has left.
import type { Clock } from '../../core/clock.ts';
import type { Backend } from '../backend.ts';
import type { Column } from '../schemas.ts';
import type { EventIds } from './events.ts';
import { tableFeed, topicFeed } from './feeds.ts';
import { Hub } from './hub.ts';
import type { LiveLimits } from './options.ts';

/** A hub in use; `columns` and `key`: those of its table. */
export type HubInUse = Omit<Opened, 'unwatch'> & { release(): void };

type Opened = {
  readonly hub: Hub;
  readonly columns: readonly Column[];
  readonly key: readonly string[];
  readonly unwatch: () => void;
};
type Kept = { readonly opened: Promise<Opened>; users: number; linger: AbortController | undefined };

/** What hubs work with. */
export type HubsParts = {
  readonly backend: Backend;
  readonly clock: Clock;
  readonly limits: LiveLimits;
  readonly ids: EventIds;
};

/** Opens hubs and closes them. */
export class Hubs {
  readonly #parts: HubsParts;
  readonly #kept = new Map<string, Kept>();

  constructor(parts: HubsParts) {
    this.#parts = parts;
  }

  /** @throws NOT_FOUND */
  table(name: string): Promise<HubInUse> {
    const { backend, limits } = this.#parts;
    return this.#use(`table ${name}`, async () => {
      const { key, columns } = await backend.table(name);
      const feed = tableFeed(key, limits.keptBytesMax);
      const hub = new Hub({ ...this.#parts, feed });
      const unwatch = await backend.watchTable(name, (change) => tell(hub, () => feed.tell(change)));
      return { hub, columns, key, unwatch };
    });
  }

  /** @throws NOT_FOUND */
  topic(name: string): Promise<HubInUse> {
    const { backend, limits } = this.#parts;
    return this.#use(`topic ${name}`, async () => {
      const feed = topicFeed(limits.keptBytesMax);
      const hub = new Hub({ ...this.#parts, feed });
      const unwatch = await backend.watchTopic(name, (records, skipped) =>
        tell(hub, () => feed.tell(records, skipped)),
      );
      return { hub, columns: [], key: [], unwatch };
    });
  }

  /** Shows all clients that their streams are alive. */
  async heartbeat(): Promise<void> {
    for (const { opened } of [...this.#kept.values()]) await (await settled(opened))?.hub.heartbeat();
  }

  async close(): Promise<void> {
    const all = [...this.#kept.values()];
    this.#kept.clear();
    for (const { opened, linger } of all) {
      linger?.abort();
      closeHub(await settled(opened));
    }
  }

  async #use(name: string, open: () => Promise<Opened>): Promise<HubInUse> {
    const kept = this.#kept.get(name) ?? { opened: open(), users: 0, linger: undefined };
    this.#kept.set(name, kept);
    kept.users++;
    kept.linger?.abort();
    try {
      const { hub, columns, key } = await kept.opened;
      return { hub, columns, key, release: () => this.#release(name, kept) };
    } catch (error) {
      if (this.#kept.get(name) === kept) this.#kept.delete(name);
      throw error;
    }
  }

  #release(name: string, kept: Kept): void {
    if (--kept.users === 0 && this.#kept.get(name) === kept) void this.#linger(name, kept);
  }

  async #linger(name: string, kept: Kept): Promise<void> {
    const linger = new AbortController();
    kept.linger = linger;
    await this.#parts.clock.sleep(this.#parts.limits.lingerMs, linger.signal);
    if (linger.signal.aborted || kept.users > 0) return;
    this.#kept.delete(name);
    closeHub(await kept.opened);
  }
}

/** Never throws: the caller is what stores, and has stored already. */
function tell(hub: Hub, what: () => void): void {
  try {
    what();
    hub.changed();
  } catch (error) {
    hub.failed(error);
  }
}

function closeHub(opened: Opened | undefined): void {
  opened?.unwatch();
  opened?.hub.close();
}

function settled(opened: Promise<Opened>): Promise<Opened | undefined> {
  return opened.catch(() => undefined);
}
