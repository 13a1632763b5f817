// Times as all pages show them: in UTC, and saying so.
import { formatTime } from './format.ts';

/** `2026-11-22 14:03:07 UTC`; with milliseconds where asked. */
export function formatUtc(at: number, { hasMs = false }: { hasMs?: boolean } = {}): string {
  return `${formatTime(at, { hasMs, isUtc: true })} UTC`;
}
