// Axes of numbers: round ends that hold the values without much air, and marks whose texts are never alike.
import { tickFormat } from '../kit/number-text.ts';
import { withUnit } from './values.ts';

export type NumberAxis = {
  from: number;
  to: number;
  step: number;
  /** A mark in words, with its unit. */
  text: (value: number) => string;
};

type AxisOptions = {
  /** What bars and areas stand on must be in view. */
  hasZero?: boolean;
  unit?: string | undefined;
  /** About so many steps. */
  steps?: number;
  /** Steps of whole numbers are whole. */
  isWhole?: boolean;
};

/** The least of 1, 2, 2.5 and 5 times a power of ten that is not less. */
export function roundStep(least: number): number {
  if (!(least > 0) || !Number.isFinite(least)) return 1;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 2.5, 5, 10].find((one) => one * power >= least * (1 - 1e-9))!;
  return Number((step * power).toPrecision(3));
}

/** The axis for values between two ends. */
export function numberAxisOf(least: number, most: number, options: AxisOptions = {}): NumberAxis {
  const { hasZero, unit, steps = 4, isWhole } = options;
  let [low, high] = Number.isFinite(least) && Number.isFinite(most) ? [least, most] : [0, 1];
  if (hasZero) [low, high] = [Math.min(0, low), Math.max(0, high)];
  // a single value stands in the middle, or on zero
  if (low === high)
    [low, high] = hasZero ? [0, 1] : [low - (Math.abs(low) || 1) * 0.1, high + (Math.abs(high) || 1) * 0.1];
  const fine = roundStep((high - low) / Math.max(1, steps));
  const step = isWhole ? Math.max(1, Math.round(fine)) : fine;
  const [first, last] = [Math.floor(low / step + 1e-9), Math.ceil(high / step - 1e-9)];
  const [from, to] = [tidy(first * step), tidy(last * step)];
  const words = tickFormat(step, Math.max(Math.abs(from), Math.abs(to)));
  return { from, to, step, text: (value) => withUnit(words(value), unit) };
}

/** About how many steps of an axis so many pixels long has room for. */
export function stepsFor(pixels: number, perStep = 52): number {
  return Math.max(2, Math.min(10, Math.round(pixels / perStep)));
}

/** The ends of values that add up where they are stacked: of each place the sum of what is above zero, and of what is below it. */
export function stackedEnds(series: readonly (readonly (number | null)[])[]): [least: number, most: number] {
  const above: number[] = [];
  const below: number[] = [];
  for (const values of series)
    for (const [i, value] of values.entries()) {
      if (value === null) continue;
      if (value >= 0) above[i] = (above[i] ?? 0) + value;
      else below[i] = (below[i] ?? 0) + value;
    }
  const all = [...above, ...below].filter((value) => value !== undefined);
  return endsOf(all);
}

/** The least and the greatest of many values. */
export function endsOf(values: readonly number[]): [least: number, most: number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return [least, most];
}

/** The axis as ECharts takes it. */
export function axisEnds({ from, to, step, text }: NumberAxis) {
  return { min: from, max: to, interval: step, axisLabel: { formatter: text, showMinLabel: true, showMaxLabel: true } };
}

function tidy(value: number): number {
  return Number(value.toPrecision(14));
}
