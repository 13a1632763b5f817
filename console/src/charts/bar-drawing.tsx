// Bars, one for each place of the axis, stacked by series.
import { useMemo, useState } from 'react';
import { Legend, toggled } from './legend.tsx';
import { seriesModel } from './line-model.ts';
import { type Palette, seriesLook, usePalette } from './palette.ts';
import { baseOption, categoryAxis, numberAxis, Picture, tipHtml } from './picture.tsx';
import { useSize } from './use-size.ts';
import { amountText, axisText, type DrawingProps, numberText, optionsOf, spanText } from './values.ts';

export default function BarDrawing({ view, data, isLarge }: DrawingProps) {
  const palette = usePalette();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [frame, { width }] = useSize();
  const { unit } = optionsOf(view);
  const model = useMemo(() => seriesModel(view, data), [view, data]);
  const option = useMemo(() => {
    const labels =
      model.labels ?? model.places.map((place) => (model.isTime ? spanText(place, model.every) : numberText(place)));
    const shown = model.series.filter((one) => !hidden.has(one.key));
    const isOne = model.series.length <= 1;
    const turn = labelTurn(labels, width - 70);
    return {
      ...baseOption(palette),
      grid: {
        left: 8,
        right: 12,
        top: 14,
        bottom: 4,
        outerBoundsMode: 'same' as const,
        outerBounds: { left: 4, right: 8, top: 8, bottom: 0 },
      },
      tooltip: {
        ...baseOption(palette).tooltip,
        trigger: 'axis' as const,
        axisPointer: { type: 'shadow' as const, shadowStyle: { color: palette.isDark ? '#ffffff0d' : '#0000000a' } },
        formatter: (given: unknown) => tooltipOf(given, palette, unit, isOne),
      },
      xAxis: {
        id: 'x',
        ...categoryAxis(palette, labels),
        axisLabel: { ...categoryAxis(palette, []).axisLabel, ...turn, hideOverlap: true },
      },
      yAxis: { id: 'y', ...numberAxis(palette, (value) => axisText(value, unit)) },
      series: shown.map((one) => ({
        type: 'bar' as const,
        id: one.key,
        name: amountText(one.label),
        ...(isOne ? {} : { stack: 'all' }),
        barMaxWidth: 46,
        barCategoryGap: '28%',
        itemStyle: {
          color: seriesLook(palette, one.index, one.isOthers).colour,
          borderRadius: isOne ? [2, 2, 0, 0] : 0,
        },
        emphasis: { disabled: true },
        data: one.values.map((value) =>
          value !== null && value < 0 && isOne ? { value, itemStyle: { borderRadius: [0, 0, 2, 2] } } : value,
        ),
      })),
    };
  }, [model, hidden, palette, width, unit]);
  return (
    <div ref={frame} className="flex h-full min-h-0 flex-col">
      <div className="min-h-0 flex-1">
        <Picture option={option} label={`${view.title}: bars`} />
      </div>
      {model.series.length > 1 && (
        <Legend
          isLarge={isLarge}
          hidden={hidden}
          onToggle={(key) => setHidden((before) => toggled(before, key))}
          items={model.series.map((one) => ({
            key: one.key,
            label: one.label,
            colour: seriesLook(palette, one.index, one.isOthers).colour,
          }))}
        />
      )}
    </div>
  );
}

/** Names below bars: level where they fit, else slanted or upright; all of them as long as they can be read. */
export function labelTurn(
  labels: readonly string[],
  width: number,
): { rotate: number; interval: number | 'auto'; width?: number; overflow?: 'truncate' } {
  const perBar = width / Math.max(1, labels.length);
  const longest = Math.max(0, ...labels.map((label) => label.length)) * 6.4;
  if (longest + 8 <= perBar) return { rotate: 0, interval: 0 };
  if (perBar >= 26) return { rotate: 35, interval: 0, width: 96, overflow: 'truncate' };
  if (perBar >= 12) return { rotate: 90, interval: 0, width: 100, overflow: 'truncate' };
  if (longest < 40) return { rotate: 0, interval: 'auto' };
  // ECharts' own choice lets upright names touch
  return { rotate: 90, interval: Math.ceil(13 / perBar) - 1, width: 100, overflow: 'truncate' };
}

type TipItem = { name: string; seriesName?: string; value: unknown; color?: unknown };

function tooltipOf(given: unknown, palette: Palette, unit: string | undefined, isOne: boolean): string {
  const items = (Array.isArray(given) ? given : [given]) as TipItem[];
  return tipHtml(
    items[0]?.name ?? '',
    items
      .filter((one) => one.value !== null && one.value !== undefined)
      .map((one) => ({
        label: one.seriesName ?? '',
        value: numberText(one.value, unit),
        colour: isOne ? undefined : String(one.color ?? palette.muted),
      })),
  );
}
