// One open stream: writes events to it, and holds back while it does not read.
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../core/clock.ts';

/** What a client works with; `drained` is called when one that was held back has read all, with the last id that it has. */
export type ClientParts = {
  readonly response: ServerResponse;
  readonly clock: Clock;
  readonly unsentBytesMax: number;
  readonly drained: (id: number) => void;
};

/** A client that has everything that was sent so far, or is held back since the id of its last event. */
export class Client {
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  readonly #unsentBytesMax: number;
  #held: { readonly id: number; readonly sinceMs: number } | undefined;

  constructor({ response, clock, unsentBytesMax, drained }: ClientParts) {
    this.#response = response;
    this.#clock = clock;
    this.#unsentBytesMax = unsentBytesMax;
    response.on('drain', () => {
      const held = this.#held;
      this.#held = undefined;
      if (held && !this.isClosed) drained(held.id);
    });
    // a connection that breaks while it is written to is no error of ours; `close` follows
    response.on('error', () => undefined);
  }

  get isClosed(): boolean {
    return this.#response.destroyed || this.#response.writableEnded;
  }

  get isHeld(): boolean {
    return this.#held !== undefined;
  }

  /** Milliseconds for which it has not read what was written. */
  get stalledMs(): number {
    return this.#held ? this.#clock.elapsed() - this.#held.sinceMs : 0;
  }

  /** Writes an event, unless the client is held back. `id`: what it then has. */
  push(bytes: Buffer, id: number): void {
    if (this.#held || this.isClosed) return;
    const isRead = this.#response.write(bytes);
    if (isRead || this.#response.writableLength <= this.#unsentBytesMax) return;
    this.#held = { id, sinceMs: this.#clock.elapsed() };
  }

  /** Ends the stream; what was written is still sent. */
  end(): void {
    this.#response.end();
  }

  /** Breaks the connection. */
  drop(): void {
    this.#response.destroy();
  }
}
