// Takes away what a pipeline keeps: all of it, or what it has of one topic. The ledger balances before and after.
import { quote, type Session } from '../database.ts';
import { newCounts, type Progress } from '../progress.ts';
import { type Origin, uncountLetters } from './counts.ts';
import { findProgress } from './keeper.ts';

/** Where records of deleted topics that were processed are counted: no topic has such a name. */
export const deleted = '(deleted)';

/** Removes a pipeline's progress, dead letters and states. To be called in a transaction. */
export async function forgetPipeline(session: Session, pipeline: string): Promise<void> {
  for (const name of await statesOf(session, (one) => one.startsWith(`${pipeline}/`)))
    await session.run(`drop table state.${quote(name)}`);
  await session.run('delete from meta.aside where pipeline = $1', pipeline);
  await session.run('delete from meta.revived where pipeline = $1', pipeline);
  await session.run('delete from meta.progress where pipeline = $1', pipeline);
}

/**
 * Takes the rows of a table that is dropped out of the counts of its pipeline; its dead letters stay. To be called in the transaction that
 * drops it.
 */
export async function forgetTable(session: Session, pipeline: string, table: string): Promise<void> {
  const progress = await findProgress(session, pipeline);
  const counts = progress?.stages[`table ${table}`];
  if (!progress || !counts) return;
  const { dead } = counts;
  progress.stages[`table ${table}`] = { ...newCounts(), in: dead, dead };
  await session.run('update meta.progress set state = $1 where pipeline = $2', JSON.stringify(progress), pipeline);
}

/**
 * Removes what all pipelines have of a topic: how far they read it and its sources, its dead letters, and the rows and keys that their
 * streams over it keep. Rows of tables stay. To be called in a transaction.
 *
 * @param streamsOf the streams of a pipeline that begin at the topic
 */
export async function forgetTopic(
  session: Session,
  topic: string,
  streamsOf: (pipeline: string) => readonly string[],
): Promise<void> {
  for (const [name, state] of await session.rows('select pipeline, state from meta.progress')) {
    const pipeline = String(name);
    const progress = JSON.parse(String(state)) as Progress;
    const streams = streamsOf(pipeline);
    const isOfThem = (one: string) => streams.some((stream) => `${one}/`.startsWith(`${pipeline}/${stream}/`));
    for (const table of await statesOf(session, isOfThem)) await session.run(`delete from state.${quote(table)}`);
    await uncountAsides(session, progress, pipeline, topic);
    forgetProgress(progress, topic, streams);
    await session.run('update meta.progress set state = $1 where pipeline = $2', JSON.stringify(progress), pipeline);
  }
  await session.run('delete from meta.aside where topic = $1', topic);
  await session.run('delete from meta.sources where topic = $1', topic);
}

async function statesOf(session: Session, chosen: (name: string) => boolean): Promise<string[]> {
  const rows = await session.rows(
    `select table_name from duckdb_tables() where schema_name = 'state' and database_name = current_database()`,
  );
  return rows.map(([name]) => String(name)).filter(chosen);
}

/** Takes the records of a topic that lie aside out of the counts, as if they had never been processed. */
async function uncountAsides(session: Session, progress: Progress, pipeline: string, topic: string): Promise<void> {
  const rows = await session.rows(
    'select kind, noun, stage, topic, source, part, off from meta.aside where pipeline = $1 and topic = $2',
    pipeline,
    topic,
  );
  const origins: Origin[] = [];
  /** By place: a record may lie aside for several stages, but counts once. */
  const fates = new Map<string, 'dead' | 'late'>();
  for (const [kind, noun, stage, of, source, partition, offset] of rows) {
    origins.push({
      kind: kind as Origin['kind'],
      noun: (noun as Origin['noun'] | null) ?? undefined,
      stage: String(stage),
      topic: String(of),
      source: source === null ? undefined : String(source),
    });
    const place = `${partition}/${offset}`;
    if (offset === null) progress.refused--;
    else if (kind === 'dead' || !fates.has(place)) fates.set(place, kind as 'dead' | 'late');
  }
  uncountLetters(progress, origins);
  for (const fate of fates.values()) progress.fates[fate]--;
  progress.consumed -= fates.size;
  const processed = (progress.topics[topic] ?? []).reduce((sum, { base, next }) => sum + next - base, 0);
  const before = progress.topics[deleted]?.[0]?.next ?? 0;
  const next = before + processed - fates.size;
  if (next > 0) progress.topics[deleted] = [{ base: 0, next, newestMs: undefined }];
}

function forgetProgress(progress: Progress, topic: string, streams: readonly string[]): void {
  delete progress.topics[topic];
  delete progress.watermarks[topic];
  delete progress.stages[`topic ${topic}`];
  for (const stream of streams) {
    delete progress.closed[stream];
    delete progress.forgotten[stream];
    delete progress.changed?.[stream];
    delete progress.early?.[stream];
    delete progress.times?.[stream];
  }
  for (const source of Object.keys(progress.sources)) {
    if (!source.startsWith(`${topic}/`)) continue;
    delete progress.sources[source];
    delete progress.stages[`source ${source}`];
  }
}
