// What a query needs of each table: the columns that it names, and no more rows than a filter or a limit of its own leaves.
import { quote } from '../../database.ts';
import type { DuckSession } from '../database.ts';
import { expressionSql, isNode, type Node, rootOf, walk } from '../tree.ts';

/** A table as a query may name it: columns with DuckDB's names of their types. */
export type QueryTable = {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
};

/** What is copied of a table for a query. */
export type Need = {
  readonly table: QueryTable;
  /** The SELECT that gives the rows. */
  readonly sql: string;
  /** The columns that it gives, a part of those of the table. */
  readonly columns: QueryTable['columns'];
};

/** Rows that a limit may ask for so that they are sorted where the rows are; more are sorted in the worker. */
const sortedRowsMax = 100_000;

/** What a query needs. */
export type Needs = {
  readonly needs: readonly Need[];
  /** Whether it asks for names and types: then all tables must be known, though none is read. */
  readonly readsCatalogue: boolean;
};

/**
 * What a query needs of the tables that it names.
 *
 * A column is needed where any part of the query has a name that is its own: rather one too many than one too few. Filters and limits are
 * taken from queries over one table alone, and stay in the query too.
 *
 * @param tables by their names in lower case
 */
export async function needsOf(
  session: DuckSession,
  tree: Node,
  tables: ReadonlyMap<string, QueryTable>,
): Promise<Needs> {
  const named = namesIn(tree);
  const wanted = [...named.tables.keys()].flatMap((name) => tables.get(name) ?? []);
  const narrowed = await narrowingOf(session, tree, wanted);
  const needs = wanted.map((table) => {
    const isWhole =
      named.hasStar || [...named.tables.get(table.name.toLowerCase())!].some((name) => named.columns.has(name));
    const some = isWhole ? table.columns : table.columns.filter(({ name }) => named.columns.has(name.toLowerCase()));
    // rows are counted by any column of theirs
    const columns = some.length > 0 ? some : table.columns.slice(0, 1);
    return {
      table,
      columns,
      sql: `select ${columns.map(({ name }) => quote(name)).join(', ')} from main.${quote(table.name)}${narrowed}`,
    };
  });
  const isUnknown = [...named.tables.keys()].some((name) => !tables.has(name));
  return { needs, readsCatalogue: named.readsCatalogue || isUnknown };
}

/** Names in lower case. */
type Named = {
  /** The tables, each with the names that stand for a whole row of it. */
  readonly tables: Map<string, Set<string>>;
  /** Names of columns, and of whatever else is named as a column is. */
  readonly columns: Set<string>;
  hasStar: boolean;
  readsCatalogue: boolean;
};

/** All names in a query. */
function namesIn(tree: Node): Named {
  const named: Named = { tables: new Map(), columns: new Set(), hasStar: false, readsCatalogue: false };
  const lower = (name: unknown) => String(name).toLowerCase();
  walk(tree, (node) => {
    if (node.type === 'BASE_TABLE') {
      const rows = named.tables.get(lower(node.table_name)) ?? new Set();
      named.tables.set(lower(node.table_name), rows.add(lower(node.alias || node.table_name)));
    } else if (node.type === 'SHOW_REF' || node.type === 'TABLE_FUNCTION') named.readsCatalogue = true;
    // of `a.b.c` any part but the first may be a column, and the first one where it is a struct
    else if (node.class === 'COLUMN_REF') {
      const parts = (node.column_names as string[]).map(lower);
      for (const [i, part] of parts.entries()) if (i > 0 || parts.length === 1) named.columns.add(part);
      if (parts.length > 1 && !isRow(tree, parts[0]!)) named.columns.add(parts[0]!);
    }
    if (node.class === 'STAR' || node.type === 'PIVOT' || node.type === 'SHOW_REF' || node.ref_type === 'NATURAL')
      named.hasStar = true;
    for (const name of (node.using_columns ?? []) as string[]) named.columns.add(lower(name));
  });
  return named;
}

/** Whether a name stands for the rows of a table in the query. */
function isRow(tree: Node, name: string): boolean {
  let found = false;
  walk(tree, (node) => {
    if (node.type === 'BASE_TABLE' && String(node.alias || node.table_name).toLowerCase() === name) found = true;
  });
  return found;
}

/** The filter, the order and the limit of a query over one table, as SQL that follows a FROM clause; '' where nothing can be said. */
async function narrowingOf(session: DuckSession, tree: Node, tables: readonly QueryTable[]): Promise<string> {
  const root = rootOf(tree);
  const from = root.from_table as Node | undefined;
  if (tables.length !== 1 || root.type !== 'SELECT_NODE' || from?.type !== 'BASE_TABLE' || from.sample || root.sample)
    return '';
  let nodes = 0;
  walk(tree, ({ type }) => {
    if (/_NODE$/.test(String(type))) nodes++;
  });
  if (nodes > 1) return '';
  const columns = new Set(tables[0]!.columns.map(({ name }) => name.toLowerCase()));
  const isColumn = (node: unknown): boolean => {
    if (!isNode(node) || node.class !== 'COLUMN_REF') return false;
    const names = (node.column_names as string[]).map((name) => name.toLowerCase());
    const owner = String(from.alias || from.table_name).toLowerCase();
    return columns.has(names.at(-1)!) && (names.length === 1 || (names.length === 2 && names[0] === owner));
  };
  const where = conjuncts(root.where_clause);
  const plain = where.filter((node) => isPlain(node, isColumn));
  const filters: string[] = [];
  for (const node of plain) filters.push(await unqualified(session, node));
  const filter = filters.length > 0 ? ` where ${filters.map((one) => `(${one})`).join(' and ')}` : '';
  return plain.length === where.length ? `${filter}${await limitOf(session, root, isColumn)}` : filter;
}

/** The parts of a condition that are joined by AND. */
function conjuncts(condition: unknown): Node[] {
  if (!isNode(condition)) return [];
  return condition.type === 'CONJUNCTION_AND' ? (condition.children as Node[]).flatMap(conjuncts) : [condition];
}

const comparisons = /^COMPARE_(EQUAL|NOTEQUAL|LESSTHAN|GREATERTHAN|LESSTHANOREQUALTO|GREATERTHANOREQUALTO|BETWEEN|IN)$/;

/** Whether a condition compares one column with constants. */
function isPlain(node: Node, isColumn: (node: unknown) => boolean): boolean {
  const isConstant = (one: unknown) =>
    isNode(one) &&
    (one.class === 'CONSTANT' || (one.class === 'CAST' && isNode(one.child) && one.child.class === 'CONSTANT'));
  const { left, right, input, lower, upper } = node;
  const children = (node.children ?? []) as unknown[];
  if (/^OPERATOR_IS_(NOT_)?NULL$/.test(String(node.type))) return isColumn(children[0]);
  if (!comparisons.test(String(node.type))) return false;
  if (node.class === 'COMPARISON')
    return (isColumn(left) && isConstant(right)) || (isConstant(left) && isColumn(right));
  if (node.class === 'BETWEEN') return isColumn(input) && isConstant(lower) && isConstant(upper);
  return isColumn(children[0]) && children.slice(1).every(isConstant);
}

/** The order and the limit, where each row of the table gives one row: columns alone, and no name given that could hide one. */
async function limitOf(session: DuckSession, root: Node, isColumn: (node: unknown) => boolean): Promise<string> {
  const modifiers = (root.modifiers ?? []) as Node[];
  const limit = modifiers.find(({ type }) => type === 'LIMIT_MODIFIER');
  const order = modifiers.find(({ type }) => type === 'ORDER_MODIFIER');
  const isBare = (root.select_list as Node[]).every((node) => !node.alias && (isColumn(node) || isPlainStar(node)));
  const others = modifiers.length - (limit ? 1 : 0) - (order ? 1 : 0);
  if (!limit || !isBare || others > 0 || root.having || root.qualify || (root.group_expressions as unknown[])?.length)
    return '';
  const rows = wholeNumber(limit.limit) + (isNode(limit.offset) ? wholeNumber(limit.offset) : 0);
  if (!(rows <= sortedRowsMax)) return '';
  const orders = (order?.orders ?? []) as { type: string; null_order: string; expression: Node }[];
  if (!orders.every(({ expression }) => isColumn(expression))) return '';
  const parts: string[] = [];
  for (const { type, null_order, expression } of orders) {
    const direction = { DESCENDING: ' desc', ASCENDING: ' asc' }[type] ?? '';
    const nulls = { 'NULLS FIRST': ' nulls first', 'NULLS LAST': ' nulls last' }[null_order] ?? '';
    parts.push(`${await unqualified(session, expression)}${direction}${nulls}`);
  }
  return `${parts.length > 0 ? ` order by ${parts.join(', ')}` : ''} limit ${rows}`;
}

/** `*`, some columns left out at most: no name stands for something else. */
function isPlainStar(node: Node): boolean {
  const isEmpty = (list: unknown) => !Array.isArray(list) || list.length === 0;
  return (
    node.class === 'STAR' && !node.columns && !node.expr && isEmpty(node.replace_list) && isEmpty(node.rename_list)
  );
}

/** A whole number that is written in a query; NaN where it is anything else. */
function wholeNumber(node: unknown): number {
  const { type, value } = ((node as Node | undefined)?.value ?? {}) as { type?: Node; value?: unknown };
  return type?.id === 'INTEGER' ? Number(JSON.stringify(value)) : Number.NaN;
}

/** The SQL of an expression, its columns without the name of their table. */
function unqualified(session: DuckSession, node: Node): Promise<string> {
  const strip = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(strip);
    if (!isNode(value)) return value;
    if (value.class === 'COLUMN_REF') return { ...value, column_names: (value.column_names as string[]).slice(-1) };
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, strip(one)]));
  };
  return expressionSql(session, strip(node) as Node);
}
