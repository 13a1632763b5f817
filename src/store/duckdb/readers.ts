// Sessions that read beside each other and beside the writer, a few at a time.
import type { Session } from '../../process/database.ts';

/** Reads that may be under way at once: each holds a thread while it runs, and the writer needs some too. */
const sessionsMax = 3;

/** A small pool of sessions, each opened when it is first needed. */
export class Readers {
  readonly #open: () => Promise<Session>;
  readonly #idle: Session[] = [];
  readonly #waiting: ((session: Session) => void)[] = [];
  #count = 0;

  constructor(open: () => Promise<Session>) {
    this.#open = open;
  }

  /** Does something with a session that nobody else has meanwhile. Those who wait come in their order. */
  async use<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.#take();
    try {
      return await work(session);
    } finally {
      const next = this.#waiting.shift();
      if (next) next(session);
      else this.#idle.push(session);
    }
  }

  /** Closes the sessions; nothing may be under way. */
  close(): void {
    for (const session of this.#idle.splice(0)) session.close();
  }

  async #take(): Promise<Session> {
    const idle = this.#idle.pop();
    if (idle) return idle;
    if (this.#count >= sessionsMax) return new Promise((resolve) => this.#waiting.push(resolve));
    this.#count++;
    try {
      return await this.#open();
    } catch (error) {
      this.#count--;
      throw error;
    }
  }
}
