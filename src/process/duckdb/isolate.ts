// The rows that a plain stream fails for, found in one pass: its expressions under TRY, which gives null where one fails.
import type { Stream } from '../../define/stream.ts';
import { literal, quote } from '../database.ts';
import type { Analysis } from './analyse.ts';
import type { DuckSession } from './database.ts';
import { isNode, type Node, rootOf, sqlOf, treeOf } from './tree.ts';
import { sqlType } from './types.ts';

/**
 * A query for the `_row`s that make the stream's query fail or break what it declares; undefined where it cannot be written (several
 * rows from one, subqueries), so that rows must be found by halving.
 *
 * @param alias the name of the input in the query, whose `_row` is given
 */
export async function badRowsQuery(
  session: DuckSession,
  stream: Stream,
  analysis: Analysis,
  alias: string,
): Promise<string | undefined> {
  if (analysis.hasJoin || analysis.hasUnnest) return undefined;
  const root = rootOf(analysis.tree);
  const items = (root.select_list as Node[]).filter((item) => item.class !== 'STAR');
  const named = new Map<string, Node>();
  for (const item of items) {
    const expression = inlined(item, named);
    const name = String(item.alias || ((item.column_names as string[] | undefined)?.at(-1) ?? ''));
    if (!name) return undefined;
    // what comes later in the list may use this name
    named.set(name.toLowerCase(), expression);
  }
  try {
    const write = writer(session);
    const from = await write.from(root.from_table as Node);
    const condition = root.where_clause ? await write.expression(inlined(root.where_clause as Node, named)) : 'true';
    const values: string[] = [];
    const broken: string[] = [];
    for (const [name, field] of Object.entries(stream.fields)) {
      const expression = named.get(name.toLowerCase());
      if (!expression) continue;
      values.push(`${quote(name)} := ${await write.expression({ ...expression, alias: '' })}`);
      const value = `_values.${quote(name)}`;
      if (!field.isOptional) broken.push(`${value} is null`);
      if (field.type.kind === 'oneOf') broken.push(`${value} not in (${field.type.values.map(literal).join(', ')})`);
      broken.push(`(${value} is not null and try_cast(${value} as ${sqlType(field.type)}) is null)`);
    }
    if (values.length === 0) values.push('_ := 1');
    const sql = `select _row from (select ${quote(alias)}._row as _row, try(row(${condition})) is null as _failed, try(${condition}) as _taken,
        try(struct_pack(${values.join(', ')})) as _values from ${from})
      where _failed or (_taken and (_values is null${broken.map((one) => ` or ${one}`).join('')})) order by _row`;
    await session.describe(sql);
    return sql;
  } catch {
    // TRY takes no subqueries and no functions that differ from run to run: then rows are found by halving
    return undefined;
  }
}

/** An expression in which the names of earlier columns of the same SELECT stand for what they are. */
function inlined(node: Node, named: ReadonlyMap<string, Node>): Node {
  if (node.class === 'COLUMN_REF') {
    const names = node.column_names as string[];
    const meant = names.length === 1 ? named.get(names[0]!.toLowerCase()) : undefined;
    return meant ? { ...meant, alias: node.alias } : node;
  }
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, inlinedValue(value, named)]));
}

function inlinedValue(value: unknown, named: ReadonlyMap<string, Node>): unknown {
  if (Array.isArray(value)) return value.map((one) => inlinedValue(one, named));
  return isNode(value) ? inlined(value, named) : value;
}

/** Writes parts of a syntax tree as SQL, each within a query of its own. */
function writer(session: DuckSession) {
  const query = async (change: (root: Node) => void): Promise<string> => {
    const tree = await treeOf(session, 'select 1');
    change(rootOf(tree));
    return await sqlOf(session, tree);
  };
  return {
    async expression(node: Node): Promise<string> {
      return (await query((root) => Object.assign(root, { select_list: [node] }))).replace(/^SELECT /, '');
    },
    async from(node: Node): Promise<string> {
      return (await query((root) => Object.assign(root, { from_table: node }))).replace(/^SELECT 1 FROM /, '');
    },
  };
}
