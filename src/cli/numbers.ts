// Numbers, sizes and times as people read them.

/** A whole number with its thousands apart: `12,345`. */
export function formatCount(count: number | bigint): string {
  const text = String(typeof count === 'number' ? Math.round(count) : count);
  return text.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** A rate in records a second: three digits that matter. */
export function formatRate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return '0/s';
  return `${perSecond > 0 && perSecond < 10 ? String(Number(perSecond.toFixed(1))) : formatCount(perSecond)}/s`;
}

/** A size in bytes: `1.5 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = bytes;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${unit === 0 || size >= 99.5 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** A moment in UTC as ISO 8601 to the millisecond; milliseconds since 1970. */
export function formatTime(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
}

/** A moment for people: `2026-11-22 08:00:00Z`. */
export function formatMoment(ms: number | undefined): string {
  return ms === undefined
    ? '–'
    : formatTime(ms)
        .replace('T', ' ')
        .replace(/\.\d+Z$/, 'Z');
}

/** A count with its noun: `1 table`, `3 tables`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}
