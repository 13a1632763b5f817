// Reads a query's syntax tree: what the streaming subset allows, which columns are used, and the same query with `_row` carried along.
import { MillraceError } from '../../core/errors.ts';
import { uncached } from './calendar.ts';
import { type DuckSession, slotCatalogs } from './database.ts';
import { tableFunctionsOf } from './functions.ts';
import { commonNames, copyOf, type Node, pointAt, rootOf, sqlOf, treeOf, walk } from './tree.ts';

/** Table functions that read nothing from outside. */
const allowedTableFunctions = new Set(['unnest', 'range', 'generate_series', 'repeat', 'json_each']);

/** What is known of a query from its text alone. */
export type Analysis = {
  /** Names of all columns that it mentions; undefined where it takes all (`*`). */
  readonly columns: ReadonlySet<string> | undefined;
  readonly hasWindowFunction: boolean;
  /** Whether each OVER (…) is partitioned by window_start, so that it sees one window at a time. */
  readonly isOverWindows: boolean;
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
    overWindows: true,
    join: false,
    unnest: false,
  };
  walk(root, (node) => {
    const kind = node.class ?? node.type;
    if (kind === 'COLUMN_REF') found.columns.add(String((node.column_names as string[]).at(-1)).toLowerCase());
    if (kind === 'STAR') found.star = true;
    if (node.class === 'WINDOW') {
      found.window = true;
      const partitions = (node.partitions as Node[] | undefined) ?? [];
      const named = partitions.map((one) => String((one.column_names as string[] | undefined)?.at(-1)).toLowerCase());
      if (!named.includes('window_start')) found.overWindows = false;
    }
    if (node.type === 'JOIN') found.join = true;
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
    isOverWindows: found.overWindows,
    hasDistinct: modifiers.some((one) => one.type === 'DISTINCT_MODIFIER'),
    hasLimitOrOrder: modifiers.some((one) => /LIMIT|ORDER/.test(String(one.type))),
    hasSetOperation: root.type !== 'SELECT_NODE',
    hasJoin: found.join,
    hasUnnest: found.unnest,
    tree: serialized,
  };
}

/**
 * The query twice: as written, and with more columns of its input, `alias.column as _carried_column`, so that it is known where each
 * row that comes out came from. In both, `*` does not give the hidden columns of the input.
 */
export async function carry(
  session: DuckSession,
  analysis: Analysis,
  alias: string,
  columns: readonly string[],
  hidden: readonly string[],
): Promise<{ plain: string; carried: string }> {
  const tree = copyOf(analysis.tree);
  walk(tree, uncached);
  const root = rootOf(tree);
  const selected = root.select_list as Node[];
  for (const item of selected) {
    const isOurs = item.class === 'STAR' && (item.relation_name === '' || item.relation_name === alias);
    if (isOurs) item.exclude_list = [...(item.exclude_list as string[]), ...hidden];
  }
  const plain = await sqlOf(session, tree);
  for (const column of columns) {
    const shared = { class: 'COLUMN_REF', type: 'COLUMN_REF', query_location: 0 };
    selected.push({ ...shared, alias: `_carried${column}`, column_names: [alias, column] });
  }
  return { plain, carried: await sqlOf(session, tree) };
}

/** The name under which the streaming relation stands in the FROM clause of the outer SELECT; undefined where it stands deeper. */
export function aliasOf(analysis: Analysis, table: string): string | undefined {
  const root = rootOf(analysis.tree);
  let found: string | undefined;
  const look = (node: Node | undefined) => {
    if (!node || found !== undefined) return;
    if (node.type === 'BASE_TABLE' && ourCatalogs.has(String(node.catalog_name)) && node.table_name === table)
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
