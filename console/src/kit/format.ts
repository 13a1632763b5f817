// Figures, sizes, times and rates as people read them. All take plain numbers and never throw.
import { jsonText } from './json.ts';
import { decimalText, exponentText, numberInWords } from './number-text.ts';

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0, signDisplay: 'negative' });

/** `1,234` */
export function formatCount(value: number): string {
  return whole.format(value);
}

/** `1,234.57`, `0.00003`; text for what is not a finite number. */
export function formatNumber(value: number): string {
  return Number.isFinite(value) ? numberInWords(value) : String(value);
}

function short(value: number): string {
  if (value >= 99.5) return whole.format(value);
  if (value >= 9.95) return value.toFixed(1).replace(/\.0$/, '');
  return value.toFixed(value < 1 && value > 0 ? 2 : 1).replace(/\.?0+$/, '');
}

/** `812`, `12.3k`, `4.1M`, `0.031`, `4e−8` */
export function formatShort(value: number): string {
  const size = Math.abs(value);
  if (size > 0 && size < 1e-4) return exponentText(value, 1, false);
  if (size > 0 && size < 0.0995) return decimalText(value, 1 - Math.floor(Math.log10(size)));
  const sign = value < 0 ? '−' : '';
  if (size >= 999_500_000) return `${sign}${short(size / 1e9)}G`;
  if (size >= 999_500) return `${sign}${short(size / 1e6)}M`;
  if (size >= 9_995) return `${sign}${short(size / 1e3)}k`;
  return `${sign}${size >= 1_000 ? whole.format(size) : short(size)}`;
}

/** `12.3k/s` */
export function formatRate(perSecond: number): string {
  if (perSecond > 0 && perSecond < 0.01) return '<0.01/s';
  return `${formatShort(perSecond)}/s`;
}

/** `1.2 GB`; powers of 1,000. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let size = bytes;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1_000;
    unit += 1;
  }
  return `${unit === 0 ? whole.format(size) : short(size)} ${units[unit]}`;
}

/** `340 ms`, `2.5 s`, `4 min 10 s`, `3 h 5 min`, `12 days` */
export function formatDuration(ms: number): string {
  if (ms < 1) return `${short(ms)} ms`;
  if (ms < 999.5) return `${short(ms)} ms`;
  const seconds = ms / 1_000;
  if (seconds < 59.95) return `${short(seconds)} s`;
  const two = (value: number, big: string, rest: number, small: string) =>
    rest > 0 ? `${whole.format(value)} ${big} ${rest} ${small}` : `${whole.format(value)} ${big}`;
  const all = Math.round(seconds);
  if (all < 3_600) return two(Math.floor(all / 60), 'min', all % 60, 's');
  if (all < 86_400) return two(Math.floor(all / 3_600), 'h', Math.floor((all % 3_600) / 60), 'min');
  const days = Math.floor(all / 86_400);
  const hours = Math.floor((all % 86_400) / 3_600);
  return days < 10 ? two(days, days === 1 ? 'day' : 'days', hours, 'h') : `${whole.format(days)} days`;
}

/** `just now`, `12 s ago`, `in 3 min`; `now` and `at` in milliseconds since 1970. */
export function formatAgo(at: number, now: number = Date.now()): string {
  const distance = Math.abs(now - at);
  if (distance < 1_500) return 'just now';
  const [size, unit] =
    distance < 60_000
      ? [1_000, 's']
      : distance < 3_600_000
        ? [60_000, 'min']
        : distance < 86_400_000
          ? [3_600_000, 'h']
          : [86_400_000, distance < 172_800_000 ? 'day' : 'days'];
  const text = `${whole.format(Math.floor(distance / Number(size)))} ${unit}`;
  return at > now ? `in ${text}` : `${text} ago`;
}

/** `2026-11-22 14:03:07`, in the zone of the browser; with milliseconds where asked. */
export function formatTime(at: number, options: { hasMs?: boolean; isUtc?: boolean } = {}): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return String(at);
  const zone = options.isUtc ? 0 : date.getTimezoneOffset();
  const text = new Date(at - zone * 60_000).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, options.hasMs ? 23 : 19)}`;
}

/** `14:03:07`, in the zone of the browser. */
export function formatClock(at: number): string {
  return formatTime(at).slice(11);
}

/** `12.3%`; `share` from 0 to 1. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.1) return '<0.1%';
  if (percent > 99.9 && percent < 100) return '>99.9%';
  return `${percent > 99 && percent < 100 ? percent.toFixed(1) : short(percent)}%`;
}

/** `1 record`, `3 records` */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : nouns}`;
}

/** A sentence with a capital first letter; a name or a code that it begins with stays as it is. */
export function capitalised(text: string): string {
  return /^[a-z]+(?=[\s,;]|$)/.test(text) ? text[0]!.toUpperCase() + text.slice(1) : text;
}

/** Any JSON value on one line. */
export function formatValue(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return formatNumber(value);
  return typeof value === 'object' ? jsonText(value) : String(value);
}
