// What the rows of a table and the records of a topic have in common as a page shows them: one reading at a time, held still while a person reads further down.

import { isUnreachable } from '../api/request.ts';

export type FeedState = {
  isLoading: boolean;
  isEnd: boolean;
  error: unknown;
  /** Keys of what has just changed. */
  changed: ReadonlySet<string>;
  /** How many came or moved while the list is held still. */
  waiting: number;
  /** All must be read again. */
  isStale: boolean;
};

export const firstState: FeedState = {
  isLoading: true,
  isEnd: false,
  error: undefined,
  changed: new Set(),
  waiting: 0,
  isStale: false,
};

/** Where more change at once nothing is told by lighting them up, and a browser would do nothing but paint. */
export const litMax = 16;

const retryMs = 2_000;
const none: ReadonlySet<string> = new Set();

/** The keys that light up. */
export function lit(changed: Iterable<string>): ReadonlySet<string> {
  const keys = new Set(changed);
  return keys.size > litMax ? none : keys;
}

export abstract class Feed<State extends FeedState> {
  readonly #listeners = new Set<() => void>();
  #state: State;
  #abort: AbortController | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #isHeld = false;

  constructor(first: State) {
    this.#state = first;
  }

  /** Reads from the beginning. */
  abstract readonly reload: () => Promise<void>;
  /** Shows what waits. */
  abstract readonly show: () => void;
  /** Called with the first listener, and when none is left. */
  protected abstract begin(): void;
  protected abstract end(): void;
  /** Called before each reading: what was heard during the one before is of no use. */
  protected abstract forget(): void;

  readonly state = (): State => this.#state;

  /** Reads as long as somebody listens. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.begin();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.end();
      clearTimeout(this.#retry);
      this.#abort?.abort();
      this.#abort = undefined;
    };
  };

  /** The stream has a gap: what was read may be out of date. */
  readonly missed = (): void => {
    if (this.#isHeld) this.set({ isStale: true } as Partial<State>);
    else void this.reload();
  };

  /** Held: nothing moves; what would is counted. Let go, it takes its place. */
  readonly hold = (isHeld: boolean): void => {
    if (this.#isHeld === isHeld) return;
    this.#isHeld = isHeld;
    if (!isHeld) this.show();
  };

  protected get isHeld(): boolean {
    return this.#isHeld;
  }

  protected get isReading(): boolean {
    return this.#abort !== undefined;
  }

  /** One reading in the place of the one that may be going on; `read` gives what the state becomes. */
  protected async during(read: (signal: AbortSignal) => Promise<Partial<State>>): Promise<void> {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.forget();
    clearTimeout(this.#retry);
    // that the server is away is said until it answers
    const error = isUnreachable(this.#state.error) ? this.#state.error : undefined;
    this.set({ isLoading: true, error } as Partial<State>);
    try {
      const more = await read(abort.signal);
      if (!abort.signal.aborted) this.set({ isLoading: false, error: undefined, ...more });
    } catch (error) {
      if (abort.signal.aborted) return;
      this.set({ isLoading: false, error } as Partial<State>);
      // a stream that is open all the time tells nothing of a request that got lost
      if (isUnreachable(error)) this.#retry = setTimeout(() => this.missed(), retryMs);
    } finally {
      if (this.#abort === abort) this.#abort = undefined;
    }
  }

  protected set(more: Partial<State>): void {
    this.#state = { ...this.#state, ...more };
    for (const listener of this.#listeners) listener();
  }
}
