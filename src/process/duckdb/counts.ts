// Counting: where a partition is, and which fate a record has.
import type { Topic } from '../../define/topic.ts';
import type { Aside, RowCounts, SourceReport, StepResult } from '../engine.ts';
import { countsOf, type PartitionProgress, type Progress, type SourceProgress } from '../progress.ts';
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

/** Counts rows that went into a table, those that it took, and what became of them and of those that were there. */
export function countRows(progress: Progress, table: string, into: number, out: number, counts: RowCounts): void {
  const totals = countsOf(progress, `table ${table}`);
  totals.in += into;
  totals.out += out;
  totals.replaced += counts.replaced;
  totals.retracted += counts.retracted;
  totals.expired += counts.expired;
}

/** Adds the fates of a run to the progress, and those of records that are no rows: they could not be decoded, or were forgotten in the log. */
export function countFates(progress: Progress, flowed: FlowResult, undecodable: number, forgotten: number): StepResult {
  const counts = [0, 0, 0, 0, 0];
  for (const one of flowed.fates) counts[one]!++;
  progress.fates.filtered += counts[fate.filtered]! + forgotten;
  progress.fates.out += counts[fate.out]!;
  progress.fates.deduplicated += counts[fate.deduplicated]!;
  progress.fates.late += counts[fate.late]!;
  progress.fates.dead += counts[fate.dead]! + undecodable;
  return { out: counts[fate.out]!, dead: counts[fate.dead]! + undecodable, late: counts[fate.late]! };
}

/** Counts what sources have read since they were saved last (`before`): they report to this pipeline now. */
export function countSources(
  progress: Progress,
  reports: readonly SourceReport[],
  before: ReadonlyMap<string, SourceProgress>,
): void {
  const totals = new Map([...before].map(([source, { read }]) => [source, read]));
  for (const { source, progress: reported, refusals } of reports) {
    const { read, refused } = progress.sources[source] ?? { read: 0, refused: 0 };
    const since = reported.read - (totals.get(source) ?? 0);
    progress.sources[source] = { read: read + since, refused: refused + refusals.length };
    totals.set(source, reported.read);
  }
}

/** What tells which node has put a letter aside. */
export type Origin = Pick<Aside, 'kind' | 'noun' | 'stage' | 'topic' | 'source'>;

/** The name of the counts of the node that put a letter aside: `stream NAME`, `topic NAME`, …; undefined where that is not known. */
function nodeOf({ noun, stage, topic, source }: Origin): string | undefined {
  if (noun === undefined) return undefined;
  return `${noun} ${noun === 'topic' ? topic : noun === 'source' ? source : stage}`;
}

/** Counts new dead letters at their nodes: they went in there, and lie aside now. (The flow has counted those that are late.) */
export function countLetters(progress: Progress, letters: readonly Origin[]): void {
  for (const one of letters) {
    const node = nodeOf(one);
    if (node === undefined || one.kind !== 'dead') continue;
    const counts = countsOf(progress, node);
    counts.in++;
    counts.dead++;
  }
}

/** Takes letters that are sent again out of the counts of their nodes: what becomes of them now is counted anew. */
export function uncountLetters(progress: Progress, letters: readonly Origin[]): void {
  for (const one of letters) {
    const node = nodeOf(one);
    if (node === undefined) continue;
    const counts = countsOf(progress, node);
    counts.in--;
    counts[one.kind]--;
  }
}
