// A colour for each pair of two columns.
import { useMemo } from 'react';
import { labelTurn } from './bar-drawing.tsx';
import { domainOf, scaleColour, usePalette } from './palette.ts';
import { baseOption, categoryAxis, Picture, tipHtml } from './picture.tsx';
import { ScaleLegend } from './scale-legend.tsx';
import { useSize } from './use-size.ts';
import {
  amountText,
  categoryText,
  columnOf,
  type DrawingProps,
  everyOf,
  kindOfColumn,
  numberText,
  optionsOf,
} from './values.ts';

export default function HeatDrawing({ view, data }: DrawingProps) {
  const palette = usePalette();
  const [frame, { width }] = useSize();
  const { x, y, unit } = optionsOf(view);
  const domain = useMemo(() => domainOf(data.rows.map((row) => Number(row[2]))), [data]);
  const scale = domain.isDiverging ? palette.diverging : palette.sequential;
  const amount = amountText(data.columns[2] ?? '');
  const option = useMemo(() => {
    const columns = categoriesOf(
      data.rows.map((row) => row[0]),
      kindOfColumn(view, x) === 'number',
    );
    const rows = categoriesOf(
      data.rows.map((row) => row[1]),
      kindOfColumn(view, y) === 'number',
    );
    const xTexts = columns.map((value) => categoryText(value, columnOf(view, x), everyOf(data, 'xEvery')));
    const yTexts = rows.map((value) => categoryText(value, columnOf(view, y), everyOf(data, 'yEvery')));
    const placeOf = (all: readonly unknown[]) => new Map(all.map((value, i) => [value, i]));
    const [xPlace, yPlace] = [placeOf(columns), placeOf(rows)];
    return {
      ...baseOption(palette),
      grid: {
        left: 8,
        right: 8,
        top: 4,
        bottom: 4,
        outerBoundsMode: 'same' as const,
        outerBounds: { left: 4, right: 4, top: 4, bottom: 0 },
      },
      tooltip: {
        ...baseOption(palette).tooltip,
        trigger: 'item' as const,
        formatter: (given: unknown) => {
          const [column, row, value] = (given as { value: [number, number, number] }).value;
          return tipHtml(`${x?.replaceAll('_', ' ')} ${xTexts[column]}`, [
            { label: y?.replaceAll('_', ' ') ?? '', value: yTexts[row] ?? '' },
            { label: amount, value: numberText(value, unit) },
          ]);
        },
      },
      xAxis: {
        id: 'x',
        ...categoryAxis(palette, xTexts),
        axisLine: { show: false },
        axisLabel: { ...categoryAxis(palette, []).axisLabel, ...labelTurn(xTexts, width - 80), hideOverlap: true },
      },
      yAxis: {
        id: 'y',
        ...categoryAxis(palette, yTexts),
        inverse: true,
        axisLine: { show: false },
        axisLabel: {
          ...categoryAxis(palette, []).axisLabel,
          fontSize: 10,
          interval: 'auto' as const,
          hideOverlap: true,
          width: 90,
          overflow: 'truncate' as const,
        },
      },
      series: [
        {
          type: 'heatmap' as const,
          id: 'cells',
          emphasis: { itemStyle: { borderColor: palette.text, borderWidth: 1 } },
          itemStyle: { borderColor: palette.surface, borderWidth: 1, borderRadius: 2 },
          data: data.rows
            .filter((row) => row[2] !== null)
            .map((row) => ({
              value: [xPlace.get(row[0])!, yPlace.get(row[1])!, Number(row[2])],
              itemStyle: { color: scaleColour(scale, (Number(row[2]) - domain.from) / (domain.to - domain.from)) },
            })),
        },
      ],
    };
  }, [data, view, palette, scale, domain, width, x, y, unit, amount]);
  return (
    <div ref={frame} className="flex h-full min-h-0 flex-col gap-1">
      <div className="min-h-0 flex-1">
        <Picture option={option} label={`${view.title}: ${amount} by ${x} and ${y}`} />
      </div>
      <ScaleLegend scale={scale} domain={domain} unit={unit} label={amount} />
    </div>
  );
}

/** Each value once: numbers by size, others by name; what is missing last. */
function categoriesOf(values: readonly unknown[], isNumber: boolean): unknown[] {
  return [...new Set(values)].sort((a, b) => {
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return isNumber ? Number(a) - Number(b) : String(a).localeCompare(String(b), 'en', { numeric: true });
  });
}
