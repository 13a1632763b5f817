// Finds the rows for which the query of a windowed stream fails, by halving.
import type { MillraceError } from '../../core/errors.ts';
import type { DuckSession } from './database.ts';
import { isOfTheData } from './failure.ts';
import { beginning, end } from './flowing.ts';
import { relations } from './relations.ts';
import type { DerivedStage, WindowedStage } from './stage.ts';
import { slackMs, steps } from './window.ts';

/** A record of the log. */
export type Culprit = { readonly partition: number; readonly offset: number };

/** A record that the query fails for, and why: what it fails with alone, or with the set that it fails together with. */
export type Convicted = Culprit & { readonly error: MillraceError };

/**
 * The records in the state of a windowed stream that its query fails for. Where no single record fails alone (a sum that overflows),
 * the smallest set found that fails together.
 *
 * @param closedMs the watermark up to which windows were emitted: older rows are not looked at; `beginning`: all rows are
 */
export async function findCulprits(
  session: DuckSession,
  stage: WindowedStage,
  state: string,
  closedMs: number,
): Promise<Convicted[]> {
  const { window } = stage;
  const isOfFixedSize = window.kind === 'tumble' || window.kind === 'hop';
  const low = isOfFixedSize ? Math.max(beginning, closedMs - 2 * steps(window).sizeMs - slackMs(window)) : beginning;
  const rows = await session.rows(`select _partition, _offset from ${state} where _ws > $1 order by all`, low);
  const records = rows.map((row): Culprit => ({ partition: Number(row[0]), offset: Number(row[1]) }));
  const probe = relations.probe(stage.stream.name);

  async function failureOf(some: readonly Culprit[]): Promise<MillraceError | undefined> {
    await session.run(`delete from ${probe}`);
    await session.run(
      `insert into ${probe} select unnest(cast(cast($1 as json) as struct(p integer, o bigint)[]), recursive := true)`,
      JSON.stringify(some.map(({ partition, offset }) => ({ p: partition, o: offset }))),
    );
    await session.run(`delete from ${stage.emitted.fresh}`);
    try {
      await session.run(stage.probe!, low, end, -1);
      return undefined;
    } catch (failure) {
      if (!isOfTheData(failure)) throw failure;
      return failure;
    } finally {
      await session.run(`delete from ${stage.emitted.fresh}`).catch(() => 0);
    }
  }

  async function search(some: readonly Culprit[]): Promise<Convicted[]> {
    const error = some.length === 0 ? undefined : await failureOf(some);
    if (!error) return [];
    const middle = some.length >> 1;
    const found =
      some.length === 1 ? [] : [...(await search(some.slice(0, middle))), ...(await search(some.slice(middle)))];
    // the error of a set is of one of its records: it is told of all of them only where none fails with less
    return found.length > 0 ? found : some.map((one) => ({ ...one, error }));
  }

  const found = await search(records);
  const at = (one: Culprit) => `${one.partition}/${one.offset}`;
  const suspects = new Set(found.map(at));
  const innocent = records.filter((one) => !suspects.has(at(one)));

  /** Those without which the others do not fail: a row may fail alone (an average of nothing) and not among others. */
  async function convict(some: readonly Convicted[]): Promise<Convicted[]> {
    if (!(await failureOf([...innocent, ...some]))) {
      innocent.push(...some);
      return [];
    }
    if (some.length === 1) return [...some];
    const middle = some.length >> 1;
    return [...(await convict(some.slice(0, middle))), ...(await convict(some.slice(middle)))];
  }

  return found.length > 0 ? convict(found) : [];
}

/** The rows of its input, by id, that a stream over rows which may be retracted fails for, of those after an id. */
export async function findRows(
  session: DuckSession,
  stage: DerivedStage,
  sinceId: number,
  pipeline: string,
): Promise<{ id: number; error: MillraceError }[]> {
  const { emitted } = stage.upstream as WindowedStage | DerivedStage;
  const { name } = stage.stream;
  const probe = relations.probe(name);
  const rows = await session.rows(
    `select _id from ${emitted.kept} where _id > $1 and _id not in (select id from ${relations.refused(pipeline, name)}) order by _id`,
    sinceId,
  );

  async function search(ids: readonly number[]): Promise<{ id: number; error: MillraceError }[]> {
    if (ids.length === 0) return [];
    await session.run(`delete from ${probe}`);
    await session.run(`insert into ${probe} select unnest(cast(cast($1 as json) as bigint[]))`, JSON.stringify(ids));
    try {
      await session.run(stage.probe, -1);
      return [];
    } catch (failure) {
      if (!isOfTheData(failure)) throw failure;
      if (ids.length === 1) return [{ id: ids[0]!, error: failure }];
    } finally {
      await session.run(`delete from ${stage.emitted.fresh}`).catch(() => 0);
    }
    const middle = ids.length >> 1;
    return [...(await search(ids.slice(0, middle))), ...(await search(ids.slice(middle)))];
  }

  return search(rows.map(([id]) => Number(id)));
}
