// Windows that are emitted out of turn: after the rows that made a query fail are put aside, and as they are when the stream is quiet.
import { assert, type MillraceError } from '../../core/errors.ts';
import type { Aside } from '../engine.ts';
import { copyProgress, countsOf } from '../progress.ts';
import { remainsReason } from '../remains.ts';
import { fateOf } from './counts.ts';
import { type Convicted, findCulprits, findRows } from './culprits.ts';
import { beginning, StageFailure } from './flowing.ts';
import { emptyAside } from './letters.ts';
import { relations } from './relations.ts';
import { remainsIn } from './remains.ts';
import type { DerivedStage, Stage, WindowedStage } from './stage.ts';
import { columnList } from './types.ts';
import type { TopicWork, Work } from './work.ts';

/** Puts the rows aside that the queries of windowed streams fail for, and emits the windows without them. */
export async function emitHeldWindows(work: Work, stages: ReadonlySet<string>): Promise<void> {
  const repeated = new Set<string>();
  const failing = [...stages];
  const topics = new Set<TopicWork>();
  for (let stage = failing.shift(); stage !== undefined; stage = failing.shift()) {
    await putCulpritsAside(work, stage);
    repeated.add(stage);
    topics.add(work.topicOf(stage));
    if (failing.length > 0) continue;
    try {
      const progress = copyProgress(work.progress);
      await work.commit(progress, async () => {
        for (const { topic, flow } of topics) await work.run(flow, work.runOf(topic, progress));
      });
    } catch (failure) {
      if (!(failure instanceof StageFailure)) throw failure;
      // what was held back may make a stream fail that follows
      if (!failure.firing || repeated.has(failure.stage)) throw failure.error;
      failing.push(failure.stage);
    }
  }
}

async function putCulpritsAside(work: Work, stageName: string): Promise<void> {
  const { flow } = work.topicOf(stageName);
  const derived = flow.stages.find((one) => one.stream.name === stageName);
  if (derived?.kind === 'derived') return putRowsAside(work, derived);
  const stage = flow.windowed.find((one) => one.stream.name === stageName);
  assert(stage, `stage ${stageName} has no windows that are held`);
  const state = relations.state(work.pipeline.name, stageName);
  for (;;) {
    // windows that were closed before may have failed, too
    const hasChanged = work.progress.changed[stageName] !== undefined;
    const closed = hasChanged ? beginning : (work.progress.closed[stageName] ?? beginning);
    const culprits = await findCulprits(work.session, stage, state, closed);
    if (culprits.length === 0) break;
    // rows that another stream has emitted have no place in the log
    const records = culprits.filter(({ partition }) => partition >= 0);
    const letters: Aside[] = [];
    for (const one of culprits) letters.push(await letterOf(work, stage, state, one));
    const progress = copyProgress(work.progress);
    await work.commit(progress, async () => {
      await work.session.run(
        `delete from ${state} where (_partition, _offset) in
          (select (r.p, r.o) from (select unnest(cast(cast($1 as json) as struct(p integer, o bigint)[])) as r))`,
        JSON.stringify(culprits.map(({ partition, offset }) => ({ p: partition, o: offset }))),
      );
      const kinds = await work.keeper.kinds(stage.topic.name, records);
      await work.keeper.put(letters);
      for (const record of records) progress.fates[fateOf(kinds, record)]--;
      progress.fates.dead += records.length;
      progress.deadRows += culprits.length - records.length;
      // that they went in was counted when their windows took them
      countsOf(progress, `stream ${stageName}`).dead += culprits.length;
    });
  }
}

/** The dead letter of a record, or of an emitted row, that makes a window fail. */
async function letterOf(work: Work, stage: WindowedStage, state: string, culprit: Convicted): Promise<Aside> {
  const { partition, offset, error } = culprit;
  const remains = () => remainsIn(work.session, stage, state, culprit);
  if (partition < 0) return rowLetter(work, stage, offset, error, await remains());
  const bytes = await work.log.record(stage.topic.name, partition, offset);
  return {
    ...emptyAside,
    kind: 'dead',
    noun: 'stream',
    stage: stage.stream.name,
    code: error.code,
    reason: work.reasonOf(error) + (bytes ? '' : `; ${remainsReason}`),
    topic: stage.topic.name,
    partition,
    offset,
    bytes: bytes ?? (await remains()),
  };
}

/** Puts the rows of its input aside that a stream over rows which may be retracted fails for. */
async function putRowsAside(work: Work, stage: DerivedStage): Promise<void> {
  const { name } = stage.stream;
  const culprits = await findRows(work.session, stage, work.progress.changed[name] ?? 0, work.pipeline.name);
  const { emitted } = stage.upstream as WindowedStage | DerivedStage;
  const letters: Aside[] = [];
  for (const { id, error } of culprits) {
    const [row] = await work.session.rows(
      `select to_json(r)::varchar from (select ${columnList(emitted.fields)} from ${emitted.kept} where _id = $1) r`,
      id,
    );
    letters.push(rowLetter(work, stage, id, error, Buffer.from(String(row?.[0]))));
  }
  const progress = copyProgress(work.progress);
  await work.commit(progress, async () => {
    for (const { id } of culprits)
      await work.session.run(`insert into ${relations.refused(work.pipeline.name, name)} values ($1)`, id);
    await work.keeper.put(letters);
    progress.deadRows += culprits.length;
    countsOf(progress, `stream ${name}`).dead += culprits.length;
  });
}

/** The dead letter of a row that another stream has emitted: it is no record, and goes when the row is retracted. */
function rowLetter(work: Work, stage: Stage, id: number, error: MillraceError, bytes: Uint8Array): Aside {
  return {
    ...emptyAside,
    kind: 'dead',
    noun: 'stream',
    stage: stage.stream.name,
    code: error.code,
    reason: work.reasonOf(error),
    topic: stage.topic.name,
    place: `row ${id} of stream ${stage.upstream!.stream.name}`,
    sequence: id,
    bytes,
  };
}

/** Emits the windows of all topics that are still open, as they are. */
export async function flushWindows(work: Work): Promise<void> {
  for (const name of [...work.unflushed]) {
    const repeated = new Set<string>();
    for (let held = await flushTopic(work, name, repeated); held.size > 0; ) {
      await emitHeldWindows(work, held);
      for (const stage of held) repeated.add(stage);
      held = await flushTopic(work, name, repeated);
    }
    work.unflushed.delete(name);
  }
}

/**
 * Emits the windows of a topic that are still open. Resolves with the streams that fail for some of them: what they read is emitted, and they
 * are held back, so that the rows they fail for can be found.
 *
 * @param repeated those whose rows were put aside already
 */
async function flushTopic(work: Work, name: string, repeated: ReadonlySet<string>): Promise<Set<string>> {
  const { topic, flow } = work.of(name);
  const held = new Set<string>();
  for (;;) {
    try {
      const progress = copyProgress(work.progress);
      await work.commit(progress, async () => {
        await work.run(flow, work.runOf(topic, progress, { flush: true, held }));
      });
      return held;
    } catch (failure) {
      if (!(failure instanceof StageFailure)) throw failure;
      if (!failure.firing || held.has(failure.stage) || repeated.has(failure.stage)) throw failure.error;
      held.add(failure.stage);
    }
  }
}
