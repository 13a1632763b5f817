// Where charts stand on a page of twelve columns: numbers first, the others in their order, each row filled.
import type { ChartView } from '../../../src/web/schemas.ts';
import { optionsOf } from './values.ts';

/** Columns of twelve, and pixels. */
export type Placed = { view: ChartView; span: number; height: number };

const heights: Record<ChartView['kind'], number> = {
  line: 300,
  area: 300,
  bar: 300,
  share: 280,
  scatter: 320,
  histogram: 300,
  heatmap: 380,
  map: 420,
  number: 124,
  grid: 340,
};

function heightOf(view: ChartView): number {
  const hasLegend = (view.kind === 'line' || view.kind === 'area') && optionsOf(view).by !== undefined;
  return heights[view.kind] + (hasLegend ? 40 : 0);
}

/** The height of the numbers: lower where none has a course. */
export function tileHeight(numbers: readonly ChartView[]): number {
  return numbers.some((view) => view.time !== undefined) ? heights.number : 88;
}

function spanOf(view: ChartView): number {
  const { by, columns, country } = optionsOf(view);
  if (view.kind === 'grid') {
    if (by !== undefined) return 4;
    return (columns?.length ?? view.columns.length) > 5 ? 12 : 5;
  }
  if (view.kind === 'share') return 5;
  if (view.kind === 'map') return country === undefined ? 7 : 6;
  return 6;
}

/** Charts but numbers in rows; what a row has left over goes to its widest chart, and all of a row are equally high. */
export function arrange(views: readonly ChartView[]): { numbers: ChartView[]; rows: Placed[][] } {
  const numbers = views.filter((view) => view.kind === 'number');
  const rows: Placed[][] = [];
  let row: Placed[] = [];
  let used = 0;
  const close = () => {
    if (row.length === 0) return;
    const height = Math.max(...row.map((one) => one.height));
    const widest = row.reduce((best, one) => (one.span > best.span ? one : best));
    // a chart alone in the last row is not drawn across the whole page where it would be mostly air
    const left = 12 - used;
    if (row.length > 1 || left <= 6) widest.span += left;
    rows.push(row.map((one) => ({ ...one, height })));
    row = [];
    used = 0;
  };
  for (const view of views) {
    if (view.kind === 'number') continue;
    let span = spanOf(view);
    // two maps go side by side where one would not leave enough for the other
    if (used > 0 && used + span > 12 && 12 - used >= 5 && span - (12 - used) <= 2) span = 12 - used;
    if (used + span > 12) close();
    row.push({ view, span, height: heightOf(view) });
    used += span;
    if (used === 12) close();
  }
  close();
  return { numbers, rows };
}
