// A colour for each pair of two columns.
import { useMemo } from 'react';
import { named } from './bar-drawing.tsx';
import { marksLabel, textMarks, timeMarks } from './category-marks.ts';
import { domainOf, placeIn } from './domain.ts';
import { columnWords, middleCut } from './label-text.ts';
import { scaleColour, usePalette } from './palette.ts';
import { baseOption, categoryAxis, gridAround, Picture, tipHtml } from './picture.tsx';
import { ScaleLegend } from './scale-legend.tsx';
import { useSize } from './use-size.ts';
import { UtcSign } from './utc-sign.tsx';
import {
  amountText,
  categoryText,
  columnOf,
  type DrawingProps,
  type Every,
  everyOf,
  isAddedUp,
  isTimeKind,
  kindOfColumn,
  numberText,
  optionsOf,
  withoutHoles,
} from './values.ts';

export default function HeatDrawing({ view, data }: DrawingProps) {
  const palette = usePalette();
  const [frame, { width, height }] = useSize();
  const { x, y, unit } = optionsOf(view);
  const domain = useMemo(
    () =>
      domainOf(
        data.rows.map((row) => Number(row[2])),
        isAddedUp(view),
      ),
    [data, view],
  );
  const scale = domain.isDiverging ? palette.diverging : palette.sequential;
  const amount = amountText(data.columns[2] ?? '', unit);
  const isTime = isTimeKind(kindOfColumn(view, x));
  const cells = useMemo(() => {
    const side = (name: string | undefined, at: 0 | 1, every: Every) => {
      const kind = kindOfColumn(view, name);
      const values = categoriesOf(
        data.rows.map((row) => row[at]),
        kind === 'number',
      );
      return isTimeKind(kind) ? spansOf(values, every) : values;
    };
    const columns = side(x, 0, everyOf(data, 'xEvery'));
    const rows = side(y, 1, everyOf(data, 'yEvery'));
    const placeOf = (all: readonly unknown[]) => new Map(all.map((value, i) => [value, i]));
    const [xPlace, yPlace] = [placeOf(columns), placeOf(rows)];
    return {
      columns,
      xTexts: columns.map((value) => categoryText(value, columnOf(view, x), everyOf(data, 'xEvery'))),
      yTexts: rows.map((value) => categoryText(value, columnOf(view, y), everyOf(data, 'yEvery'))),
      values: data.rows
        .filter((row) => row[2] !== null)
        .map((row): [number, number, number] => [xPlace.get(row[0])!, yPlace.get(row[1])!, Number(row[2])]),
    };
  }, [data, view, x, y]);
  const hasNothing = cells.values.length < cells.xTexts.length * cells.yTexts.length;
  const option = useMemo(() => {
    const { columns, xTexts, yTexts, values } = cells;
    const signs = Math.floor(Math.min(150, width * 0.3) / 6);
    const longest = Math.min(signs, Math.max(0, ...yTexts.map((text) => text.length)));
    const room = width - longest * 6 - 24;
    const times = columns.map((value) => Date.parse(String(value)));
    const marks =
      isTime && !times.some(Number.isNaN) ? timeMarks(times, everyOf(data, 'xEvery'), room) : textMarks(xTexts, room);
    return {
      ...baseOption(palette),
      grid: gridAround({ left: 8, right: 14, top: 6, bottom: 4 }),
      tooltip: {
        ...baseOption(palette).tooltip,
        trigger: 'item' as const,
        formatter: (given: unknown) => {
          const [column, row, value] = (given as { value: [number, number, number] }).value;
          return tipHtml(isTime ? (xTexts[column] ?? '') : `${columnWords(x)} ${xTexts[column]}`, [
            { label: columnWords(y), value: yTexts[row] ?? '' },
            { label: amount, value: numberText(value, unit) },
          ]);
        },
      },
      xAxis: {
        id: 'x',
        ...categoryAxis(palette, xTexts),
        axisLine: { show: false },
        axisLabel: { ...categoryAxis(palette, []).axisLabel, ...marksLabel(marks) },
        ...(isTime ? {} : named(palette, columnWords(x))),
      },
      yAxis: {
        id: 'y',
        ...categoryAxis(palette, yTexts),
        inverse: true,
        axisLine: { show: false },
        axisLabel: {
          ...categoryAxis(palette, []).axisLabel,
          fontSize: 10,
          interval: Math.max(0, Math.ceil((12 * yTexts.length) / Math.max(1, height - 40)) - 1),
          formatter: (text: string) => middleCut(text, signs),
        },
      },
      series: [
        {
          type: 'heatmap' as const,
          id: 'cells',
          emphasis: { itemStyle: { borderColor: palette.text, borderWidth: 1 } },
          itemStyle: { borderColor: palette.surface, borderWidth: 1, borderRadius: 2 },
          data: values.map((value) => ({
            value,
            itemStyle: { color: scaleColour(scale, placeIn(domain, value[2])) },
          })),
        },
      ],
    };
  }, [cells, data, palette, scale, domain, width, height, x, y, unit, amount, isTime]);
  return (
    <div className="flex h-full min-h-0 flex-col gap-1">
      <div ref={frame} className="relative min-h-0 flex-1">
        <Picture option={option} label={`${view.title}: ${amount} by ${x} and ${y}`} />
        {isTime && <UtcSign />}
      </div>
      <ScaleLegend
        scale={scale}
        domain={domain}
        unit={unit}
        label={amount}
        nothing={hasNothing ? palette.surface : undefined}
      />
    </div>
  );
}

/** Spans of time with those in between where nothing is, as they came. */
function spansOf(values: readonly unknown[], every: Every): unknown[] {
  const given = new Map(values.map((value) => [Date.parse(String(value)), value]));
  if (given.has(Number.NaN)) return [...values];
  return withoutHoles([...given.keys()], every, 120).map((at) => given.get(at) ?? new Date(at).toISOString());
}

/** Each value once: numbers by size, others by name; what is missing last. */
function categoriesOf(values: readonly unknown[], isNumber: boolean): unknown[] {
  return [...new Set(values)].sort((a, b) => {
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return isNumber ? Number(a) - Number(b) : String(a).localeCompare(String(b), 'en', { numeric: true });
  });
}
