// Queries by the API: a few at a time, the askers in turns, none longer than its own time from when it came.
import type { Clock } from '../core/clock.ts';
import { MillraceError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';

/** Queries that are computed at once. */
const queriesMax = 2;

/** Lets queries through: where several askers wait, each has one turn after the other, however many queries it has. */
export class Queries {
  readonly #clock: Clock;
  /** What waits, by asker; the first asker is the next. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #running = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Runs a query once it is its turn, with the milliseconds that are left of its time.
   *
   * @param asker whoever asks: a token or an address
   * @throws RATE_LIMITED where too many wait; QUERY_LIMIT where its time has passed before its turn; the reason of the signal
   */
  async run<T>(asker: string, msMax: number, signal: AbortSignal, work: (msLeft: number) => Promise<T>): Promise<T> {
    const cameMs = this.#clock.elapsed();
    if (this.#running >= queriesMax) await this.#turn(asker, msMax, signal);
    else this.#running++;
    try {
      signal.throwIfAborted();
      return await work(Math.max(1, Math.round(msMax - (this.#clock.elapsed() - cameMs))));
    } finally {
      if (!this.#next()) this.#running--;
    }
  }

  /** Gives the turn to the next asker, who comes last after it; false where nobody waits. */
  #next(): boolean {
    for (const [asker, queries] of this.#waiting) {
      this.#waiting.delete(asker);
      const next = queries.shift();
      if (queries.length > 0) this.#waiting.set(asker, queries);
      if (!next) continue;
      next();
      return true;
    }
    return false;
  }

  async #turn(asker: string, msMax: number, signal: AbortSignal): Promise<void> {
    const queries = this.#waiting.get(asker) ?? [];
    const count = [...this.#waiting.values()].reduce((sum, { length }) => sum + length, 0);
    // one asker may not take all the places
    if (count >= limits.queriesWaitingMax || queries.length >= limits.queriesWaitingMax / 2) {
      throw new MillraceError('RATE_LIMITED', `${count} queries wait already`, {
        place: 'query',
        remedy: 'Wait until some of them have ended, and ask again.',
      });
    }
    const over = new AbortController();
    const turn = Promise.withResolvers<true>();
    const come = () => turn.resolve(true);
    queries.push(come);
    this.#waiting.set(asker, queries);
    const sleep = this.#clock.sleep(msMax, AbortSignal.any([over.signal, signal])).then(() => false);
    const isTurn = await Promise.race([turn.promise, sleep]);
    over.abort();
    if (isTurn) return;
    const at = queries.indexOf(come);
    // its turn may have come in the same moment
    if (at < 0) return;
    queries.splice(at, 1);
    if (queries.length === 0 && this.#waiting.get(asker) === queries) this.#waiting.delete(asker);
    signal.throwIfAborted();
    throw new MillraceError('QUERY_LIMIT', `the query has waited ${msMax} ms for others to end`, {
      place: 'query',
      remedy: 'Ask again later, or allow more time by msMax.',
    });
  }
}
