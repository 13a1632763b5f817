// Queries by the API: a few at a time, the others in their order, none longer than its own time from when it came.
import type { Clock } from '../core/clock.ts';
import { MillraceError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';

/** Queries that are answered at once: each may take half a minute of a thread, and those who store must always find one. */
const queriesMax = 2;

/** Lets queries through. */
export class Queries {
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Runs a query once it is its turn, with the milliseconds that are left of its time.
   *
   * @throws RATE_LIMITED where too many wait; QUERY_LIMIT where its time has passed before its turn
   */
  async run<T>(msMax: number, work: (msLeft: number) => Promise<T>): Promise<T> {
    const cameMs = this.#clock.elapsed();
    if (this.#running >= queriesMax) await this.#turn(msMax);
    else this.#running++;
    try {
      return await work(Math.max(1, Math.round(msMax - (this.#clock.elapsed() - cameMs))));
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }

  async #turn(msMax: number): Promise<void> {
    if (this.#waiting.length >= limits.queriesWaitingMax) {
      throw new MillraceError('RATE_LIMITED', `${this.#waiting.length} queries wait already`, {
        place: 'query',
        remedy: 'Wait until some of them have ended, and ask again.',
      });
    }
    const over = new AbortController();
    const turn = Promise.withResolvers<true>();
    const come = () => turn.resolve(true);
    this.#waiting.push(come);
    const isTurn = await Promise.race([turn.promise, this.#clock.sleep(msMax, over.signal).then(() => false)]);
    over.abort();
    if (isTurn) return;
    const at = this.#waiting.indexOf(come);
    // its turn may have come in the same moment
    if (at < 0) return;
    this.#waiting.splice(at, 1);
    throw new MillraceError('QUERY_LIMIT', `the query has waited ${msMax} ms for others to end`, {
      place: 'query',
      remedy: 'Ask again later, or allow more time by msMax.',
    });
  }
}
