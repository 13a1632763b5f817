// Draws what a query read: a skeleton before, the failure with a retry, the content after (old content stays while it refreshes; that the server is away the line above the page says).
import type { ReactNode } from 'react';
import { isUnreachable } from '../api/request.ts';
import { Failure } from './failure.tsx';
import { SkeletonLines } from './skeleton.tsx';

type Query<T> = { data: T | undefined; error: unknown; refetch: () => unknown };

type LoadedProps<T> = { query: Query<T>; waiting?: ReactNode; children: (data: T) => ReactNode };

export function Loaded<T>({ query, waiting, children }: LoadedProps<T>) {
  if (query.data !== undefined) {
    return (
      <>
        {query.error && !isUnreachable(query.error) ? (
          <Failure isCompact error={query.error} retry={() => void query.refetch()} />
        ) : null}
        {children(query.data)}
      </>
    );
  }
  if (query.error) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return <>{waiting ?? <SkeletonLines className="py-4" />}</>;
}
