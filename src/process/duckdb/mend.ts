// Windows that are emitted out of turn: after the rows that made a query fail are put aside, and as they are when the stream is quiet.
import { assert } from '../../core/errors.ts';
import type { Aside } from '../engine.ts';
import { copyProgress, countsOf } from '../progress.ts';
import { remainsReason } from '../remains.ts';
import { fateOf } from './counts.ts';
import { findCulprits } from './culprits.ts';
import { beginning, StageFailure } from './flowing.ts';
import { emptyAside } from './letters.ts';
import { relations } from './relations.ts';
import { remainsIn } from './remains.ts';
import type { TopicWork, Work } from './work.ts';

/** Puts the rows aside that the queries of windowed streams fail for, and emits the windows without them. */
export async function mendWindows(work: Work, stages: ReadonlySet<string>): Promise<void> {
  const mended = new Set<string>();
  const failing = [...stages];
  const topics = new Set<TopicWork>();
  for (let stage = failing.shift(); stage !== undefined; stage = failing.shift()) {
    await putCulpritsAside(work, stage);
    mended.add(stage);
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
      if (!failure.firing || mended.has(failure.stage)) throw failure.error;
      failing.push(failure.stage);
    }
  }
}

async function putCulpritsAside(work: Work, stageName: string): Promise<void> {
  const { flow, topic } = work.topicOf(stageName);
  const topicName = topic.name;
  const stage = flow.windowed.find((one) => one.stream.name === stageName);
  assert(stage, `stage ${stageName} has no windows to mend`);
  const state = relations.state(work.pipeline.name, stageName);
  for (;;) {
    // windows that were closed before may have failed, too
    const hasChanged = work.progress.changed[stageName] !== undefined;
    const closed = hasChanged ? beginning : (work.progress.closed[stageName] ?? beginning);
    const culprits = await findCulprits(work.session, stage, state, closed);
    if (culprits.length === 0) break;
    const letters: Aside[] = [];
    for (const culprit of culprits) {
      const { partition, offset, error } = culprit;
      const bytes = await work.log.record(topicName, partition, offset);
      letters.push({
        ...emptyAside,
        kind: 'dead',
        noun: 'stream',
        stage: stageName,
        code: error.code,
        reason: work.reasonOf(error) + (bytes ? '' : `; ${remainsReason}`),
        topic: topicName,
        partition,
        offset,
        bytes: bytes ?? (await remainsIn(work.session, stage, state, culprit)),
      });
    }
    const progress = copyProgress(work.progress);
    await work.commit(progress, async () => {
      await work.session.run(
        `delete from ${state} where (_partition, _offset) in
          (select (r.p, r.o) from (select unnest(cast(cast($1 as json) as struct(p integer, o bigint)[])) as r))`,
        JSON.stringify(culprits.map(({ partition, offset }) => ({ p: partition, o: offset }))),
      );
      const kinds = await work.keeper.kinds(topicName, culprits);
      await work.keeper.put(letters);
      for (const culprit of culprits) progress.fates[fateOf(kinds, culprit)]--;
      progress.fates.dead += culprits.length;
      // that they went in was counted when their windows took them
      countsOf(progress, `stream ${stageName}`).dead += culprits.length;
    });
  }
}

/** Emits the windows of all topics that are still open, as they are. */
export async function flushWindows(work: Work): Promise<void> {
  for (const name of [...work.unflushed]) {
    const { topic, flow } = work.of(name);
    const mended = new Set<string>();
    for (;;) {
      try {
        const progress = copyProgress(work.progress);
        await work.commit(progress, async () => {
          await work.run(flow, work.runOf(topic, progress, { flush: true }));
        });
        break;
      } catch (failure) {
        if (!(failure instanceof StageFailure) || mended.has(failure.stage))
          throw failure instanceof StageFailure ? failure.error : failure;
        if (!failure.firing) throw failure.error;
        mended.add(failure.stage);
        await mendWindows(work, new Set([failure.stage]));
      }
    }
    work.unflushed.delete(name);
  }
}
