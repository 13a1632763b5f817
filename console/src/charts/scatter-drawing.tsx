// Points of two numbers, with the trend line of all rows.
import { useMemo, useState } from 'react';
import { plural } from '../kit/format.ts';
import { axisEnds, type NumberAxis, numberAxisOf, stepsFor } from './axis.ts';
import { colourBook, plainSlot, type Slot } from './colours.ts';
import { columnWords, unitOf } from './label-text.ts';
import { Legend, toggled } from './legend.tsx';
import { seriesLook, usePalette, withOpacity } from './palette.ts';
import { baseOption, gridAround, numberAxis, Picture, tipHtml } from './picture.tsx';
import { useSize } from './use-size.ts';
import { categoryText, columnOf, type DrawingProps, numberText, optionsOf } from './values.ts';

type Group = { key: string; label: string; points: [number, number][]; slot: Slot; isOthers: boolean };

const groupsMax = 8;

export default function ScatterDrawing({ view, data, isLarge }: DrawingProps) {
  const palette = usePalette();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const { x, y, by, unit } = optionsOf(view);
  const [frame, { width, height }] = useSize();
  const xUnit = unitOf(x, unit);
  const groups = useMemo(
    () => groupsOf(data.rows, (value) => categoryText(value, columnOf(view, by)), by),
    [data, view, by],
  );
  const { slope, intercept, r } = trendOf(data.facts) ?? {};
  const reach = useMemo(
    () => ({ x: reachOf(data.rows.map((row) => Number(row[0]))), y: reachOf(data.rows.map((row) => Number(row[1]))) }),
    [data],
  );
  const { xAxis, yAxis } = useMemo(
    () => ({
      xAxis: numberAxisOf(reach.x.from, reach.x.to, { unit: xUnit, steps: stepsFor(width - 60, 90) }),
      yAxis: numberAxisOf(reach.y.from, reach.y.to, { unit, steps: stepsFor(height - 60) }),
    }),
    [reach, unit, xUnit, width, height],
  );
  const outside = data.rows.filter((row) => isOutside(xAxis, row[0]) || isOutside(yAxis, row[1])).length;
  const option = useMemo(() => {
    const ends = [xAxis.from, xAxis.to];
    const axis = (name: string, numbers: NumberAxis) => ({
      ...numberAxis(palette),
      ...axisEnds(numbers),
      axisLabel: { ...numberAxis(palette).axisLabel, ...axisEnds(numbers).axisLabel },
      name,
      nameTextStyle: { color: palette.muted, fontSize: 11 },
    });
    return {
      ...baseOption(palette),
      grid: gridAround({ left: 8, right: 20, top: 26, bottom: 4 }),
      tooltip: {
        ...baseOption(palette).tooltip,
        trigger: 'item' as const,
        formatter: (given: unknown) => {
          const { value, seriesName } = given as { value: [number, number]; seriesName: string };
          return tipHtml(by === undefined ? 'A row' : seriesName, [
            { label: columnWords(x, xUnit), value: numberText(value[0], xUnit, xAxis.step) },
            { label: columnWords(y, unit), value: numberText(value[1], unit, yAxis.step) },
          ]);
        },
      },
      xAxis: { id: 'x', ...axis(columnWords(x, xUnit), xAxis), nameLocation: 'middle' as const, nameGap: 24 },
      yAxis: {
        id: 'y',
        ...axis(columnWords(y, unit), yAxis),
        nameLocation: 'end' as const,
        nameGap: 10,
        nameTextStyle: { color: palette.muted, fontSize: 11, align: 'left' as const },
      },
      series: [
        ...groups
          .filter((one) => !hidden.has(one.key))
          .map((one) => ({
            type: 'scatter' as const,
            id: one.key,
            name: one.label,
            symbolSize: data.rows.length > 1500 ? 4 : 6,
            itemStyle: {
              color: withOpacity(
                seriesLook(palette, one.slot, one.isOthers).colour,
                data.rows.length > 1500 ? 0.35 : 0.6,
              ),
            },
            emphasis: { disabled: true },
            // all at once: drawn bit by bit, live rows would begin it again before it is done
            progressive: 0,
            data: one.points,
          })),
        ...(slope !== undefined && intercept !== undefined && ends[0]! < ends[1]!
          ? [
              {
                type: 'line' as const,
                id: 'trend',
                name: 'trend',
                silent: true,
                symbol: 'none',
                lineStyle: { color: palette.text, width: 2, type: 'dashed' as const },
                data: ends.map((at) => [at, slope * at! + intercept]),
                clip: true,
              },
            ]
          : []),
      ],
    };
  }, [data, groups, hidden, palette, xAxis, yAxis, slope, intercept, x, y, by, unit, xUnit]);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div ref={frame} className="min-h-0 flex-1">
        <Picture option={option} label={`${view.title}: ${y} against ${x}`} />
      </div>
      {(slope !== undefined || outside > 0) && (
        <p className="flex flex-wrap gap-x-4 px-1 text-xs text-muted">
          {slope !== undefined && intercept !== undefined && (
            <span>
              Trend over all rows: <span className="font-mono">{equation(slope, intercept)}</span>
              {r !== undefined && <span className="font-mono"> · r = {numberText(r)}</span>}
            </span>
          )}
          {outside > 0 && <span>{plural(outside, 'point')} far outside, not drawn</span>}
        </p>
      )}
      {groups.length > 1 && (
        <Legend
          isLarge={isLarge}
          hidden={hidden}
          onToggle={(key) => setHidden((before) => toggled(before, key))}
          items={groups.map((one) => ({
            key: one.key,
            label: one.label,
            colour: seriesLook(palette, one.slot, one.isOthers).colour,
          }))}
        />
      )}
    </div>
  );
}

/** The eight values with the most points, and all others. */
function groupsOf(
  rows: readonly (readonly unknown[])[],
  name: (value: unknown) => string,
  by: string | undefined,
): Group[] {
  const found = new Map<string, { label: string; points: [number, number][] }>();
  for (const row of rows) {
    const key = by === undefined ? '' : JSON.stringify(row[2]);
    const one = found.get(key) ?? { label: by === undefined ? 'rows' : name(row[2]), points: [] };
    one.points.push([Number(row[0]), Number(row[1])]);
    found.set(key, one);
  }
  const all = [...found].sort(([, a], [, b]) => b.points.length - a.points.length);
  const named = all.slice(0, all.length > groupsMax ? groupsMax : all.length);
  const rest = all.slice(named.length);
  const keys = named.map(([key]) => key);
  const slots = by === undefined ? undefined : colourBook.slotsOf(by, keys);
  const groups = named
    .sort(([, a], [, b]) => a.label.localeCompare(b.label, 'en', { numeric: true }))
    .map(([key, one]): Group => ({ key, ...one, slot: slots?.get(key) ?? plainSlot, isOthers: false }));
  if (rest.length === 0) return groups;
  const points = rest.flatMap(([, one]) => one.points);
  return [...groups, { key: 'others', label: `${rest.length} others`, points, slot: plainSlot, isOthers: true }];
}

type Trend = { slope: number; intercept: number; r: number | undefined };

function trendOf(facts: Record<string, unknown> | undefined): Trend | undefined {
  const { slope, intercept, r } = facts ?? {};
  if (typeof slope !== 'number' || typeof intercept !== 'number') return undefined;
  return { slope, intercept, r: typeof r === 'number' ? r : undefined };
}

function equation(slope: number, intercept: number): string {
  return `y = ${numberText(slope)} x ${intercept < 0 ? '−' : '+'} ${numberText(Math.abs(intercept))}`;
}

type Reach = { from: number; to: number };

/** From the least to the greatest value; where a few lie far out, the rest, so that it can be seen. */
function reachOf(values: number[]): Reach {
  values.sort((a, b) => a - b);
  const [from, to] = [values[0] ?? 0, values.at(-1) ?? 1];
  const out = Math.floor(values.length * 0.005);
  const [low, high] = [values[out] ?? from, values.at(-1 - out) ?? to];
  const air = (high - low) * 0.1;
  if (values.length < 200 || high <= low || to - from < 2.5 * (high - low)) return { from, to };
  return { from: Math.max(from, low - air), to: Math.min(to, high + air) };
}

function isOutside({ from, to }: NumberAxis, value: unknown): boolean {
  return Number(value) < from || Number(value) > to;
}
