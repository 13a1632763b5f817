// How often values occur: bars without gaps, those beyond the ends marked as such.
import { useMemo } from 'react';
import { formatCount } from '../kit/format.ts';
import { usePalette, withOpacity } from './palette.ts';
import { baseOption, categoryAxis, numberAxis, Picture, tipHtml } from './picture.tsx';
import { axisText, type DrawingProps, numberText, optionsOf } from './values.ts';

export default function HistogramDrawing({ view, data }: DrawingProps) {
  const palette = usePalette();
  const { unit } = optionsOf(view);
  const option = useMemo(() => {
    const bins = data.rows.map(([from, to, count]) => ({ from: end(from), to: end(to), count: Number(count) }));
    const total = bins.reduce((sum, bin) => sum + bin.count, 0);
    const words = ({ from, to }: (typeof bins)[number]) => {
      if (from === undefined) return `below ${numberText(to, unit)}`;
      return to === undefined ? `${numberText(from, unit)} and more` : `${numberText(from)} to ${numberText(to, unit)}`;
    };
    return {
      ...baseOption(palette),
      grid: {
        left: 8,
        right: 16,
        top: 14,
        bottom: 4,
        outerBoundsMode: 'same' as const,
        outerBounds: { left: 4, right: 12, top: 8, bottom: 0 },
      },
      tooltip: {
        ...baseOption(palette).tooltip,
        trigger: 'axis' as const,
        axisPointer: { type: 'shadow' as const, shadowStyle: { color: palette.isDark ? '#ffffff0d' : '#0000000a' } },
        formatter: (given: unknown) => {
          const bin = bins[(given as { dataIndex: number }[])[0]?.dataIndex ?? 0];
          if (!bin) return '';
          return tipHtml(words(bin), [
            { label: 'rows', value: formatCount(bin.count) },
            { label: 'of all', value: `${numberText((100 * bin.count) / (total || 1))}%` },
          ]);
        },
      },
      xAxis: {
        id: 'x',
        ...categoryAxis(
          palette,
          bins.map(({ from, to }) =>
            from === undefined ? `< ${axisText(to!)}` : to === undefined ? `≥ ${axisText(from)}` : axisText(from),
          ),
        ),
        axisLabel: {
          ...categoryAxis(palette, []).axisLabel,
          hideOverlap: true,
          interval: 'auto' as const,
          ...(unit ? { formatter: (text: string) => `${text} ${unit}` } : {}),
        },
      },
      yAxis: { id: 'y', ...numberAxis(palette, (value) => axisText(value)) },
      series: [
        {
          type: 'bar' as const,
          id: 'bins',
          barCategoryGap: '6%',
          emphasis: { disabled: true },
          itemStyle: { color: palette.series[0]! },
          data: bins.map(({ from, to, count }) =>
            from === undefined || to === undefined
              ? { value: count, itemStyle: { color: withOpacity(palette.series[0]!, 0.45) } }
              : count,
          ),
        },
      ],
    };
  }, [data, palette, unit]);
  return <Picture option={option} label={`${view.title}: how often values occur`} />;
}

function end(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
