// The order in which records of several partitions are shown: each partition keeps its own, times decide between them.
import type { TopicRecord } from '../../../src/web/schemas.ts';
import { jsonText } from '../kit/json.ts';

/** `1:1204`: a record by partition and offset. */
export function recordId({ partition, offset }: Pick<TopicRecord, 'partition' | 'offset'>): string {
  return `${partition}:${offset}`;
}

function byPartition(records: readonly TopicRecord[]): TopicRecord[][] {
  const parts = new Map<number, TopicRecord[]>();
  for (const record of records) {
    const part = parts.get(record.partition);
    if (part) part.push(record);
    else parts.set(record.partition, [record]);
  }
  return [...parts.values()];
}

function interleave(records: readonly TopicRecord[], direction: 1 | -1): TopicRecord[] {
  const parts = byPartition(records).map((part) => part.sort((a, b) => (a.offset - b.offset) * direction));
  const at = parts.map(() => 0);
  return records.map(() => {
    let chosen = -1;
    for (let i = 0; i < parts.length; i++) {
      const record = parts[i]![at[i]!];
      if (!record) continue;
      const best = chosen < 0 ? undefined : parts[chosen]![at[chosen]!];
      if (!best || (record.time - best.time) * direction < 0) chosen = i;
    }
    return parts[chosen]![at[chosen]!++]!;
  });
}

/** The newest first. */
export function newestFirst(records: readonly TopicRecord[]): TopicRecord[] {
  return interleave(records, -1);
}

/** In the order in which they came. */
export function oldestFirst(records: readonly TopicRecord[]): TopicRecord[] {
  return interleave(records, 1);
}

/** Whether key or value (or the reason why there is none) has the text, case aside: as the API searches. */
export function hasText({ key, value, error }: TopicRecord, text: string): boolean {
  const wanted = text.toLowerCase();
  return (
    (key ?? '').toLowerCase().includes(wanted) ||
    jsonText(value ?? error ?? '')
      .toLowerCase()
      .includes(wanted)
  );
}
