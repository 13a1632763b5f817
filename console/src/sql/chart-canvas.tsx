// Draws the series of a query with ECharts; loaded only when a chart is asked for.
import { BarChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useMemo, useRef } from 'react';
import { themeColour, useIsDark } from '../kit/theme.ts';
import type { ChartChoice, Series } from './chart-choice.ts';

use([BarChart, LineChart, ScatterChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

type ChartCanvasProps = { choice: ChartChoice; series: readonly Series[]; axis: 'time' | 'category' | 'value' };

function optionsOf({ choice, series, axis }: ChartCanvasProps) {
  const [text, muted, line, surface] = (['--text', '--muted', '--line', '--surface'] as const).map(themeColour);
  const font = { fontFamily: 'Inter Variable, sans-serif', fontSize: 11 };
  const axisLook = {
    axisLabel: { color: muted, ...font },
    axisLine: { lineStyle: { color: line } },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: line } },
    nameTextStyle: { color: muted, ...font },
  };
  const palette = [1, 2, 3, 4, 5, 6, 7, 8].map((i) => themeColour(`--series-${i}`));
  return {
    animation: false,
    useUTC: true,
    color: palette,
    textStyle: font,
    grid: { left: 8, right: 20, top: series.length > 1 ? 36 : 24, bottom: 28, outerBoundsMode: 'same' },
    legend: {
      show: series.length > 1,
      top: 0,
      left: 0,
      type: 'scroll',
      icon: 'roundRect',
      itemWidth: 10,
      itemHeight: 10,
      textStyle: { color: text, ...font },
    },
    tooltip: {
      trigger: choice.kind === 'scatter' ? 'item' : 'axis',
      confine: true,
      backgroundColor: surface,
      borderColor: line,
      textStyle: { color: text, ...font },
    },
    xAxis: {
      type: axis,
      name: choice.x,
      nameLocation: 'middle',
      nameGap: 26,
      scale: true,
      ...axisLook,
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      name: choice.y,
      scale: choice.kind !== 'bar',
      ...axisLook,
      nameTextStyle: { ...axisLook.nameTextStyle, align: 'left' },
    },
    series: series.map(({ name, points }) => ({
      name,
      type: choice.kind,
      data: points,
      showSymbol: points.length < 40,
      symbolSize: choice.kind === 'scatter' ? 6 : 5,
      lineStyle: { width: 1.5 },
      itemStyle: {
        opacity: choice.kind === 'scatter' ? 0.7 : 1,
        borderRadius: choice.kind === 'bar' ? [2, 2, 0, 0] : 0,
      },
      barMaxWidth: 40,
    })),
  };
}

export default function ChartCanvas(props: ChartCanvasProps) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<ReturnType<typeof init>>(null);
  const isDark = useIsDark();
  const { choice, series, axis } = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: colours are read again when the theme changes.
  const options = useMemo(() => optionsOf({ choice, series, axis }), [choice, series, axis, isDark]);
  useEffect(() => {
    const made = init(place.current!, undefined, { renderer: 'canvas' });
    chart.current = made;
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(place.current!);
    return () => {
      observer.disconnect();
      made.dispose();
    };
  }, []);
  useEffect(() => chart.current?.setOption(options, { notMerge: true }), [options]);
  return <div ref={place} role="img" aria-label={`${choice.y} by ${choice.x}`} className="absolute! inset-0" />;
}
