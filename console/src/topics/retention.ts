// How long and how much a topic keeps, in words.
import type { TopicView } from '../../../src/web/schemas.ts';
import { formatBytes, formatDuration } from '../kit/format.ts';

/** `7 days or 1.1 GB`, `30 days`, `for ever`. */
export function retentionWords({ ageMs, bytes }: TopicView['retention']): string {
  const age = ageMs === undefined ? undefined : formatDuration(ageMs);
  const size = bytes === undefined ? undefined : formatBytes(bytes);
  if (age && size) return `${age} or ${size}`;
  return age ?? size ?? 'for ever';
}

/** The same as a sentence. */
export function retentionSentence({ ageMs, bytes }: TopicView['retention']): string {
  if (ageMs === undefined && bytes === undefined) return 'Records are kept for ever.';
  const limits = [
    ageMs === undefined ? undefined : `older than ${formatDuration(ageMs)}`,
    bytes === undefined ? undefined : `beyond ${formatBytes(bytes)}`,
  ].filter(Boolean);
  return `The oldest records go when they are ${limits.join(' or ')}.`;
}
