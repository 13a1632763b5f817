// Keeps what a pipeline must not forget beside its results: progress, dead letters and late records, in the same database.
import { assert } from '../../core/errors.ts';
import type { Session } from '../database.ts';
import type { Aside, KeptAside, SourceReport } from '../engine.ts';
import { newProgress, type Progress, type SourceProgress } from '../progress.ts';
import type { Origin } from './counts.ts';
import type { DuckSession } from './database.ts';
import { Feed } from './feed.ts';
import { letterFields, letterRows } from './letter-rows.ts';
import { makeRevived, makeSources, saveSources } from './source-states.ts';

/** Makes the tables of the keeper where there are none. */
export async function makeKeeper(session: Session): Promise<void> {
  for (const schema of ['meta', 'state', 'store']) await session.run(`create schema if not exists ${schema}`);
  await session.run('create table if not exists meta.progress (pipeline varchar not null, state varchar not null)');
  await session.run(
    `create table if not exists meta.aside (id bigint not null, pipeline varchar not null, kind varchar not null, stage varchar not null,
      code varchar not null, reason varchar not null, topic varchar not null, part integer, off bigint, place varchar, source varchar,
      sequence bigint, bytes blob not null, at_ms bigint not null, tries integer not null)`,
  );
  await session.run('alter table meta.aside add column if not exists noun varchar');
  await session.run('create sequence if not exists meta.aside_id');
  // what is made again from the log, beside the pipelines
  await session.run('create table if not exists meta.rebuilds (pipeline varchar not null, state varchar not null)');
  // letters of sources that came back through the log: a copy of one, sent twice around a crash, is known by its id
  await makeRevived(session);
  await makeSources(session);
}

/** What the asides' queries select, in the order of `asideOf`. */
export const asideColumns =
  'id, pipeline, kind, stage, code, reason, topic, part, off, place, source, sequence, bytes, at_ms, tries, noun';

/** A row of `asideColumns` as an aside. */
export function asideOf(row: readonly unknown[]): KeptAside {
  const number = (value: unknown) => (value === null ? undefined : Number(value));
  const word = (value: unknown) => (value === null ? undefined : String(value));
  return {
    id: Number(row[0]),
    pipeline: String(row[1]),
    kind: row[2] as 'dead' | 'late',
    stage: String(row[3]),
    code: String(row[4]),
    reason: String(row[5]),
    topic: String(row[6]),
    partition: number(row[7]),
    offset: number(row[8]),
    place: word(row[9]),
    source: word(row[10]),
    sequence: number(row[11]),
    bytes: row[12] as Uint8Array,
    atMs: Number(row[13]),
    tries: Number(row[14]),
    noun: (row[15] as KeptAside['noun'] | null) ?? undefined,
  };
}

/** The progress of a pipeline as of the last commit; undefined where it has not run here. */
export async function findProgress(session: Session, pipeline: string): Promise<Progress | undefined> {
  const rows = await session.rows('select state from meta.progress where pipeline = $1', pipeline);
  assert(rows.length <= 1, `${rows.length} rows of progress for one pipeline`);
  // a data folder that an earlier version made does not have all of it
  return rows[0] && { ...newProgress(), ...(JSON.parse(String(rows[0][0])) as Partial<Progress>) };
}

/** Keepers that were made, since a table function has a name of its own in the database. */
let keepers = 0;

/** The keeper of one pipeline. */
export class Keeper {
  readonly #session: DuckSession;
  readonly #pipeline: string;
  readonly #now: () => number;
  readonly #feed: Feed;
  readonly #insert: string;

  constructor(session: DuckSession, pipeline: string, now: () => number) {
    this.#session = session;
    this.#pipeline = pipeline;
    this.#now = now;
    this.#feed = new Feed(session, letterFields, `millrace_letters_${++keepers}`);
    const columns = Object.keys(letterFields).join(', ');
    this.#insert = `insert into meta.aside (id, pipeline, at_ms, tries, ${columns})
      select nextval('meta.aside_id'), $1, $2, 0, ${columns} from (${this.#feed.select})`;
  }

  /** See `findProgress`. */
  find(): Promise<Progress | undefined> {
    return findProgress(this.#session, this.#pipeline);
  }

  /** As `find`; a new one where the pipeline has not run here. */
  async load(): Promise<Progress> {
    const known = await this.find();
    if (known) return known;
    const progress = newProgress();
    await this.#session.run('insert into meta.progress values ($1, $2)', this.#pipeline, JSON.stringify(progress));
    return progress;
  }

  async save(progress: Progress): Promise<void> {
    await this.#session.run(
      'update meta.progress set state = $1 where pipeline = $2',
      JSON.stringify(progress),
      this.#pipeline,
    );
  }

  /** Keeps how far sources were read; resolves with how far they were before. */
  saveSources(reports: readonly SourceReport[]): Promise<ReadonlyMap<string, SourceProgress>> {
    return saveSources(this.#session, reports);
  }

  /** Keeps asides, with ids in their order. */
  async put(asides: readonly Aside[]): Promise<void> {
    if (asides.length === 0) return;
    this.#feed.set(letterRows(asides), 0, asides.length, []);
    try {
      await this.#session.run(this.#insert, this.#pipeline, this.#now());
    } finally {
      this.#feed.clear();
    }
  }

  /** Removes asides by id; resolves with where those that were there came from. */
  async take(ids: readonly number[]): Promise<Origin[]> {
    if (ids.length === 0) return [];
    const chosen = 'pipeline = $1 and id in (select unnest(cast(cast($2 as json) as bigint[])))';
    const rows = await this.#session.rows(
      `select kind, noun, stage, topic, source from meta.aside where ${chosen}`,
      this.#pipeline,
      JSON.stringify(ids),
    );
    await this.#session.run(`delete from meta.aside where ${chosen}`, this.#pipeline, JSON.stringify(ids));
    return rows.map((row) => ({
      kind: row[0] as Origin['kind'],
      noun: (row[1] as Origin['noun'] | null) ?? undefined,
      stage: String(row[2]),
      topic: String(row[3]),
      source: row[4] === null ? undefined : String(row[4]),
    }));
  }

  /** The kinds of the asides that there are of records of a topic, by `partition/offset`: one may lie aside for several stages. */
  async kinds(
    topic: string,
    records: readonly { readonly partition: number; readonly offset: number }[],
  ): Promise<Map<string, string[]>> {
    const rows = await this.#session.rows(
      `select part, off, kind from meta.aside where pipeline = $1 and topic = $2 and (part, off) in
        (select (r.p, r.o) from (select unnest(cast(cast($3 as json) as struct(p integer, o bigint)[])) as r))`,
      this.#pipeline,
      topic,
      JSON.stringify(records.map(({ partition, offset }) => ({ p: partition, o: offset }))),
    );
    const found = new Map<string, string[]>();
    for (const [partition, offset, kind] of rows) {
      const record = `${partition}/${offset}`;
      found.set(record, [...(found.get(record) ?? []), String(kind)]);
    }
    return found;
  }

  /** Which of these letters this pipeline has met in the log already. */
  async revived(ids: readonly number[]): Promise<Set<number>> {
    const rows = await this.#session.rows(
      'select id from meta.revived where pipeline = $1 and id in (select unnest(cast(cast($2 as json) as bigint[])))',
      this.#pipeline,
      JSON.stringify(ids),
    );
    return new Set(rows.map(([id]) => Number(id)));
  }

  /** Notes that this pipeline has met letters in the log. */
  async noteRevived(ids: readonly number[]): Promise<void> {
    await this.#session.run(
      'insert into meta.revived select unnest(cast(cast($1 as json) as bigint[])), $2',
      JSON.stringify(ids),
      this.#pipeline,
    );
  }

  /** Counts one more try of asides that are still refused, with the new reason. */
  async retried(id: number, reason: string): Promise<void> {
    await this.#session.run('update meta.aside set tries = tries + 1, reason = $1 where id = $2', reason, id);
  }
}
