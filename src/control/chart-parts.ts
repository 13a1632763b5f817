// Shares, histograms, heat maps and scatters: parts of a whole, how often values occur, and how two columns go together.
import type { SummaryGroup } from '../store/store.ts';
import type { ChartData } from '../web/schemas.ts';
import { niceWidth, tidy } from './chart-scale.ts';
import { cutOf, nameOf, rankOf, rankWords } from './chart-series.ts';
import { among, type ChartSource, chartDataOf, inWords, place } from './chart-source.ts';

/** Parts of a share; the others are one more. */
export const partsMax = 8;
/** Columns and rows of a heat map. */
export const heatMax = { x: 60, y: 40 } as const;
/** Points of a scatter. */
export const scatterMax = 5000;
const binsMax = 200;

/** Rows [by, value], the greatest first; the others are one row whose `by` is `{ others: N }`. */
export async function shareData(source: ChartSource): Promise<ChartData> {
  const by = source.options.by!;
  const column = source.options.value;
  const value = source.valueOf(column, 'sum');
  const present = column === undefined ? [] : [column];
  const top = await source.top(by, value, partsMax, present);
  const rows = await source.summarise({ by: [among(by, top)], values: [value], present });
  const rank = (row: unknown[]) => {
    const at = top.values.indexOf(row[0]);
    return at < 0 ? top.values.length : at;
  };
  return chartDataOf(
    [by, nameOf(value)],
    rows
      .filter(([, size]) => Number(size) > 0)
      .toSorted((a, b) => rank(a) - rank(b))
      .map(([part, size]) => [part === undefined ? { others: top.others } : part, size]),
    {
      notes: [
        top.others > 0 ? `the ${partsMax} largest of ${inWords(top.others + partsMax)}, the others as one` : undefined,
      ],
    },
  );
}

/**
 * Rows [from, to, rows] for each bin. Where a few values lie far away the bins are laid over the others, and what is beyond them is
 * one bin without `from` and one without `to`.
 */
export async function histogramData(source: ChartSource): Promise<ChartData> {
  const column = source.options.value!;
  const columns = ['from', 'to', 'rows'];
  const bins = Math.min(binsMax, Math.max(1, Math.round(source.options.bins ?? 30)));
  const [row] = await source.summarise({
    values: [
      { aggregate: 'min', column },
      { aggregate: 'max', column },
      { aggregate: 'quantile', column, share: 0.005 },
      { aggregate: 'quantile', column, share: 0.995 },
    ],
    present: [column],
  });
  if (!row || row[0] === null) return chartDataOf(columns, []);
  const [least, most, low, high] = row.map(Number) as [number, number, number, number];
  const isWide = high > low && most - least > 2 * (high - low);
  const [first, last] = isWide ? [low, high] : [least, most];
  const width = niceWidth((last - first) / bins, source.isWhole(column));
  const from = tidy(Math.floor(first / width) * width);
  const count = Math.max(1, Math.ceil((last - from) / width + 1e-9));
  const to = tidy(from + count * width);
  const found = await source.summarise({
    by: [{ column, every: { width, from, to } }],
    values: [{ aggregate: 'count' }],
    present: [column],
  });
  const counted = new Map(found.map(([at, rows]) => [Math.round((Number(at) - from) / width), Number(rows)]));
  const rows: unknown[][] = [];
  for (let bin = 0; bin < count; bin++)
    rows.push([tidy(from + bin * width), tidy(from + (bin + 1) * width), counted.get(bin) ?? 0]);
  const [below, above] = [counted.get(-1), counted.get(count)];
  const { unit } = source.chart.options;
  const ends = `${inWords(least)} to ${inWords(most)}${unit ? ` ${unit}` : ''}`;
  // the greatest value may lie on the last edge: it belongs to the last bin
  if (above !== undefined && most <= to) rows.at(-1)![2] = Number(rows.at(-1)![2]) + above;
  else if (above !== undefined) rows.push([to, null, above]);
  if (below !== undefined) rows.unshift([null, from, below]);
  return chartDataOf(columns, rows, {
    isTruncated: false,
    notes: [isWide ? `from ${ends}; what lies far out is counted at the ends` : undefined],
    facts: { least, most },
  });
}

/** Rows [x, y, value]; of texts those with the most rows, times and many numbers are cut. */
export async function heatmapData(source: ChartSource): Promise<ChartData> {
  const { x, y, value: column } = source.options;
  const value = source.valueOf(column, 'mean');
  const present = column === undefined ? [] : [column];
  const notes: (string | undefined)[] = [];
  const facts: Record<string, unknown> = {};
  const axis = async (name: string, side: 'x' | 'y'): Promise<SummaryGroup> => {
    if (source.axis(name) === 'text') {
      const top = await source.top(name, rankOf(value), heatMax[side], present);
      if (top.others > 0)
        notes.push(
          `${heatMax[side]} of ${inWords(top.others + heatMax[side])} values of ${name}, those ${rankWords(value)}`,
        );
      return among(name, top);
    }
    const cut = await cutOf(source, name, heatMax[side], present);
    if (cut) facts[`${side}Every`] = cut.every;
    return cut ? { column: name, every: cut.every } : { column: name };
  };
  const rows = await source.summarise({
    by: [await axis(x!, 'x'), await axis(y!, 'y')],
    values: [value],
    order: [{ at: 0 }, { at: 1 }],
    present: [x!, y!, ...present],
  });
  return chartDataOf(
    [x!, y!, nameOf(value)],
    rows.filter((row) => row[0] !== undefined && row[1] !== undefined),
    { notes, facts },
  );
}

/** Rows [x, y] or [x, y, by], a sample that stays the same; the trend in facts is of all rows. */
export async function scatterData(source: ChartSource): Promise<ChartData> {
  const { x, y, by, trend } = source.options;
  const columns = [x!, y!, ...(by === undefined ? [] : [by])];
  const rows = await source.sample(columns, 'everywhere', scatterMax, [x!, y!]);
  const count = rows.length < scatterMax ? rows.length : await source.count(x!, y!);
  const facts: Record<string, unknown> = { rows: count };
  if (trend) {
    const line = { column: y!, against: x! };
    const [found] = await source.summarise({
      values: [
        { aggregate: 'slope', ...line },
        { aggregate: 'intercept', ...line },
        { aggregate: 'correlation', ...line },
      ],
    });
    if (found && found[0] !== null) Object.assign(facts, { slope: found[0], intercept: found[1], r: found[2] });
  }
  return chartDataOf(
    columns,
    rows.toSorted((a, b) => place(a[0]) - place(b[0])),
    { notes: [count > rows.length ? `${inWords(rows.length)} points of ${inWords(count)}` : undefined], facts },
  );
}
