// All pipelines as they are, for all clients: looked at twice a second while somebody is there, sent where something changed.
import type { Clock } from '../../core/clock.ts';
import type { Backend } from '../backend.ts';
import type { PipelineView } from '../schemas.ts';
import type { Client } from './client.ts';
import { eventBytes, heartbeatBytes } from './events.ts';

/** The clients of the pipelines. Each has the last event, or gets it when it has read what came before. */
export class PipelinesHub {
  readonly #backend: Backend;
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #clients = new Set<Client>();
  readonly #stop = new AbortController();
  #isRunning = false;
  #seen = '';
  #bytes: Buffer = Buffer.alloc(0);
  #id = 0;

  constructor(backend: Backend, clock: Clock, everyMs: number) {
    this.#backend = backend;
    this.#clock = clock;
    this.#everyMs = everyMs;
  }

  /** Looks at the pipelines where nobody has done so just now. */
  ready(): void {
    if (!this.#isRunning) this.#look();
  }

  join(client: Client): void {
    this.#clients.add(client);
    client.push(this.#bytes, this.#id);
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#run();
  }

  leave(client: Client): void {
    this.#clients.delete(client);
  }

  /** A client that was held back gets the newest, where it does not have it. */
  resume(client: Client, id: number): void {
    if (id !== this.#id) client.push(this.#bytes, this.#id);
  }

  heartbeat(): void {
    const bytes = heartbeatBytes();
    for (const client of this.#clients) client.push(bytes, this.#id);
  }

  close(): void {
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    while (this.#clients.size > 0) {
      await this.#clock.sleep(this.#everyMs, this.#stop.signal);
      if (this.#stop.signal.aborted) return;
      if (this.#looked()) for (const client of this.#clients) client.push(this.#bytes, this.#id);
    }
    this.#isRunning = false;
  }

  /** Whether there is something new. Where the pipelines cannot be told, all streams end: who comes anew is answered with the error. */
  #looked(): boolean {
    try {
      return this.#look();
    } catch {
      for (const client of this.#clients) client.end();
      this.#clients.clear();
      return false;
    }
  }

  /** Whether there is something new. */
  #look(): boolean {
    const pipelines = this.#backend.pipelines();
    const seen = JSON.stringify(pipelines.map(withoutTime));
    if (seen === this.#seen) return false;
    this.#seen = seen;
    this.#bytes = eventBytes('pipelines', undefined, JSON.stringify({ pipelines }));
    this.#id++;
    return true;
  }
}

/** How long a run has lasted changes all the time, and is no news. */
function withoutTime(view: PipelineView): PipelineView {
  return { ...view, run: { ...view.run, seconds: 0 } };
}
