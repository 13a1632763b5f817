// millrace query: one read-only SQL query over the tables of a data folder.

import type { QueryResult } from '../control/millrace.ts';
import { durationMs, formatMs } from '../core/durations.ts';
import { limits } from '../core/limits.ts';
import { type Arguments, usage } from './arguments.ts';
import { cellOf, csvLines, isNumeric, rowObjects, uniqueNames } from './cells.ts';
import type { Command, Context } from './command.ts';
import { dataOption, withMillrace } from './folder.ts';
import { grid } from './grid.ts';
import { toJson } from './json.ts';
import { formatCount, plural } from './numbers.ts';
import { paintFor } from './paint.ts';

const formats = ['json', 'ndjson', 'csv'] as const;

export const query: Command = {
  name: 'query',
  summary: 'ask the tables something in SQL',
  description: [
    'Runs one read-only query over the tables of the data folder and prints its rows as a table. Short forms work: "from bus_latest" is "select * from bus_latest".',
    'In CSV a text that a spreadsheet would take for a formula (it begins with =, +, - or @) gets an apostrophe before it.',
  ],
  positionals: [{ name: 'SQL', description: 'The query, in quotes.' }],
  options: [
    dataOption,
    {
      name: 'limit',
      value: 'N',
      isCount: true,
      description: `Print at most N rows. Default: ${formatCount(limits.queryRowsMax)}.`,
    },
    {
      name: 'timeout',
      value: 'DURATION',
      description: `End the query after this time, as 5m. Default: ${formatMs(limits.queryMsMax)}.`,
    },
    { name: 'csv', description: 'Print CSV.' },
    { name: 'ndjson', description: 'Print each row as a line of JSON.' },
    { name: 'json', description: 'Print one JSON object: columns, rows, truncated.' },
  ],
  examples: [
    { does: 'The newest rows of a table:', line: 'millrace query "from bus_latest order by recorded_at desc limit 5"' },
    { does: 'A whole table into a file:', line: 'millrace query "from bus_latest" --csv --limit 1000000 > latest.csv' },
  ],
  exitCodes: [['2', 'the SQL is wrong, or the query met a limit']],
  async run(given, context) {
    const chosen = formats.filter((format) => given.has(format));
    if (chosen.length > 1)
      throw usage(query, `--${chosen.join(' and --')} cannot be used together`, 'Use one of them.');
    const rowsMax = given.count('limit') ?? limits.queryRowsMax;
    const msMax = timeoutOf(given);
    const result = await withMillrace(given, context, (millrace) =>
      millrace.query(given.positionals[0]!, { rowsMax, ...(msMax === undefined ? {} : { msMax }) }),
    );
    write(result, chosen[0], context);
    return 0;
  },
};

/** Milliseconds of a day: what a timer can wait for is not much longer. */
const timeoutMsMax = 86_400_000;

function timeoutOf(given: Arguments): number | undefined {
  const text = given.text('timeout');
  if (text === undefined) return undefined;
  const ms = durationMs(text, '--timeout');
  if (ms >= 1 && ms <= timeoutMsMax) return ms;
  throw usage(query, `--timeout: '${text}' is not between 1 ms and 1 day`, 'Write it as --timeout 5m.');
}

function write(result: QueryResult, format: (typeof formats)[number] | undefined, context: Context): void {
  const { out, error, environment } = context;
  if (format === 'json') {
    const names = uniqueNames(result.columns);
    const columns = result.columns.map((column, i) => ({ ...column, name: names[i] }));
    out.write(`${toJson({ columns, rows: rowObjects(result), truncated: result.truncated })}\n`);
    return;
  }
  if (format === 'csv') for (const line of csvLines(result)) out.write(line);
  else if (format === 'ndjson') for (const row of rowObjects(result)) out.write(`${toJson(row)}\n`);
  else out.write(tableOf(result, context));
  if (result.truncated) {
    const rest = `… more rows: these are the first ${formatCount(result.rows.length)}; use --limit for more\n`;
    error.write(paintFor(error, environment).dim(rest));
  }
}

function tableOf(result: QueryResult, { out, environment }: Context): string {
  const paint = paintFor(out, environment);
  const columns = result.columns.map(({ name, type }) => ({
    name,
    type: type.toLowerCase(),
    side: isNumeric(type) ? ('right' as const) : ('left' as const),
  }));
  const rows = result.rows.map((row) => row.map((value) => cellOf(value, paint)));
  const text = grid(columns, rows, paint, out.isTerminal ? out.columns : undefined);
  return result.truncated ? text : `${text}${paint.dim(plural(rows.length, 'row'))}\n`;
}
