// What a chart is called where its pipeline file does not say, and its id in addresses.
import type { Chart } from '../define/chart.ts';
import type { ChartOptions } from './chart-source.ts';

const aggregates = {
  count: 'Rows with',
  sum: 'Sum of',
  mean: 'Mean',
  min: 'Least',
  max: 'Greatest',
  last: '',
} as const;

/** A title in words: 'Mean delay s by line', 'Users by country'. */
export function chartTitle({ kind, table, options }: Chart): string {
  const { x, y, by, value, aggregate, latitude, color, country } = options as ChartOptions;
  const rows = table.name;
  const amount = (column: string | undefined, fallback: keyof typeof aggregates) =>
    column === undefined ? rows : `${aggregates[aggregate ?? fallback]} ${column}`.trim();
  const title = () => {
    switch (kind) {
      case 'line':
      case 'area':
        return `${amount(y, 'last')} by ${[x, by].filter(Boolean).join(' and ')}`;
      case 'bar':
        return `${amount(y, 'sum')} by ${[x, by].filter(Boolean).join(' and ')}`;
      case 'share':
        return `${amount(value, 'sum')}: shares by ${by}`;
      case 'scatter':
        return `${y} against ${x}`;
      case 'histogram':
        return `Distribution of ${value}`;
      case 'heatmap':
        return `${amount(value, 'mean')} by ${x} and ${y}`;
      case 'map':
        if (latitude === undefined) return `${amount(value, 'sum')} by ${country}`;
        return color === undefined ? `${rows} on the map` : `${rows} on the map by ${color}`;
      case 'number':
        return amount(value, 'sum');
      case 'grid':
        return by === undefined ? `Newest ${rows}` : `${amount(value, 'sum')} by ${by}`;
    }
  };
  const words = title().replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The title as part of an address, with a number where another chart has it already. */
export function chartId(title: string, taken: ReadonlySet<string>): string {
  const slug =
    title
      .normalize('NFKD')
      .toLowerCase()
      .replace(/[^\p{Letter}\p{Number}]+/gu, '-')
      .replace(/^-+|-+$/g, '') || 'chart';
  let id = slug;
  for (let copy = 2; taken.has(id); copy++) id = `${slug}-${copy}`;
  return id;
}
