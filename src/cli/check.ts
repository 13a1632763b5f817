// millrace check: everything that is wrong with pipeline files, before anything runs.
import type { Pipeline } from '../define/pipeline.ts';
import { givenParams } from './arguments.ts';
import type { Command } from './command.ts';
import { failureJson, renderFailure } from './failure.ts';
import { jsonOption, setOption } from './folder.ts';
import { toJson } from './json.ts';
import { plural } from './numbers.ts';
import { paintFor } from './paint.ts';

export const check: Command = {
  name: 'check',
  summary: 'say everything that is wrong with a pipeline file',
  description: [
    'Imports the files and checks names, fields, options, parameters, and every query with its columns and types, against an empty data folder in memory: nothing is read, nothing is written. Says all that is wrong, each with its place and what to do.',
  ],
  positionals: [{ name: 'FILE', isRepeatable: true, description: 'Files that export a pipeline as their default.' }],
  options: [setOption, jsonOption],
  examples: [
    { does: 'Check a pipeline:', line: 'millrace check examples/bus/pipeline.ts' },
    {
      does: 'Check it with a value of a parameter, for a script:',
      line: 'millrace check pipeline.ts --set file=day.csv --json',
    },
  ],
  exitCodes: [['2', 'something is wrong with a file, or with the call']],
  async run(given, context) {
    const params = givenParams(check, given);
    const pipelines: Pipeline[] = [];
    const errors: unknown[] = [];
    for (const path of given.positionals) {
      try {
        pipelines.push(await context.control.loadPipeline(path));
      } catch (error) {
        errors.push(error);
      }
    }
    if (pipelines.length > 0) errors.push(...(await context.control.check(pipelines, params)));
    const paint = paintFor(context.out, context.environment);
    if (given.has('json')) {
      const found = pipelines.map(({ name, topics, streams, tables }) => ({
        name,
        topics: topics.length,
        streams: streams.length,
        tables: tables.length,
      }));
      context.out.write(`${toJson({ ok: errors.length === 0, pipelines: found, errors: errors.map(failureJson) })}\n`);
    } else if (errors.length === 0) {
      for (const { name, topics, streams, tables } of pipelines) {
        const parts = [
          plural(topics.length, 'topic'),
          plural(streams.length, 'stream'),
          plural(tables.length, 'table'),
        ];
        context.out.write(`${paint.green('✓')} ${paint.bold(name)}: ${parts.join(', ')}\n`);
      }
    } else {
      const stack = given.has('stack') || context.environment.MILLRACE_STACK === '1';
      context.out.write(errors.map((error) => renderFailure(error, paint, { stack })).join('\n'));
      context.out.write(`\n${paint.red(`${plural(errors.length, 'thing')} to mend`)}\n`);
    }
    return errors.length === 0 ? 0 : 2;
  },
};
