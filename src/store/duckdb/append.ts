// The append: rows of a table by place go in as they are, since no two rows have one place.
import { isPlaceKey } from '../../define/place.ts';
import type { Table } from '../../define/table.ts';
import { quote, type RowSet, type Session } from '../../process/database.ts';
import type { RowCounts } from '../../process/engine.ts';
import type { Changes } from './changes.ts';
import { physical, removeOutdated } from './write.ts';

/**
 * Adds rows. Nothing is looked up, but where their records may have been written before: then the rows of these records go first, so that
 * each is there once.
 */
export async function append(table: Table, rows: RowSet, changes: Changes, nowMs: number): Promise<RowCounts> {
  const { session, relation, count } = rows;
  const replaced = await takeOut(table, rows, changes);
  if (count > 0) {
    const names = Object.keys(table.fields).map(quote).join(', ');
    await session.run(`insert into ${physical(table.name)} (${names}) select ${names} from ${relation}`);
  }
  const { outdated, expired } = await removeOutdated(table, session, changes, nowMs);
  if (count > 0) await changes.wrote(session, table, { relation, count, outdated });
  return { replaced, retracted: 0, expired };
}

/** Removes the rows of records that may have been written before; resolves with how many there were. */
async function takeOut(table: Table, { session, again }: RowSet, changes: Changes): Promise<number> {
  if (!again) return 0;
  const { partition, from, to } = again;
  const stored = `${physical(table.name)} where _partition = $1 and _offset >= $2 and _offset < $3`;
  const span = [partition, from, to];
  const count = Number((await session.rows(`select count(*) from ${stored}`, ...span))[0]![0]);
  if (count === 0) return 0;
  await changes.removed(session, table, stored, count, span);
  return session.run(`delete from ${stored}`, ...span);
}

/** By partition, the greatest offset of the records that a table by place has rows of. */
export async function lastPlaces(session: Session, table: string): Promise<Map<number, number>> {
  const rows = await session.rows(`select _partition, max(_offset) from ${physical(table)} group by _partition`);
  return new Map(rows.map(([partition, offset]) => [Number(partition), Number(offset)]));
}

/** The hash of a row's key, as SQL: a column of its own, but of tables by place, in which no row is looked for by it. */
export function hashOf(key: readonly string[], row = ''): string {
  return isPlaceKey(key) ? `hash(${key.map((name) => `${row}${quote(name)}`).join(', ')})` : `${row}_hash`;
}
