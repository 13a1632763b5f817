// How long a pipeline has run; of one that has ended, how long ago that was.
import type { PipelineView } from '../../../src/web/schemas.ts';
import { Ago } from '../kit/ago.tsx';
import { formatDuration } from '../kit/format.ts';
import { useRunning } from '../kit/use-running.ts';

type Run = PipelineView['run'];

/** `for 3 min 20 s`; beside the state of one that has ended: `12 s ago`. */
export function RunTime({ run }: { run: Run }) {
  return run.endedAt === undefined ? (
    <>
      for <RunningFor seconds={run.seconds} />
    </>
  ) : (
    <Ago at={run.endedAt} />
  );
}

/** `3 min 20 s`, counting. */
export function RunningFor({ seconds }: { seconds: number }) {
  return formatDuration(useRunning(seconds));
}
