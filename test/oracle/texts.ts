// Pieces of the oracle's SQL, and which errors come from values.
import type { Stream } from '../../src/define/stream.ts';
import type { Topic } from '../../src/define/topic.ts';

/** The view of a window: the columns of its input, where the window starts, where it ends. */
export function viewOf(of: Topic | Stream, where: string): string {
  return `(select ${listOf(of)}, make_timestamp_ms(ws) as window_start, make_timestamp_ms(we) as window_end
    from (select * from "rows ${of.name}" join placed using (_id, _n) where ${where} order by "${of.time}", p, o))`;
}

export function listOf({ fields }: Topic | Stream): string {
  return Object.keys(fields)
    .map((name) => `"${name}"`)
    .join(', ');
}

/** The rows of a table by place, of rows with the place of their record (`_p`, `_o`). */
export function placesOf(of: Topic | Stream, key: readonly string[], fields: Topic['fields'], rows: string): string {
  const number = `row_number() over (partition by _id order by ${listOf(of)}) - 1`;
  const columns = Object.keys(fields).filter((name) => !key.includes(name));
  return `select _p as _partition, _o as _offset, ${number} as _number, ${columns.map((name) => `"${name}"`).join(', ')} from ${rows}`;
}

export function nullable(fields: Topic['fields']): Topic['fields'] {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.optional()]));
}

/** Whether values made a query fail, and not the query itself. */
export function isOfTheData(error: unknown): boolean {
  return /^(Conversion|Constraint|Out of Range|Invalid Input) Error/.test((error as Error).message);
}
