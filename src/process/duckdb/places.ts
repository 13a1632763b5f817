// Tables by place: which of the rows of a record each row is, and which records have been written before.
import type { Table } from '../../define/table.ts';
import type { RecordSpan } from '../database.ts';
import type { FlowInput } from './flowing.ts';
import type { PlainStage } from './stage.ts';
import type { Ahead } from './tally.ts';
import { columnList } from './types.ts';

/**
 * The rows of a stage with their row id and `_number`: among the rows of their record by their values, so that it is the same in every run,
 * whatever the order of the rows.
 */
export function numbered({ stream, repeats }: PlainStage, relation: string): string {
  const number = repeats ? `row_number() over (partition by _row order by ${columnList(stream.fields)}) - 1` : '0';
  return `(select *, rowid, (${number})::integer as _number from ${relation})`;
}

/** The records at hand where a table by place may have rows of them already: one that is sent again, and those that the table is ahead of. */
export function writtenBefore(
  { name, isByPlace }: Table,
  { records, again }: FlowInput,
  ahead: Ahead,
): RecordSpan | undefined {
  if (!isByPlace || !records) return undefined;
  return again === 'all' || records.from <= (ahead.get(name)?.get(records.partition) ?? -1) ? records : undefined;
}
