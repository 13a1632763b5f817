// One number, large, with its course below.
import { useMemo } from 'react';
import { formatCount } from '../kit/format.ts';
import { type DrawingProps, everyOf, numberText, optionsOf, spanText } from './values.ts';

const width = 240;
const height = 34;

export default function NumberDrawing({ view, data, isLarge }: DrawingProps) {
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
    <div className="flex h-full min-h-0 flex-col justify-between gap-1">
      <p
        className={
          isLarge ? 'text-5xl font-semibold tracking-tight' : 'text-2xl leading-8 font-semibold tracking-tight'
        }
      >
        {text}
        {unit && typeof value === 'number' && <span className="ml-1 text-sm font-normal text-muted">{unit}</span>}
      </p>
      {course.length > 1 && (
        <Course course={course} words={(at) => spanText(at, everyOf(data))} isLarge={isLarge === true} />
      )}
    </div>
  );
}

type CourseProps = {
  course: readonly { at: number; amount: number }[];
  words: (at: number) => string;
  isLarge: boolean;
};

/** A line from the first to the last time; zero is in view where all values are on one side of it and near. */
function Course({ course, words, isLarge }: CourseProps) {
  const amounts = course.map((one) => one.amount);
  const [low, high] = [Math.min(...amounts), Math.max(...amounts)];
  const floor = low >= 0 && low < high * 0.7 ? 0 : low;
  const [first, last] = [course[0]!, course.at(-1)!];
  const points = course.map(({ at, amount }) => {
    const x = (width * (at - first.at)) / (last.at - first.at || 1);
    const y = height - 3 - ((height - 6) * (amount - floor)) / (high - floor || 1);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  return (
    <svg
      role="img"
      aria-label={`From ${words(first.at)} to ${words(last.at)}: between ${numberText(low)} and ${numberText(high)}`}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      className={isLarge ? 'h-2/3 w-full' : 'h-8 w-full'}
    >
      <polygon points={`0,${height} ${points.join(' ')} ${width},${height}`} fill="var(--accent)" opacity="0.1" />
      <polyline
        points={points.join(' ')}
        fill="none"
        stroke="var(--accent)"
        strokeWidth="1.5"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}
