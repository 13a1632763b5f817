// Maps, single numbers and grids: where things are, how much it is now, and the rows themselves.
import type { ChartData } from '../web/schemas.ts';
import { cutOf, filled, nameOf, partialNote, partialOf } from './chart-series.ts';
import { type ChartSource, chartDataOf, inWords } from './chart-source.ts';

/** Points of a map. */
export const mapMax = 10_000;
const countriesMax = 300;
const sparkMax = 60;
const gridRowsMax = 1000;

/** Rows [country, value], or [latitude, longitude, color?, …columns] of the newest rows. */
export async function mapData(source: ChartSource): Promise<ChartData> {
  const { country, latitude, longitude, color, value: column, columns = source.chart.table.key } = source.options;
  if (country !== undefined) {
    const value = source.valueOf(column, 'sum');
    const rows = await source.summarise({
      by: [{ column: country }],
      values: [value],
      order: [{ at: 1, descending: true }],
      limit: countriesMax,
      present: column === undefined ? [country] : [country, column],
    });
    return chartDataOf([country, nameOf(value)], rows);
  }
  const shown = [latitude!, longitude!, ...(color === undefined ? [] : [color])];
  const names = [...shown, ...columns.filter((name) => !shown.includes(name))];
  const rows = await source.sample(names, 'newest', mapMax, [latitude!, longitude!]);
  const count = rows.length < mapMax ? rows.length : await source.count(latitude!, longitude!);
  return chartDataOf(names, rows, {
    notes: [count > rows.length ? `the newest ${inWords(rows.length)} of ${inWords(count)} points` : undefined],
    facts: { rows: count },
  });
}

/** A first row [null, value] of all rows; then its course, rows [time, value], where the table's rows are a history. */
export async function numberData(source: ChartSource): Promise<ChartData> {
  const column = source.options.value;
  const value = source.valueOf(column, 'sum');
  const { history: time } = source;
  const present = column === undefined ? [] : [column];
  const [all] = await source.summarise({ values: [value], present });
  const columns = [source.time ?? 'time', nameOf(value)];
  const first = [null, all?.[0] ?? null];
  if (time === undefined) return chartDataOf(columns, [first]);
  const cut = await cutOf(source, time, sparkMax, present);
  const found = await source.summarise({
    by: [{ column: time, ...(cut ? { every: cut.every } : {}) }],
    values: [value],
    order: [{ at: 0 }],
    limit: sparkMax * 2,
    present: [time, ...present],
  });
  const course = filled(found, value, cut, true);
  const partial = partialOf(source, time, value, cut, course);
  return chartDataOf(columns, [first, ...course], {
    notes: [partialNote(partial)],
    isTruncated: false,
    facts: { every: cut?.every, partial },
  });
}

/** The newest rows; or with `by` rows [by, value], numbers and times in their order, texts by their value, the greatest first. */
export async function gridData(source: ChartSource): Promise<ChartData> {
  const { by, every, value: column, columns = Object.keys(source.chart.table.fields) } = source.options;
  const limit = Math.min(gridRowsMax, Math.max(1, Math.round(source.options.limit ?? 100)));
  if (by === undefined) {
    const rows = await source.sample(columns, 'newest', limit);
    const count = rows.length < limit ? rows.length : await source.count();
    return chartDataOf(columns, rows, {
      isTruncated: count > rows.length,
      facts: { rows: count },
    });
  }
  const value = source.valueOf(column, 'sum');
  const isText = source.axis(by) === 'text';
  const cut = every === undefined ? undefined : await cutOf(source, by, gridRowsMax, []);
  const present = column === undefined ? [] : [column];
  const rows = await source.summarise({
    by: [{ column: by, ...(cut === undefined ? {} : { every: cut.every }) }],
    values: [value],
    order: isText ? [{ at: 1, descending: true }] : [{ at: 0, descending: true }],
    limit: limit + 1,
    present,
  });
  return chartDataOf([by, nameOf(value)], rows.slice(0, limit), {
    notes: [rows.length > limit ? `the first ${inWords(limit)}` : undefined],
    facts: { every: cut?.every },
  });
}
