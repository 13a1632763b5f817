// All streams that are open: how many there may be, that they show they are alive, that those who do not read are closed.
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../core/clock.ts';
import { MillraceError } from '../../core/errors.ts';
import { Client } from './client.ts';
import type { LiveLimits } from './options.ts';

/** What a stream is about. */
export type Subject = {
  join(client: Client): void;
  leave(client: Client): void;
  /** The client has read all that was written; it was held back since the event with this id. */
  resume(client: Client, id: number): void;
};

/** What streams work with. */
export type StreamsParts = {
  readonly clock: Clock;
  readonly limits: LiveLimits;
  /** Writes a sign of life to all of them. */
  readonly heartbeat: () => Promise<void>;
};

/** Heartbeats come once in so many looks at who reads. */
const looksPerHeartbeat = 3;

/** The open streams of a server. */
export class Streams {
  readonly #parts: StreamsParts;
  readonly #clients = new Set<Client>();
  readonly #stop = new AbortController();
  #places = 0;
  #isLooking = false;

  constructor(parts: StreamsParts) {
    this.#parts = parts;
  }

  /** Takes a place for a stream; the function gives it back. @throws RATE_LIMITED */
  reserve(): () => void {
    const { clientsMax } = this.#parts.limits;
    if (this.#places >= clientsMax) {
      throw new MillraceError('RATE_LIMITED', `${clientsMax} live streams are open, and no more are served at once`, {
        place: 'live streams',
        remedy: 'Close some, or read the rows by GET /api/tables/NAME/rows now and then.',
      });
    }
    this.#places++;
    let isFree = false;
    return () => {
      if (!isFree) this.#places--;
      isFree = true;
    };
  }

  /** Serves a stream whose header was sent, until either side closes it. */
  open(response: ServerResponse, subject: Subject, closed: () => void): void {
    const { clock, limits } = this.#parts;
    const client = new Client({
      response,
      clock,
      unsentBytesMax: limits.unsentBytesMax,
      drained: (id) => orDrop(client, () => subject.resume(client, id)),
    });
    this.#clients.add(client);
    response.once('close', () => {
      this.#clients.delete(client);
      subject.leave(client);
      closed();
    });
    orDrop(client, () => subject.join(client));
    if (this.#isLooking) return;
    this.#isLooking = true;
    void this.#look();
  }

  /** Ends all streams. */
  close(): void {
    this.#stop.abort();
    for (const client of this.#clients) client.end();
  }

  async #look(): Promise<void> {
    const { clock, limits, heartbeat } = this.#parts;
    for (let looks = 1; this.#clients.size > 0; looks++) {
      await clock.sleep(limits.heartbeatMs / looksPerHeartbeat, this.#stop.signal);
      if (this.#stop.signal.aborted) return;
      for (const client of this.#clients) if (client.stalledMs >= limits.stalledMsMax) client.drop();
      // those whose sign of life fails are closed by what is between; the others must go on
      if (looks % looksPerHeartbeat === 0) await heartbeat().catch(() => undefined);
    }
    this.#isLooking = false;
  }
}

/** Does something for one client. Where that fails, its connection is broken and it comes anew: nobody else is to blame or to suffer. */
function orDrop(client: Client, work: () => void): void {
  try {
    work();
  } catch {
    client.drop();
  }
}
