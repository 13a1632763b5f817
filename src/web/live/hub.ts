// A table or topic that is watched once for all its clients: what changed is put into bytes once and sent to all of them.
import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';
import { turn } from '../../core/turn.ts';
import type { Client } from './client.ts';
import { type EventIds, eventBytes, heartbeatBytes } from './events.ts';
import type { RowFilter } from './matches.ts';
import type { LiveLimits } from './options.ts';
import { type Item, merge, Ring } from './ring.ts';

/** What changed since the last push. `reset`: why clients must read again what they have read. */
export type Gathered = {
  readonly items: readonly Item[];
  readonly skipped: number;
  readonly reset: string | undefined;
};

/** What is watched. */
export interface Feed {
  /** The name of its events. */
  readonly event: 'rows' | 'records';
  /** Takes what changed since the last call. */
  take(): Gathered;
  /** The data of an event as JSON. */
  data(items: readonly Item[], skipped: number): string;
}

/** Clients with the same filter: an event is the same bytes for all of them. */
export type View = { readonly name: string; readonly filter: RowFilter | undefined; readonly clients: Set<Client> };

/** What a hub works with. */
export type HubParts = {
  readonly feed: Feed;
  readonly clock: Clock;
  readonly limits: LiveLimits;
  readonly ids: EventIds;
};

/** Clients that are written to before others have a turn. What is written leaves the process in that turn, too. */
const sliceClients = 100;

const reasons = {
  gap: 'what changed since the last event is no longer kept',
  slow: 'more changed than was read in time',
  failed: 'what changed could not be sent',
};

/** The clients of one table or topic. */
export class Hub {
  readonly #feed: Feed;
  readonly #clock: Clock;
  readonly #limits: LiveLimits;
  readonly #ids: EventIds;
  readonly #ring: Ring;
  readonly #views = new Map<string, View>();
  readonly #stop = new AbortController();
  #isRunning = false;
  #isPushing = false;
  #hasChanged = false;
  /** Why clients must read again, where they have not been told yet. */
  #reset: string | undefined;
  #nextPushMs = 0;
  #nextResetMs = 0;

  constructor({ feed, clock, limits, ids }: HubParts) {
    this.#feed = feed;
    this.#clock = clock;
    this.#limits = limits;
    this.#ids = ids;
    this.#ring = new Ring({ itemsMax: limits.keptItemsMax, bytesMax: limits.keptBytesMax }, ids.next());
  }

  /** The clients with a filter; `name` is the same for the same filter. */
  view(name: string, filter: RowFilter | undefined): View {
    const view = this.#views.get(name) ?? { name, filter, clients: new Set() };
    this.#views.set(name, view);
    return view;
  }

  /** A client hears of all changes from now on, and first of those that it missed since an event. */
  join(view: View, client: Client, lastEventId: string | undefined): void {
    view.clients.add(client);
    const hasMissed = lastEventId ? this.#catchUp(view, client, this.#ids.read(lastEventId), reasons.gap) : false;
    if (!hasMissed) client.push(this.#event('ready', '{}'), this.#ring.last);
  }

  leave(view: View, client: Client): void {
    view.clients.delete(client);
    if (view.clients.size === 0 && this.#views.get(view.name) === view) this.#views.delete(view.name);
  }

  /** A client that was held back since an event gets what it missed. */
  resume(view: View, client: Client, id: number): void {
    this.#catchUp(view, client, id, reasons.slow);
  }

  /** Something can be taken from the feed: it is pushed soon. */
  changed(): void {
    this.#hasChanged = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#run();
  }

  /** Something that changed cannot be told: clients are asked to read again. */
  failed(error: unknown): void {
    this.#reset = `${reasons.failed}: ${messageOf(error)}`;
    this.changed();
  }

  /** Shows all clients that the stream is alive, and what they have: a filter may have let nothing through for long. */
  async heartbeat(): Promise<void> {
    const { last } = this.#ring;
    const bytes = heartbeatBytes(this.#isPushing ? undefined : this.#ids.text(last));
    for (const view of [...this.#views.values()]) await this.#send(view, bytes, last);
  }

  close(): void {
    this.#stop.abort();
    this.#views.clear();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (this.#hasChanged || this.#reset !== undefined) {
      // not at once: what comes with it goes with it, and those who tell of it do not wait for the clients
      await this.#clock.sleep(Math.max(1, this.#nextPushMs - this.#clock.elapsed()), signal);
      if (signal.aborted) return;
      this.#hasChanged = false;
      this.#isPushing = true;
      const beganMs = this.#clock.elapsed();
      try {
        await this.#push();
      } catch (error) {
        // nobody waits for this: it must not end the process, and what could not be sent is not lost without a word
        this.#reset = `${reasons.failed}: ${messageOf(error)}`;
      }
      const endedMs = this.#clock.elapsed();
      this.#isPushing = false;
      // as long as it took is waited: many clients may not take more than half of the time from the pipelines
      this.#nextPushMs = Math.max(beganMs + this.#limits.pushMs, endedMs + (endedMs - beganMs));
    }
    this.#isRunning = false;
  }

  async #push(): Promise<void> {
    const { items, skipped, reset } = this.#feed.take();
    this.#reset = reset ?? this.#reset;
    if (items.length > 0 || skipped > 0) {
      const id = this.#ids.next();
      this.#ring.add({ id, items, skipped });
      for (const view of [...this.#views.values()]) {
        const bytes = this.#itemsOrReset(view, items, skipped);
        if (bytes) await this.#send(view, bytes, id);
      }
    }
    if (this.#reset !== undefined && this.#clock.elapsed() >= this.#nextResetMs) {
      const id = this.#ids.next();
      this.#ring.clear(id);
      const bytes = this.#event('reset', JSON.stringify({ reason: this.#reset }));
      this.#reset = undefined;
      this.#nextResetMs = this.#clock.elapsed() + this.#limits.resetMs;
      for (const view of [...this.#views.values()]) await this.#send(view, bytes, id);
    }
  }

  async #send(view: View, bytes: Buffer, id: number): Promise<void> {
    let written = 0;
    for (const client of view.clients) {
      client.push(bytes, id);
      if (++written % sliceClients === 0) await turn();
    }
  }

  /** Sends what came after an event, or why that is not known any more; whether there was anything. */
  #catchUp(view: View, client: Client, id: number | undefined, reason: string): boolean {
    const entries = id === undefined ? undefined : this.#ring.after(id);
    const { items, skipped } = merge(entries ?? []);
    const bytes = entries ? this.#itemsOrReset(view, items, skipped) : this.#event('reset', JSON.stringify({ reason }));
    if (bytes) client.push(bytes, this.#ring.last);
    return bytes !== undefined;
  }

  /** The event of items for the clients of a view; where it cannot be made, they alone are asked to read again. */
  #itemsOrReset(view: View, items: readonly Item[], skipped: number): Buffer | undefined {
    try {
      return this.#itemsEvent(view, items, skipped);
    } catch (error) {
      return this.#event('reset', JSON.stringify({ reason: `${reasons.failed}: ${messageOf(error)}` }));
    }
  }

  /** The event of items for the clients of a view; undefined where none of them is for it. */
  #itemsEvent({ filter }: View, items: readonly Item[], skipped: number): Buffer | undefined {
    const own = filter ? items.flatMap((item) => ownItem(filter, item)) : items;
    return own.length === 0 && skipped === 0 ? undefined : this.#event(this.#feed.event, this.#feed.data(own, skipped));
  }

  #event(name: string, data: string): Buffer {
    return eventBytes(name, this.#ids.text(this.#ring.last), data);
  }
}

/**
 * An item for clients with a filter. A row that does not meet the filter may have met it before, so that clients have it: they are told that
 * it is gone. Where its key does not meet the filter, no row of the key ever did.
 */
function ownItem({ matches, matchesKey }: RowFilter, item: Item): Item[] {
  if (!item.isRemoved && matches(item.value)) return [item];
  return matchesKey(item.value) ? [{ ...item, isRemoved: true }] : [];
}
