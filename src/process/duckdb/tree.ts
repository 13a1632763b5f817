// DuckDB's syntax trees: read, walked, and written as SQL again with every number as its author wrote it.
import type { DuckSession } from './database.ts';

/** A node of a syntax tree, or any other object in it. Numbers are kept as they are written: see `rawNumbers`. */
export type Node = { [key: string]: unknown };

/** Part of the language since Node 22, but not of TypeScript's library. */
const rawNumbers = JSON as unknown as {
  rawJSON(text: string): { readonly rawJSON: string };
  isRawJSON(value: unknown): value is { readonly rawJSON: string };
};

/**
 * Parses SQL; where it cannot be parsed, the tree says `error`, `error_message` and `position`. No number becomes one of JavaScript, which
 * would round those of 64 and 128 bits and lose the point of `1000.0`.
 */
export async function treeOf(session: DuckSession, sql: string): Promise<Node> {
  const text = String((await session.rows('select json_serialize_sql($1::varchar)', sql))[0]![0]);
  try {
    return JSON.parse(text, ((_: string, value: unknown, { source }: { source: string }) =>
      typeof value === 'number' ? rawNumbers.rawJSON(source) : value) as (
      key: string,
      value: unknown,
    ) => unknown) as Node;
  } catch {
    // the one thing that DuckDB writes and JSON does not have is the infinity that it makes of 1e400
    return { error: true, error_message: "a number is larger than a DOUBLE can be: write 'infinity'::double" };
  }
}

/** The nodes of the one SELECT of a tree, or of the first. */
export function rootOf(tree: Node): Node {
  return (tree.statements as Node[])[0]!.node as Node;
}

/** A column of a relation. */
export function columnNode(names: readonly string[]): Node {
  return { class: 'COLUMN_REF', type: 'COLUMN_REF', alias: '', query_location: 0, column_names: names };
}

/** The SQL of an expression. */
export async function expressionSql(session: DuckSession, expression: Node): Promise<string> {
  const tree = await treeOf(session, 'select 1');
  Object.assign(rootOf(tree), { select_list: [{ ...expression, alias: '' }] });
  return (await sqlOf(session, tree)).replace(/^SELECT /, '');
}

/** The SQL of a tree. */
export async function sqlOf(session: DuckSession, tree: Node): Promise<string> {
  const text = JSON.stringify(tree, (_, value) => (isNode(value) ? typed(value) : value));
  return String((await session.rows('select json_deserialize_sql($1::json)', text))[0]![0]);
}

/** A constant with its type said, where the text that DuckDB writes of it would be read as one of another: `1e3` as 1000.0, which is a DECIMAL. */
function typed(node: Node): Node {
  if (node.class !== 'CONSTANT') return node;
  const { type, value } = node.value as { type: { id: string; type_info: Node | null }; value?: unknown };
  const isWhole = type.id === 'DECIMAL' && sourceOf(type.type_info!.scale) === '0';
  if (type.id !== 'DOUBLE' && !isWhole) return node;
  const text = { type: { id: 'VARCHAR', type_info: null }, is_null: false, value: sourceOf(value) };
  return {
    class: 'CAST',
    type: 'OPERATOR_CAST',
    alias: node.alias,
    query_location: node.query_location,
    child: { ...node, alias: '', value: text },
    cast_type: type,
    try_cast: false,
  };
}

/** The digits of a number; those of 128 bits come in two halves. */
function sourceOf(value: unknown): string {
  if (rawNumbers.isRawJSON(value)) return value.rawJSON;
  const { upper, lower } = value as Node;
  return String((BigInt(sourceOf(upper)) << 64n) + BigInt(sourceOf(lower)));
}

/** A copy that shares nothing that can be changed; `structuredClone` would not keep the numbers. */
export function copyOf<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyOf) as T;
  return isNode(value)
    ? (Object.fromEntries(Object.entries(value).map(([key, one]) => [key, copyOf(one)])) as T)
    : value;
}

/** Whether a part of a tree has parts of its own by name: it is no list, text, number or null. */
export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !rawNumbers.isRawJSON(value);
}

/** Visits every object of a tree, from the outside. */
export function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) for (const one of value) walk(one, visit);
  else if (isNode(value)) {
    visit(value);
    for (const one of Object.values(value)) walk(one, visit);
  }
}

/** The names that a tree's WITH clauses give. */
export function commonNames(tree: Node): Set<string> {
  const names = new Set<string>();
  walk(tree, (node) => {
    for (const entry of ((node.cte_map as Node | undefined)?.map as Node[] | undefined) ?? [])
      names.add(String(entry.key));
  });
  return names;
}

/** A remedy that shows the line of a text in which a position lies. */
export function pointAt(text: string, at: number): string {
  if (!Number.isFinite(at)) return 'Fix the SQL.';
  const line = text.slice(0, at).split('\n').length;
  return `Look at line ${line}: ${text.split('\n')[line - 1]!.trim().slice(0, 80)}`;
}
