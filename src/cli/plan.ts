// millrace plan: what a pipeline file would run, as a picture.
import { givenParams } from './arguments.ts';
import type { Command } from './command.ts';
import { jsonOption, setOption } from './folder.ts';
import { toJson } from './json.ts';
import { paintFor } from './paint.ts';
import { planText } from './plan-text.ts';

export const plan: Command = {
  name: 'plan',
  summary: 'show what a pipeline file would run, as a graph',
  description: [
    'Prints the parameters and the graph from the sources through topics and streams to tables and charts, without running any of it. With --json also all fields, types and the SQL.',
  ],
  positionals: [{ name: 'FILE', description: 'A file that exports a pipeline as its default.' }],
  options: [setOption, jsonOption],
  examples: [
    { does: 'Show the graph:', line: 'millrace plan examples/bus/pipeline.ts' },
    {
      does: 'The SQL of a stream as it runs:',
      line: `millrace plan pipeline.ts --json | jq -r '.streams[] | select(.name == "fares").sql'`,
    },
  ],
  exitCodes: [],
  async run(given, context) {
    const params = givenParams(plan, given);
    const pipeline = await context.control.loadPipeline(given.positionals[0]!);
    const found = await context.control.planOf(pipeline, params);
    const text = given.has('json')
      ? `${toJson(found)}\n`
      : planText(
          found,
          paintFor(context.out, context.environment),
          context.out.isTerminal ? context.out.columns : undefined,
        );
    context.out.write(text);
    return 0;
  },
};
