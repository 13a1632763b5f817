// A chart in a card: its title, what was left out, whether it follows live rows, its values, and the way to enlarge it.
import './charts.css';
import { ChartSpline, CircleX, Maximize2, RotateCw, SearchX, Sheet, TableProperties } from 'lucide-react';
import { memo, useState } from 'react';
import type { ChartView } from '../../../src/web/schemas.ts';
import { problemOf } from '../api/request.ts';
import { Button, IconButton } from '../kit/button.tsx';
import { classNames } from '../kit/class-names.ts';
import { CopyButton } from '../kit/copy-button.tsx';
import { Empty } from '../kit/empty.tsx';
import { Failure } from '../kit/failure.tsx';
import { capitalised, formatTime } from '../kit/format.ts';
import { Skeleton } from '../kit/skeleton.tsx';
import { type Choice, isNarrowed } from './choice.ts';
import { useIsCovered } from './covered.ts';
import { Drawing } from './drawing.tsx';
import { columnWords } from './label-text.ts';
import { useChartData } from './use-chart-data.ts';
import { useSeen } from './use-seen.ts';
import { kindOfColumn, optionsOf } from './values.ts';
import { chartCsv, ValuesGrid } from './values-grid.tsx';

export type ChartProps = {
  pipeline: string;
  view: ChartView;
  choice: Choice;
  /** Another text whenever the chart's table has changed. */
  mark: string;
  onReset: () => void;
  onRange: (from: number, to: number) => void;
};

type CardProps = ChartProps & { height: number; span?: number; onEnlarge: (id: string) => void };

export const ChartCard = memo(function ChartCard(props: CardProps) {
  const { view, choice, height, span, onEnlarge } = props;
  const { ref, isSeen, wasSeen } = useSeen();
  const [hasValues, setValues] = useState(false);
  const isCovered = useIsCovered();
  const shown = useChartData(props.pipeline, view, choice, props.mark, isSeen && !isCovered);
  const isNumber = view.kind === 'number';
  const unfit = choice.where.filter((filter) => !view.columns.some((column) => column.name === filter.column));
  const note = [
    shown.data?.note,
    ...weightNote(view),
    view.kind === 'grid' && shown.data?.rows.length && hasTimes(view, shown.data.columns) ? 'times in UTC' : undefined,
    unfit.length > 0 ? `not filtered by ${unfit.map((one) => one.column).join(', ')}` : undefined,
  ].filter(Boolean);
  return (
    <section
      ref={ref}
      aria-label={view.title}
      data-chart={view.id}
      style={
        {
          '--height': `${height}px`,
          ...(span ? { '--span': `span ${span} / span ${span}` } : {}),
        } as React.CSSProperties
      }
      className={classNames(
        'group flex h-(--height) min-w-0 flex-col rounded-lg border border-line bg-surface',
        span !== undefined && 'xl:[grid-column:var(--span)]',
        span !== undefined && span > 7 && 'lg:max-xl:col-span-2',
      )}
    >
      <header className={classNames('flex items-start gap-2 pt-2.5 pr-2 pl-4', isNumber ? 'pb-0' : 'pb-1.5')}>
        <div className="min-w-0 flex-1">
          <div className="flex items-center gap-2">
            <h2
              className={classNames('truncate', isNumber ? 'text-xs font-medium text-muted' : 'text-sm font-semibold')}
              title={view.title}
            >
              {view.title}
            </h2>
            <LiveDot at={shown.updatedAt} />
          </div>
          {note.length > 0 && !isNumber && (
            <p className="truncate text-2xs text-muted" title={note.join('; ')}>
              {note.join('; ')}
            </p>
          )}
        </div>
        <div
          className={classNames(
            '-mt-0.5 flex items-center opacity-70 transition-opacity group-hover:opacity-100 focus-within:opacity-100',
            isNumber && 'opacity-0 pointer-coarse:opacity-70',
          )}
        >
          {!isNumber && view.kind !== 'grid' && (
            <IconButton
              icon={hasValues ? ChartSpline : TableProperties}
              label={hasValues ? 'Show the chart' : 'Show the values'}
              size="small"
              isPressed={hasValues}
              onClick={() => setValues(!hasValues)}
            />
          )}
          {!isNumber && <CopyButton label="Copy as CSV" text={() => (shown.data ? chartCsv(shown.data) : '')} />}
          <IconButton icon={Maximize2} label="Enlarge" size="small" onClick={() => onEnlarge(view.id)} />
        </div>
      </header>
      <div
        className={classNames(
          'min-h-0 flex-1',
          view.kind === 'grid' || hasValues ? 'overflow-hidden rounded-b-lg border-t border-line' : 'px-4 pb-3',
        )}
      >
        {wasSeen && <ChartBody {...props} shown={shown} hasValues={hasValues} />}
      </div>
    </section>
  );
});

type BodyProps = ChartProps & { shown: ReturnType<typeof useChartData>; hasValues: boolean; isLarge?: boolean };

/** The drawing, or what stands in its place while there is nothing to draw. */
export function ChartBody({ view, choice, shown, hasValues, isLarge, onReset, onRange }: BodyProps) {
  const { data, error, isBefore } = shown;
  if (error && view.kind === 'number' && !isLarge) return <NumberFailure error={error} retry={shown.refetch} />;
  if (data === undefined) {
    if (error)
      return <Failure isCompact error={error} retry={shown.refetch} className="m-1 max-h-full overflow-auto" />;
    return (
      <div role="status" aria-label={`Loading ${view.title}`} className="h-full py-1">
        <Skeleton className="h-full w-full" />
      </div>
    );
  }
  if (isEmpty(view, data.rows)) {
    return (
      <div className="grid h-full place-items-center overflow-hidden">
        {isNarrowed(view, choice) ? (
          <Empty
            icon={SearchX}
            title="Nothing in this range"
            action={
              <Button size="small" onClick={onReset}>
                Show all rows
              </Button>
            }
          />
        ) : (
          <Empty icon={Sheet} title="No rows yet">
            It is drawn as soon as <span className="font-mono">{view.table}</span> has rows.
          </Empty>
        )}
      </div>
    );
  }
  return (
    <div className={classNames('h-full transition-opacity duration-200', isBefore && 'opacity-55')}>
      {error ? <Failure isCompact error={error} retry={shown.refetch} /> : null}
      {hasValues ? (
        <ValuesGrid view={view} data={data} />
      ) : (
        <Drawing view={view} data={data} onRange={onRange} {...(isLarge ? { isLarge } : {})} />
      )}
    </div>
  );
}

/** What went wrong, on the little room of a number; all of it on hover, and where it is enlarged. */
function NumberFailure({ error, retry }: { error: unknown; retry: () => void }) {
  const { title, detail, remedy } = problemOf(error);
  const words = [title, detail, remedy]
    .filter((one) => one !== undefined)
    .map((one) => capitalised(one).replace(/\w$/, '$&.'));
  return (
    <div role="alert" title={words.join('\n')} className="flex h-full items-start gap-2 pt-1">
      <CircleX aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />
      <p className="line-clamp-3 min-w-0 flex-1 text-xs break-words">{words.join(' ')}</p>
      <IconButton icon={RotateCw} label="Try again" size="small" className="-mt-1 -mr-2" onClick={retry} />
    </div>
  );
}

/** By what a mean is weighted. */
export function weightNote(view: ChartView): string[] {
  const { weight } = optionsOf(view);
  return weight === undefined ? [] : [`weighted by ${columnWords(weight)}`];
}

/** Whether times are shown as they are; axes of times say by themselves which ones they are. */
function hasTimes(view: ChartView, columns: readonly string[] = []): boolean {
  return columns.some((name) => kindOfColumn(view, name) === 'time') && optionsOf(view).by === undefined;
}

/** A number is never empty: it says that there is nothing. */
function isEmpty(view: ChartView, rows: readonly (readonly unknown[])[]): boolean {
  return view.kind !== 'number' && rows.length === 0;
}

/** Lights up for a moment with each answer. */
function LiveDot({ at }: { at: number }) {
  if (at === 0) return null;
  return (
    <span
      key={at}
      role="img"
      aria-label="Follows live rows"
      title={`Follows live rows; read at ${formatTime(at, { isUtc: true })} UTC`}
      className="size-1.5 shrink-0 animate-[settle_2s_ease-out_forwards] rounded-full bg-accent"
    />
  );
}
