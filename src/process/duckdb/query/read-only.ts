// What a query of those who may only read must not have: more than one SELECT, other tables than those of pipelines, functions that act.
import { MillraceError } from '../../../core/errors.ts';
import { type DuckSession, fileCatalog } from '../database.ts';
import { callsOf, functions, tableFunctionsOf } from '../functions.ts';
import { commonNames, type Node, pointAt, treeOf, walk } from '../tree.ts';

/**
 * Where tables may stand: those of pipelines are views in `main`; the catalogue's tell of names and types. The engine's own schemas hold the
 * bytes of dead letters, in which nothing is masked, and rows on their way.
 */
const readable = new Set(['main', fileCatalog, 'system', 'information_schema', 'pg_catalog']);

/** Table functions that tell of nothing but their arguments, and of names and types. Others read files, run SQL that is given as text, or act. */
const readableFunctions = new Set([
  'unnest',
  'range',
  'generate_series',
  'repeat',
  'repeat_row',
  'json_each',
  'json_tree',
  'summary',
  'duckdb_columns',
  'duckdb_constraints',
  'duckdb_functions',
  'duckdb_keywords',
  'duckdb_schemas',
  'duckdb_tables',
  'duckdb_types',
  'duckdb_views',
  'icu_calendar_names',
  'pg_timezone_names',
  'pragma_table_info',
  'pragma_version',
]);

/**
 * The syntax tree of a query. Nothing of it is bound or computed: DuckDB computes constants when it binds.
 *
 * @throws SQL_INVALID where the query is not one SELECT over tables, by DuckDB's own parser
 */
export async function readOnlyTree(session: DuckSession, sql: string): Promise<Node> {
  const refuse = (message: string, remedy: string): never => {
    throw new MillraceError('SQL_INVALID', message, { place: 'query', remedy });
  };
  const tree = await treeOf(session, sql);
  const write = 'Write one SELECT; nothing can be changed here.';
  if (tree.error && tree.error_type === 'not implemented') refuse('only SELECT can be run', write);
  if (tree.error) refuse(String(tree.error_message ?? 'this is not SQL'), pointAt(sql, Number(tree.position)));
  const { length } = tree.statements as Node[];
  if (length !== 1) refuse(length === 0 ? 'the query is empty' : 'this is more than one statement', write);
  const common = commonNames(tree);
  walk(tree, (node) => {
    if (node.type !== 'BASE_TABLE') return;
    // DuckDB takes the name of a table that is not there for that of a file
    if (!/^\w+$/.test(String(node.table_name)) && !common.has(String(node.table_name)))
      refuse(`'${node.table_name}' is no table of a pipeline`, 'Read tables by their names: SHOW TABLES lists them.');
    const qualifiers = [node.catalog_name, node.schema_name].map(String).filter((name) => name !== '');
    if (!qualifiers.every((name) => readable.has(name.toLowerCase())))
      refuse(
        `'${[...qualifiers, node.table_name].join('.')}' is no table of a pipeline`,
        'Read tables by their names alone: SHOW TABLES lists them.',
      );
  });
  for (const name of tableFunctionsOf(tree))
    if (!readableFunctions.has(name))
      refuse(
        `the table function ${name}() cannot be used in a query`,
        'Read tables by their names: nothing else can be reached.',
      );
  const { acting } = await functions(session);
  const call = callsOf(tree).find(({ name }) => acting.has(name));
  if (call) refuse(`${call.name}() does more than give a value`, 'Leave it out: a query only reads.');
  return tree;
}
