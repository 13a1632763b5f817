// millrace check: everything that is wrong with pipeline files, and what they mean for a data folder, before anything runs.
import type { Change } from '../control/millrace.ts';
import type { Pipeline } from '../define/pipeline.ts';
import type { Topic } from '../define/topic.ts';
import { type Arguments, givenParams } from './arguments.ts';
import { changesText } from './changes.ts';
import type { Command, Context } from './command.ts';
import { failureJson, renderFailure } from './failure.ts';
import { existingFolder, jsonOption, setOption } from './folder.ts';
import { toJson } from './json.ts';
import { plural } from './numbers.ts';
import { paintFor } from './paint.ts';

export const check: Command = {
  name: 'check',
  summary: 'say everything that is wrong with a pipeline file',
  description: [
    'Imports the files and checks names, fields, options, parameters, and every query with its columns and types, against an empty data folder in memory: nothing is read, nothing is written. Says all that is wrong, each with its place and what to do.',
    'With --data it also says what a start would do in that data folder, for each topic, source, stream and table: new, kept, changed from now on, migrated, to be made again from the log (with the command), refused (with the reason), or no longer in the file. It tries the start on a copy in memory: nothing in the folder is changed. Stop a process that runs in the folder first.',
  ],
  positionals: [{ name: 'FILE', isRepeatable: true, description: 'Files that export a pipeline as their default.' }],
  options: [
    setOption,
    { name: 'data', value: 'DIR', description: 'Say what the files mean for this data folder.' },
    jsonOption,
  ],
  examples: [
    { does: 'Check a pipeline:', line: 'millrace check examples/bus/pipeline.ts' },
    {
      does: 'Check it with a value of a parameter, for a script:',
      line: 'millrace check pipeline.ts --set file=day.csv --json',
    },
    { does: 'What a changed file would do:', line: 'millrace check pipeline.ts --data .millrace' },
  ],
  exitCodes: [
    ['2', 'something is wrong with a file, or with the call, or a start in the data folder would be refused'],
  ],
  async run(given, context) {
    const params = givenParams(check, given);
    const folder = given.has('data') ? await existingFolder(given, context) : undefined;
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
    // what a file means is known only once it is right
    const changes =
      folder !== undefined && errors.length === 0
        ? await context.control.outlook(pipelines, params, folder)
        : undefined;
    const refusals = changes?.flatMap(({ error }) => error ?? []) ?? [];
    if (given.has('json')) writeJson(pipelines, errors, changes, context);
    else writeText(pipelines, [...errors, ...refusals], changes, given, context);
    return errors.length + refusals.length === 0 ? 0 : 2;
  },
};

function writeJson(
  pipelines: readonly Pipeline[],
  errors: readonly unknown[],
  changes: readonly Change[] | undefined,
  { out }: Context,
): void {
  const found = pipelines.map(({ name, topics, streams, tables }) => ({
    name,
    topics: topics.length,
    streams: streams.length,
    tables: tables.length,
    ...(personsOf(topics).length > 0 ? { persons: Object.fromEntries(personsOf(topics)) } : {}),
  }));
  const shown = changes?.map(({ error, ...rest }) => ({ ...rest, ...(error ? { error: failureJson(error) } : {}) }));
  const ok = errors.length === 0 && !changes?.some(({ error }) => error);
  out.write(
    `${toJson({ ok, pipelines: found, errors: errors.map(failureJson), ...(shown ? { changes: shown } : {}) })}\n`,
  );
}

function writeText(
  pipelines: readonly Pipeline[],
  errors: readonly unknown[],
  changes: readonly Change[] | undefined,
  given: Arguments,
  context: Context,
): void {
  const paint = paintFor(context.out, context.environment);
  if (changes || errors.length === 0) {
    for (const { name, topics, streams, tables } of pipelines) {
      const parts = [plural(topics.length, 'topic'), plural(streams.length, 'stream'), plural(tables.length, 'table')];
      const own = changes?.filter(({ pipeline }) => pipeline === name);
      const isRefused = own?.some(({ error }) => error);
      context.out.write(`${isRefused ? paint.red('✗') : paint.green('✓')} ${paint.bold(name)}: ${parts.join(', ')}\n`);
      for (const [topic, person] of personsOf(topics))
        context.out.write(paint.dim(`  topic ${topic}: ${person} names a person, whom millrace forget removes\n`));
      if (own) context.out.write(changesText(own, paint));
    }
  }
  if (errors.length === 0) return;
  const stack = given.has('stack') || context.environment.MILLRACE_STACK === '1';
  if (changes) context.out.write('\n');
  context.out.write(errors.map((error) => renderFailure(error, paint, { stack })).join('\n'));
  context.out.write(`\n${paint.red(`${plural(errors.length, 'thing')} to fix`)}\n`);
}

/** By topic, the field that names a person. */
function personsOf(topics: readonly Topic[]): [topic: string, person: string][] {
  return topics.flatMap(({ name, person }) => (person === undefined ? [] : [[name, person]]));
}
