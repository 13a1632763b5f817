// The unique rule of a table: which rows of a micro-batch share a value with another row that is there or came before.
import type { Table } from '../../define/table.ts';
import { quote, type RowSet } from '../../process/database.ts';

/** Rows (`_row`) that break the rule, in order, with the reason; a missing value is equal to none. */
export async function refusals(table: Table, rows: RowSet): Promise<{ row: number; reason: string }[]> {
  const refused = new Map<number, string>();
  const hash = `hash(${table.key.map(quote).join(', ')})`;
  for (const name of table.unique) {
    const column = quote(name);
    const candidates = await rows.session.rows(
      `select r._row, r.h, cast(r.u as varchar), count(t._hash) > 0
        from (select _row, ${hash} as h, ${column} as u from ${rows.relation} where ${column} is not null) r
        left join store.${quote(table.name)} t on t.${column} = r.u and t._hash <> r.h
        where t._hash is not null or r.u in (select ${column} from ${rows.relation} group by 1 having count(distinct ${hash}) > 1)
        group by all order by r._row`,
    );
    const owners = new Map<string, string>();
    for (const [row, owner, value, isStored] of candidates) {
      if (refused.has(Number(row))) continue;
      const first = owners.get(String(value));
      const isTaken = isStored || (first !== undefined && first !== String(owner));
      if (isTaken)
        refused.set(Number(row), `table ${table.name}: another row has the same ${name}, which must be unique`);
      else owners.set(String(value), String(owner));
    }
  }
  return [...refused].map(([row, reason]) => ({ row, reason })).sort((a, b) => a.row - b.row);
}
