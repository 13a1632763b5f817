// Asks before a whole group is sent again, then shows how far it is and what became of it.
import { useQueryClient } from '@tanstack/react-query';
import { CircleAlert, CircleCheck } from 'lucide-react';
import { useRef, useState } from 'react';
import { Button } from '../kit/button.tsx';
import { Code } from '../kit/code.tsx';
import { Dialog } from '../kit/dialog.tsx';
import { Failure } from '../kit/failure.tsx';
import { formatCount, plural } from '../kit/format.ts';
import { ProgressBar } from '../kit/progress-bar.tsx';
import type { Group } from './group.ts';
import { explainRedrive } from './reasons.ts';
import { type Progress, sendAll } from './send-all.ts';

export function SendAllDialog({ group, onClose }: { group: Group; onClose: () => void }) {
  const queries = useQueryClient();
  const [progress, setProgress] = useState<Progress>();
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const abort = useRef<AbortController>(null);
  const noun = group.kind === 'late' ? 'late record' : 'dead letter';
  const send = async () => {
    setBusy(true);
    setError(undefined);
    abort.current = new AbortController();
    try {
      await sendAll(group, setProgress, abort.current.signal);
    } catch (thrown) {
      if (!abort.current.signal.aborted) setError(thrown);
    } finally {
      setBusy(false);
      void queries.invalidateQueries({ queryKey: ['dead'] });
    }
  };
  const close = () => {
    abort.current?.abort();
    onClose();
  };
  return (
    <Dialog
      isOpen
      onClose={close}
      width="narrow"
      title={progress?.isDone ? 'Sent again' : `Send ${plural(group.count, noun)} again?`}
      footer={
        progress?.isDone ? (
          <Button look="primary" onClick={close}>
            Done
          </Button>
        ) : (
          <>
            <Button onClick={close}>{isBusy ? 'Stop' : 'Cancel'}</Button>
            <Button look="primary" isBusy={isBusy} onClick={send}>
              Send all again
            </Button>
          </>
        )
      }
    >
      <div className="flex flex-col gap-3">
        {!progress && (
          <>
            <p>
              All letters of <Code>{group.stage}</Code> in pipeline <Code>{group.pipeline}</Code> with{' '}
              <Code>{group.code}</Code> go through the pipeline as it is now, the oldest first.
            </p>
            <p className="text-muted">
              {explainRedrive(group)} Those that are refused again stay here, with the new reason. Each is stored once.
            </p>
            {group.kind === 'dead' && (
              <p className="text-muted">
                They fail again unless the cause is fixed: in the pipeline file, or letter by letter here.
              </p>
            )}
          </>
        )}
        {progress && <Sent progress={progress} />}
        {error ? <Failure error={error} isCompact /> : null}
      </div>
    </Dialog>
  );
}

function Sent({ progress: { all, sent, stored, stillDead, gone, isDone } }: { progress: Progress }) {
  return (
    <div role="status" className="flex flex-col gap-2">
      {!isDone && (
        <>
          <ProgressBar label="Sent" done={sent} total={all} />
          <p className="text-muted">{`${formatCount(sent)} of ${formatCount(all)} sent`}</p>
        </>
      )}
      {(isDone || stored > 0) && (
        <p className="flex items-center gap-2">
          <CircleCheck aria-hidden className="size-4 text-good" />
          {`${formatCount(stored)} stored`}
        </p>
      )}
      {stillDead > 0 && (
        <p className="flex items-center gap-2">
          <CircleAlert aria-hidden className="size-4 text-warn" />
          {`${formatCount(stillDead)} refused again: they are still here, with the reason`}
        </p>
      )}
      {gone > 0 && <p className="text-muted">{`${formatCount(gone)} gone meanwhile`}</p>}
      {isDone && all === 0 && <p className="text-muted">They were gone already.</p>}
    </div>
  );
}
