// Times as all pages show them: in UTC, and saying so.
import { formatTime } from './format.ts';

/** `2026-11-22 14:03:07 UTC`; with milliseconds where asked. */
export function formatUtc(at: number, { hasMs = false }: { hasMs?: boolean } = {}): string {
  return `${formatTime(at, { hasMs, isUtc: true })} UTC`;
}

/** Milliseconds of `2026-11-22`, `2026-11-22 09:30`, `2026-11-22T09:30:07Z`; in UTC where it names no zone. Undefined for what is no time. */
export function parseUtc(text: string): number | undefined {
  const found = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?))?\s*(Z|UTC|[+-]\d{2}:\d{2})?$/i.exec(
    text.trim(),
  );
  if (!found) return undefined;
  const [, day, clock = '00:00', zone = 'Z'] = found;
  const at = Date.parse(`${day}T${clock}${zone.toUpperCase() === 'UTC' ? 'Z' : zone}`);
  return Number.isNaN(at) ? undefined : at;
}
