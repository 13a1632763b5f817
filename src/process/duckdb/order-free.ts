// Whether a query over a window gives the same rows in whatever order it sees those of the window: these need then not be sorted.
import type { Fields, FieldType } from '../../define/fields.ts';
import type { Analysis } from './analyse.ts';
import { callsOf, type Functions } from './functions.ts';
import { isNode, type Node, rootOf } from './tree.ts';

/** Aggregates of a column, of which each order gives the same where equal values are the same value. */
const orderFree = new Set([
  ...['min', 'max', 'sum', 'avg', 'mean', 'median', 'quantile', 'quantile_cont', 'quantile_disc'],
  ...['bool_and', 'bool_or', 'bit_and', 'bit_or', 'bit_xor'],
]);

/** Aggregates that look at no value. */
const counts = new Set(['count', 'count_star']);

/** Types whose sums are exact and whose equal values are the same: those of floating point round, and have two zeros. */
const exact = new Set<FieldType['kind']>(['text', 'int', 'long', 'bool', 'date', 'timestamp', 'decimal', 'oneOf']);

/**
 * Whether the order of the rows of a window says nothing. Where that is not plain to see it is taken to say something.
 *
 * @param analysis of the query as written: its input is a table in the FROM clause
 * @param fields of its input
 */
export function isOrderFree({ tree, ...query }: Analysis, fields: Fields, { aggregates }: Functions): boolean {
  const root = rootOf(tree);
  const isSimple =
    root.type === 'SELECT_NODE' &&
    (root.from_table as Node).type === 'BASE_TABLE' &&
    [root.modifiers, (root.cte_map as Node).map].every((list) => (list as unknown[]).length === 0) &&
    root.qualify === null &&
    root.sample === null;
  if (!isSimple || query.hasWindowFunction || query.hasUnnest || hasSubquery(root)) return false;
  const isExact = (node: Node | undefined) => node?.class === 'COLUMN_REF' && isExactColumn(node, fields);
  const isAggregate = (node: unknown) => callsOf(node).some(({ name }) => aggregates.has(name));
  const selected = root.select_list as Node[];
  // GROUP BY ALL: by all that is selected and no aggregate
  const groups =
    root.aggregate_handling === 'FORCE_AGGREGATES'
      ? selected.filter((one) => !isAggregate(one))
      : (root.group_expressions as Node[]);
  return (
    groups.every(isExact) &&
    callsOf(root)
      .filter(({ name }) => aggregates.has(name))
      .every(({ name, node }) => counts.has(name) || (orderFree.has(name) && isExact((node.children as Node[])[0])))
  );
}

function isExactColumn(node: Node, fields: Fields): boolean {
  const name = (node.column_names as string[]).at(-1)!.toLowerCase();
  if (name === 'window_start' || name === 'window_end') return true;
  const field = Object.entries(fields).find(([one]) => one.toLowerCase() === name)?.[1];
  return field !== undefined && exact.has(field.type.kind);
}

function hasSubquery(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasSubquery);
  return isNode(value) && (value.class === 'SUBQUERY' || Object.values(value).some(hasSubquery));
}
