// The pace of a replay: when the next record may leave, by a rate or by the times that stand in the records.
import type { Clock } from '../core/clock.ts';
import type { Kind } from './options.ts';

/** A rate: `'1000/s'`, `'90/min'`, `'6/h'`, or a number per second. */
export type Rate = `${number}/${'s' | 'min' | 'h'}` | number;

/** Decides when records leave. Times are milliseconds of `clock.elapsed()`. */
export type Pace = {
  /** Milliseconds until the next record may leave; 0 or less: now. `timeMs` is its event time, where one is known. */
  wait(timeMs: number | undefined): number;
  /** A record has left. */
  left(): void;
};

/** A wait is never shorter, so that records leave in small batches and not one by one. */
export const tickMs = 20;

/** A reader that fell behind by more (its consumer was slow) goes on from there: no burst to make up for it. */
const debtMsMax = 1000;

const unitSeconds = { s: 1, min: 60, h: 3600 };

/** Records per second of a rate; undefined where it is none. */
export function perSecond(rate: unknown): number | undefined {
  const found = typeof rate === 'string' ? /^\s*(\d+(?:\.\d+)?)\s*(?:\/\s*(s|min|h))?\s*$/.exec(rate) : undefined;
  const value = found ? Number(found[1]) / unitSeconds[(found[2] ?? 's') as keyof typeof unitSeconds] : rate;
  return typeof value === 'number' && value > 0 && Number.isFinite(value) ? value : undefined;
}

/** A rate, read as records per second. */
export const rateKind: Kind<number> = { name: "a rate as '100/s', or a number per second", read: perSecond };

/** So many records per second, evenly. */
export function atRate(clock: Clock, recordsPerSecond: number): Pace {
  const stepMs = 1000 / recordsPerSecond;
  let dueMs = clock.elapsed();
  return {
    wait: () => dueMs - clock.elapsed(),
    left() {
      dueMs = Math.max(dueMs, clock.elapsed() - debtMsMax) + stepMs;
    },
  };
}

/** The times of the records, `speed` times faster than they happened; a record without a time leaves with the one before it. */
export function atSpeed(clock: Clock, speed: number): Pace {
  let firstMs: number | undefined;
  let startMs = 0;
  return {
    wait(timeMs) {
      if (timeMs === undefined) return 0;
      const nowMs = clock.elapsed();
      if (firstMs === undefined) {
        firstMs = timeMs;
        startMs = nowMs;
      }
      return startMs + (timeMs - firstMs) / speed - nowMs;
    },
    left() {},
  };
}
