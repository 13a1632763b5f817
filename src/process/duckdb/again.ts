// Records that were put aside, sent again: through the stages that have not had them.
import { MillraceError } from '../../core/errors.ts';
import type { KeptAside } from '../engine.ts';
import { copyProgress } from '../progress.ts';
import { remainsOf, remainsReason } from '../remains.ts';
import { countFates, fateOf, uncountLetters } from './counts.ts';
import { beginning, RowsRefused, StageFailure } from './flowing.ts';
import { emitHeldWindows } from './held-windows.ts';
import type { Slot } from './render.ts';
import type { Work } from './work.ts';

/** Undoes a trial. */
class Undone extends Error {}

/** Processes one aside again, in its own transaction: its fate is only its own. Resolves with whether it was taken. */
export async function processAgain(work: Work, slot: Slot, aside: KeptAside): Promise<boolean> {
  const reason = await send(work, slot, aside, false);
  if (reason !== undefined) await work.keeper.retried(aside.id, reason);
  return reason === undefined;
}

/** Processes one aside again and undoes it. Resolves with the reason why it would not be taken, or undefined. */
export function tryAgain(work: Work, slot: Slot, aside: KeptAside): Promise<string | undefined> {
  return send(work, slot, aside, true);
}

async function send(work: Work, slot: Slot, aside: KeptAside, isTrial: boolean): Promise<string | undefined> {
  const { topic, preparer, flow } = work.of(aside.topic);
  if (aside.noun === 'stream' && aside.offset === undefined) return rowOfStream(work, aside);
  const record = { partition: aside.partition ?? 0, offset: aside.offset ?? 0 };
  const { rows, failed } = await preparer.prepareBytes([{ bytes: aside.bytes, ...record }]);
  const problem = failed.get(0);
  // its reason says already that there is nothing to decode
  if (problem) return remainsOf(aside) && aside.reason.endsWith(remainsReason) ? aside.reason : work.reasonOf(problem);
  // what was late for a window, or made one fail, has passed all other stages
  const isOfWindow = aside.kind === 'late' || flow.windowed.some((stage) => stage.stream.name === aside.stage);
  rows.watermarks.fill(beginning);
  // without a time of its own a record has the one at which it was written
  if (topic.time === undefined)
    rows.times.fill((await work.log.time(topic.name, record.partition, record.offset)) ?? 0);
  const held = new Set<string>();
  for (;;) {
    const progress = copyProgress(work.progress);
    try {
      const filled = await flow.fill(slot, rows, 0, 1, []);
      await work.commit(progress, async () => {
        const only = isOfWindow ? aside.stage : undefined;
        const before = fateOf(await work.keeper.kinds(topic.name, [record]), record);
        const records = { partition: record.partition, from: record.offset, to: record.offset + 1 };
        const flowed = await work.run(
          flow,
          work.runOf(topic, progress, { filled, records, again: 'all', hasAgain: true, held, only }),
        );
        const [late] = flowed.lates;
        if (late && isOfWindow) throw new StageFailure('stream', late.stage, false, tooLate(late.stage));
        const lates = flowed.lates.map(({ stage }) => {
          const { code, message } = tooLate(stage);
          return { ...aside, kind: 'late' as const, noun: 'stream' as const, stage, code, reason: message };
        });
        const taken = await work.keeper.take([aside.id]);
        // a letter that is not there any more was taken before: nothing may be counted or stored twice
        if (taken.length === 0)
          throw new MillraceError('NOT_FOUND', `dead letter ${aside.id} is not there any more`, {
            remedy: 'List them again.',
          });
        if (isTrial) throw new Undone();
        await work.keeper.put(lates);
        uncountLetters(progress, taken);
        progress.fates[before]--;
        if (isOfWindow) progress.fates[fateOf(await work.keeper.kinds(topic.name, [record]), record)]++;
        else countFates(progress, flowed, 0, 0);
      });
      if (held.size > 0) await emitHeldWindows(work, held);
      work.unflushed.add(topic.name);
      return undefined;
    } catch (failure) {
      if (failure instanceof Undone) return undefined;
      if (failure instanceof RowsRefused) return failure.refused[0]!.reason;
      if (!(failure instanceof StageFailure)) throw failure;
      // windows that fail with it are given without the rows that they fail for
      if (isTrial || !failure.firing || held.has(failure.stage)) return work.reasonOf(failure.error);
      held.add(failure.stage);
    }
  }
}

/** The rows of windows are kept for a day of event time after they were closed: without them a window cannot be given anew. */
function tooLate(stage: string): MillraceError {
  return new MillraceError(
    'RECORD_LATE',
    'its window was closed more than a day of event time before the watermark, and its other rows are not kept any more',
    {
      place: `stream '${stage}'`,
      remedy:
        'Make the stream again from the log, with `millrace rebuild`: where its place in the order of the records lets it, it then counts.',
    },
  );
}

/** A row that a stream has emitted is made by its query: it comes again when the query or the records are others. */
function rowOfStream(work: Work, { stage, place }: KeptAside): string {
  return `${place} makes stream '${stage}' fail: fix the query, then make it again from the log: millrace rebuild ${work.pipeline.name} ${stage}`;
}
