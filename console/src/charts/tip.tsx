// What a chart says about the place under the pointer.
import { classNames } from '../kit/class-names.ts';
import { MiddleText } from '../kit/middle-text.tsx';
import { Swatch, type SwatchLook } from './swatch.tsx';

export type TipLine = {
  label: string;
  value: string;
  /** What else is to be known of the value. */
  note?: string | undefined;
  look?: SwatchLook | undefined;
};

type TipProps = {
  title: string;
  lines: readonly TipLine[];
  /** Pixels within the chart. */
  left: number;
  top: number;
  width: number;
  height: number;
  /** Lines beyond these are only counted. */
  linesMax?: number;
};

export function Tip({ title, lines, left, top, width, height, linesMax = 12 }: TipProps) {
  const isRight = left > width / 2;
  const isLow = top > height / 2;
  return (
    <div
      role="status"
      className="pointer-events-none absolute z-30 max-w-[min(20rem,90%)] rounded-md border border-line bg-surface px-2.5 py-1.5 text-xs shadow-(--shadow)"
      style={{
        ...(isRight ? { right: width - left + 14 } : { left: left + 14 }),
        ...(isLow ? { bottom: height - top + 8 } : { top: top + 8 }),
      }}
    >
      <p className={classNames('font-medium', lines.length > 0 && 'mb-0.5')}>{title}</p>
      {lines.slice(0, linesMax).map((line) => (
        <p key={line.label} className="flex items-center gap-2 whitespace-nowrap">
          {line.look && <Swatch {...line.look} />}
          <MiddleText text={line.label} className="text-muted" />
          {line.note && <span className="text-2xs text-faint">{line.note}</span>}
          <span className="ml-auto pl-3 font-mono font-medium">{line.value}</span>
        </p>
      ))}
      {lines.length > linesMax && <p className="text-faint">and {lines.length - linesMax} more</p>}
    </div>
  );
}
