// What went wrong, where, and what to do next; from a problem of the API or anything thrown.
import { CircleX, RotateCw } from 'lucide-react';
import type { ReactNode } from 'react';
import { problemOf } from '../api/request.ts';
import { Button } from './button.tsx';
import { classNames } from './class-names.ts';
import { capitalised } from './format.ts';

type FailureProps = {
  error: unknown;
  retry?: () => void;
  /** What fixes it, in the place of another try. */
  action?: ReactNode;
  isCompact?: boolean;
  className?: string;
};

export function Failure({ error, retry, action, isCompact, className }: FailureProps) {
  const problem = problemOf(error);
  return (
    <div
      role="alert"
      className={classNames(
        'flex items-start gap-3 rounded-lg border border-bad/40 bg-bad-soft',
        isCompact ? 'px-3 py-2' : 'px-4 py-3',
        className,
      )}
    >
      <CircleX aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />
      <div className="min-w-0 flex-1 break-words">
        <p className="font-medium">{capitalised(problem.title)}</p>
        {problem.place && <p className="font-mono text-xs">{problem.place}</p>}
        {problem.detail && <p className="whitespace-pre-wrap">{capitalised(problem.detail)}</p>}
        {problem.remedy && <p className="text-muted">{problem.remedy}</p>}
        {!isCompact && <p className="mt-1 font-mono text-2xs text-muted">{problem.code}</p>}
      </div>
      {action ??
        (retry && (
          <Button size="small" icon={RotateCw} onClick={retry}>
            Try again
          </Button>
        ))}
    </div>
  );
}
