// millrace dead redrive: sends dead letters again, through the pipeline as its file defines it now.
import { readFile } from 'node:fs/promises';
import type { DeadFilter, Millrace, RedriveResult } from '../control/millrace.ts';
import { MillraceError } from '../core/errors.ts';
import { type Arguments, givenParams, usage } from './arguments.ts';
import type { Command, Context } from './command.ts';
import { deadFilter, deadOptions } from './dead-list.ts';
import { letterId } from './dead-show.ts';
import { dataOption, jsonOption, setOption, withMillrace } from './folder.ts';
import { toJson } from './json.ts';
import { formatCount, plural } from './numbers.ts';
import { paintFor } from './paint.ts';
import { pipelineOf } from './pipeline-file.ts';

type Outcome = RedriveResult & { readonly pipeline: string };

export const deadRedrive: Command = {
  name: 'dead redrive',
  summary: 'send dead letters again, after the cause is fixed',
  description: [
    'Sends the letters again to the stage where they failed, through the pipeline as its file defines it now. Those that are taken leave the dead letters and count as out; the others stay, with the new reason.',
    'The pipeline file is the one of its last run, or that of --file. Stop the running pipeline first: the data folder has one user at a time.',
  ],
  positionals: [
    { name: 'ID', isOptional: true, isRepeatable: true, description: 'Numbers that millrace dead list gives.' },
  ],
  options: [
    { name: 'all', description: 'All dead letters, or all that --pipeline, --stage and --kind choose.' },
    ...deadOptions,
    { name: 'file', value: 'FILE', description: 'The pipeline file. Default: the one of the last run.' },
    {
      name: 'with',
      value: 'FILE',
      description: 'Send the bytes of this file in place of those of the letter (a single ID).',
    },
    setOption,
    dataOption,
    jsonOption,
  ],
  examples: [
    { does: 'Send all again:', line: 'millrace dead redrive --all' },
    { does: 'Send one again, with its bytes fixed:', line: 'millrace dead redrive 17 --with 17.bin' },
  ],
  exitCodes: [['1', 'some were refused again and stay in the dead letters']],
  async run(given, context) {
    const ids = given.positionals.map((word) => letterId(deadRedrive, word));
    checkCall(ids, given);
    const params = givenParams(deadRedrive, given);
    const path = given.text('with');
    const replacement = path === undefined ? undefined : await readReplacement(path);
    const outcomes = await withMillrace(given, context, async (millrace) => {
      const found: Outcome[] = [];
      for (const [name, filter] of await filtersOf(millrace, ids, given)) {
        const pipeline = await pipelineOf(millrace, name, given, context);
        const result = await millrace.deadRedrive(pipeline, filter, {
          params,
          ...(replacement ? { replacement } : {}),
        });
        found.push({ pipeline: name, ...result });
      }
      return found;
    });
    if (given.has('json')) context.out.write(`${toJson({ pipelines: outcomes })}\n`);
    else writeText(outcomes, context);
    return outcomes.every((one) => one.stillDead === 0) ? 0 : 1;
  },
};

function checkCall(ids: readonly number[], given: Arguments): void {
  if (ids.length === 0 && !given.has('all')) {
    throw usage(deadRedrive, 'which letters are meant?', 'Give their numbers, or --all.');
  }
  if (ids.length > 0 && given.has('all'))
    throw usage(deadRedrive, 'numbers and --all cannot be used together', 'Use one of them.');
  if (given.has('with') && ids.length !== 1) {
    throw usage(deadRedrive, '--with replaces the bytes of one letter', 'Give exactly one number with it.');
  }
}

/** Which letters of which pipeline. */
async function filtersOf(
  millrace: Millrace,
  ids: readonly number[],
  given: Arguments,
): Promise<(readonly [string, DeadFilter])[]> {
  const filter = deadFilter(given);
  if (ids.length === 0) {
    const names = filter.pipeline === undefined ? await millrace.pipelines() : [filter.pipeline];
    const having: (readonly [string, DeadFilter])[] = [];
    for (const name of names) {
      const own = { ...filter, kind: filter.kind ?? ('dead' as const), pipeline: name };
      if ((await millrace.deadList({ ...own, limit: 1 })).length > 0) having.push([name, own]);
    }
    return having;
  }
  const byPipeline = new Map<string, number[]>();
  for (const id of ids) {
    const { pipeline } = await millrace.deadShow(id);
    byPipeline.set(pipeline, [...(byPipeline.get(pipeline) ?? []), id]);
  }
  return [...byPipeline].map(([pipeline, own]) => [pipeline, { ...filter, pipeline, ids: own }] as const);
}

async function readReplacement(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    throw new MillraceError('NOT_FOUND', `the file '${path}' cannot be read`, {
      place: `--with ${path}`,
      remedy: 'Mind the path.',
      cause: error,
    });
  }
}

function writeText(outcomes: readonly Outcome[], { out, environment }: Context): void {
  const paint = paintFor(out, environment);
  if (outcomes.length === 0) out.write(`${paint.green('✓')} no dead letters\n`);
  for (const { pipeline, sent, stored, stillDead } of outcomes) {
    const mark = stillDead === 0 ? paint.green('✓') : paint.red('✗');
    const refused = stillDead === 0 ? '' : paint.red(`, ${formatCount(stillDead)} refused again`);
    out.write(
      `${mark} ${paint.bold(pipeline)}: ${plural(sent, 'letter')} sent, ${formatCount(stored)} taken${refused}\n`,
    );
    if (stillDead > 0) out.write(`  ${paint.dim(`millrace dead list --pipeline ${pipeline}`)}\n`);
  }
}
