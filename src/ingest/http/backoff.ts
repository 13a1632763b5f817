// How long to wait after a failure: exponential back-off with full jitter, and what the server asks for.
import type { Random } from '../../core/random.ts';

const baseMs = 1000;
const capMs = 60_000;

/** A server that asks for more is asked again after an hour. */
const retryAfterMsMax = 3_600_000;

/** Milliseconds to wait after so many failures in a row: uniform from 0 to 1 s, 2 s, 4 s, … 60 s (full jitter; Brooker, 2015). */
export function backoffMs(failures: number, random: Random): number {
  return random.next() * Math.min(capMs, baseMs * 2 ** Math.min(failures - 1, 16));
}

/** Milliseconds of a Retry-After header, seconds or a date; undefined where there is none. At most an hour. */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(retryAfterMsMax, Math.max(0, ms));
}
