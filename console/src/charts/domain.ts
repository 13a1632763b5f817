// What a colour scale spans: round ends, around zero where there are values on both sides of it. Values far out do not widen it.
import { endsOf, roundStep } from './axis.ts';

export type Domain = {
  from: number;
  to: number;
  /** Its ends are whole steps. */
  step: number;
  isDiverging: boolean;
  /** Whether there are values below and above it, which have the colours of its ends. */
  isBelow: boolean;
  isAbove: boolean;
};

/** Counts and sums begin at nothing (`hasZero`): a shade that is half as strong is then half as much. */
export function domainOf(values: readonly number[], hasZero = false): Domain {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return { from: 0, to: 1, step: 1, isDiverging: false, isBelow: false, isAbove: false };
  const [least, most] = endsOf(sorted);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  const [low, high] = sorted.length > 20 ? [at(0.03), at(0.97)] : [least, most];
  const ends = endsIn(low, high, hasZero);
  return { ...ends, isBelow: least < ends.from, isAbove: most > ends.to };
}

function endsIn(low: number, high: number, hasZero: boolean): Omit<Domain, 'isBelow' | 'isAbove'> {
  if (low < 0 && high > 0) {
    const most = Math.max(-low, high);
    const step = roundStep(most / 20);
    const reach = tidy(Math.ceil(most / step - 1e-9) * step);
    return { from: -reach, to: reach, step, isDiverging: true };
  }
  let [from, to] = [low, high];
  // near enough to zero it is worth the room
  if (low >= 0 && (hasZero || low < high * 0.6)) from = 0;
  else if (high <= 0 && (hasZero || high > low * 0.6)) to = 0;
  if (from === to) to = from + (Math.abs(from) || 1);
  const step = roundStep((to - from) / 20);
  return {
    from: tidy(Math.floor(from / step + 1e-9) * step),
    to: tidy(Math.ceil(to / step - 1e-9) * step),
    step,
    isDiverging: false,
  };
}

/** Where a value lies in the domain, 0 to 1. */
export function placeIn({ from, to }: Domain, value: number): number {
  return (value - from) / (to - from);
}

function tidy(value: number): number {
  return Number(value.toPrecision(14));
}
