// Follows a field through the queries of streams: which of their columns, and of those of tables, may hold its values.
//
// A column counts where its expression reads one that counts: taken as it is, computed, or aggregated. So it may count though it never
// holds such a value, and never the other way round: whoever asks then looks at the values.
import { isParam } from '../../define/param.ts';
import type { Relation } from '../../define/relation.ts';
import type { Stream } from '../../define/stream.ts';
import type { Table } from '../../define/table.ts';
import type { Topic } from '../../define/topic.ts';
import { quote } from '../database.ts';
import type { DuckSession } from './database.ts';
import { previousColumns } from './previous.ts';
import { render } from './render.ts';
import { isNode, type Node, rootOf, treeOf, walk } from './tree.ts';

/** Names of columns, in lower case; `all`: of those that are not known by name as well. */
type Names = { readonly names: ReadonlySet<string>; readonly all: boolean };

/** A relation in a FROM clause, by its name there. */
type Scope = ReadonlyMap<string, Names>;

const none: Names = { names: new Set(), all: false };

/** Which columns may hold the values of fields of topics. */
export class Lineage {
  readonly #session: DuckSession;
  readonly #fieldsOf: (topic: Topic) => readonly string[];
  readonly #known = new Map<Topic | Stream | Table, Promise<readonly string[]>>();

  /** @param fieldsOf the fields of a topic whose values are followed */
  constructor(session: DuckSession, fieldsOf: (topic: Topic) => readonly string[]) {
    this.#session = session;
    this.#fieldsOf = fieldsOf;
  }

  /** The columns of a topic, stream or table that may hold such a value, as they are written there. Calls must not overlap. */
  async of(node: Topic | Stream | Table): Promise<readonly string[]> {
    if (node.noun === 'topic') return this.#fieldsOf(node);
    if (node.noun === 'table') return (await this.of(node.from)).filter((name) => Object.hasOwn(node.fields, name));
    let known = this.#known.get(node);
    if (!known) {
      known = this.#ofStream(node);
      this.#known.set(node, known);
    }
    return known;
  }

  async #ofStream(stream: Stream): Promise<readonly string[]> {
    const relations = new Map<string, Names>();
    const nameOf = (reference: Relation) => `reference ${stream.query.references.indexOf(reference)}`;
    for (const one of stream.query.references) {
      if (isParam(one)) continue;
      const held = (await this.of(one.of)).map(lower);
      const before = one.previous && held.length > 0 ? previousColumns(one.previous) : [];
      relations.set(nameOf(one), { names: new Set([...held, ...before]), all: false });
    }
    const written = (reference: Relation) => quote(nameOf(reference));
    const tree = await treeOf(this.#session, render(stream.query, written, written));
    const found = selected(rootOf(tree), relations, new Map());
    return Object.keys(stream.fields).filter((name) => found.all || found.names.has(lower(name)));
  }
}

/** The columns that a SELECT gives and that count. `outer`: the relations of the queries around it. */
function selected(node: Node, relations: ReadonlyMap<string, Names>, outer: Scope): Names {
  const common = new Map(relations);
  for (const { key, value } of ((node.cte_map as Node | undefined)?.map as Node[] | undefined) ?? [])
    common.set(String(key), selected(queryIn(value as Node), common, outer));
  if (node.type !== 'SELECT_NODE') {
    const parts = [node.left, node.right, ...((node.children as unknown[] | undefined) ?? [])].filter(isNode);
    // the columns of a union have the names of its first query
    const found = parts.map((part) => selected(part, common, outer));
    const own = names(found.flatMap((one) => [...one.names]));
    return { ...own, all: found.some(({ all }) => all) || found.slice(1).some((one) => one.names.size > 0) };
  }
  const scope = new Map([...outer, ...scopeOf(node.from_table as Node | undefined, common, outer)]);
  const found = new Set<string>();
  let all = false;
  for (const item of node.select_list as Node[]) {
    if (item.class === 'STAR') {
      for (const [name, held] of scope) {
        if (item.relation_name && lower(item.relation_name) !== name) continue;
        const excluded = new Set(
          ((item.exclude_list as unknown[] | undefined) ?? []).map((one) => lower(lastName(one))),
        );
        for (const one of held.names) if (!excluded.has(one)) found.add(one);
        all ||= held.all;
      }
      if (((item.rename_list as unknown[] | undefined) ?? []).length > 0) all ||= found.size > 0;
    } else if (counts(item, scope, common, found)) {
      const name = String(item.alias || (item.column_names as string[] | undefined)?.at(-1) || '');
      // an expression without a name is no column that is declared, but may be one of a subquery
      if (name) found.add(lower(name));
      else all = true;
    }
  }
  return { names: found, all };
}

/** The relations of a FROM clause. */
function scopeOf(node: Node | undefined, relations: ReadonlyMap<string, Names>, outer: Scope): Map<string, Names> {
  const scope = new Map<string, Names>();
  if (!node) return scope;
  const add = (name: unknown, held: Names) => {
    const aliases = ((node.column_name_alias as unknown[] | undefined) ?? []).map(String).map(lower);
    const isHeld = held.all || held.names.size > 0;
    // columns that are named anew may be any of them
    scope.set(lower(name), isHeld && aliases.length > 0 ? names(aliases) : held);
  };
  if (node.type === 'JOIN') {
    const left = scopeOf(node.left as Node, relations, outer);
    // what stands on the right may read what stands on the left
    const right = scopeOf(node.right as Node, relations, new Map([...outer, ...left]));
    return new Map([...left, ...right]);
  }
  if (node.type === 'BASE_TABLE') add(node.alias || node.table_name, relations.get(String(node.table_name)) ?? none);
  else if (node.type === 'SUBQUERY') add(node.alias, selected(queryIn(node.subquery as Node), relations, outer));
  else {
    // a table function, or values: all that it gives counts where it reads something that does
    const isHeld = counts(node, outer, relations, new Set());
    add(
      node.alias || (node.function as Node | undefined)?.function_name,
      isHeld ? { names: new Set(), all: true } : none,
    );
  }
  return scope;
}

/** Whether an expression reads a column that counts. `before`: names that items of the same SELECT have given. */
function counts(
  expression: Node,
  scope: Scope,
  relations: ReadonlyMap<string, Names>,
  before: ReadonlySet<string>,
): boolean {
  let found = false;
  const look = (value: unknown): void => {
    if (found) return;
    if (Array.isArray(value)) for (const one of value) look(one);
    else if (isNode(value)) {
      if (value.class === 'COLUMN_REF') found = isHeld((value.column_names as string[]).map(lower), scope, before);
      else if (isJudgement(value)) return;
      else if (value.class === 'STAR') found = [...scope.values()].some(({ names, all }) => all || names.size > 0);
      else if (value.class === 'SUBQUERY') {
        const inner = selected(queryIn(value.subquery as Node), relations, scope);
        found = inner.all || inner.names.size > 0;
      } else for (const one of partsOf(value)) look(one);
    }
  };
  look(expression);
  return found;
}

/** Functions whose result is a number of values, or one that is computed of them: a person that is a number must not be taken for it. */
const counting =
  /^(count|count_star|count_if|approx_count_distinct|sum|avg|mean|fsum|sumkahan|kahan_sum|stddev.*|var.*|entropy|regr_.*|corr|covar.*|length|len|strlen|row_number|rank|dense_rank|hash)$/i;

/** Whether an expression says something of values, and gives none of them: a comparison, a number of them. */
function isJudgement(node: Node): boolean {
  if (/^(COMPARISON|CONJUNCTION|BETWEEN)$/.test(String(node.class))) return true;
  if (node.class === 'OPERATOR') return /IS_NULL|IS_NOT_NULL|NOT|COMPARE/.test(String(node.type));
  return node.function_name !== undefined && counting.test(String(node.function_name));
}

/** The parts of an expression from which its value comes: not what decides, orders or chooses. */
function partsOf(node: Node): unknown[] {
  if (node.class === 'FUNCTION' || node.class === 'WINDOW') return [node.children];
  if (node.class === 'CASE')
    return [((node.case_checks as Node[] | undefined) ?? []).map((one) => one.then_expr), node.else_expr];
  return Object.values(node);
}

/** Whether a column counts, by its name, that of its relation or struct before it. */
function isHeld(path: readonly string[], scope: Scope, before: ReadonlySet<string>): boolean {
  const relation = scope.get(path[0]!);
  if (relation && path.length > 1) return relation.all || relation.names.has(path[1]!);
  // a relation that is named alone is a row of it; a column may be called as a relation is
  if (relation && (relation.all || relation.names.size > 0)) return true;
  return path.some((name) => before.has(name) || [...scope.values()].some((one) => one.all || one.names.has(name)));
}

function queryIn(node: Node): Node {
  let found: Node | undefined;
  walk(node, (one) => {
    if (found === undefined && /^(SELECT|SET_OPERATION|RECURSIVE_CTE|CTE)_NODE$/.test(String(one.type))) found = one;
  });
  return found ?? { type: 'SELECT_NODE', select_list: [] };
}

function names(all: readonly string[]): Names {
  return { names: new Set(all), all: false };
}

function lastName(excluded: unknown): unknown {
  return isNode(excluded) ? (excluded.column ?? excluded.name ?? Object.values(excluded).at(-1)) : excluded;
}

function lower(name: unknown): string {
  return String(name).toLowerCase();
}
