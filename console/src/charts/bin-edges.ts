// Which edges of a histogram's bins are told.
import { tickFormat } from '../kit/number-text.ts';
import { roundStep } from './axis.ts';
import { withUnit } from './values.ts';

/** A bin without `from` or `to` holds what lies beyond the others. */
export type Bin = { from: number | undefined; to: number | undefined; count: number };

/** The edges that are told, by their number: those at round values, as many as there is room for. */
export function edgesOf(bins: readonly Bin[], most: number, unit?: string): Map<number, string> {
  const found = bins.flatMap(({ from }, i): [number, number][] => (from === undefined ? [] : [[i, from]]));
  const last = bins.at(-1)?.to;
  if (last !== undefined) found.push([bins.length, last]);
  const [first, second] = [found[0]?.[1], found[1]?.[1]];
  if (first === undefined || second === undefined) return new Map();
  const width = second - first;
  const reach = found.at(-1)![1] - first;
  let step = roundStep(reach / most);
  // every so many bins, never between two edges
  while (step < reach && !isWhole(step / width)) step = roundStep(step * 1.01);
  const words = tickFormat(step, Math.max(...found.map(([, at]) => Math.abs(at))));
  const told = found.filter(([, at]) => isWhole(at / step));
  return new Map((told.length > 0 ? told : found.slice(0, 1)).map(([i, at]) => [i, withUnit(words(at), unit)]));
}

function isWhole(value: number): boolean {
  return Math.round(value) !== 0 ? Math.abs(value - Math.round(value)) < 1e-6 : Math.abs(value) < 1e-9;
}
