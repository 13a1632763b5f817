// What people should know of partitions that are quiet: windows do not wait for them.
import type { Quiet } from '../process/engine.ts';

/**
 * A sentence per topic that has quiet partitions.
 *
 * @param nowMs milliseconds since 1970
 * @example quietNotices([{ topic: 'rides', partition: 2, sinceMs: 0 }], 35_000).rides // 'partition 2 has been quiet for 35 s: windows do not wait for it'
 */
export function quietNotices(quiet: readonly Quiet[], nowMs: number): Record<string, string> {
  const topics = new Map<string, Quiet[]>();
  for (const one of quiet) topics.set(one.topic, [...(topics.get(one.topic) ?? []), one]);
  return Object.fromEntries([...topics].map(([topic, some]) => [topic, sentence(some, nowMs)]));
}

function sentence(quiet: readonly Quiet[], nowMs: number): string {
  const least = span(nowMs - Math.max(...quiet.map(({ sinceMs }) => sinceMs)));
  const numbers = quiet.map(({ partition }) => String(partition));
  const last = numbers.pop();
  return numbers.length === 0
    ? `partition ${last} has been quiet for ${least}: windows do not wait for it`
    : `partitions ${numbers.join(', ')} and ${last} have been quiet for ${least} or more: windows do not wait for them`;
}

/** In whole units, so that what is shown does not change with each look: `35 s`, `4 min`, `2 h`. */
function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
}
