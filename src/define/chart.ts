// Charts: pictures of a table, declared beside the pipeline and typed against the table's columns.
import { MillraceError } from '../core/errors.ts';
import type { Fields, FieldType, Row } from './fields.ts';
import { checkOptions, flagRule, oneOfRule, type Rule, textRule, textsRule, wholeRule } from './options.ts';
import type { Table } from './table.ts';

/** The kinds of chart that the console draws. */
export type ChartKind =
  | 'line'
  | 'area'
  | 'bar'
  | 'share'
  | 'scatter'
  | 'histogram'
  | 'heatmap'
  | 'map'
  | 'number'
  | 'grid';

type Column<F extends Fields> = keyof F & string;
/** Columns whose values are of a type, or missing. */
type ColumnOf<F extends Fields, T> = { [K in Column<F>]: Row<F>[K] extends T | null ? K : never }[Column<F>];
/** Columns that hold numbers. */
type NumberColumn<F extends Fields> = ColumnOf<F, number | bigint>;
/** Columns that may hold times; a day is read as text, and whether a text is a day is seen when the file is read. */
type TimeColumn<F extends Fields> = ColumnOf<F, Date | string>;
/** How several rows of one place become one number. Default `last` for lines and areas, `mean` for heat maps, else `sum`. */
export type Aggregate = 'count' | 'sum' | 'mean' | 'min' | 'max' | 'last';

/** A picture of a table. Frozen; its options are column names, numbers and texts. */
export interface Chart {
  readonly noun: 'chart';
  readonly kind: ChartKind;
  readonly table: Table;
  readonly title: string | undefined;
  readonly options: Readonly<Record<string, unknown>>;
}

/** How a time is cut (UTC), so that rows of one span become one place. A week begins on Monday. */
export type Span = 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'year';
/** Spans, and some of several seconds, minutes or hours, counted from midnight; or what suits the rows, about thirty places. */
export type Every =
  | Span
  | '10 seconds'
  | '30 seconds'
  | `${5 | 10 | 15 | 30} minutes`
  | `${2 | 3 | 6 | 12} hours`
  | 'auto';

type Titled = {
  title?: string;
  /** What the numbers are in: 's', 'km', '€'. */
  unit?: string;
};
/** With `every`, an x that is a time is cut: with 'year', all rows of one year are one place. */
type Across<F extends Fields> = { x: Column<F>; every?: never } | { x: TimeColumn<F>; every?: Every };
/**
 * With `weight` a mean counts each row so many times: where rows are means themselves, by the column that says of how many records each
 * is. Else a mean of few records would count as much as one of many.
 */
type Computed<F extends Fields> =
  | { aggregate?: Exclude<Aggregate, 'mean'>; weight?: never }
  | { aggregate: 'mean'; weight?: NumberColumn<F> };
type Series<F extends Fields> = Titled & Across<F> & Computed<F> & { y?: NumberColumn<F>; by?: Column<F> };
type Valued<F extends Fields> = Computed<F> & { value?: NumberColumn<F> };
/** Of heat maps, which show the mean where nothing else is said. */
type Shaded<F extends Fields> = { value?: NumberColumn<F> } & (
  | Computed<F>
  | { aggregate?: 'mean'; weight?: NumberColumn<F> }
);

const columnOptions = [
  'x',
  'y',
  'by',
  'value',
  'weight',
  'latitude',
  'longitude',
  'country',
  'color',
  'columns',
] as const;

function chart(kind: ChartKind, table: unknown, options: Titled, numbers: readonly string[] = []): Chart {
  const title = typeof options?.title === 'string' ? options.title : undefined;
  const place = `chart '${title ?? kind}'`;
  checkOptions(place, options, rulesOf(kind));
  const { title: _title, ...rest } = options;
  const given: Readonly<Record<string, unknown>> = rest;
  checkShape(place, kind, given);
  checkWeight(place, kind, given);
  const shown = table as Table;
  if (shown?.noun !== 'table') {
    throw new MillraceError('PIPELINE_INVALID', `${kind}() needs a table`, {
      place,
      remedy: 'Give a table as the first argument.',
    });
  }
  const refuse = (message: string, fits: (type: FieldType) => boolean) => {
    const names = Object.keys(shown.fields).filter((name) => fits(shown.fields[name]!.type));
    throw new MillraceError('PIPELINE_INVALID', message, {
      place,
      remedy: names.length > 0 ? `Name one of: ${names.join(', ')}.` : 'Show another table, or draw another chart.',
    });
  };
  for (const option of columnOptions) {
    for (const name of [given[option] ?? []].flat() as string[]) {
      const field = Object.hasOwn(shown.fields, name) ? shown.fields[name] : undefined;
      if (!field) refuse(`${option}: table '${shown.name}' has no column '${name}'`, () => true);
      else if ((option === 'weight' || numbers.includes(option)) && !isNumber(field.type))
        refuse(`${option}: column '${name}' is no number`, isNumber);
    }
  }
  const cut = given.x ?? given.by;
  if (given.every !== undefined && !(typeof cut === 'string' && isTime(shown.fields[cut]!.type)))
    refuse(`every: column '${String(cut)}' is no time`, isTime);
  const frozen = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, Array.isArray(value) ? Object.freeze([...value]) : value]),
  );
  return Object.freeze({ noun: 'chart', kind, table: shown, title, options: Object.freeze(frozen) });
}

/** What kinds of chart need and may have, beside a title and a unit; a kind with two shapes is one of them. */
const shapes: Readonly<
  Record<ChartKind, readonly { readonly needs: readonly string[]; readonly may: readonly string[] }[]>
> = {
  line: [{ needs: ['x'], may: ['every', 'y', 'by', 'aggregate', 'weight'] }],
  area: [{ needs: ['x'], may: ['every', 'y', 'by', 'aggregate', 'weight'] }],
  bar: [{ needs: ['x'], may: ['every', 'y', 'by', 'aggregate', 'weight'] }],
  share: [{ needs: ['by'], may: ['value'] }],
  scatter: [{ needs: ['x', 'y'], may: ['by', 'trend'] }],
  histogram: [{ needs: ['value'], may: ['bins'] }],
  heatmap: [{ needs: ['x', 'y'], may: ['every', 'value', 'aggregate', 'weight'] }],
  map: [
    { needs: ['latitude', 'longitude'], may: ['color', 'columns'] },
    { needs: ['country'], may: ['value', 'aggregate', 'weight'] },
  ],
  number: [{ needs: [], may: ['value', 'aggregate', 'weight'] }],
  grid: [
    { needs: [], may: ['columns', 'limit'] },
    { needs: ['by'], may: ['every', 'limit', 'value', 'aggregate', 'weight'] },
  ],
};

const optionRules: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(columnOptions.map((name) => [name, textRule])),
  columns: textsRule,
  aggregate: oneOfRule('count', 'sum', 'mean', 'min', 'max', 'last'),
  every: oneOfRule(
    ...['second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year', 'auto', '10 seconds', '30 seconds'],
    ...[5, 10, 15, 30].map((count) => `${count} minutes`),
    ...[2, 3, 6, 12].map((count) => `${count} hours`),
  ),
  trend: flagRule,
  bins: wholeRule(1, 200),
  limit: wholeRule(1, 1000),
};

function rulesOf(kind: ChartKind): Record<string, Rule> {
  const names = shapes[kind].flatMap(({ needs, may }) => [...needs, ...may]);
  return { title: textRule, unit: textRule, ...Object.fromEntries(names.map((name) => [name, optionRules[name]!])) };
}

/** Refuses options of which none, or both, of the shapes of a kind have all. */
function checkShape(place: string, kind: ChartKind, given: Readonly<Record<string, unknown>>): void {
  const names = Object.keys(given).filter((name) => given[name] !== undefined && name !== 'unit');
  const isOne = shapes[kind].some(
    ({ needs, may }) =>
      needs.every((name) => names.includes(name)) && names.every((name) => needs.includes(name) || may.includes(name)),
  );
  if (isOne) return;
  const words = shapes[kind].map(({ needs, may }) => [...needs, ...may.map((name) => `${name}?`)].join(', '));
  const what = names.length === 0 ? 'without options' : `with ${names.join(', ')}`;
  throw new MillraceError('OPTION_INVALID', `${kind}() ${what} is not possible`, {
    place,
    remedy: `Give ${words.join(', or ')}.`,
  });
}

/** Only a mean can be weighted, and only one of a column. */
function checkWeight(place: string, kind: ChartKind, given: Readonly<Record<string, unknown>>): void {
  if (given.weight === undefined) return;
  const aggregate = given.aggregate ?? (kind === 'heatmap' ? 'mean' : undefined);
  const measured = kind === 'heatmap' ? given.value : (given.value ?? given.y);
  if (aggregate === 'mean' && measured !== undefined) return;
  throw new MillraceError('OPTION_INVALID', 'weight is of a mean, and this is none', {
    place,
    remedy:
      measured === undefined
        ? `Name the column whose mean is meant: ${['line', 'area', 'bar'].includes(kind) ? 'y' : 'value'}.`
        : "Add aggregate: 'mean', or leave weight out.",
  });
}

function isNumber({ kind }: FieldType): boolean {
  return kind === 'int' || kind === 'long' || kind === 'float' || kind === 'double';
}

function isTime({ kind }: FieldType): boolean {
  return kind === 'timestamp' || kind === 'date';
}

/**
 * A line over x, one for each value of `by`; without y it counts rows.
 *
 * @throws PIPELINE_INVALID where a column is not there, or not of the type that is needed
 * @example line(byZone, { x: 'minute', every: 'hour', y: 'mean_fare', by: 'zone', aggregate: 'mean', weight: 'rides' })
 */
export const line = <F extends Fields>(table: Table<F>, options: Series<F>): Chart =>
  chart('line', table, options, ['y']);
/**
 * A filled line over x, stacked by `by`; without y it counts rows.
 *
 * @throws PIPELINE_INVALID where a column is not there, or not of the type that is needed
 * @example area(byZone, { x: 'minute', y: 'rides', by: 'zone' })
 */
export const area = <F extends Fields>(table: Table<F>, options: Series<F>): Chart =>
  chart('area', table, options, ['y']);
/**
 * Bars, one for each x, stacked by `by`; without y they count rows.
 *
 * @throws PIPELINE_INVALID where a column is not there, or not of the type that is needed
 * @example bar(users, { title: 'Years of birth', x: 'born', every: 'year' })
 */
export const bar = <F extends Fields>(table: Table<F>, options: Series<F>): Chart =>
  chart('bar', table, options, ['y']);
/**
 * Parts of a whole (pie) by a column; without a value they count rows.
 *
 * @throws PIPELINE_INVALID where a column is not there, or not of the type that is needed
 * @example share(users, { by: 'gender' })
 */
export const share = <F extends Fields>(
  table: Table<F>,
  options: Titled & { by: Column<F>; value?: NumberColumn<F> },
): Chart => chart('share', table, options, ['value']);
/**
 * Points of two numbers, with a trend line (least squares over all rows) where asked for.
 *
 * @throws PIPELINE_INVALID where a column is not there, or not of the type that is needed
 * @example scatter(rides, { x: 'km', y: 'fare', trend: true })
 */
export const scatter = <F extends Fields>(
  table: Table<F>,
  options: Titled & { x: NumberColumn<F>; y: NumberColumn<F>; by?: Column<F>; trend?: boolean },
): Chart => chart('scatter', table, options, ['x', 'y']);
/**
 * How often values of a number occur, in about so many bins (30).
 *
 * @throws PIPELINE_INVALID where a column is not there, or not of the type that is needed
 * @example histogram(rides, { value: 'km', bins: 20, unit: 'km' })
 */
export const histogram = <F extends Fields>(
  table: Table<F>,
  options: Titled & { value: NumberColumn<F>; bins?: number },
): Chart => chart('histogram', table, options, ['value']);
/**
 * A colour for each pair of x and y; without a value it counts rows.
 *
 * @throws PIPELINE_INVALID where a column is not there, or not of the type that is needed
 * @example heatmap(delays, { x: 'hour', y: 'line', value: 'delay_s', unit: 's' })
 */
export const heatmap = <F extends Fields>(
  table: Table<F>,
  options: Titled & Across<F> & Shaded<F> & { y: Column<F> },
): Chart => chart('heatmap', table, options, ['value']);
/**
 * Points on a map, coloured by a number or by a category, with `columns` shown beside the pointer; or countries (English names)
 * shaded by how many rows they have or by a value. Latitude and longitude are in degrees.
 *
 * @throws PIPELINE_INVALID where a column is not there, or not of the type that is needed
 * @example map(positions, { latitude: 'latitude', longitude: 'longitude', color: 'delay_s', columns: ['line'] })
 */
export const map = <F extends Fields>(
  table: Table<F>,
  options: Titled &
    (
      | {
          latitude: NumberColumn<F>;
          longitude: NumberColumn<F>;
          color?: Column<F>;
          columns?: readonly Column<F>[];
          country?: never;
        }
      | ({ country: Column<F>; latitude?: never; longitude?: never } & Valued<F>)
    ),
): Chart => chart('map', table, options, ['latitude', 'longitude', 'value']);
/**
 * One number, with its course where the key of the table has its event time in it, so that the rows of a time stay; without a value it
 * counts rows.
 *
 * @throws PIPELINE_INVALID where a column is not there, or not of the type that is needed
 * @example number(rides, { title: 'Mean fare', value: 'fare', aggregate: 'mean', unit: '€' })
 */
export const number = <F extends Fields>(table: Table<F>, options: Titled & Valued<F>): Chart =>
  chart('number', table, options, ['value']);
/**
 * The rows themselves, newest first; or with `by` one row for each of its values, with how many rows it has or an aggregate.
 *
 * @throws PIPELINE_INVALID where a column is not there, or not of the type that is needed
 * @example grid(users, { title: 'Users of each country', by: 'country' })
 */
export const grid = <F extends Fields>(
  table: Table<F>,
  options: Titled &
    (
      | { columns?: readonly Column<F>[]; limit?: number; by?: never }
      | ({ by: Column<F>; every?: never; limit?: number; columns?: never } & Valued<F>)
      | ({ by: TimeColumn<F>; every?: Every; limit?: number; columns?: never } & Valued<F>)
    ) = {},
): Chart => chart('grid', table, options, ['value']);
