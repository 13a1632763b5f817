// Keeps how far each source of a topic was read: once for a data folder, however many pipelines read the topic.
import { originIn, type Position } from '../../ingest/source.ts';
import type { Session } from '../database.ts';
import type { SourceReport } from '../engine.ts';
import type { Progress, SourceProgress } from '../progress.ts';

/** How pipelines kept their sources before sources belonged to topics. */
type Former = Pick<Progress, 'topics'> & { readonly sources: Readonly<Record<string, Partial<SourceProgress>>> };

/**
 * Makes the table of the sources where there is none. What pipelines have kept of their sources themselves, in a data folder that is
 * older than this table, is taken over: of a source that several have read, the progress of the one that came furthest.
 */
export async function makeSources(session: Session): Promise<void> {
  if (await isThere(session, "table_name = 'sources'")) return;
  await session.transaction(async () => {
    await session.run(
      'create table meta.sources (topic varchar not null, source varchar not null, state varchar not null)',
    );
    const states = await session.rows('select state from meta.progress order by pipeline');
    const kept = states.flatMap(([state]) => Object.entries((JSON.parse(String(state)) as Former).sources));
    for (const [source, progress] of joined(kept)) await insert(session, topicOf(source), source, progress);
  });
}

/** The sources of several pipelines as those of their topics: what differs under one name gets names of its own. */
function joined(kept: readonly (readonly [string, Partial<SourceProgress>])[]): Map<string, SourceProgress> {
  const names = new Map<string, SourceProgress>();
  const known = kept.map(([name, { position, next = 0, read = 0, refused = 0 }]) => {
    return { name, progress: { position, next, read, refused } };
  });
  const taken = new Set(known.map(({ name }) => name));
  for (const { name, progress } of known.sort((a, b) => b.progress.next - a.progress.next)) {
    const first = names.get(name);
    if (!first) names.set(name, progress);
    else if (!isSameOrigin(first.position, progress.position)) {
      let place = 2;
      while (taken.has(`${name}-${place}`)) place++;
      taken.add(`${name}-${place}`);
      names.set(`${name}-${place}`, progress);
    }
  }
  return names;
}

function isSameOrigin(one: Position | undefined, other: Position | undefined): boolean {
  return JSON.stringify(originIn(one)) === JSON.stringify(originIn(other));
}

/** What was read of the sources of a topic, by their names, as of the last commit. */
export async function sourcesOf(session: Session, topic: string): Promise<Record<string, SourceProgress>> {
  const rows = await session.rows('select source, state from meta.sources where topic = $1', topic);
  return Object.fromEntries(rows.map(([source, state]) => [String(source), JSON.parse(String(state))]));
}

/** Keeps what sources have read, within the transaction at hand. Resolves with how much of them was read before, where they were known. */
export async function saveSources(
  session: Session,
  reports: readonly SourceReport[],
): Promise<ReadonlyMap<string, SourceProgress>> {
  const before = new Map<string, SourceProgress>();
  const last = new Map(reports.map((report) => [report.source, report]));
  for (const { source, topic, progress } of last.values()) {
    const [found] = await session.rows('select state from meta.sources where source = $1', source);
    if (!found) await insert(session, topic, source, progress);
    else {
      before.set(source, JSON.parse(String(found[0])) as SourceProgress);
      await session.run('update meta.sources set state = $1 where source = $2', JSON.stringify(progress), source);
    }
  }
  return before;
}

/**
 * Makes the table of the letters of sources that came back through the log: each pipeline that reads the topic notes a letter for itself,
 * since each meets its record. In a data folder that is older than this, what was noted holds for the pipelines that were there.
 */
export async function makeRevived(session: Session): Promise<void> {
  await session.run('create table if not exists meta.revived (id bigint not null, pipeline varchar not null)');
  if (await isThere(session, "table_name = 'revived' and column_name = 'pipeline'")) return;
  await session.transaction(async () => {
    await session.run(`create table meta.revived_now as select r.id, p.pipeline from meta.revived r, meta.progress p`);
    await session.run('drop table meta.revived');
    await session.run('alter table meta.revived_now rename to revived');
  });
}

async function isThere(session: Session, what: string): Promise<boolean> {
  const rows = await session.rows(`select 1 from duckdb_columns() where schema_name = 'meta' and ${what} limit 1`);
  return rows.length > 0;
}

async function insert(session: Session, topic: string, source: string, progress: SourceProgress): Promise<void> {
  await session.run('insert into meta.sources values ($1, $2, $3)', topic, source, JSON.stringify(progress));
}

/** The topic of a source: its name begins with it. */
function topicOf(source: string): string {
  return source.slice(0, source.indexOf('/'));
}
