// How often values occur: bars without gaps, those beyond the ends marked as such; values are told at the edges of the bars.
import { useMemo } from 'react';
import { formatCount, formatShare } from '../kit/format.ts';
import { axisEnds, endsOf, numberAxisOf, stepsFor } from './axis.ts';
import { named } from './bar-drawing.tsx';
import { type Bin, edgesOf } from './bin-edges.ts';
import { columnWords } from './label-text.ts';
import { usePalette, withOpacity } from './palette.ts';
import { baseOption, categoryAxis, gridAround, numberAxis, Picture, pointed, tipHtml } from './picture.tsx';
import { useSize } from './use-size.ts';
import { type DrawingProps, numberText, optionsOf } from './values.ts';

export default function HistogramDrawing({ view, data }: DrawingProps) {
  const palette = usePalette();
  const [frame, { width, height }] = useSize();
  const { unit, value } = optionsOf(view);
  const option = useMemo(() => {
    const bins = data.rows.map(([from, to, count]): Bin => ({ from: end(from), to: end(to), count: Number(count) }));
    const total = bins.reduce((sum, bin) => sum + bin.count, 0);
    const counts = numberAxisOf(0, endsOf(bins.map((bin) => bin.count))[1], {
      hasZero: true,
      isWhole: true,
      steps: stepsFor(height - 50),
    });
    const edges = edgesOf(bins, Math.max(2, Math.floor((width - 60) / 66)), unit);
    return {
      ...baseOption(palette),
      grid: gridAround({ left: 8, right: 20, top: 14, bottom: 4 }),
      tooltip: {
        ...baseOption(palette).tooltip,
        trigger: 'axis' as const,
        axisPointer: pointed(palette),
        formatter: (given: unknown) => {
          const bin = bins[(given as { dataIndex: number }[])[0]?.dataIndex ?? 0];
          if (!bin) return '';
          return tipHtml(binText(bin, unit), [
            { label: 'rows', value: formatCount(bin.count) },
            { label: 'of all', value: formatShare(bin.count / (total || 1)) },
          ]);
        },
      },
      xAxis: [
        {
          id: 'bins',
          ...categoryAxis(
            palette,
            bins.map((_, i) => String(i)),
          ),
          axisLabel: { show: false },
        },
        // one unit for each bin: its whole numbers are the edges
        {
          id: 'edges',
          ...numberAxis(palette),
          position: 'bottom' as const,
          min: 0,
          max: bins.length,
          splitLine: { show: false },
          axisPointer: { show: false },
          ...named(palette, columnWords(value, unit)),
          axisLabel: {
            ...numberAxis(palette).axisLabel,
            customValues: [...edges.keys()],
            formatter: (at: number) => edges.get(Math.round(at)) ?? '',
          },
        },
      ],
      yAxis: {
        id: 'y',
        ...numberAxis(palette),
        ...axisEnds(counts),
        axisLabel: { ...numberAxis(palette).axisLabel, ...axisEnds(counts).axisLabel },
      },
      series: [
        {
          type: 'bar' as const,
          id: 'bins',
          xAxisIndex: 0,
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
  }, [data, palette, unit, value, width, height]);
  return (
    <div ref={frame} className="h-full">
      <Picture option={option} label={`${view.title}: how often values occur`} />
    </div>
  );
}

function binText({ from, to }: Bin, unit: string | undefined): string {
  if (from === undefined) return `below ${numberText(to, unit)}`;
  if (to === undefined) return `${numberText(from, unit)} and more`;
  return `${numberText(from, undefined, to - from)} to ${numberText(to, unit, to - from)}`;
}

function end(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
