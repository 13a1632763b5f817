// What DuckDB tells of its functions, and what it does not: which differ from run to run, which do more than give a value.
import type { DuckSession } from './database.ts';
import { type Node, walk } from './tree.ts';

/** Names of functions, in lower case. */
export type Functions = {
  /** With them a replay would not give the same rows. */
  readonly unrepeatable: ReadonlySet<string>;
  /** They change something, hold the engine up or tell of this machine: nothing for those who may only read. */
  readonly acting: ReadonlySet<string>;
  /** They make one value of many rows. */
  readonly aggregates: ReadonlySet<string>;
};

/** Words that are functions without parentheses, and whose value differs from run to run. */
export const clocks = ['current_date', 'current_time', 'current_timestamp', 'localtime', 'localtimestamp'] as const;

/** What DuckDB says is always the same, but depends on the moment, the machine or the connection. */
const notTold = [...clocks, 'current_localtime', 'current_localtimestamp', 'current_setting', 'version'];

/** What DuckDB takes for unrepeatable only so that it is not left out: it fails, and always does. */
const failing = 'error';

/** What has side effects for DuckDB only so that it is called anew for each row: values that differ. */
const harmless = new Set([
  failing,
  'random',
  'uuid',
  'gen_random_uuid',
  'uuidv4',
  'uuidv7',
  'current_query',
  'current_query_id',
  'current_connection_id',
  'current_transaction_id',
]);

let known: Promise<Functions> | undefined;

/** Asks DuckDB once: its functions are the same in every database of a process. */
export function functions(session: DuckSession): Promise<Functions> {
  known ??= ask(session).catch((error) => {
    known = undefined;
    throw error;
  });
  return known;
}

async function ask(session: DuckSession): Promise<Functions> {
  const rows = await session.rows(
    `select distinct lower(function_name), stability, coalesce(has_side_effects, false), macro_definition, function_type = 'aggregate'
      from duckdb_functions()
      where stability <> 'CONSISTENT' or has_side_effects or macro_definition is not null or function_type = 'aggregate'`,
  );
  const macros = rows.flatMap(([name, , , text]) =>
    text === null ? [] : [{ name: String(name), text: String(text) }],
  );
  const told = rows.filter(([, stability]) => stability !== null);
  const unrepeatable = told
    .filter(([, stability]) => stability !== 'CONSISTENT')
    .map(([name]) => String(name))
    .filter((name) => name !== failing);
  const aggregates = rows.filter(([, , , , isAggregate]) => isAggregate).map(([name]) => String(name));
  const acting = told.flatMap(([name, , acts]) => (acts && !harmless.has(String(name)) ? [String(name)] : []));
  return {
    unrepeatable: withMacros([...unrepeatable, ...notTold], macros),
    acting: withMacros([...acting, 'current_setting'], macros),
    aggregates: withMacros(aggregates, macros),
  };
}

/** Functions, and the macros that use one of them, or a macro that does. */
function withMacros(names: readonly string[], macros: readonly { name: string; text: string }[]): Set<string> {
  const all = new Set(names);
  for (let size = 0; size < all.size; ) {
    size = all.size;
    for (const { name, text } of macros)
      if ((text.match(/[a-z_]\w*/gi) ?? []).some((word) => all.has(word.toLowerCase()))) all.add(name);
  }
  return all;
}

/** A call in a tree: its function in lower case, and the call. */
export type Call = { readonly name: string; readonly node: Node };

/** All calls of scalar and aggregate functions in a tree, over windows too. */
export function callsOf(tree: unknown): Call[] {
  const calls: Call[] = [];
  walk(tree, (node) => {
    if (node.class === 'FUNCTION' || node.class === 'WINDOW')
      calls.push({ name: String(node.function_name).toLowerCase(), node });
  });
  return calls;
}

/** The names of the table functions that a tree reads, in lower case. */
export function tableFunctionsOf(tree: unknown): string[] {
  const names: string[] = [];
  walk(tree, (node) => {
    if (node.type === 'TABLE_FUNCTION')
      names.push(String((node.function as Node | undefined)?.function_name).toLowerCase());
  });
  return names;
}
