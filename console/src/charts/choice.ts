// What a person chose to see of a dashboard: a range of time and filters; and how both become a question to the API.
import type { ChartView } from '../../../src/web/schemas.ts';
import type { ChartDataRequest, Filter } from '../api/client.ts';

/** `range`: the last so long before the newest row. `from` and `to`: ISO times. Nothing: all. */
export type Choice = { range?: string; from?: string; to?: string; where: readonly Filter[] };

export const ranges = [
  { value: '15m', label: '15 min', ms: 900_000 },
  { value: '1h', label: '1 h', ms: 3_600_000 },
  { value: '6h', label: '6 h', ms: 21_600_000 },
  { value: '24h', label: '24 h', ms: 86_400_000 },
  { value: '7d', label: '7 days', ms: 604_800_000 },
] as const;

/** Milliseconds of a range such as `6h`, where it is one. */
export function rangeMs(range: string | undefined): number | undefined {
  return ranges.find((one) => one.value === range)?.ms;
}

/** The choice as far as it means something to a chart: its table may have no time, or not the column of a filter. */
export function choiceFor(view: ChartView, choice: Choice): Choice {
  const where = choice.where.filter((filter) => view.columns.some((column) => column.name === filter.column));
  if (view.time === undefined) return { where };
  return { ...choice, where };
}

/** Whether the choice leaves out rows of this chart. */
export function isNarrowed(view: ChartView, choice: Choice): boolean {
  const { range, from, to, where } = choiceFor(view, choice);
  return where.length > 0 || range !== undefined || from !== undefined || to !== undefined;
}

/** The question; `newest` is the time of the table's newest row, which ranges are counted from. */
export function requestOf(choice: Choice, newest: number | undefined): ChartDataRequest {
  const length = rangeMs(choice.range);
  if (length !== undefined) {
    return { where: choice.where, ...(newest === undefined ? {} : { from: newest - length }) };
  }
  return {
    where: choice.where,
    ...(choice.from === undefined ? {} : { from: choice.from }),
    ...(choice.to === undefined ? {} : { to: choice.to }),
  };
}

/** A filter as the address has it: `line=B8`, `delay_s.gt=300`, `line.in=B8`, one text for each value of `in`. */
export function filterTexts({ column, op, value }: Filter): string[] {
  const name = op === 'eq' ? column : `${column}.${op}`;
  return (typeof value === 'string' ? [value] : value).map((one) => `${name}=${one}`);
}

const operators: readonly string[] = ['ne', 'lt', 'lte', 'gt', 'gte', 'in', 'like', 'missing'];

/** The filters of an address; texts that are none are left out. */
export function filtersOf(texts: readonly string[] = []): Filter[] {
  const filters: Filter[] = [];
  for (const text of texts) {
    const [, name, value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (name === undefined) continue;
    const [, column, found] = /^(.+)\.([a-z]+)$/.exec(name) ?? [];
    const op = (found !== undefined && operators.includes(found) ? found : 'eq') as Filter['op'];
    const named = op === 'eq' ? name : column!;
    const before = filters.find((one) => one.column === named && one.op === op);
    if (op !== 'in') filters.push({ column: named, op, value });
    else if (before) before.value = [...before.value, value];
    else filters.push({ column: named, op, value: [value] });
  }
  return filters;
}
