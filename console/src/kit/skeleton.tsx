// Grey shapes where content is on its way.
import { classNames } from './class-names.ts';

export function Skeleton({ className }: { className?: string }) {
  return (
    <div aria-hidden className={classNames('animate-[breathe_1.6s_infinite] rounded-md bg-surface-3', className)} />
  );
}

/** Several lines of a list or a grid. */
export function SkeletonLines({ lines = 6, className }: { lines?: number; className?: string }) {
  return (
    <div role="status" aria-label="Loading" className={classNames('flex flex-col gap-2.5', className)}>
      {Array.from({ length: lines }, (_, i) => (
        <Skeleton
          // biome-ignore lint/suspicious/noArrayIndexKey: lines are all the same.
          key={`line-${i + 1}`}
          className={classNames('h-4', i % 3 === 2 ? 'w-2/3' : i % 3 === 1 ? 'w-5/6' : 'w-full')}
        />
      ))}
    </div>
  );
}
