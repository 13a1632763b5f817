// Shapes of queries whose rows would depend on which records, or which windows, happen to come together.
import type { Relation } from '../../define/relation.ts';
import { type Node, rootOf, walk } from './tree.ts';

/** Refuses with a reason and a remedy. */
export type Refuse = (message: string, remedy: string) => never;

/**
 * Refuses joins and subqueries that read more than the rows of one record, or of one window.
 *
 * @param ours the name of the input in the tree
 */
export function refuseMixing(parsed: Node, ours: string, input: Relation, refuse: Refuse): void {
  const root = rootOf(parsed);
  if (root.type !== 'SELECT_NODE') return;
  walk(parsed, (node) => {
    if (node.type === 'JOIN') refuseOuter(node, ours, refuse);
    if (node.class === 'STAR' && node.columns === true && node.expr !== null && !input.window)
      refuse("COLUMNS('…') with a pattern would take columns of ours as well", 'Name the columns, or use COLUMNS(*).');
  });
  const outer = readsIn(root.from_table as Node, ours, false);
  const all = readsIn(root, ours, true);
  const what = `${input.of.noun} '${input.of.name}'`;
  if (!input.window) {
    if (all > 1)
      refuse(
        `it reads ${what} ${all === 2 ? 'twice' : `${all} times`}, and would see only the records that happen to come together`,
        `Join within a window, as \${${input.of.name}.tumble('1 minute')}, or with a table.`,
      );
    return;
  }
  if (all > outer && outer > 0)
    refuse(
      `a subquery reads windows of ${what}, and would see all windows that happen to be emitted together`,
      'Use OVER (PARTITION BY window_start …), or a join by window_start in the outer FROM clause.',
    );
  const identity = ['window_start', ...(input.window.kind === 'session' ? input.window.by : [])];
  walk(root.from_table, (node) => {
    if (node.type !== 'JOIN' || !holds(node.left, ours) || !holds(node.right, ours)) return;
    const equal = equalColumns(node);
    if (node.ref_type !== 'NATURAL' && !identity.every((name) => equal.has(name.toLowerCase())))
      refuse(
        `two windows of ${what} are joined, and not by ${identity.join(', ')}`,
        `Join them using (${identity.join(', ')}, …).`,
      );
  });
}

/** How often a relation is read; in the FROM clause alone, or anywhere. */
function readsIn(node: unknown, ours: string, isDeep: boolean): number {
  if (isDeep) {
    let count = 0;
    walk(node, (one) => {
      if (isOurs(one, ours)) count++;
    });
    return count;
  }
  const { type, left, right } = (node ?? {}) as Node;
  if (type === 'JOIN') return readsIn(left, ours, false) + readsIn(right, ours, false);
  return isOurs((node ?? {}) as Node, ours) ? 1 : 0;
}

function isOurs(node: Node, ours: string): boolean {
  return node.type === 'BASE_TABLE' && node.table_name === ours;
}

function holds(side: unknown, ours: string): boolean {
  return readsIn(side, ours, true) > 0;
}

/** A join must not give rows that no record brought: those would come again with every batch. */
function refuseOuter(join: Node, ours: string, refuse: Refuse): void {
  const kind = String(join.join_type);
  const [isLeft, isRight] = [holds(join.left, ours), holds(join.right, ours)];
  if (!isLeft && !isRight) return;
  // rows of another window of the input are rows of records, too
  const isOuter =
    /^(FULL|OUTER)$/.test(kind) || (kind === 'RIGHT' && isLeft) || (kind === 'LEFT' && isRight && !isLeft);
  if (isOuter)
    refuse(
      `this ${kind === 'OUTER' ? 'FULL' : kind} JOIN gives rows of a table that no record brought, with every batch again`,
      'Keep the records: topic or stream on the left, LEFT JOIN, table on the right.',
    );
  if (join.ref_type === 'ASOF' && isRight && !isLeft)
    refuse(
      'this ASOF JOIN looks for the nearest of the records that happen to come together',
      'Keep the records: topic or stream on the left, table on the right.',
    );
}

/** The columns that both sides of a join must have the same value of: USING, or `a.x = b.x` joined by AND. */
function equalColumns(join: Node): Set<string> {
  const names = new Set((join.using_columns as string[]).map((name) => name.toLowerCase()));
  const look = (condition: unknown) => {
    const node = (condition ?? {}) as Node;
    if (node.type === 'CONJUNCTION_AND') for (const one of node.children as Node[]) look(one);
    if (node.type !== 'COMPARE_EQUAL' && node.type !== 'COMPARE_NOT_DISTINCT_FROM') return;
    const [one, other] = [node.left, node.right].map((side) => (side as Node).column_names as string[] | undefined);
    const name = one?.at(-1)?.toLowerCase();
    if (name !== undefined && name === other?.at(-1)?.toLowerCase() && one!.join() !== other!.join()) names.add(name);
  };
  look(join.condition);
  return names;
}
