// What the colours of a scale mean.
import { classNames } from '../kit/class-names.ts';
import { MiddleText } from '../kit/middle-text.tsx';
import { tickFormat } from '../kit/number-text.ts';
import type { Domain } from './domain.ts';
import { withUnit } from './values.ts';

type ScaleLegendProps = {
  scale: readonly string[];
  domain: Domain;
  unit?: string | undefined;
  label: string;
  /** The colour of places without a value, where there are such. */
  nothing?: string | undefined;
  className?: string;
};

export function ScaleLegend({ scale, domain, unit, label, nothing, className }: ScaleLegendProps) {
  const { from, to, step, isDiverging, isBelow, isAbove } = domain;
  const words = tickFormat(step, Math.max(Math.abs(from), Math.abs(to)));
  const middle = Math.floor(scale.length / 2);
  return (
    <div className={classNames('flex flex-wrap items-center gap-x-2 text-2xs text-muted', className)}>
      <MiddleText text={label} className="max-w-full" />
      <span className="ml-auto" />
      {nothing !== undefined && (
        <span className="mr-2 flex items-center gap-1.5 whitespace-nowrap">
          <span aria-hidden className="size-2.5 rounded-xs border border-line-strong" style={{ background: nothing }} />
          no data
        </span>
      )}
      <span className="whitespace-nowrap" title={isBelow ? 'What lies below has the same colour' : undefined}>
        {isBelow && '≤ '}
        {withUnit(words(from), unit)}
      </span>
      {isDiverging ? (
        <>
          <Gradient colours={scale.slice(0, middle + 1)} className="w-14 rounded-l-full" />
          <span className="-mx-0.5">0</span>
          <Gradient colours={scale.slice(middle)} className="w-14 rounded-r-full" />
        </>
      ) : (
        <Gradient colours={scale} className="w-28 rounded-full" />
      )}
      <span className="whitespace-nowrap" title={isAbove ? 'What lies above has the same colour' : undefined}>
        {isAbove && '≥ '}
        {withUnit(words(to), unit)}
      </span>
    </div>
  );
}

function Gradient({ colours, className }: { colours: readonly string[]; className: string }) {
  return (
    <span
      aria-hidden
      className={classNames('h-2 shrink-0', className)}
      style={{ background: `linear-gradient(to right, ${colours.join(', ')})` }}
    />
  );
}
