// A surface with a hairline around it, and the plain lists and figures that stand in it.
import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';

type CardProps = {
  title?: ReactNode;
  /** A line below the title. */
  note?: ReactNode;
  actions?: ReactNode;
  /** No padding around the content: for grids and graphs. */
  isFlush?: boolean;
  className?: string;
  children?: ReactNode;
};

export function Card({ title, note, actions, isFlush, className, children }: CardProps) {
  return (
    <section className={classNames('flex min-w-0 flex-col rounded-lg border border-line bg-surface', className)}>
      {(title || actions) && (
        <header className="flex min-h-11 items-center gap-3 border-b border-line px-4 py-2">
          <div className="min-w-0 flex-1">
            <h2 className="truncate text-sm font-semibold">{title}</h2>
            {note && <p className="text-xs text-muted">{note}</p>}
          </div>
          {actions && <div className="flex items-center gap-1.5">{actions}</div>}
        </header>
      )}
      <div className={classNames('min-h-0 min-w-0 flex-1', !isFlush && 'p-4')}>{children}</div>
    </section>
  );
}

/** Names and values, one pair a line. Pairs whose value is undefined are left out. */
export function Facts({ facts, className }: { facts: readonly (readonly [string, ReactNode])[]; className?: string }) {
  return (
    <dl className={classNames('grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-1.5', className)}>
      {facts
        .filter(([, value]) => value !== undefined && value !== null && value !== false)
        .map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-muted">{name}</dt>
            <dd className="min-w-0 break-words">{value}</dd>
          </div>
        ))}
    </dl>
  );
}

/** A figure with what it counts below. */
export function Figure({
  value,
  unit,
  label,
  tone,
}: {
  value: ReactNode;
  unit?: string;
  label: ReactNode;
  tone?: string;
}) {
  return (
    <div className="min-w-0">
      <div className={classNames('truncate text-lg leading-6 font-semibold', tone)}>
        {value}
        {unit && <span className="ml-1 text-xs font-normal text-muted">{unit}</span>}
      </div>
      <div className="truncate text-xs text-muted">{label}</div>
    </div>
  );
}
