// Refuses queries over windows that see more than one window at once: one run of the query may emit several.
import { MillraceError } from '../../core/errors.ts';
import type { Relation } from '../../define/relation.ts';
import { insideName } from './render.ts';
import { type Node, rootOf, walk } from './tree.ts';

/** What tells the windows of a view apart, and what names can mean in a query over it. */
type Windows = {
  /** The columns that tell two windows apart. */
  readonly identity: readonly string[];
  /** The names of the view in the query, in lower case. */
  readonly aliases: ReadonlySet<string>;
  /** The columns of all relations of the query, in lower case. */
  readonly columns: ReadonlySet<string>;
  /** The items of the SELECT list. */
  readonly selected: readonly Node[];
};

/**
 * Refuses OVER (…), DISTINCT ON and grouping sets that do not tell windows apart.
 *
 * @param tree the query as its author wrote it, without the subquery of the window
 * @param references the relations of the query
 * @throws SQL_UNSUPPORTED
 */
export function refuseMixedWindows(
  place: string,
  tree: Node,
  identity: readonly string[],
  input: Relation,
  references: readonly Relation[],
): void {
  const root = rootOf(tree);
  const windows: Windows = {
    identity,
    aliases: aliasesOf(root, input.of.name),
    columns: new Set([
      'window_start',
      'window_end',
      ...references.flatMap(({ of }) => Object.keys(of.fields).map((name) => name.toLowerCase())),
    ]),
    selected: (root.select_list as Node[] | undefined) ?? [],
  };
  // beside other relations, which may have a column of the same name
  const of = references.length > 1 ? `${[...windows.aliases][0]}.` : '';
  const refuse = (what: string, lacks: readonly string[], remedy: string) => {
    throw new MillraceError(
      'SQL_UNSUPPORTED',
      `${what} ${lacks.join(', ')} would mix the windows that happen to be emitted together`,
      { place, remedy: remedy.replace('…', lacks.map((name) => `${of}${name}`).join(', ')) },
    );
  };
  walk(root, (node) => {
    if (node.class !== 'WINDOW') return;
    // a column is meant, also where an item of the SELECT list has its name
    const lacks = missing((node.partitions as Node[] | undefined) ?? [], windows, (one) => columnOf(one, windows));
    if (lacks.length > 0) refuse('OVER (…) without PARTITION BY', lacks, 'Add … to its PARTITION BY.');
  });
  const on = ((root.modifiers as Node[] | undefined) ?? []).flatMap(
    (one) => (one.distinct_on_targets as Node[] | undefined) ?? [],
  );
  const inDistinct = on.length > 0 ? missing(on, windows, (one) => ofDistinct(one, windows)) : [];
  const hidden = inDistinct.find((name) => on.some((one) => isNamed(one, name)));
  if (hidden !== undefined)
    refuse(
      'DISTINCT ON without the column',
      inDistinct,
      `Write ${[...windows.aliases][0]}.${hidden}: in DISTINCT ON, ${hidden} is what the SELECT list calls so.`,
    );
  if (inDistinct.length > 0) refuse('DISTINCT ON without', inDistinct, 'Add … to it.');
  const sets = groupingSetsOf(root);
  // one set is asked by carrying the columns along, which DuckDB refuses where they are not in the group
  if (sets.length < 2) return;
  for (const set of sets) {
    const lacks = missing(set, windows, (one) => ofGroup(one, windows));
    if (lacks.length > 0)
      refuse(
        'a grouping set without',
        lacks,
        'Add … to each set: ROLLUP, CUBE and GROUPING SETS may not leave it out.',
      );
  }
}

/** The names under which a view stands in the FROM clause: it may be joined with itself. */
function aliasesOf(root: Node, name: string): Set<string> {
  const found = new Set<string>();
  walk(root.from_table, (node) => {
    if (node.type === 'BASE_TABLE' && node.table_name === insideName(name))
      found.add(String(node.alias || name).toLowerCase());
  });
  return found;
}

/** The columns that tell windows apart and are not among some expressions. */
function missing(
  expressions: readonly Node[],
  { identity }: Windows,
  meant: (expression: Node) => string | undefined,
): string[] {
  const named = expressions.map(meant);
  return identity.filter((name) => !named.includes(name.toLowerCase()));
}

/** The column of the view that an expression is, in lower case; undefined where it is computed, or of another relation. */
function columnOf(expression: Node, { aliases }: Windows): string | undefined {
  const names = (expression.column_names as string[] | undefined)?.map((name) => name.toLowerCase());
  if (names === undefined || names.length > 2) return undefined;
  return names.length === 1 || aliases.has(names[0]!) ? names.at(-1) : undefined;
}

/** As `columnOf`, where an expression may be the name or the number of an item of the SELECT list: the name of a column means the column. */
function ofGroup(expression: Node, windows: Windows): string | undefined {
  const names = (expression.column_names as string[] | undefined) ?? [];
  const isColumn = names.length === 1 && windows.columns.has(names[0]!.toLowerCase());
  return columnOf((isColumn ? undefined : itemOf(expression, windows)) ?? expression, windows);
}

/** As `ofGroup`, but a name means the item of the SELECT list first. */
function ofDistinct(expression: Node, windows: Windows): string | undefined {
  return columnOf(itemOf(expression, windows) ?? expression, windows);
}

function isNamed(expression: Node, name: string): boolean {
  const names = expression.column_names as string[] | undefined;
  return names?.length === 1 && names[0]!.toLowerCase() === name.toLowerCase();
}

/** The item of the SELECT list that an expression names, by its alias or its number. */
function itemOf(expression: Node, { selected }: Windows): Node | undefined {
  const number = (expression.value as Node | undefined)?.value;
  if (expression.class === 'CONSTANT' && number !== undefined)
    return selected[Number(JSON.stringify(number)) - 1] ?? {};
  const names = expression.column_names as string[] | undefined;
  if (names?.length !== 1) return undefined;
  return selected.find((one) => one.alias && String(one.alias).toLowerCase() === names[0]!.toLowerCase());
}

function groupingSetsOf(root: Node): Node[][] {
  const groups = (root.group_expressions as Node[] | undefined) ?? [];
  const sets = (root.group_sets as unknown[][] | undefined) ?? [];
  return sets.map((set) => set.map((index) => groups[Number(JSON.stringify(index))]!));
}
