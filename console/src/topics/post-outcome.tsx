// What became of posted records.
import { CircleCheck } from 'lucide-react';
import type { PostResult } from '../../../src/web/schemas.ts';
import { ApiError } from '../api/client.ts';
import { Failure } from '../kit/failure.tsx';
import { plural } from '../kit/format.ts';

type Rejected = PostResult['rejected'];

/** Where all are rejected the answer is a problem that carries the reasons. */
function rejectedOf(error: unknown): Rejected {
  if (!(error instanceof ApiError)) return [];
  const body = error.body as { rejected?: Rejected; result?: { rejected?: Rejected } } | undefined;
  return body?.rejected ?? body?.result?.rejected ?? [];
}

export function PostOutcome({ result, error }: { result: PostResult | undefined; error: unknown }) {
  const rejected = result?.rejected ?? rejectedOf(error);
  return (
    <div role="status" className="flex flex-col gap-2 empty:hidden">
      {error && rejected.length === 0 ? <Failure error={error} /> : null}
      {result && result.accepted > 0 && (
        <div className="flex gap-3 rounded-lg border border-good/40 bg-good-soft px-4 py-3">
          <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-good" />
          <div>
            <p className="font-medium">
              {result.isRepeated
                ? 'Taken before: nothing was stored twice'
                : `${plural(result.accepted, 'record')} accepted`}
            </p>
            <p className="font-mono text-xs">
              {result.offsets
                .map(({ partition, first, count }) =>
                  count === 1
                    ? `partition ${partition}, offset ${first}`
                    : `partition ${partition}, offsets ${first} to ${first + count - 1}`,
                )
                .join('; ')}
            </p>
          </div>
        </div>
      )}
      {rejected.length > 0 && (
        <div role="alert" className="rounded-lg border border-bad/40 bg-bad-soft px-4 py-3">
          <p className="font-medium">{plural(rejected.length, 'record')} rejected</p>
          <ul className="mt-1 flex max-h-60 flex-col gap-1.5 overflow-y-auto">
            {rejected.map(({ index, code, reason, remedy }) => (
              <li key={index}>
                {rejected.length > 1 || (result && result.accepted > 0) ? `Record ${index + 1}: ` : ''}
                {reason} <span className="font-mono text-2xs text-muted">{code}</span>
                {remedy && <span className="block text-muted">{remedy}</span>}
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
