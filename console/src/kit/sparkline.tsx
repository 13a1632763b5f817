// A small line of the last values: shape, not digits.
import { useId } from 'react';

type SparklineProps = {
  values: readonly number[];
  /** Read out: what the line shows. */
  label: string;
  width?: number;
  height?: number;
  className?: string;
};

export function Sparkline({ values, label, width = 120, height = 28, className }: SparklineProps) {
  const id = useId();
  const most = Math.max(...values, 0) || 1;
  const step = width / Math.max(values.length - 1, 1);
  const points = values.map(
    (value, i) => `${(i * step).toFixed(1)},${(height - 2 - (value / most) * (height - 4)).toFixed(1)}`,
  );
  return (
    <svg
      role="img"
      aria-label={label}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      className={className}
    >
      <defs>
        <linearGradient id={id} x1="0" x2="0" y1="0" y2="1">
          <stop offset="0" stopColor="var(--accent)" stopOpacity="0.22" />
          <stop offset="1" stopColor="var(--accent)" stopOpacity="0" />
        </linearGradient>
      </defs>
      <line x1="0" x2={width} y1={height - 1.5} y2={height - 1.5} stroke="var(--line)" strokeWidth="1" />
      {values.length > 1 && (
        <>
          <polygon points={`0,${height - 1.5} ${points.join(' ')} ${width},${height - 1.5}`} fill={`url(#${id})`} />
          <polyline
            points={points.join(' ')}
            fill="none"
            stroke="var(--accent)"
            strokeWidth="1.5"
            strokeLinejoin="round"
            vectorEffect="non-scaling-stroke"
          />
        </>
      )}
    </svg>
  );
}
