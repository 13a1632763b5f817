// How far something is, as a bar.

type ProgressBarProps = {
  /** Read out: what is done so far. */
  label: string;
  done: number;
  total: number;
};

export function ProgressBar({ label, done, total }: ProgressBarProps) {
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={done}
      className="h-1.5 overflow-hidden rounded-full bg-surface-3"
    >
      <div
        className="h-full rounded-full bg-accent transition-[width]"
        style={{ width: `${(done / Math.max(total, 1)) * 100}%` }}
      />
    </div>
  );
}
