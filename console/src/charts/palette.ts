// The theme's colours as texts, for canvases, which cannot use CSS variables by themselves; scales for numbers, safe for the colour-blind.
import { useMemo } from 'react';
import { themeColour, useIsDark } from '../kit/theme.ts';
import type { Slot } from './colours.ts';

export type Palette = {
  isDark: boolean;
  canvas: string;
  surface: string;
  surface2: string;
  surface3: string;
  line: string;
  lineStrong: string;
  text: string;
  muted: string;
  faint: string;
  accent: string;
  /** Of categories: eight, and a darker one of each. */
  series: readonly string[];
  /** From little to much. */
  sequential: readonly string[];
  /** From below zero over zero to above. */
  diverging: readonly string[];
  /** The same for points on a map, where the middle must be seen too. */
  pointDiverging: readonly string[];
  sea: string;
  land: string;
  border: string;
};

const light = {
  sequential: ['#e4f0f7', '#b9d8ea', '#79b4d9', '#3289be', '#0d5e92', '#073b5e'],
  diverging: ['#14589a', '#5f9bcc', '#b5d0e4', '#eceae6', '#f3c79d', '#e08c49', '#ad4408'],
  pointDiverging: ['#0a58a0', '#4a90c8', '#98a4ab', '#e18b3a', '#b53e05'],
  sea: '#eef2f4',
  land: '#fcfcfa',
  border: '#d3dadd',
};

const dark = {
  sequential: ['#16303f', '#1b4760', '#226589', '#3487bb', '#64b0e6', '#b5dcf8'],
  diverging: ['#7cbcf5', '#4583ba', '#2d4d66', '#343b40', '#6f4528', '#c4733b', '#f8ac72'],
  pointDiverging: ['#7fc1ff', '#4d92d0', '#76828b', '#e0863e', '#ffb07a'],
  sea: '#101517',
  land: '#1b2226',
  border: '#333d43',
};

function read(isDark: boolean): Palette {
  return {
    isDark,
    canvas: themeColour('--canvas'),
    surface: themeColour('--surface'),
    surface2: themeColour('--surface-2'),
    surface3: themeColour('--surface-3'),
    line: themeColour('--line'),
    lineStrong: themeColour('--line-strong'),
    text: themeColour('--text'),
    muted: themeColour('--muted'),
    faint: themeColour('--faint'),
    accent: themeColour('--accent'),
    series: Array.from({ length: 16 }, (_, i) => themeColour(`--series-${i + 1}`)),
    ...(isDark ? dark : light),
  };
}

/** The colours of the theme at hand; others when it changes. */
export function usePalette(): Palette {
  const isDark = useIsDark();
  return useMemo(() => read(isDark), [isDark]);
}

/** The colour and dash of a series. The others are grey. */
export function seriesLook(
  palette: Palette,
  slot: Slot,
  isOthers: boolean,
): { colour: string; dash: number[] | undefined } {
  if (isOthers) return { colour: palette.lineStrong, dash: [2, 3] };
  return { colour: palette.series[slot]!, dash: slot >= palette.series.length / 2 ? [6, 3] : undefined };
}

/** A colour of a scale: `at` from 0 to 1. */
export function scaleColour(scale: readonly string[], at: number): string {
  const place = Math.max(0, Math.min(1, at)) * (scale.length - 1);
  const index = Math.min(Math.floor(place), scale.length - 2);
  const [a, b] = [channels(scale[index]!), channels(scale[index + 1]!)];
  const mixed = a.map((one, i) => Math.round(one + (b[i]! - one) * (place - index)));
  return `rgb(${mixed.join(' ')})`;
}

function channels(hex: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
}

/** A colour with an opacity from 0 to 1. */
export function withOpacity(hex: string, opacity: number): string {
  return `rgb(${channels(hex).join(' ')} / ${Math.round(opacity * 100)}%)`;
}
