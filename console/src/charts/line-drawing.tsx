// Lines and areas, drawn by uPlot: fast enough to follow live data.
import 'uplot/dist/uPlot.min.css';
import { useEffect, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import { Legend, toggled } from './legend.tsx';
import { type Series, type SeriesModel, seriesModel, stacked } from './line-model.ts';
import { type Palette, seriesLook, usePalette, withOpacity } from './palette.ts';
import { Tip, type TipLine } from './tip.tsx';
import { useSize } from './use-size.ts';
import { amountText, axisText, type DrawingProps, numberText, optionsOf, spanText, tickText } from './values.ts';

type Cursor = { left: number; top: number; index: number };

export default function LineDrawing({ view, data, isLarge, onRange }: DrawingProps) {
  const palette = usePalette();
  const { unit } = optionsOf(view);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [cursor, setCursor] = useState<Cursor>();
  const [frame, size] = useSize();
  const plot = useRef<uPlot>(null);
  const rangeChosen = useRef(onRange);
  rangeChosen.current = view.time !== undefined && view.time === optionsOf(view).x ? onRange : undefined;

  const model = useMemo(() => seriesModel(view, data), [view, data]);
  const shown = useMemo(() => model.series.filter((one) => !hidden.has(one.key)), [model, hidden]);
  const isStacked = view.kind === 'area' && model.series.length > 1;
  const aligned = useMemo((): uPlot.AlignedData => {
    const places = model.isTime ? model.places.map((at) => at / 1000) : model.places;
    return [places, ...(isStacked ? stacked(shown) : shown.map((one) => one.values))];
  }, [model, shown, isStacked]);
  const latest = useRef({ aligned, model });
  latest.current = { aligned, model };

  // what a plot is made of; its values come by setData
  const structure = JSON.stringify([
    view.kind,
    unit,
    model.isTime,
    model.labels,
    shown.map((one) => [one.key, one.index]),
  ]);
  const canRange = rangeChosen.current !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `structure` stands for the series.
  useEffect(() => {
    const place = frame.current;
    if (!place || size.width < 40 || size.height < 40) return;
    const options = plotOptions({ palette, model, shown, isStacked, isArea: view.kind === 'area', unit, canRange });
    const made = new uPlot(
      {
        ...options,
        width: size.width,
        height: size.height,
        hooks: {
          setCursor: [
            (u) => {
              const { left = -1, top = -1, idx } = u.cursor;
              if (left < 0 || idx === null || idx === undefined) setCursor(undefined);
              else setCursor({ left: left + u.over.offsetLeft, top: top + u.over.offsetTop, index: idx });
            },
          ],
          setSelect: [
            (u) => {
              if (u.select.width < 6) return;
              const [from, to] = [u.select.left, u.select.left + u.select.width].map((x) => u.posToVal(x, 'x') * 1000);
              u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
              rangeChosen.current?.(Math.floor(from!), Math.ceil(to!));
            },
          ],
        },
      },
      latest.current.aligned,
      place,
    );
    plot.current = made;
    return () => {
      made.destroy();
      plot.current = null;
      setCursor(undefined);
    };
  }, [structure, palette, isStacked, canRange, size.width > 40 && size.height > 40]);
  useEffect(() => {
    plot.current?.setData(aligned);
  }, [aligned]);
  useEffect(() => {
    if (size.width > 40 && size.height > 40) plot.current?.setSize(size);
  }, [size]);

  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="relative min-h-0 flex-1">
        <div ref={frame} className="absolute inset-0 overflow-hidden" />
        {cursor && model.places[cursor.index] !== undefined && (
          <Tip
            title={placeText(model, cursor.index)}
            lines={tipLines(shown, cursor.index, palette, unit)}
            {...cursor}
            {...size}
            linesMax={isLarge ? 16 : 8}
          />
        )}
      </div>
      {model.series.length > 1 && (
        <Legend
          isLarge={isLarge}
          hidden={hidden}
          onToggle={(key) => setHidden((before) => toggled(before, key))}
          items={model.series.map((one) => ({
            key: one.key,
            label: one.label,
            ...seriesLook(palette, one.index, one.isOthers),
          }))}
        />
      )}
    </div>
  );
}

function placeText({ places, labels, isTime, every }: SeriesModel, index: number): string {
  const place = places[index]!;
  return labels?.[index] ?? (isTime ? spanText(place, every) : numberText(place));
}

function tipLines(shown: readonly Series[], index: number, palette: Palette, unit: string | undefined): TipLine[] {
  return shown
    .filter((one) => one.values[index] !== null && one.values[index] !== undefined)
    .sort((a, b) => b.values[index]! - a.values[index]!)
    .map((one) => ({
      label: amountText(one.label),
      value: numberText(one.values[index], unit),
      colour: shown.length > 1 ? seriesLook(palette, one.index, one.isOthers).colour : undefined,
    }));
}

type PlotParts = {
  palette: Palette;
  model: SeriesModel;
  shown: readonly Series[];
  isStacked: boolean;
  isArea: boolean;
  unit: string | undefined;
  canRange: boolean;
};

function plotOptions({
  palette,
  model,
  shown,
  isStacked,
  isArea,
  unit,
  canRange,
}: PlotParts): Omit<uPlot.Options, 'width' | 'height'> {
  const font = "11px 'Inter Variable', sans-serif";
  const axis: uPlot.Axis = {
    stroke: palette.muted,
    font,
    grid: { stroke: palette.line, width: 1 },
    ticks: { show: false },
    border: { show: false },
  };
  const isSingle = shown.length === 1 && model.series.length === 1;
  return {
    padding: [8, 22, 0, 0],
    legend: { show: false },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    cursor: {
      points: { size: 6 },
      drag: { x: canRange, y: false, setScale: false },
      focus: { prox: isStacked ? -1 : 24 },
      y: false,
    },
    focus: { alpha: 0.28 },
    scales: {
      x: {
        time: model.isTime,
        range: (u, least, most) => (u.data[0].length > 1 ? [least, most] : around(model, u.data[0][0] ?? 0)),
      },
      y: { range: (_, least, most) => reach(least, most, isArea || isSingle) },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 72,
        size: model.isTime ? 36 : 24,
        gap: 6,
        values: (_, splits, __, ___, step) =>
          splits.map((at, i) => {
            if (model.labels) return model.labels[at] ?? '';
            return model.isTime ? tickText(at * 1000, i === 0 ? undefined : splits[i - 1]! * 1000, step) : axisText(at);
          }),
        ...(model.labels ? { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500] } : {}),
      },
      {
        ...axis,
        space: 36,
        gap: 6,
        size: (_, values) => Math.max(36, 14 + Math.max(0, ...(values ?? []).map((one) => one.length)) * 6.6),
        values: (_, splits) => splits.map((value) => axisText(value, unit)),
      },
    ],
    bands: isStacked ? shown.slice(1).map((_, i) => ({ series: [i + 2, i + 1] as [number, number] })) : [],
    series: [
      {},
      ...shown.map((one): uPlot.Series => {
        const { colour, dash } = seriesLook(palette, one.index, one.isOthers);
        return {
          label: one.label,
          stroke: colour,
          width: isSingle ? 2 : 1.5,
          ...(dash && !isArea ? { dash } : {}),
          ...(isArea
            ? { fill: withOpacity(colour, isStacked ? 0.55 : 0.18) }
            : isSingle
              ? { fill: withOpacity(colour, 0.08) }
              : {}),
          spanGaps: true,
          points: { size: 5, ...(model.places.length <= 40 ? { show: !isArea } : {}), fill: colour },
        };
      }),
    ],
  };
}

/** A scale around a single place: ten minutes of a time. */
function around({ isTime }: SeriesModel, place: number): [number, number] {
  const half = isTime ? 300 : 1;
  return [place - half, place + half];
}

/** The ends of the y axis: with some air, and with zero where the area below the line means something. */
function reach(least: number, most: number, hasZero: boolean): [number, number] {
  if (least === null || most === null || !Number.isFinite(least) || !Number.isFinite(most)) return [0, 1];
  const low = hasZero ? Math.min(0, least) : least;
  const high = hasZero ? Math.max(0, most) : most;
  const air = (high - low || Math.abs(high) || 1) * 0.08;
  return [low === 0 ? 0 : low - air, high === 0 ? 0 : high + air];
}
