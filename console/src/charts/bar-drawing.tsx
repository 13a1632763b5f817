// Bars, one for each place of the axis, stacked by series: upright over times and numbers, lying where there are many names or long ones.
import { useMemo, useState } from 'react';
import { tickFormat } from '../kit/number-text.ts';
import { axisEnds, type NumberAxis, numberAxisOf, stackedEnds, stepsFor } from './axis.ts';
import { liesDown, marksLabel, textMarks, timeMarks } from './category-marks.ts';
import { columnWords, middleCut, unitOf } from './label-text.ts';
import { Legend, toggled } from './legend.tsx';
import { type Series, type SeriesModel, seriesModel } from './line-model.ts';
import { type Palette, seriesLook, usePalette } from './palette.ts';
import { baseOption, categoryAxis, gridAround, numberAxis, Picture, pointed, tipHtml } from './picture.tsx';
import type { SwatchLook } from './swatch.tsx';
import { useSize } from './use-size.ts';
import { UtcSign } from './utc-sign.tsx';
import { amountText, type DrawingProps, numberText, optionsOf, spanText, withUnit } from './values.ts';

const rowLeast = 15;
const rowMost = 34;

export default function BarDrawing({ view, data, isLarge }: DrawingProps) {
  const palette = usePalette();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [frame, { width, height }] = useSize();
  const { unit, x } = optionsOf(view);
  const model = useMemo(() => seriesModel(view, data), [view, data]);
  const isLying = liesDown(model.labels, width);
  const count = model.places.length;
  const isOne = model.series.length <= 1;
  // what lies down may be longer than its frame, which then scrolls
  const row = Math.max(rowLeast, Math.min(rowMost, (height - 8) / Math.max(1, count)));
  const inner = isLying ? row * count + (isOne ? 8 : 28) : height;
  const option = useMemo(() => {
    const shown = model.series.filter((one) => !hidden.has(one.key));
    const [least, most] = stackedEnds(shown.map((one) => one.values));
    const labels = labelsOf(model, unitOf(x, unit));
    const amounts = numberAxisOf(least, most, {
      hasZero: true,
      unit,
      steps: stepsFor(isLying ? width / 1.6 : height - 50),
      isWhole: data.columns.at(-1) === 'rows',
    });
    const endText = endTextOf(amounts, data.columns.at(-1) === 'rows', unit);
    const series = shown.map((one) => ({
      type: 'bar' as const,
      id: one.key,
      name: amountText(one.label, unit),
      ...(isOne ? {} : { stack: 'all' }),
      barMaxWidth: isLying ? 22 : 46,
      barCategoryGap: '28%',
      itemStyle: {
        color: seriesLook(palette, one.slot, one.isOthers).colour,
        borderRadius: isOne ? (isLying ? [0, 2, 2, 0] : [2, 2, 0, 0]) : 0,
      },
      emphasis: { disabled: true },
      ...(isLying && isOne ? { label: endLabel(palette, endText) } : {}),
      data: barsOf(one, model, isOne, isLying),
    }));
    const tooltip = {
      ...baseOption(palette).tooltip,
      trigger: 'axis' as const,
      axisPointer: pointed(palette),
      formatter: (given: unknown) => tooltipOf(given, model, labels, { palette, unit, isOne, step: amounts.step, x }),
    };
    const values = { ...numberAxis(palette), ...axisEnds(amounts) };
    const valueLabel = { ...numberAxis(palette).axisLabel, ...values.axisLabel };
    if (isLying) {
      const most = Math.floor(Math.min(170, width * 0.38) / 6.6);
      const ends = isOne ? endWidth(shown, endText) : 16;
      return {
        ...baseOption(palette),
        grid: gridAround({ left: 8, right: ends, top: isOne ? 4 : 24, bottom: 4 }),
        tooltip,
        xAxis: {
          id: 'x',
          ...values,
          position: 'top' as const,
          axisLabel: { ...valueLabel, show: !isOne },
          splitLine: { ...values.splitLine, show: !isOne },
        },
        yAxis: {
          id: 'y',
          ...categoryAxis(palette, labels),
          inverse: true,
          axisLabel: {
            ...categoryAxis(palette, []).axisLabel,
            interval: 0,
            formatter: (text: string) => middleCut(text, most),
          },
        },
        series,
      };
    }
    const room = width - 60;
    const marks = model.isTime ? timeMarks(model.places, model.every, room) : textMarks(labels, room, 24);
    const isNamed = !model.isTime && model.labels === undefined;
    return {
      ...baseOption(palette),
      grid: gridAround({ left: 8, right: 12, top: 14, bottom: 4 }),
      tooltip,
      xAxis: {
        id: 'x',
        ...categoryAxis(palette, labels),
        axisLabel: { ...categoryAxis(palette, []).axisLabel, ...marksLabel(marks) },
        ...(isNamed ? named(palette, columnWords(x, unitOf(x, unit))) : {}),
      },
      yAxis: { id: 'y', ...values, axisLabel: valueLabel },
      series,
    };
  }, [model, hidden, palette, width, height, unit, x, isLying, isOne, data]);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div ref={frame} className={isLying ? 'min-h-0 flex-1 overflow-y-auto' : 'relative min-h-0 flex-1'}>
        <div style={{ height: inner }}>
          <Picture option={option} label={`${view.title}: bars`} order={model.labels?.join('\n')} />
        </div>
        {model.isTime && <UtcSign />}
      </div>
      {model.series.length > 1 && (
        <Legend
          isLarge={isLarge}
          hidden={hidden}
          onToggle={(key) => setHidden((before) => toggled(before, key))}
          items={model.series.map((one) => ({
            key: one.key,
            label: one.label,
            ...swatchOf(palette, one),
          }))}
        />
      )}
    </div>
  );
}

function labelsOf(model: SeriesModel, unit: string | undefined): string[] {
  if (model.labels) return model.labels;
  if (model.isTime) return model.places.map((place) => spanText(place, model.every));
  const gaps = model.places.slice(1).map((place, i) => Math.abs(place - model.places[i]!));
  const step = gaps.length === 0 ? undefined : Math.min(...gaps);
  return model.places.map((place) => numberText(place, unit, step === undefined || step >= 1 ? undefined : step * 10));
}

/** The name of an axis, below its middle. */
export function named(palette: Palette, name: string) {
  return {
    name,
    nameLocation: 'middle' as const,
    nameGap: 24,
    nameTextStyle: { color: palette.muted, fontSize: 11 },
  };
}

function barsOf(one: Series, { partial }: SeriesModel, isOne: boolean, isLying: boolean) {
  const last = one.values.length - 1;
  return one.values.map((value, i) => {
    if (value === null) return '-';
    const isPart = (i === 0 && partial.first) || (i === last && partial.last);
    const isTurned = isOne && value < 0;
    if (!isPart && !isTurned) return value;
    return {
      value,
      itemStyle: {
        ...(isPart ? { opacity: 0.4 } : {}),
        ...(isTurned ? { borderRadius: isLying ? [2, 0, 0, 2] : [0, 0, 2, 2] } : {}),
      },
    };
  });
}

/** Amounts beside bars: counts whole, others with the same digits, a hundredth of the step. */
function endTextOf({ step, from, to }: NumberAxis, isWhole: boolean, unit: string | undefined) {
  const words = isWhole ? (value: number) => numberText(value) : tickFormat(step / 100, Math.max(-from, to));
  return (value: number) => withUnit(words(value), unit);
}

/** The amount beside a bar that lies; of one below zero too at its right, where nothing else is. */
function endLabel(palette: Palette, text: (value: number) => string) {
  return {
    show: true,
    position: 'right' as const,
    distance: 5,
    color: palette.muted,
    fontSize: 11,
    formatter: ({ value }: { value: unknown }) => (typeof value === 'number' ? text(value) : ''),
  };
}

function endWidth(shown: readonly Series[], text: (value: number) => string): number {
  const texts = shown.flatMap((one) => one.values.map((value) => (value === null ? '' : text(value))));
  return 14 + Math.max(0, ...texts.map((text) => text.length)) * 6.4;
}

/** Bars have no dashes. */
function swatchOf(palette: Palette, one: Series): SwatchLook {
  return { colour: seriesLook(palette, one.slot, one.isOthers).colour };
}

type TipItem = { dataIndex: number; seriesId?: string; seriesName?: string; value: unknown };
type TipLook = { palette: Palette; unit: string | undefined; isOne: boolean; step: number; x: string | undefined };

function tooltipOf(given: unknown, model: SeriesModel, labels: readonly string[], look: TipLook): string {
  const { palette, unit, isOne, step, x } = look;
  const items = (Array.isArray(given) ? given : [given]) as TipItem[];
  const index = items[0]?.dataIndex ?? 0;
  const { partial, places, isTime } = model;
  const isPart = (index === 0 && partial.first) || (index === places.length - 1 && partial.last);
  const isBare = !isTime && model.labels === undefined;
  const looks = new Map(model.series.map((one) => [one.key, swatchOf(palette, one)]));
  const title = `${isBare ? `${columnWords(x, unit)} ` : ''}${labels[index] ?? ''}${isPart ? ', a part of it' : ''}`;
  return tipHtml(
    title,
    items
      .filter((one) => typeof one.value === 'number')
      .map((one) => ({
        label: one.seriesName ?? '',
        value: numberText(one.value, unit, step),
        look: isOne ? undefined : looks.get(one.seriesId ?? ''),
      })),
  );
}
