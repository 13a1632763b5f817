// Records that were put aside, sent again: through the stages that have not had them.
import { MillraceError } from '../../core/errors.ts';
import type { KeptAside } from '../engine.ts';
import { copyProgress } from '../progress.ts';
import { countFates, fateOf } from './counts.ts';
import { beginning, RowsRefused, type Slot, StageFailure } from './flowing.ts';
import { mendWindows } from './mend.ts';
import type { Work } from './work.ts';

/** Processes one aside again, in its own transaction: its fate is only its own. Resolves with whether it was taken. */
export async function processAgain(work: Work, slot: Slot, aside: KeptAside): Promise<boolean> {
  const { topic, preparer, flow } = work.of(aside.topic);
  const record = { partition: aside.partition ?? 0, offset: aside.offset ?? 0 };
  const { rows, failed } = await preparer.prepareBytes([{ bytes: aside.bytes, ...record }]);
  // what was late for a window, or made one fail, has passed all other stages
  const isOfWindow = aside.kind === 'late' || flow.windowed.some((stage) => stage.stream.name === aside.stage);
  const problem = failed.get(0);
  let reason = problem?.message;
  if (!problem) {
    rows.watermarks.fill(beginning);
    const held = new Set<string>();
    for (let tries = 0; tries < 3; tries++) {
      const progress = copyProgress(work.progress);
      try {
        const filled = await flow.fill(slot, rows, 0, 1, []);
        await work.commit(progress, async () => {
          const only = isOfWindow ? aside.stage : undefined;
          const before = fateOf(await work.keeper.kinds(topic.name, [record]), record);
          const watermarkMs = progress.watermarks[topic.name] ?? beginning;
          const flowed = await flow.run({
            filled,
            hasAgain: true,
            watermarkMs,
            progress,
            held,
            flush: false,
            only,
          });
          const [late] = flowed.lates;
          if (late && isOfWindow) throw new StageFailure(late.stage, false, tooLate(late.stage));
          const lates = flowed.lates.map(({ stage }) => {
            const { code, message } = tooLate(stage);
            return { ...aside, kind: 'late' as const, stage, code, reason: message };
          });
          const taken = await work.keeper.take([aside.id]);
          // a letter that is not there any more was taken before: nothing may be counted or stored twice
          if (taken.length === 0)
            throw new MillraceError('NOT_FOUND', `dead letter ${aside.id} is not there any more`, {
              remedy: 'List them again.',
            });
          await work.keeper.put(lates);
          progress.fates[before]--;
          if (isOfWindow) progress.fates[fateOf(await work.keeper.kinds(topic.name, [record]), record)]++;
          else countFates(progress, flowed, 0);
        });
        if (held.size > 0) await mendWindows(work, topic.name, held);
        work.unflushed.add(topic.name);
        return true;
      } catch (failure) {
        if (failure instanceof RowsRefused) reason = failure.refused[0]!.reason;
        else if (failure instanceof StageFailure && failure.firing && !held.has(failure.stage)) {
          held.add(failure.stage);
          continue;
        } else if (failure instanceof StageFailure) reason = failure.error.message;
        else throw failure;
        break;
      }
    }
  }
  await work.keeper.retried(aside.id, work.masked(reason ?? 'refused again'));
  return false;
}

/** The rows of windows are kept for a day of event time after they were closed: without them a window cannot be given anew. */
function tooLate(stage: string): MillraceError {
  return new MillraceError(
    'RECORD_LATE',
    'its window was closed more than a day of event time before the watermark, and its other rows are not kept any more',
    { place: `stream '${stage}'`, remedy: 'Process the topic again from its beginning, in a new data folder.' },
  );
}
