// Lines and areas, drawn by uPlot: fast enough to follow live data.
import 'uplot/dist/uPlot.min.css';
import { useEffect, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import { formatDuration } from '../kit/format.ts';
import { tickFormat } from '../kit/number-text.ts';
import { columnWords, middleCut, unitOf } from './label-text.ts';
import { Legend, toggled } from './legend.tsx';
import {
  type Broken,
  broken,
  heldAt,
  lonePoints,
  type Series,
  type SeriesModel,
  seriesModel,
  stacked,
} from './line-model.ts';
import { type Palette, seriesLook, usePalette, withOpacity } from './palette.ts';
import { Tip, type TipLine } from './tip.tsx';
import { useSize } from './use-size.ts';
import { UtcSign } from './utc-sign.tsx';
import { amountText, type DrawingProps, numberText, optionsOf, spanText, tickText, withUnit } from './values.ts';

type Cursor = { left: number; top: number; index: number };

export default function LineDrawing({ view, data, isLarge, onRange }: DrawingProps) {
  const palette = usePalette();
  const { unit, x, hasDots = false } = optionsOf(view);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [cursor, setCursor] = useState<Cursor>();
  const [frame, size] = useSize();
  const plot = useRef<uPlot>(null);
  const rangeChosen = useRef(onRange);
  rangeChosen.current = view.time !== undefined && view.time === x ? onRange : undefined;

  const model = useMemo(() => seriesModel(view, data), [view, data]);
  const shown = useMemo(() => model.series.filter((one) => !hidden.has(one.key)), [model, hidden]);
  const isStacked = view.kind === 'area' && model.series.length > 1;
  const lines = useMemo(() => broken(model, shown), [model, shown]);
  const aligned = useMemo((): uPlot.AlignedData => {
    const drawn = isStacked ? stacked(lines, model.labels !== undefined) : lines.lines;
    return [model.isTime ? lines.places.map((at) => at / 1000) : lines.places, ...drawn] as uPlot.AlignedData;
  }, [model, lines, isStacked]);
  const latest = useRef({ aligned, model, lines });
  latest.current = { aligned, model, lines };
  /** How far apart the marks of the y axis are. */
  const step = useRef<number>(undefined);

  // what a plot is made of; its values come by setData
  const structure = JSON.stringify([
    view.kind,
    unit,
    x,
    hasDots,
    model.isTime,
    model.labels,
    shown.map((one) => [one.key, one.slot]),
  ]);
  const canRange = rangeChosen.current !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `structure` stands for the series.
  useEffect(() => {
    const place = frame.current;
    if (!place || size.width < 40 || size.height < 40) return;
    const options = plotOptions({
      palette,
      model,
      shown,
      isStacked,
      isArea: view.kind === 'area',
      hasDots,
      unit,
      x,
      canRange,
      onStep: (next) => {
        step.current = next;
      },
      heldAt: (series, index) => heldAt(latest.current.lines, series, index),
    });
    const made = new uPlot(
      {
        ...options,
        width: size.width,
        height: size.height,
        hooks: {
          draw: [(u) => veil(u, latest.current.model, palette)],
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

  const index = cursor && lines.at[cursor.index];
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="relative min-h-0 flex-1">
        <div ref={frame} className="absolute inset-0 overflow-hidden" />
        {model.isTime && <UtcSign />}
        {cursor && index !== undefined && model.places[index] !== undefined && (
          <Tip
            title={placeText(model, index, x, unit)}
            lines={tipLines(shown, lines, cursor.index, palette, unit, step.current, model.isTime)}
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
            ...seriesLook(palette, one.slot, one.isOthers),
          }))}
        />
      )}
    </div>
  );
}

/** The part of a line that leads to a span which is counted in part only is pale: it is no fall and no rise. */
function veil(u: uPlot, { places, isTime, partial }: SeriesModel, palette: Palette): void {
  const at = (index: number) => u.valToPos(places.at(index)! / (isTime ? 1000 : 1), 'x', true);
  const reach = 8 * devicePixelRatio;
  const { top, height } = u.bbox;
  u.ctx.save();
  u.ctx.fillStyle = palette.surface;
  u.ctx.globalAlpha = 0.66;
  if (places.length > 1 && partial.first)
    u.ctx.fillRect(at(0) - reach, top - reach, at(1) - at(0) + reach, height + 2 * reach);
  if (places.length > 1 && partial.last)
    u.ctx.fillRect(at(-2), top - reach, at(-1) - at(-2) + reach, height + 2 * reach);
  u.ctx.restore();
}

function placeText(model: SeriesModel, index: number, x: string | undefined, unit: string | undefined): string {
  const { places, labels, isTime, every, partial } = model;
  const place = places[index]!;
  if (!isTime) return `${columnWords(x, unit)} ${labels?.[index] ?? numberText(place, unitOf(x, unit))}`;
  const isPart = (index === 0 && partial.first) || (index === places.length - 1 && partial.last);
  return `${spanText(place, every)}${isPart ? ', a part of it' : ''}`;
}

/** The values at a place; of a series that has none just there the newest before it, with how long before. */
function tipLines(
  shown: readonly Series[],
  lines: Broken,
  index: number,
  palette: Palette,
  unit: string | undefined,
  step: number | undefined,
  isTime: boolean,
): TipLine[] {
  return shown
    .flatMap((one, i) => {
      const held = heldAt(lines, i, index);
      return held === undefined
        ? []
        : [{ one, value: lines.lines[i]![held]!, agoMs: lines.places[index]! - lines.places[held]! }];
    })
    .sort((a, b) => b.value - a.value)
    .map(({ one, value, agoMs }) => ({
      label: amountText(one.label, unit),
      value: numberText(value, unit, step),
      note: agoMs > 0 && isTime ? `${formatDuration(agoMs)} before` : undefined,
      look: shown.length > 1 ? seriesLook(palette, one.slot, one.isOthers) : undefined,
    }));
}

type PlotParts = {
  palette: Palette;
  model: SeriesModel;
  shown: readonly Series[];
  isStacked: boolean;
  isArea: boolean;
  hasDots: boolean;
  unit: string | undefined;
  x: string | undefined;
  canRange: boolean;
  onStep: (step: number) => void;
  /** Where the value of a series stands that holds at a place. */
  heldAt: (series: number, index: number) => number | undefined;
};

function plotOptions({
  palette,
  model,
  shown,
  isStacked,
  isArea,
  hasDots,
  unit,
  x,
  canRange,
  onStep,
  heldAt,
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
    padding: [8, model.isTime ? 30 : 22, 0, 0],
    legend: { show: false },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    cursor: {
      points: { size: 6 },
      // a series that has nothing just here is pointed at where it has
      dataIdx: (_, series, index) => (series === 0 ? index : (heldAt(series - 1, index) ?? index)),
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
        ...(model.isTime
          ? {}
          : { label: columnWords(x, unitOf(x, unit)), labelFont: font, labelSize: 18, labelGap: 0 }),
        values: (_, splits, __, ___, step) => {
          if (model.labels) return splits.map((at) => middleCut(model.labels![at] ?? '', 14));
          if (!model.isTime) return marks(splits, step, unitOf(x, unit));
          return splits.map((at, i) => tickText(at * 1000, i === 0 ? undefined : splits[i - 1]! * 1000, step));
        },
        ...(model.labels ? { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500] } : {}),
      },
      {
        ...axis,
        // a large chart has larger steps, not more of them
        space: (u) => Math.max(36, u.height / 11),
        gap: 6,
        size: (_, values) =>
          Math.max(model.isTime ? 48 : 36, 14 + Math.max(0, ...(values ?? []).map((one) => one.length)) * 6.6),
        values: (_, splits, __, ___, step) => {
          onStep(step);
          return marks(splits, step, unit);
        },
      },
    ],
    bands: isStacked ? shown.slice(1).map((_, i) => ({ series: [i + 2, i + 1] as [number, number] })) : [],
    series: [
      {},
      ...shown.map((one): uPlot.Series => {
        const { colour, dash } = seriesLook(palette, one.slot, one.isOthers);
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
          ...(hasDots ? { paths: () => null } : {}),
          points: {
            size: 5,
            show: (u, i) => hasDots || (!isArea && hasRoomForPoints(u, i)),
            fill: colour,
            filter: (u, i, isShown) => (isShown ? null : lonePoints(u.data[i] as (number | null | undefined)[])),
          },
        };
      }),
    ],
  };
}

/** Whether each value of a line can be marked and the line still be seen: asked at each drawing, since live rows add to it. */
function hasRoomForPoints(u: uPlot, series: number): boolean {
  const count = (u.data[series] as readonly unknown[]).filter((value) => typeof value === 'number').length;
  return count <= Math.max(40, u.width / 12);
}

function marks(splits: readonly number[], step: number, unit: string | undefined): string[] {
  const words = tickFormat(step, Math.max(...splits.map(Math.abs)));
  return splits.map((value) => withUnit(words(value), unit));
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
