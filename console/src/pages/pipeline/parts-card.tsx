// Where the time of this run goes: each part of the work as a bar.
import type { PipelineView } from '../../../../src/web/schemas.ts';
import { Card } from '../../kit/card.tsx';
import { formatDuration, formatShare } from '../../kit/format.ts';

export function PartsCard({ pipeline }: { pipeline: PipelineView }) {
  const parts = Object.entries(pipeline.parts)
    .filter(([, ms]) => ms > 0)
    .sort(([, a], [, b]) => b - a);
  const whole = pipeline.run.seconds * 1_000;
  const most = parts[0]?.[1] ?? 1;
  return (
    <Card title="Where the time goes" note={`Of the ${formatDuration(whole)} of this run; parts run side by side.`}>
      {parts.length === 0 ? (
        <p className="text-muted">Nothing has been worked on yet.</p>
      ) : (
        <dl className="grid grid-cols-[fit-content(45%)_minmax(2rem,1fr)_auto_auto] items-center gap-x-3 gap-y-1.5">
          {parts.map(([name, ms]) => (
            <div key={name} className="contents">
              <dt className="truncate text-muted" title={name}>
                {name}
              </dt>
              <dd aria-hidden className="h-2 rounded-full bg-surface-2">
                <div className="h-full min-w-0.5 rounded-full bg-series-1" style={{ width: `${(ms / most) * 100}%` }} />
              </dd>
              <dd className="text-right">{formatDuration(ms)}</dd>
              <dd className="w-12 text-right text-xs text-muted">{whole > 0 ? formatShare(ms / whole) : ''}</dd>
            </div>
          ))}
        </dl>
      )}
    </Card>
  );
}
