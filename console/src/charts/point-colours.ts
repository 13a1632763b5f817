// Which colour a point has: by a number on a scale, by one of the eight most frequent categories, or all the same.
import type { Column } from '../../../src/web/schemas.ts';
import { kindOf } from '../data/kinds.ts';
import { colourBook, plainSlot } from './colours.ts';
import { type Domain, domainOf, placeIn } from './domain.ts';
import type { LegendItem } from './legend.tsx';
import { type Palette, scaleColour, seriesLook } from './palette.ts';
import { categoryText } from './values.ts';

export type PointColours = {
  /** The colour, which point is drawn above others (the greater order), and the group of the legend. */
  of: (value: unknown) => { colour: string; order: number; key?: string };
  scale: readonly string[];
  domain?: Domain;
  groups?: LegendItem[];
};

const groupsMax = 8;

export function pointColours(values: readonly unknown[], column: Column | undefined, palette: Palette): PointColours {
  if (!column) return { of: () => ({ colour: palette.series[0]!, order: 0 }), scale: [] };
  return kindOf(column.type) === 'number' ? byNumber(values, palette) : byCategory(values, column, palette);
}

function byNumber(values: readonly unknown[], palette: Palette): PointColours {
  const domain = domainOf(values.filter((value): value is number => typeof value === 'number'));
  const scale = domain.isDiverging ? palette.pointDiverging : palette.sequential.slice(1);
  const middle = domain.isDiverging ? 0 : domain.from;
  return {
    scale,
    domain,
    // what is far from the middle is what people look for: it is drawn above the rest
    of: (value) =>
      typeof value === 'number'
        ? { colour: scaleColour(scale, placeIn(domain, value)), order: Math.abs(value - middle) }
        : { colour: palette.lineStrong, order: -1 },
  };
}

function byCategory(values: readonly unknown[], column: Column, palette: Palette): PointColours {
  const counts = new Map<string, { label: string; count: number }>();
  for (const value of values) {
    const key = JSON.stringify(value);
    const one = counts.get(key) ?? { label: categoryText(value, column), count: 0 };
    one.count++;
    counts.set(key, one);
  }
  const all = [...counts].sort(([, a], [, b]) => b.count - a.count || a.label.localeCompare(b.label));
  const named = all.length > groupsMax ? all.slice(0, groupsMax) : all;
  const rest = all.length - named.length;
  const keys = named.map(([key]) => key);
  const slots = colourBook.slotsOf(column.name, keys);
  const groups = named
    .sort(([, a], [, b]) => a.label.localeCompare(b.label, 'en', { numeric: true }))
    .map(([key, { label }]): LegendItem => {
      return { key, label, colour: seriesLook(palette, slots.get(key) ?? plainSlot, false).colour };
    });
  const byKey = new Map(groups.map((one) => [one.key, one.colour]));
  if (rest > 0) groups.push({ key: 'others', label: `${rest} others`, colour: palette.lineStrong });
  return {
    scale: [],
    groups,
    of: (value) => {
      const key = JSON.stringify(value);
      const colour = byKey.get(key);
      return colour === undefined ? { colour: palette.lineStrong, order: 0, key: 'others' } : { colour, order: 1, key };
    },
  };
}
