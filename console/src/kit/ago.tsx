// A time as `12 s ago`, with the exact time on hover.
import { formatAgo, formatTime } from './format.ts';
import { useNow } from './use-now.ts';

export function Ago({ at }: { at: number }) {
  const now = useNow(at > Date.now() - 60_000 ? 1_000 : 10_000);
  return (
    <time dateTime={new Date(at).toISOString()} title={formatTime(at, { hasMs: true })}>
      {formatAgo(at, Math.max(now, at))}
    </time>
  );
}
