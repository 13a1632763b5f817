// How far a rebuild is: done of total, or why it waits or has failed.
import { CircleX, RefreshCw } from 'lucide-react';
import type { PipelineView } from '../../../../src/web/schemas.ts';
import { classNames } from '../../kit/class-names.ts';
import { formatCount, formatShare } from '../../kit/format.ts';
import { ProgressBar } from '../../kit/progress-bar.tsx';
import { CancelRebuild } from './cancel-rebuild.tsx';

export function RebuildProgress({ pipeline: { name, rebuild } }: { pipeline: PipelineView }) {
  if (!rebuild) return null;
  const { state, done, total } = rebuild;
  const why = [rebuild.reason, rebuild.remedy].filter(Boolean).join('. ');
  const hasFailed = state === 'failed';
  const Icon = hasFailed ? CircleX : RefreshCw;
  const what = rebuild.names?.join(', ') ?? name;
  return (
    <div
      role="status"
      className={classNames(
        'flex items-start gap-2.5 rounded-lg border px-4 py-2.5',
        hasFailed ? 'border-bad/40 bg-bad-soft [&>svg]:text-bad' : 'border-line bg-surface-2 [&>svg]:text-muted',
      )}
    >
      <Icon aria-hidden className="mt-0.5 size-4 shrink-0" />
      <div className="flex min-w-0 flex-1 flex-col gap-1.5">
        <p className="break-words">
          {hasFailed
            ? `The rebuild of ${what} has failed: ${why.replace(/\.$/, '')}. What was there is as it was.`
            : `${what} is made again from the log: ${formatCount(done)} of ${formatCount(total)} records`}
        </p>
        {!hasFailed && <ProgressBar label="Made again" done={done} total={total} />}
        {state === 'waiting' && <p className="break-words text-muted">{`It waits and tries again: ${why}`}</p>}
      </div>
      <CancelRebuild pipeline={name} />
    </div>
  );
}

/** A small mark beside the health of a pipeline. */
export function RebuildMark({ rebuild }: { rebuild: PipelineView['rebuild'] }) {
  if (!rebuild) return null;
  const { state, done, total, reason } = rebuild;
  return (
    <span title={reason} className={classNames('text-xs', state === 'failed' ? 'text-bad' : 'text-muted')}>
      {state === 'failed' ? 'rebuild failed' : `rebuild ${formatShare(done / Math.max(total, 1))}`}
    </span>
  );
}
