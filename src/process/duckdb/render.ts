// A query as DuckDB's text: references become relations, parameters become variables that were bound once.
import { isParam } from '../../define/param.ts';
import type { Relation } from '../../define/relation.ts';
import type { Sql } from '../../define/sql.ts';
import { literal, quote } from '../database.ts';
import { slotCatalogs } from './database.ts';

/** One of the two places in which micro-batches are prepared: one is filled while the other one is stored. */
export type Slot = 0 | 1;

export const slots = [0, 1] as const;

/** Something for each slot. */
export type PerSlot<T> = readonly [T, T];

/** Makes something for each slot, one after the other. */
export async function perSlot<T>(make: (slot: Slot) => Promise<T> | T): Promise<PerSlot<T>> {
  return [await make(0), await make(1)];
}

/** The schema of a slot, in a database in memory: one for each pipeline. */
export const slotSchema = (pipeline: string, slot: Slot) => `${slotCatalogs[slot]}.${quote(`${pipeline}/slot${slot}`)}`;

/** The table function that reads the rows of a topic. */
export const feedName = (feed: number, slot: Slot) => `millrace_feed_${feed}_slot${slot}`;

/** The relation of a slot that holds the rows of a topic or stream which is prepared ahead of the transaction. */
export const aheadRelation = (pipeline: string, name: string, slot: Slot) =>
  `${slotSchema(pipeline, slot)}.${quote(name)}`;

/**
 * The relation that holds the rows of a stream that is computed within the transaction. It is not called as the stream: a table may be,
 * and DuckDB looks into `temp.main` before the file where a query reads `main."NAME"`.
 */
export const insideRelation = (name: string) => `temp.main.${quote(insideName(name))}`;

export const insideName = (name: string) => `${name}/rows`;

/** The relation of a table as queries see it. */
export const tableRelation = (table: Relation) => `main.${quote(table.of.name)}`;

/** The variable that holds a parameter's value. Its name tells all names apart: variables know no upper case, and take no `-`. */
export const variable = (name: string) =>
  `millrace_${name.replace(/[A-Z_-]/g, (one) => (one === '-' ? '_d' : one === '_' ? '__' : `_u${one.toLowerCase()}`))}`;

/** Words that may follow a relation and are no alias. */
const afterRelation =
  /^\s*(select|where|group|order|having|qualify|limit|offset|window|sample|using|union|intersect|except|join|inner|left|right|full|cross|semi|anti|asof|positional|natural|on|tablesample|pivot|unpivot)\b/i;

/**
 * The text of a query. `input` writes the streaming relation where it is more than the name of a batch (a window, a deduplicated view);
 * it gets its own name as alias where the query gives none. So it is with `table`.
 */
export function render(
  query: Sql,
  input: (relation: Relation) => string,
  table: (relation: Relation) => string = tableRelation,
): string {
  let text = query.texts[0]!;
  query.references.forEach((reference, i) => {
    const after = query.texts[i + 1]!;
    if (isParam(reference)) text += `getvariable(${literal(variable(reference.name))})`;
    else {
      text += reference.of.noun === 'table' ? table(reference) : input(reference);
      if (!hasAlias(after)) text += ` as ${quote(reference.as ?? reference.of.name)}`;
    }
    text += after;
  });
  return text.trim().replace(/;\s*$/, '');
}

function hasAlias(after: string): boolean {
  return /^\s+(as\s+)?("|[A-Za-z_])/i.test(after) && !afterRelation.test(after);
}
