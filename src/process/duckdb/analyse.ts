// Reads a query's syntax tree: what the streaming subset allows, which columns are used, and the same query with `_row` carried along.
import { MillraceError } from '../../core/errors.ts';
import { uncached } from './calendar.ts';
import { type DuckSession, slotCatalogs } from './database.ts';
import { tableFunctionsOf } from './functions.ts';
import { insideName } from './render.ts';
import { columnNode, commonNames, copyOf, isNode, type Node, pointAt, rootOf, sqlOf, treeOf, walk } from './tree.ts';

/** Table functions that read nothing from outside. */
const allowedTableFunctions = new Set(['unnest', 'range', 'generate_series', 'repeat', 'json_each']);

/** What is known of a query from its text alone. */
export type Analysis = {
  /** Names of all columns that it mentions; undefined where it takes all (`*`). */
  readonly columns: ReadonlySet<string> | undefined;
  readonly hasWindowFunction: boolean;
  readonly hasDistinct: boolean;
  readonly hasLimitOrOrder: boolean;
  readonly hasSetOperation: boolean;
  readonly hasJoin: boolean;
  readonly hasUnnest: boolean;
  readonly tree: Node;
};

/**
 * Parses a query and refuses what no stream may have: several statements, tables named in plain text, functions that read from outside.
 *
 * @throws SQL_INVALID, SQL_UNSUPPORTED
 */
export async function analyse(session: DuckSession, sql: string, place: string): Promise<Analysis> {
  const serialized = await treeOf(session, sql);
  if (serialized.error) {
    throw new MillraceError('SQL_INVALID', String(serialized.error_message ?? 'the SQL cannot be read'), {
      place,
      remedy: pointAt(sql, Number(serialized.position)),
    });
  }
  const statements = serialized.statements as Node[];
  if (statements.length !== 1) {
    throw new MillraceError('SQL_UNSUPPORTED', `there are ${statements.length} statements`, {
      place,
      remedy: 'Write one SELECT.',
    });
  }
  const root = rootOf(serialized);
  const found = {
    columns: new Set<string>(),
    star: false,
    window: false,
    join: false,
    unnest: false,
  };
  walk(root, (node) => {
    const kind = node.class ?? node.type;
    if (kind === 'COLUMN_REF') for (const name of node.column_names as string[]) found.columns.add(name.toLowerCase());
    if (kind === 'STAR') found.star = true;
    if (node.class === 'WINDOW') found.window = true;
    if (node.type === 'JOIN') {
      found.join = true;
      if (node.ref_type === 'NATURAL') found.star = true;
      for (const name of node.using_columns as string[]) found.columns.add(name.toLowerCase());
    }
    if (node.class === 'FUNCTION' && String(node.function_name).toLowerCase() === 'unnest') found.unnest = true;
  });
  for (const name of tableFunctionsOf(root)) {
    if (allowedTableFunctions.has(name) || name.startsWith('millrace_feed_')) continue;
    throw new MillraceError('SQL_UNSUPPORTED', `the table function ${name}() cannot be used in a stream`, {
      place,
      remedy: 'Read topics, streams and tables only.',
    });
  }
  refuseTextTables(root, place);
  const modifiers = (root.modifiers as Node[] | undefined) ?? [];
  return {
    columns: found.star ? undefined : found.columns,
    hasWindowFunction: found.window,
    hasDistinct: modifiers.some((one) => one.type === 'DISTINCT_MODIFIER'),
    hasLimitOrOrder: modifiers.some((one) => /LIMIT|ORDER/.test(String(one.type))),
    hasSetOperation: root.type !== 'SELECT_NODE',
    hasJoin: found.join,
    hasUnnest: found.unnest,
    tree: serialized,
  };
}

/** A relation of a query that has columns of ours. */
export type Visible = {
  /** Its name in the query. */
  readonly alias: string;
  /** Columns that neither `*` nor its name, as a row, have. */
  readonly hidden: readonly string[];
  /** The columns that its name has as a row. */
  readonly row: readonly string[];
};

/**
 * The query twice: as written, and with more columns of its input (the first relation), as `_carried` and their name, so that it is known
 * where each row that comes out came from. In both, `*` and the names of relations as rows do not have the hidden columns.
 */
export async function carry(
  session: DuckSession,
  analysis: Analysis,
  relations: readonly [Visible, ...Visible[]],
  columns: readonly string[],
): Promise<{ plain: string; carried: string }> {
  const tree = copyOf(analysis.tree);
  walk(tree, uncached);
  const root = rootOf(tree);
  for (const { alias, row } of relations) writeWholeRows(root, alias, row);
  const selected = root.select_list as Node[];
  walkExpressions(root, (node) => {
    if (node.class !== 'STAR') return;
    const hidden = relations
      .filter(({ alias }) => node.relation_name === '' || node.relation_name === alias)
      .flatMap((one) => one.hidden);
    node.exclude_list = [...new Set([...(node.exclude_list as string[]), ...hidden])];
  });
  const plain = await sqlOf(session, tree);
  for (const column of columns)
    selected.push({ ...columnNode([relations[0].alias, column]), alias: `_carried${column}` });
  return { plain, carried: await sqlOf(session, tree) };
}

/** Visits the expressions of a SELECT, not those of the subqueries in it. */
function walkExpressions(root: Node, visit: (node: Node) => void): void {
  const look = (value: unknown): void => {
    if (Array.isArray(value)) for (const one of value) look(one);
    else if (isNode(value) && value.class !== 'SUBQUERY') {
      visit(value);
      for (const one of Object.values(value)) look(one);
    }
  };
  for (const [key, value] of Object.entries(root)) if (key !== 'from_table' && key !== 'cte_map') look(value);
}

/** Whether the name of the input stands in a query as a row: `to_json(f)`, `count(distinct f)`. */
export function hasWholeRow(analysis: Analysis, alias: string): boolean {
  let found = false;
  walk(rootOf(analysis.tree), (node) => {
    if (isWholeRow(node, alias)) found = true;
  });
  return found;
}

function isWholeRow(node: Node, alias: string): boolean {
  const names = node.class === 'COLUMN_REF' ? (node.column_names as string[]) : [];
  return names.length === 1 && names[0]!.toLowerCase() === alias.toLowerCase();
}

/** Writes the columns of a row where the input's name stands for it: the relation has columns of ours, too. */
function writeWholeRows(root: Node, alias: string, row: readonly string[]): void {
  if (row.some((name) => name.toLowerCase() === alias.toLowerCase())) return;
  for (const item of (root.select_list as Node[]) ?? [])
    if (isWholeRow(item, alias) && !item.alias) item.alias = (item.column_names as string[])[0]!;
  walkWritten(root, (node) => {
    if (!isWholeRow(node, alias)) return;
    const { alias: name, query_location } = node;
    const children = row.map((column) => ({ ...columnNode([alias, column]), alias: column }));
    delete node.column_names;
    Object.assign(node, {
      class: 'FUNCTION',
      type: 'FUNCTION',
      alias: name,
      query_location,
      function_name: 'struct_pack',
      schema: '',
      catalog: '',
      children,
      filter: null,
      order_bys: { type: 'ORDER_MODIFIER', orders: [] },
      distinct: false,
      is_operator: false,
      export_state: false,
    });
  });
}

/** Visits what the author wrote: not the subquery that stands for the input, whose columns may be called as a relation of the query. */
function walkWritten(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) for (const one of value) walkWritten(one, visit);
  else if (isNode(value) && !(value.type === 'SUBQUERY' && value.class === undefined && isOurs(value))) {
    visit(value);
    for (const one of Object.values(value)) walkWritten(one, visit);
  }
}

/** The name under which the streaming relation stands in the FROM clause of the outer SELECT; undefined where it stands deeper. */
export function aliasOf(analysis: Analysis, table: string): string | undefined {
  const root = rootOf(analysis.tree);
  let found: string | undefined;
  const look = (node: Node | undefined) => {
    if (!node || found !== undefined) return;
    const isInput = node.table_name === table || node.table_name === insideName(table);
    if (node.type === 'BASE_TABLE' && ourCatalogs.has(String(node.catalog_name)) && isInput)
      found = String(node.alias || table);
    else if (node.type === 'SUBQUERY' && node.alias && isOurs(node)) found = String(node.alias);
    else if (node.type === 'JOIN') {
      look(node.left as Node);
      look(node.right as Node);
    }
  };
  look(root.from_table as Node | undefined);
  return found;
}

/** Where relations of micro-batches stand. */
const ourCatalogs = new Set<string>(['temp', ...slotCatalogs]);

/** A subquery that render() wrote: it selects from a batch relation. */
function isOurs(node: Node): boolean {
  let ours = false;
  walk(node, (inner) => {
    if (inner.type === 'BASE_TABLE' && (ourCatalogs.has(String(inner.catalog_name)) || inner.schema_name === 'state'))
      ours = true;
    if (inner.type === 'TABLE_FUNCTION') ours = true;
  });
  return ours;
}

function refuseTextTables(root: Node, place: string): void {
  const named = commonNames(root);
  walk(root, (node) => {
    if (node.type === 'BASE_TABLE' && !node.schema_name && !named.has(String(node.table_name))) {
      throw new MillraceError('SQL_UNSUPPORTED', `'${node.table_name}' is named as text`, {
        place,
        remedy: `Write \${${node.table_name}} with the topic, stream or table itself, so that the graph is known.`,
      });
    }
  });
}
