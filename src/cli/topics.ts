// millrace topics: the topics of a data folder.
import type { Command } from './command.ts';
import { dataOption, jsonOption, withMillrace } from './folder.ts';
import { grid } from './grid.ts';
import { toJson } from './json.ts';
import { formatBytes, formatCount, formatMoment } from './numbers.ts';
import { paintFor } from './paint.ts';

export const topics: Command = {
  name: 'topics',
  summary: 'list the topics of the data folder',
  description: ['Lists the topics with their partitions, records, size on disk, newest record and schema version.'],
  positionals: [],
  options: [dataOption, jsonOption],
  examples: [
    { does: 'List them:', line: 'millrace topics' },
    { does: 'How many records a topic has:', line: `millrace topics --json | jq '.topics[] | {name, records}'` },
  ],
  exitCodes: [],
  async run(given, context) {
    const found = await withMillrace(given, context, (millrace) => millrace.topics());
    if (given.has('json')) {
      const shown = found.map(({ newestMs, ...rest }) => ({
        ...rest,
        newest: newestMs === undefined ? null : new Date(newestMs),
      }));
      context.out.write(`${toJson({ topics: shown })}\n`);
      return 0;
    }
    const paint = paintFor(context.out, context.environment);
    const rows = found.map((one) => [
      one.name,
      formatCount(one.partitions),
      formatCount(one.records),
      formatBytes(one.bytes),
      formatMoment(one.newestMs),
      one.schema ? paint.dim(`version ${one.schema.version}, id ${one.schema.id}`) : paint.dim('–'),
    ]);
    const heads = [
      { name: 'topic' },
      { name: 'partitions', side: 'right' },
      { name: 'records', side: 'right' },
      { name: 'size', side: 'right' },
      { name: 'newest' },
      { name: 'schema' },
    ] as const;
    context.out.write(rows.length > 0 ? grid(heads, rows, paint) : paint.dim('no topics yet\n'));
    return 0;
  },
};
