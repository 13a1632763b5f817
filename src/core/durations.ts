// Durations and sizes as people write them ('3 minutes', '64 MB'), to milliseconds and bytes.
import { MillraceError } from './errors.ts';
import { shown } from './shown.ts';

const unitMs: Record<string, number> = {
  ms: 1,
  millisecond: 1,
  milliseconds: 1,
  s: 1000,
  second: 1000,
  seconds: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
  w: 604_800_000,
  week: 604_800_000,
  weeks: 604_800_000,
};

const unitBytes: Record<string, number> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

type DurationUnit =
  | 'ms'
  | 'millisecond'
  | 'milliseconds'
  | 's'
  | 'second'
  | 'seconds'
  | 'm'
  | 'min'
  | 'minute'
  | 'minutes'
  | 'h'
  | 'hour'
  | 'hours'
  | 'd'
  | 'day'
  | 'days'
  | 'w'
  | 'week'
  | 'weeks';

/** A duration: `'10s'`, `'3 minutes'`, `'1.5 h'`; the compiler refuses an unknown unit. */
export type Duration = `${number}${DurationUnit}` | `${number} ${DurationUnit}`;

/** A size in bytes: `'64 MB'`, `'1 GiB'`. */
export type Size = `${number}${' ' | ''}${'B' | 'kB' | 'KB' | 'MB' | 'GB' | 'TB' | 'KiB' | 'MiB' | 'GiB'}`;

/**
 * Milliseconds of a duration.
 *
 * @throws OPTION_INVALID where it is no duration or negative
 * @example durationMs('3 minutes') // 180000
 */
export function durationMs(text: string, place?: string): number {
  // plain JavaScript may give anything
  const found = typeof text === 'string' ? /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/.exec(text) : null;
  const unit = found && Object.hasOwn(unitMs, found[2]!) && unitMs[found[2]!];
  if (!unit) {
    throw new MillraceError('OPTION_INVALID', `${shown(text)} is not a duration`, {
      place,
      remedy: "Write a number and a unit, as '10s' or '3 minutes'.",
    });
  }
  return Number(found[1]) * unit;
}

/**
 * Bytes of a size.
 *
 * @throws OPTION_INVALID where it is no size
 * @example sizeBytes('64 MB') // 64000000
 */
export function sizeBytes(text: string, place?: string): number {
  const found = typeof text === 'string' ? /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*$/.exec(text) : null;
  const unit = found && Object.hasOwn(unitBytes, found[2]!) && unitBytes[found[2]!];
  if (!unit) {
    throw new MillraceError('OPTION_INVALID', `${shown(text)} is not a size`, {
      place,
      remedy: "Write a number and a unit, as '64 MB' or '1 GiB'.",
    });
  }
  return Math.round(Number(found[1]) * unit);
}

/** A duration for people: `formatMs(95000)` is `'1m 35s'`. */
export function formatMs(ms: number): string {
  // a unit is left where the rounded number is the next one's
  if (Math.round(ms) < 1000) return `${Math.round(ms)}ms`;
  if (Math.round(ms / 100) < 600) return `${(Math.round(ms / 100) / 10).toFixed(1)}s`;
  if (ms < 60_000) return '1m 0s';
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)}m ${Math.floor((ms % 60_000) / 1000)}s`;
  return `${Math.floor(ms / 3_600_000)}h ${Math.floor((ms % 3_600_000) / 60_000)}m`;
}
