// Counting: where a partition is, and which fate a record has.
import type { Topic } from '../../define/topic.ts';
import type { StepResult } from '../engine.ts';
import type { PartitionProgress, Progress } from '../progress.ts';
import { type FlowResult, fate } from './flowing.ts';

/** The progress of a partition, made where there is none: `first` is the offset at which it begins to count. */
export function partitionOf(progress: Progress, topic: Topic, partition: number, first: number): PartitionProgress {
  progress.topics[topic.name] ??= [];
  const partitions = progress.topics[topic.name]!;
  for (let i = partitions.length; i <= partition; i++) partitions.push({ base: 0, next: 0, newestMs: undefined });
  const found = partitions[partition]!;
  if (found.next === 0 && found.base === 0) {
    found.base = first;
    found.next = first;
  }
  return found;
}

/** How a record that windows took counts while these asides of it are there: for several stages it may lie aside, but it counts once. */
export function fateOf(
  kinds: ReadonlyMap<string, readonly string[]>,
  record: { partition: number; offset: number },
): 'dead' | 'late' | 'out' {
  const own = kinds.get(`${record.partition}/${record.offset}`) ?? [];
  return own.includes('dead') ? 'dead' : own.includes('late') ? 'late' : 'out';
}

/** Adds the fates of a run, and of the records that could not be decoded, to the progress. */
export function countFates(progress: Progress, flowed: FlowResult, undecodable: number): StepResult {
  const counts = [0, 0, 0, 0, 0];
  for (const one of flowed.fates) counts[one]!++;
  progress.fates.filtered += counts[fate.filtered]!;
  progress.fates.out += counts[fate.out]!;
  progress.fates.deduplicated += counts[fate.deduplicated]!;
  progress.fates.late += counts[fate.late]!;
  progress.fates.dead += counts[fate.dead]! + undecodable;
  return { out: counts[fate.out]!, dead: counts[fate.dead]! + undecodable, late: counts[fate.late]! };
}
