// The ledger of a pipeline: where each record went, from counts that were kept with the results, against the offsets of the log and the rows of tables.
import type { Pipeline } from '../define/pipeline.ts';
import type { Log } from '../log/log.ts';
import type { Tally } from '../process/engine.ts';
import { newCounts, type Progress, rowsBy } from '../process/progress.ts';
import type { Ledger, StageStatus } from './millrace.ts';

/**
 * The sum of a pipeline: in = out + filtered + deduplicated + late + dead + inFlight.
 *
 * `in` is counted where records come in (the log's offsets, and what sources gave that never reached it), the right side where they
 * went; so that a record lost between the two makes it red. So does a table that has other rows than it has counted.
 *
 * @param unsaved refusals that sources have reported and that are not saved yet
 * @param tallies the rows of tables and their counts, as they were last compared
 */
export function ledgerOf(
  pipeline: Pipeline,
  progress: Progress,
  log: Log,
  unsaved: number,
  tallies: readonly Tally[] = [],
): Ledger {
  let arrived = 0;
  let inFlight = 0;
  let taken = 0;
  // what was processed of topics that the pipeline has no more has its fates all the same; what it has left there is not its any more
  const gone = processedOf(progress, (name) => !pipeline.topics.some((topic) => topic.name === name));
  for (const topic of pipeline.topics) {
    for (let partition = 0; partition < topic.partitions; partition++) {
      const { start, end } = log.range(topic.name, partition);
      const known = progress.topics[topic.name]?.[partition];
      arrived += end - (known?.base ?? start);
      inFlight += end - (known?.next ?? start);
      taken += known ? known.next - known.base : 0;
    }
  }
  const { out, filtered, deduplicated, late } = progress.fates;
  const dead = progress.fates.dead + progress.refused + unsaved;
  const total = arrived + gone + progress.refused + unsaved;
  const isSum = total === out + filtered + deduplicated + late + dead + inFlight;
  const read = Object.entries(progress.sources)
    .filter(([name]) => pipeline.topics.some((topic) => name.startsWith(`${topic.name}/`)))
    .reduce((sum, [, source]) => sum + source.read, 0);
  // at rest, what the sources have counted must have arrived
  const hasArrived = inFlight > 0 || unsaved > 0 || read <= total - gone;
  const wrongTables = tallies.filter(({ rows, counted }) => rows !== counted);
  return {
    in: total,
    out,
    filtered,
    deduplicated,
    late,
    dead,
    inFlight,
    balanced: isSum && taken + gone === progress.consumed && hasArrived && wrongTables.length === 0,
    ...(wrongTables.length > 0 ? { wrongTables } : {}),
  };
}

/** Records of some topics that were processed. */
function processedOf({ topics }: Progress, chosen: (topic: string) => boolean): number {
  return Object.entries(topics)
    .filter(([name]) => chosen(name))
    .reduce((sum, [, partitions]) => sum + partitions.reduce((most, { base, next }) => most + next - base, 0), 0);
}

/** The rows of each table: those that it has counted, or where it has others, these. */
export function rowsOf(pipeline: Pipeline, progress: Progress, { wrongTables = [] }: Ledger): Record<string, number> {
  const rows = pipeline.tables.map(({ name }): [string, number] => {
    const wrong = wrongTables.find(({ table }) => table === name);
    return [name, wrong ? wrong.rows : rowsBy({ ...newCounts(), ...progress.stages[`table ${name}`] })];
  });
  return Object.fromEntries(rows);
}

/** Streams and tables with their counts. */
export function stagesOf(pipeline: Pipeline, progress: Progress): StageStatus[] {
  const stages = [
    ...pipeline.streams.map((stream) => ({ noun: 'stream' as const, name: stream.name })),
    ...pipeline.tables.map((table) => ({ noun: 'table' as const, name: table.name })),
  ];
  return stages.map(({ noun, name }) => ({
    noun,
    name,
    ...newCounts(),
    ...progress.stages[`${noun} ${name}`],
  }));
}
