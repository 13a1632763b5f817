// What the colours of a scale mean.
import { classNames } from '../kit/class-names.ts';
import type { Domain } from './palette.ts';
import { axisText } from './values.ts';

type ScaleLegendProps = {
  scale: readonly string[];
  domain: Domain;
  unit?: string | undefined;
  label: string;
  className?: string;
};

export function ScaleLegend({ scale, domain, unit, label, className }: ScaleLegendProps) {
  const middle = domain.isDiverging ? 0 : (domain.from + domain.to) / 2;
  return (
    <div className={classNames('flex items-center gap-2 text-2xs text-muted', className)}>
      <span className="truncate">{label}</span>
      <span className="ml-auto font-mono whitespace-nowrap">{axisText(domain.from, unit)}</span>
      <span
        aria-hidden
        title={axisText(middle, unit)}
        className="h-2 w-28 shrink-0 rounded-full"
        style={{ background: `linear-gradient(to right, ${scale.join(', ')})` }}
      />
      <span className="font-mono whitespace-nowrap">{axisText(domain.to, unit)}</span>
    </div>
  );
}
