// What a pipeline's own route answers, as JSON: its reads are made, a page or a row each; all else is sent as it is.
import { Digits } from '../core/digits.ts';
import { assert, MillraceError } from '../core/errors.ts';
import { rowToJson, toJson } from '../core/row-json.ts';
import type { Pipeline } from '../define/pipeline.ts';
import { isRead, type Read } from '../define/read.ts';
import { isRecord } from '../define/record.ts';
import type { Table } from '../define/table.ts';
import type { StoredRow } from '../store/store.ts';
import type { Backend } from './backend.ts';
import { columnsOf } from './columns.ts';
import { type PageOf, readCursor, writeCursor } from './cursor.ts';
import type { RowPage, TableRow } from './schemas.ts';

/** How deep an answer may be nested, and how many reads may be in it. */
const depthMax = 32;
const readsMax = 100;

/** The tables of a pipeline and who reads them. */
export type Reading = { readonly backend: Pick<Backend, 'rows'>; readonly pipeline: Pipeline };

/**
 * An answer as JSON. A read that is the whole answer becomes a page (`rows` and `next`), or with `.one()` its row; one inside of a list or
 * an object becomes its rows, or its row.
 *
 * @throws PIPELINE_INVALID for what cannot be sent, NOT_FOUND where the row of a `.one()` is not there, OPTION_INVALID for a wrong cursor
 */
export async function answerOf(reading: Reading, answer: unknown): Promise<unknown> {
  if (isRead(answer)) {
    const page = await pageOf(reading, answer);
    return answer.plan.isOne ? page.rows[0] : page;
  }
  let reads = 0;
  const resolve = async (value: unknown, within: readonly object[]): Promise<unknown> => {
    if (isRead(value)) {
      if (++reads > readsMax) throw unsendable(`it has more than ${readsMax} reads`, 'Answer with fewer.');
      const { rows } = await pageOf(reading, value);
      return value.plan.isOne ? rows[0] : rows;
    }
    if (typeof value === 'function' || typeof value === 'symbol')
      throw unsendable(`it holds a ${typeof value}`, 'Answer with reads and plain values.');
    const isPlain = value instanceof Date || value instanceof Uint8Array || value instanceof Digits;
    if (typeof value !== 'object' || value === null || isPlain) return toJson(value);
    if (isRecord(value))
      throw unsendable('it holds a record among other things', 'Return the record, or a list of records, alone.');
    if (within.includes(value)) throw unsendable('it holds itself', 'Answer with something that ends.');
    if (within.length === depthMax) throw unsendable(`it is nested more than ${depthMax} deep`, 'Answer with less.');
    const inside = [...within, value];
    if (Array.isArray(value)) return Promise.all(value.map((one) => resolve(one, inside)));
    const entries = Object.entries(value).filter(([, one]) => one !== undefined);
    return rowToJson(
      Object.fromEntries(await Promise.all(entries.map(async ([name, one]) => [name, await resolve(one, inside)]))),
    );
  };
  return resolve(answer, []);
}

async function pageOf({ backend, pipeline }: Reading, { plan }: Read): Promise<RowPage> {
  const table = tableOf(pipeline, plan.table);
  const columns = columnsOf(table.fields);
  const { order, limit } = plan;
  const names = [...new Set([...order.map(({ column }) => column), ...table.key])];
  const of: PageOf = {
    table: table.name,
    order: order.map(({ column, descending }) => (descending ? `-${column}` : column)).join(','),
    by: names.map((name) => {
      const column = columns.find((one) => one.name === name);
      assert(column, `there is no column '${name}'`);
      return column;
    }),
  };
  const found = await backend.rows(table.name, {
    where: plan.where,
    order,
    // one more tells whether there is another page
    limit: limit + 1,
    ...(plan.after === undefined ? {} : { after: readCursor(of, plan.after) }),
  });
  if (plan.isOne && found.length === 0) {
    throw new MillraceError('NOT_FOUND', `there is no such row in table '${table.name}'`, {
      place: table.name,
      remedy: 'Mind what is asked for.',
    });
  }
  const rows = found.slice(0, limit);
  const isMore = found.length > limit;
  return {
    rows: rows.map((row) => rowToJson(shown(row, plan.columns)) as TableRow),
    ...(isMore ? { next: writeCursor(of, rows.at(-1)!) } : {}),
  };
}

function shown(row: StoredRow, columns: readonly string[] | undefined): StoredRow {
  return columns ? Object.fromEntries(columns.map((name) => [name, row[name]])) : row;
}

function tableOf(pipeline: Pipeline, name: string): Table {
  const found = pipeline.tables.find((one) => one.name === name);
  if (found) return found;
  throw new MillraceError('PIPELINE_INVALID', `it reads table '${name}', which is not among the pipeline's tables`, {
    place: `pipeline '${pipeline.name}'`,
    remedy: 'Add it to tables.',
  });
}

function unsendable(what: string, remedy: string): MillraceError {
  return new MillraceError('PIPELINE_INVALID', `the answer cannot be sent: ${what}`, { remedy });
}
