// Sends all letters of a group again, some at a time, so that one sees how far it is.
import { api } from '../api/client.ts';
import type { Group } from './group.ts';

/** How far it is. `sent` of `all`; `gone`: those that somebody else had sent or removed meanwhile. */
export type Progress = {
  all: number;
  sent: number;
  stored: number;
  stillDead: number;
  gone: number;
  isDone: boolean;
};

const pageLetters = 1_000;
const batchLetters = 200;

/**
 * Sends a group again, the oldest letter first: of two rows with one key the newer must win.
 *
 * @throws ApiError; AbortError where the signal says so, between two batches
 */
export async function sendAll(
  { pipeline, stage, kind, code }: Group,
  told: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<Progress> {
  const ids: number[] = [];
  for (let after: string | undefined, isMore = true; isMore; ) {
    signal.throwIfAborted();
    const page = await api.dead({
      pipeline,
      stage,
      kind,
      code,
      limit: pageLetters,
      after,
    });
    ids.push(...page.letters.map((letter) => letter.id));
    after = page.next;
    isMore = after !== undefined;
  }
  ids.reverse();
  let progress: Progress = { all: ids.length, sent: 0, stored: 0, stillDead: 0, gone: 0, isDone: false };
  told(progress);
  for (let at = 0; at < ids.length; at += batchLetters) {
    signal.throwIfAborted();
    const answer = await api.redrive({ pipeline, ids: ids.slice(at, at + batchLetters) });
    progress = {
      ...progress,
      sent: Math.min(at + batchLetters, ids.length),
      stored: progress.stored + answer.stored,
      stillDead: progress.stillDead + answer.stillDead,
      gone: progress.gone + (answer.notFound?.length ?? 0),
    };
    told(progress);
  }
  progress = { ...progress, isDone: true };
  told(progress);
  return progress;
}
