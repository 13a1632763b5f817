// What all kinds of chart ask of the store: the rows that a request means, the ends of a column, its most important values.
import { limits } from '../core/limits.ts';
import type { Aggregate, Chart, Every } from '../define/chart.ts';
import type { FieldType } from '../define/fields.ts';
import type { ReadValue, Scope, Store, SummaryGroup, SummaryOptions, SummaryValue } from '../store/store.ts';
import type { ChartRequest } from '../web/backend.ts';
import type { ChartData } from '../web/schemas.ts';

/** Options of a chart as its functions take them; each kind has some of them. */
export type ChartOptions = {
  readonly x?: string;
  readonly y?: string;
  readonly by?: string;
  readonly value?: string;
  readonly every?: Every;
  readonly aggregate?: Aggregate;
  readonly weight?: string;
  readonly latitude?: string;
  readonly longitude?: string;
  readonly color?: string;
  readonly country?: string;
  readonly columns?: readonly string[];
  readonly limit?: number;
  readonly bins?: number;
  readonly trend?: boolean;
};

/** Whether a column is cut as a time, as a number, or not at all. */
export type AxisKind = 'time' | 'number' | 'text';

/** The values that are named, and how many others there are. */
export type Top = { readonly values: readonly unknown[]; readonly others: number };

/** A chart's table in the store, with the rows that are asked for. */
export class ChartSource {
  readonly chart: Chart;
  readonly options: ChartOptions;
  readonly #store: Store;
  readonly #scope: Scope;

  constructor(store: Store, chart: Chart, request: ChartRequest) {
    this.chart = chart;
    this.options = chart.options as ChartOptions;
    this.#store = store;
    const { time } = chart.table;
    const { from, to, where } = request;
    this.#scope = {
      where,
      ...(time === undefined || (from === undefined && to === undefined)
        ? {}
        : {
            within: {
              column: time,
              ...(from === undefined ? {} : { from: new Date(from) }),
              ...(to === undefined ? {} : { to: new Date(to) }),
            },
          }),
    };
  }

  /** The column of the event time. */
  get time(): string | undefined {
    return this.chart.table.time;
  }

  /**
   * The event time, where the rows of a time stay as they were: no row of another time takes their place, since the key has the time in it
   * (as that of windows has), or is the place of their record. Rows of another key are of the newest time of each key only: when they were
   * told is no history of anything.
   */
  get history(): string | undefined {
    const { time, key, isByPlace } = this.chart.table;
    return time !== undefined && (isByPlace || key.includes(time)) ? time : undefined;
  }

  /** Where the range of time that was asked for begins, milliseconds since 1970. */
  get rangeFrom(): number | undefined {
    return this.#scope.within?.from === undefined ? undefined : place(this.#scope.within.from);
  }

  type(column: string): FieldType['kind'] {
    return this.chart.table.fields[column]!.type.kind;
  }

  axis(column: string): AxisKind {
    const kind = this.type(column);
    if (kind === 'timestamp' || kind === 'date') return 'time';
    return this.isNumber(column) ? 'number' : 'text';
  }

  isNumber(column: string): boolean {
    return ['int', 'long', 'float', 'double'].includes(this.type(column));
  }

  isWhole(column: string): boolean {
    return ['int', 'long'].includes(this.type(column));
  }

  /** What is computed of the rows of one place; `last` is by the event time, or else by the axis. */
  valueOf(column: string | undefined, fallback: Aggregate, axis?: string): SummaryValue {
    if (column === undefined) return { aggregate: 'count' };
    const { aggregate = fallback, weight } = this.options;
    if (aggregate === 'mean') return weight === undefined ? { aggregate, column } : { aggregate, column, weight };
    if (aggregate !== 'last') return { aggregate, column };
    const by = this.time ?? axis;
    return by === undefined ? { aggregate, column } : { aggregate, column, by };
  }

  summarise(options: Omit<SummaryOptions, keyof Scope> & Pick<Scope, 'present'>): Promise<unknown[][]> {
    return this.#store.summarise(this.chart.table.name, { ...this.#scope, ...options });
  }

  /** Rows of some columns; those of `present` are there. */
  sample(
    columns: readonly string[],
    of: 'newest' | 'everywhere',
    limit: number,
    present: readonly string[] = [],
  ): Promise<unknown[][]> {
    const time = this.time === undefined ? {} : { time: this.time };
    return this.#store.sample(this.chart.table.name, {
      ...this.#scope,
      columns,
      of,
      limit: Math.min(limit, limits.summaryRowsMax),
      present,
      ...time,
    });
  }

  /** How many rows have these columns. */
  async count(...present: string[]): Promise<number> {
    return Number((await this.summarise({ values: [{ aggregate: 'count' }], present }))[0]?.[0] ?? 0);
  }

  /** The least and the greatest value as numbers (times in milliseconds) and about how many there are; undefined without rows. */
  async ends(
    column: string,
    present: readonly string[],
  ): Promise<{ from: number; to: number; count: number } | undefined> {
    const [row] = await this.summarise({
      values: [
        { aggregate: 'min', column },
        { aggregate: 'max', column },
        { aggregate: 'estimate', column },
      ],
      present: [...new Set([column, ...present])],
    });
    const [least, most, count] = row!;
    if (least === null || least === undefined) return undefined;
    return { from: place(least), to: place(most), count: Number(count) };
  }

  /** The values of a column that come first by what is computed of their rows; of equal ones the first by value. */
  async top(column: string, rank: SummaryValue, count: number, present: readonly string[]): Promise<Top> {
    const rows = await this.summarise({
      by: [{ column }],
      values: [rank],
      order: [{ at: 1, descending: true }],
      limit: count + 1,
      present,
    });
    if (rows.length <= count) return { values: rows.map(([value]) => value), others: 0 };
    const [all] = await this.summarise({
      values: [{ aggregate: 'distinct', column }, { aggregate: 'count' }, { aggregate: 'count', column }],
      present,
    });
    const hasMissing = Number(all![1]) > Number(all![2]);
    const others = Number(all![0]) + (hasMissing ? 1 : 0) - count;
    return { values: rows.slice(0, count).map(([value]) => value), others: Math.max(1, others) };
  }
}

/** A value of a time or number column as a number: times in milliseconds. */
export function place(value: unknown): number {
  if (value instanceof Date) return value.getTime();
  return typeof value === 'string' ? Date.parse(value) : Number(value);
}

/** The group of a column with only the values of a top, or of all its values where there are no others. */
export function among(column: string, top: Top): SummaryGroup {
  return top.others === 0 ? { column } : { column, among: top.values as readonly ReadValue[] };
}

/** `65,400`, `−1,254`: a number in a note. */
export function inWords(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 6, signDisplay: 'negative' }).replace('-', '−');
}

/** Whether values of several places may be added up. */
export function isAdditive({ aggregate }: SummaryValue): boolean {
  return aggregate === 'count' || aggregate === 'sum';
}

/** A value as JSON: times as ISO text, what no JSON number can hold as text or null. */
export function jsonValue(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return value ?? null;
}

/** Chart data with its values as JSON, and without what is not there. */
export function chartDataOf(
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
  more: {
    notes?: readonly (string | undefined)[];
    isTruncated?: boolean;
    facts?: Readonly<Record<string, unknown>>;
  } = {},
): ChartData {
  const notes = (more.notes ?? []).filter((one) => one !== undefined);
  const facts = Object.entries(more.facts ?? {}).filter(([, value]) => value !== undefined);
  return {
    columns: [...columns],
    rows: rows.map((row) => row.map(jsonValue)),
    isTruncated: more.isTruncated ?? notes.length > 0,
    ...(notes.length > 0 ? { note: notes.join('; ') } : {}),
    ...(facts.length > 0 ? { facts: Object.fromEntries(facts) } : {}),
  };
}
