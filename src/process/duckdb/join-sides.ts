// Joins by time in a query: each side is joined where its row holds at the time of the input's row.
import { MillraceError } from '../../core/errors.ts';
import type { DuckSession } from './database.ts';
import type { Side } from './sides.ts';
import { columnNode, expressionSql, type Node, rootOf, walk } from './tree.ts';

/** A side as it stands in a query. */
export type JoinedSide = {
  readonly side: Side;
  /** Its name in the query. */
  readonly alias: string;
  /** What it is joined on, its time included, as SQL. */
  readonly condition: string;
};

/**
 * Adds the time to the conditions of joins with sides.
 *
 * @param alias the name of the input in the query, whose `_ts` is the time of its rows
 * @throws SQL_UNSUPPORTED where a side stands elsewhere
 */
export async function joinSides(
  session: DuckSession,
  place: string,
  tree: Node,
  alias: string,
  sides: readonly Side[],
): Promise<JoinedSide[]> {
  if (sides.length === 0) return [];
  const sideOf = (node: unknown) => {
    const { type, schema_name, table_name } = (node ?? {}) as Node;
    return type === 'BASE_TABLE' && schema_name === 'state' ? sides.find((one) => one.name === table_name) : undefined;
  };
  const joined: JoinedSide[] = [];
  const look = async (node: Node): Promise<void> => {
    if (node.type !== 'JOIN') return;
    await look(node.left as Node);
    const side = sideOf(node.right);
    if (!side) return look(node.right as Node);
    refuseJoin(place, node, side);
    const { alias: name } = node.right as Node;
    node.condition = and([
      node.condition as Node,
      comparison('COMPARE_GREATERTHANOREQUALTO', [alias, '_ts'], [String(name), '_from']),
      comparison('COMPARE_LESSTHAN', [alias, '_ts'], [String(name), '_to']),
    ]);
    joined.push({ side, alias: String(name), condition: await expressionSql(session, node.condition as Node) });
  };
  const root = rootOf(tree);
  await look((root.from_table ?? {}) as Node);
  let all = 0;
  walk(root, (node) => {
    if (sideOf(node)) all++;
  });
  if (all > joined.length)
    throw new MillraceError(
      'SQL_UNSUPPORTED',
      `${whatOf(sides[0]!)} is joined by time, and must stand on the right of a JOIN … ON … in the outer FROM clause`,
      { place, remedy: `Write from \${…} join ${textOf(sides[0]!)} x on x.… = ….` },
    );
  return joined;
}

function refuseJoin(place: string, join: Node, side: Side): void {
  const kind = String(join.join_type);
  const isPlain = join.ref_type === 'REGULAR' && (join.using_columns as string[]).length === 0 && join.condition;
  if (isPlain && ['INNER', 'LEFT', 'SEMI', 'ANTI'].includes(kind)) return;
  throw new MillraceError(
    'SQL_UNSUPPORTED',
    `${whatOf(side)} is joined by time, and this join of it is not of the form JOIN … ON …`,
    { place, remedy: `Write join ${textOf(side)} x on x.… = …, or left join. The time is added to the condition.` },
  );
}

function whatOf({ table, reference }: Side): string {
  return table ? `table '${table.name}', which has no end,` : `${reference.of.noun} '${reference.of.name}'`;
}

function textOf({ table, reference }: Side): string {
  return table ? `\${${table.name}}` : `\${${reference.of.name}.within(…)}`;
}

function comparison(type: string, left: readonly string[], right: readonly string[]): Node {
  return {
    class: 'COMPARISON',
    type,
    alias: '',
    query_location: 0,
    left: columnNode(left),
    right: columnNode(right),
  };
}

function and(children: readonly Node[]): Node {
  return { class: 'CONJUNCTION', type: 'CONJUNCTION_AND', alias: '', query_location: 0, children };
}
