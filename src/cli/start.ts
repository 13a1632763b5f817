// millrace start: what `npm start` runs, both examples with a live status.
import { fileURLToPath } from 'node:url';
import type { Command } from './command.ts';
import { runExitCodes, runFiles, runOptions } from './run.ts';

const examples = ['../../examples/bus/pipeline.ts', '../../examples/users/pipeline.ts'];

export const start: Command = {
  name: 'start',
  summary: 'run the examples, to see what it is like',
  description: [
    'Runs the two examples that come with Millrace (buses from a CSV replay, users from an HTTP API or its generator) until Ctrl-C, with the console at http://127.0.0.1:4000. With files it is the same as run. This is what npm start does.',
  ],
  positionals: [
    { name: 'FILE', isOptional: true, isRepeatable: true, description: 'Other pipelines in place of the examples.' },
  ],
  options: [...runOptions, { name: 'open', description: 'Open the console in the browser.' }],
  examples: [
    { does: 'Run both examples, and look at them in the browser:', line: 'millrace start --open' },
    { does: 'Look at them from another terminal:', line: 'millrace tail bus_positions --follow' },
  ],
  exitCodes: runExitCodes,
  run(given, context) {
    const files = examples.map((path) => fileURLToPath(new URL(path, import.meta.url)));
    return runFiles(start, given.positionals.length > 0 ? given.positionals : files, given, context);
  },
};
