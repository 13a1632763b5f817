// The rows of tables against the counts of their pipeline: how the two begin to agree, and whether they still do.
import { topicsOf } from '../../define/feeding.ts';
import type { Pipeline } from '../../define/pipeline.ts';
import type { Session } from '../database.ts';
import type { Sink, Tally } from '../engine.ts';
import { countsOf, newCounts, type Progress, rowsBy } from '../progress.ts';
import type { DuckSession } from './database.ts';
import { findProgress } from './keeper.ts';

/**
 * Makes the counts of tables that have none of what became of their rows: those of a data folder that an earlier version made, and those that
 * were kept when their pipeline was removed. From then on the rows must be those that are counted. Resolves with whether there were any.
 */
export async function beginCounts(
  session: Session,
  sink: Sink,
  pipeline: Pipeline,
  progress: Progress,
): Promise<boolean> {
  let isChanged = false;
  for (const { name } of pipeline.tables) {
    const key = `table ${name}`;
    if (progress.stages[key]?.replaced !== undefined) continue;
    const [rows] = (await sink.counts(session, [name])) as [number];
    if (rows === 0 && !progress.stages[key]) continue;
    const counts = countsOf(progress, key);
    const gone = rowsBy(counts) - rows;
    if (gone >= 0) counts.replaced = gone;
    else {
      counts.in -= gone;
      counts.out -= gone;
    }
    isChanged = true;
  }
  return isChanged;
}

/** By table by place and partition, the last record that it has rows of: where that is still to be processed, it has been before. */
export type Ahead = ReadonlyMap<string, ReadonlyMap<number, number>>;

/**
 * The tables by place that are ahead of the progress: they were kept when their pipeline was removed, or their topic was deleted and made
 * again. The rows that come take the places of those that are there.
 */
export async function findAhead(session: Session, sink: Sink, pipeline: Pipeline, progress: Progress): Promise<Ahead> {
  const ahead = new Map<string, ReadonlyMap<number, number>>();
  for (const table of pipeline.tables.filter(({ isByPlace }) => isByPlace)) {
    const partitions = topicsOf(table).flatMap(({ name }) => progress.topics[name] ?? []);
    const found = [...(await sink.lastPlaces(session, table))].filter(
      ([partition, last]) => last >= (partitions[partition]?.next ?? 0),
    );
    if (found.length > 0) ahead.set(table.name, new Map(found));
  }
  return ahead;
}

/** Compares the rows of the tables of a pipeline with its counts, on a session of its own, beside its transactions. */
export class Tallying {
  readonly #open: () => Promise<DuckSession>;
  readonly #sink: Sink;
  readonly #pipeline: Pipeline;
  #session: DuckSession | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(open: () => Promise<DuckSession>, sink: Sink, pipeline: Pipeline) {
    this.#open = open;
    this.#sink = sink;
    this.#pipeline = pipeline;
  }

  /** The rows of each table and how many it has counted, both as of the last commit. */
  tally(): Promise<readonly Tally[]> {
    const next = this.#last.then(async () => {
      if (this.#isClosed) return [];
      this.#session ??= await this.#open();
      const session = this.#session;
      return session.transaction(() => this.#tally(session));
    });
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #tally(session: Session): Promise<readonly Tally[]> {
    const { name: pipeline, tables } = this.#pipeline;
    const progress = await findProgress(session, pipeline);
    const names = tables.map(({ name }) => name);
    const rows = await this.#sink.counts(session, names);
    return names.map((table, i) => {
      const counted = rowsBy({ ...newCounts(), ...progress?.stages[`table ${table}`] });
      return { table, rows: rows[i]!, counted };
    });
  }

  /** To be called while nothing is compared. */
  close(): void {
    this.#isClosed = true;
    this.#session?.close();
    this.#session = undefined;
  }
}
