// millrace tables: the tables of a data folder.
import type { Command } from './command.ts';
import { dataOption, jsonOption, withMillrace } from './folder.ts';
import { grid } from './grid.ts';
import { toJson } from './json.ts';
import { formatCount, plural } from './numbers.ts';
import { paintFor } from './paint.ts';

export const tables: Command = {
  name: 'tables',
  summary: 'list the tables of the data folder',
  description: [
    'Lists the tables with their pipeline, rows, key and columns; with --json also the types of the columns.',
  ],
  positionals: [],
  options: [dataOption, jsonOption],
  examples: [
    { does: 'List them:', line: 'millrace tables' },
    {
      does: 'The columns of a table:',
      line: `millrace tables --json | jq '.tables[] | select(.name == "bus_latest").columns'`,
    },
  ],
  exitCodes: [],
  async run(given, context) {
    const found = await withMillrace(given, context, (millrace) => millrace.tables());
    if (given.has('json')) {
      context.out.write(`${toJson({ tables: found })}\n`);
      return 0;
    }
    const paint = paintFor(context.out, context.environment);
    const rows = found.map((one) => [
      one.name,
      formatCount(one.rows),
      one.pipeline,
      one.key.join(', '),
      paint.dim(plural(one.columns.length, 'column')),
    ]);
    const heads = [
      { name: 'table' },
      { name: 'rows', side: 'right' },
      { name: 'pipeline' },
      { name: 'key' },
      { name: 'columns' },
    ] as const;
    context.out.write(rows.length > 0 ? grid(heads, rows, paint) : paint.dim('no tables yet\n'));
    return 0;
  },
};
