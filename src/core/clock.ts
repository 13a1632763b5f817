// Time as an injected interface, so that a whole pipeline can be driven in a test without waiting.

/** Reads the time and waits: the machine's by `systemClock`, a test's by `virtualClock`. */
export interface Clock {
  /** Milliseconds since 1970 UTC. */
  now(): number;
  /** Milliseconds that never run backwards, for measuring. */
  elapsed(): number;
  /** Resolves after `ms`; at once, without an error, when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Milliseconds of the longest timer that there is: 24.8 days. A longer one would end at once. */
const timerMsMax = 2 ** 31 - 1;

/** The machine's clock. */
export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    elapsed: () => performance.now(),
    async sleep(ms, signal) {
      for (let leftMs = ms; leftMs > 0 && !signal?.aborted; leftMs -= timerMsMax)
        await timer(Math.min(leftMs, timerMsMax), signal);
    },
  };
}

/** Resolves after `ms`, or at once when the signal aborts. */
function timer(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(waiting);
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    const waiting = setTimeout(wake, ms);
    signal?.addEventListener('abort', wake, { once: true });
  });
}

/** A clock that stands still until a test advances it. */
export interface VirtualClock extends Clock {
  /** Moves time forward by `ms`, waking every sleeper in the order of its time. */
  advance(ms: number): Promise<void>;
  /** How many sleepers wait. */
  readonly sleeping: number;
}

/**
 * A clock for tests, starting at `startMs` (milliseconds since 1970 UTC).
 *
 * @example const clock = virtualClock(0); const nap = clock.sleep(1000); await clock.advance(1000); await nap
 */
export function virtualClock(startMs = 0): VirtualClock {
  let nowMs = startMs;
  const sleepers = new Set<{ atMs: number; wake: () => void }>();
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    now: () => nowMs,
    elapsed: () => nowMs - startMs,
    get sleeping() {
      return sleepers.size;
    },
    sleep(ms, signal) {
      if (signal?.aborted || ms <= 0) return Promise.resolve();
      return new Promise((resolve) => {
        const sleeper = {
          atMs: nowMs + ms,
          wake() {
            sleepers.delete(sleeper);
            signal?.removeEventListener('abort', sleeper.wake);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', sleeper.wake, { once: true });
      });
    },
    async advance(ms) {
      const endMs = nowMs + ms;
      await settle();
      for (;;) {
        let next: { atMs: number; wake: () => void } | undefined;
        for (const sleeper of sleepers)
          if (sleeper.atMs <= endMs && (!next || sleeper.atMs < next.atMs)) next = sleeper;
        if (!next) break;
        nowMs = Math.max(nowMs, next.atMs);
        next.wake();
        await settle();
      }
      nowMs = endMs;
    },
  };
}
