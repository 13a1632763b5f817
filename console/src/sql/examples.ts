// Queries to begin with, made from the tables that are there.
import type { TableView } from '../../../src/web/schemas.ts';
import { kindOf } from '../data/kinds.ts';

export type Example = { title: string; sql: string };

/** Words that are no names for DuckDB unless they are quoted: those that `duckdb_keywords()` calls reserved, and of types and functions. */
const reserved = new Set(
  (
    'all analyse analyze and anti any array as asc asof asymmetric at authorization binary both by case cast check ' +
    'collate collation column columns concurrently constraint create cross default deferrable desc describe distinct do ' +
    'else end except false fetch for foreign freeze from full generated glob group having ilike in initially inner ' +
    'intersect into is isnull join lambda lateral leading left like limit map natural not notnull null offset on only or ' +
    'order outer overlaps pivot pivot_longer pivot_wider placing positional primary qualify references returning right ' +
    'select semi show similar some struct summarize symmetric table tablesample then to trailing true try_cast union ' +
    'unique unpack unpivot using variadic verbose when where window with'
  ).split(' '),
);

/** A name as SQL wants it: quoted only where it must be. */
export function sqlName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !reserved.has(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

function ofTable(table: TableView): Example[] {
  const name = sqlName(table.name);
  const of = (...kinds: string[]) =>
    table.columns.find((column) => kinds.includes(kindOf(column.type)) && !column.isPersonal);
  const [text, number] = [
    of('choice', 'text'),
    table.columns.find(({ type }) => type === 'double' || type === 'int' || type === 'long'),
  ];
  const time = table.columns.find((column) => column.name === table.time) ?? of('time');
  const examples: Example[] = [];
  if (time) {
    examples.push({
      title: `The newest rows of ${table.name}`,
      sql: `select *\nfrom ${name}\norder by ${sqlName(time.name)} desc\nlimit 50`,
    });
    examples.push({
      title: `Rows of ${table.name} by minute`,
      sql: `select date_trunc('minute', ${sqlName(time.name)}) as minute, count(*) as rows\nfrom ${name}\ngroup by minute\norder by minute`,
    });
  }
  if (text) {
    const value = number ? `,\n  round(avg(${sqlName(number.name)}), 2) as mean_${number.name}` : '';
    examples.push({
      title: `${table.name} by ${text.name}`,
      sql: `select ${sqlName(text.name)}, count(*) as rows${value}\nfrom ${name}\ngroup by ${sqlName(text.name)}\norder by rows desc\nlimit 20`,
    });
  }
  return examples;
}

/** At most eight, of the largest tables first. */
export function examplesOf(tables: readonly TableView[]): Example[] {
  return [...tables]
    .sort((a, b) => b.rows - a.rows)
    .flatMap(ofTable)
    .slice(0, 8);
}
