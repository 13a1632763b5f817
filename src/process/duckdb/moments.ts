// Timestamps at the edge of a stream: stored to the millisecond, which is what logs, JSON and the cursors of pages hold.
import type { FieldType } from '../../define/fields.ts';
import type { Stream } from '../../define/stream.ts';
import { quote } from '../database.ts';
import { isNode, type Node, rootOf } from './tree.ts';

/**
 * The SELECT list that stores a stream's columns, in the order of its fields: each timestamp down to its millisecond, but where it is a column of
 * the input or of a table as it stands, which has been stored so before.
 *
 * @param types of the columns that the query gives, by their name in lower case
 * @param alias the name of the input in the query
 */
export function storedColumns(stream: Stream, types: ReadonlyMap<string, string>, tree: Node, alias: string): string {
  const untouched = untouchedColumns(stream, tree, alias);
  return Object.entries(stream.fields)
    .map(([name, { type }]) => {
      const given = types.get(name.toLowerCase())!;
      return isMoment(type) && !untouched(name) ? toMilliseconds(quote(name), given) : quote(name);
    })
    .join(', ');
}

function isMoment(type: FieldType): boolean {
  return type.kind === 'timestamp' || (type.kind === 'list' && isMoment(type.of));
}

/** An expression of one of DuckDB's types, down to the millisecond: before 1970 too, and infinity stays what it is. */
function toMilliseconds(expression: string, type: string): string {
  if (type.endsWith('[]')) {
    const one = toMilliseconds('_moment', type.slice(0, -2));
    return one === '_moment' ? expression : `list_transform(${expression}, lambda _moment: ${one})`;
  }
  if (!/^TIMESTAMP(_NS| WITH TIME ZONE)?$/.test(type)) return expression;
  return `date_trunc('millisecond', ${type === 'TIMESTAMP' ? expression : `${expression}::timestamp`})`;
}

/** Tells of the stream's columns which are taken as they are from its input or a table. */
function untouchedColumns(stream: Stream, tree: Node, alias: string): (name: string) => boolean {
  const root = rootOf(tree);
  const items = root.select_list as Node[];
  // subqueries of the author may give anything under any name
  const isSimple = isStored(root.from_table as Node, alias);
  const columns = new Set(['window_start', 'window_end']);
  for (const one of stream.query.references)
    if ('of' in one) for (const name of Object.keys(one.of.fields)) columns.add(name.toLowerCase());
  const isOfInput = (relation: unknown) => isSimple || relation === alias;
  return (name) => {
    const item = items.find((one) => one.class !== 'STAR' && nameOf(one) === name.toLowerCase());
    if (item) {
      const names = item.class === 'COLUMN_REF' ? (item.column_names as string[]) : [];
      return names.length > 0 && columns.has(names.at(-1)!.toLowerCase()) && isOfInput(names.at(-2));
    }
    // a name that no item has comes from a `*`: only from one that changes nothing
    return items.every(
      (one) =>
        one.class !== 'STAR' ||
        (isOfInput(one.relation_name) &&
          one.columns !== true &&
          [one.replace_list, one.rename_list, one.expr].every(isEmpty)),
    );
  };
}

function nameOf(item: Node): string {
  return String(item.alias || ((item.column_names as string[] | undefined)?.at(-1) ?? '')).toLowerCase();
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0);
}

/** Whether a FROM clause has nothing but the input and tables. The relations of others have no schema. */
function isStored(from: unknown, alias: string): boolean {
  if (!isNode(from)) return false;
  if (from.type === 'JOIN') return isStored(from.left, alias) && isStored(from.right, alias);
  return from.type === 'BASE_TABLE' ? from.schema_name !== '' : from.type === 'SUBQUERY' && from.alias === alias;
}
