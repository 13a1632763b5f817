// A time as `12 s ago`, with the exact time on hover.
import { formatAgo } from './format.ts';
import { useNow } from './use-now.ts';
import { formatUtc } from './utc.ts';

export function Ago({ at }: { at: number }) {
  const now = useNow(at > Date.now() - 60_000 ? 1_000 : 10_000);
  return (
    <time dateTime={new Date(at).toISOString()} title={formatUtc(at, { hasMs: true })}>
      {formatAgo(at, Math.max(now, at))}
    </time>
  );
}
