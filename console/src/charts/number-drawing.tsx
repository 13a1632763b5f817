// One number, large, with its course below: in little room only its shape, enlarged a line with times and values.
import { lazy, Suspense, useMemo } from 'react';
import type { ChartData, ChartView } from '../../../src/web/schemas.ts';
import { classNames } from '../kit/class-names.ts';
import { formatCount } from '../kit/format.ts';
import { Skeleton } from '../kit/skeleton.tsx';
import { runsOf } from './line-model.ts';
import {
  type DrawingProps,
  type Every,
  everyOf,
  numberText,
  optionsOf,
  partialOf,
  spanMs,
  spanText,
} from './values.ts';

const LineDrawing = lazy(() => import('./line-drawing.tsx'));

const width = 240;
const height = 34;

export default function NumberDrawing({ view, data, isLarge, onRange }: DrawingProps) {
  const { unit } = optionsOf(view);
  const value = data.rows[0]?.[1];
  const course = useMemo(
    () =>
      data.rows
        .slice(1)
        .flatMap(([at, amount]) => (typeof amount === 'number' ? [{ at: Date.parse(String(at)), amount }] : [])),
    [data],
  );
  const text =
    typeof value === 'number'
      ? Number.isInteger(value)
        ? formatCount(value).replace('-', '−')
        : numberText(value)
      : '–';
  return (
    <div
      className={classNames(
        'flex h-full min-h-0 flex-col',
        course.length > 1 ? 'justify-between' : 'justify-center',
        isLarge ? 'gap-4' : 'gap-1',
      )}
    >
      <p
        className={
          isLarge ? 'text-5xl font-semibold tracking-tight' : 'text-2xl leading-8 font-semibold tracking-tight'
        }
      >
        {text}
        {unit && typeof value === 'number' && <span className="ml-1 text-sm font-normal text-muted">{unit}</span>}
      </p>
      {course.length > 1 && !isLarge && <Course course={course} every={everyOf(data)} partial={partialOf(data)} />}
      {course.length > 1 && isLarge && (
        <div className="min-h-0 flex-1">
          <Suspense fallback={<Skeleton className="h-full w-full" />}>
            <LineDrawing {...courseOf(view, data)} isLarge {...(onRange ? { onRange } : {})} />
          </Suspense>
        </div>
      )}
    </div>
  );
}

/** The course of a number as a line over the table's time. */
function courseOf(view: ChartView, data: ChartData): { view: ChartView; data: ChartData } {
  const [x, y] = data.columns;
  const { unit } = optionsOf(view);
  return {
    view: { ...view, kind: 'line', options: { x, y, ...(unit === undefined ? {} : { unit }) } },
    data: { ...data, rows: data.rows.slice(1) },
  };
}

type CourseProps = {
  course: readonly { at: number; amount: number }[];
  every: Every;
  partial: { first?: boolean; last?: boolean };
};

/**
 * A line from the first to the last time; zero is in view where all values are on one side of it and near. What leads to a span that is
 * counted in part only is dashed.
 */
function Course({ course, every, partial }: CourseProps) {
  const words = (at: number) => spanText(at, every);
  const amounts = course.map((one) => one.amount);
  const [low, high] = [Math.min(...amounts), Math.max(...amounts)];
  const floor = low >= 0 && low < high * 0.7 ? 0 : low;
  const [first, last] = [course[0]!, course.at(-1)!];
  const pointOf = ({ at, amount }: CourseProps['course'][number]) => {
    const x = (width * (at - first.at)) / (last.at - first.at || 1);
    const y = height - 3 - ((height - 6) * (amount - floor)) / (high - floor || 1);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  };
  const step = spanMs(every);
  const whole = runsOf(course.slice(partial.first ? 1 : 0, partial.last ? -1 : undefined), step);
  const ends = [...(partial.first ? [course.slice(0, 2)] : []), ...(partial.last ? [course.slice(-2)] : [])];
  const parts = ends.filter((end) => runsOf(end, step).length === 1).map((end) => end.map(pointOf));
  // a time by itself is a dot
  const runs = whole.map((run) => (run.length === 1 ? [run[0]!, run[0]!] : run).map(pointOf));
  return (
    <svg
      role="img"
      aria-label={`From ${words(first.at)} to ${words(last.at)} UTC: between ${numberText(low)} and ${numberText(high)}`}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      className="h-8 w-full"
    >
      {runs.map((run) => (
        <g key={run[0]}>
          <polygon
            points={`${run[0]!.split(',')[0]},${height} ${run.join(' ')} ${run.at(-1)!.split(',')[0]},${height}`}
            fill="var(--accent)"
            opacity="0.1"
          />
          <polyline
            points={run.join(' ')}
            fill="none"
            stroke="var(--accent)"
            strokeWidth="1.5"
            strokeLinecap="round"
            vectorEffect="non-scaling-stroke"
          />
        </g>
      ))}
      {parts.map((part) => (
        <polyline
          key={part.join(' ')}
          points={part.join(' ')}
          fill="none"
          stroke="var(--accent)"
          strokeWidth="1.25"
          strokeDasharray="2 3"
          opacity="0.6"
          vectorEffect="non-scaling-stroke"
        />
      ))}
    </svg>
  );
}
