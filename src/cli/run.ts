// millrace run: runs pipelines in a data folder until they have ended or are asked to stop.
import { resolve } from 'node:path';
import type { Millrace, Running } from '../control/millrace.ts';
import type { Address, Serving } from '../control/serve.ts';
import type { Pipeline } from '../define/pipeline.ts';
import { type Arguments, givenParams, type OptionSpec } from './arguments.ts';
import type { Command, Context } from './command.ts';
import { renderFailure } from './failure.ts';
import { dataOption, folderOf, jsonOption, setOption } from './folder.ts';
import { toJson } from './json.ts';
import { paintFor } from './paint.ts';
import { reportJson, reportText } from './report.ts';
import { serveOptions, servingOf } from './serve-options.ts';
import { type Screen, screen, signalCode } from './watch.ts';

/** The options of `run` and `start`. */
export const runOptions: readonly OptionSpec[] = [
  setOption,
  dataOption,
  {
    name: 'once',
    description:
      'End when every finite source is read, everything is stored and all windows are closed. Serves nothing, unless --port is given.',
  },
  {
    name: 'json',
    description: 'At the end print one JSON object on standard output; progress goes to standard error.',
  },
  ...serveOptions,
];

/** The exit codes of `run` and `start`. */
export const runExitCodes = [
  ['0', 'all is well, or a clean stop by a signal'],
  ['1', 'a pipeline failed, or a ledger does not balance'],
  ['130', 'SIGINT: the stop was cut short by its deadline or a second signal (143: SIGTERM); nothing is lost'],
] as const;

export const run: Command = {
  name: 'run',
  summary: 'run pipelines',
  description: [
    'Reads the sources of each pipeline into its topics, runs its SQL, keeps its tables, and shows how it goes. Everything is kept in the data folder: a run that was stopped or killed goes on where it was.',
    'While it runs it serves the API and the console, at the address that it prints first.',
    'At the end it prints per pipeline the ledger (in = out + filtered + deduplicated + late + dead + in flight), the time, the rate and the rows of the tables. Ctrl-C stops it: what is in flight is stored first.',
  ],
  positionals: [{ name: 'FILE', isRepeatable: true, description: 'Files that export a pipeline as their default.' }],
  options: runOptions,
  examples: [
    { does: 'Run a pipeline until Ctrl-C:', line: 'millrace run examples/users/pipeline.ts' },
    {
      does: 'Read one file to its end, and print the figures as JSON:',
      line: 'millrace run examples/bus/pipeline.ts --set file=day.csv --once --json',
    },
  ],
  exitCodes: runExitCodes,
  run: (given, context) => runFiles(run, given.positionals, given, context),
};

/** Runs the pipelines of these files until the end, and reports. Returns the exit code. */
export async function runFiles(
  command: Command,
  paths: readonly string[],
  given: Arguments,
  context: Context,
): Promise<number> {
  const params = givenParams(command, given);
  const wanted = servingOf(command, given, context);
  const pipelines: Pipeline[] = [];
  const files: Record<string, string> = {};
  for (const path of paths) {
    const pipeline = await context.control.loadPipeline(path);
    pipelines.push(pipeline);
    files[pipeline.name] = resolve(path);
  }
  const view = screen(context);
  const millrace = await context.control.open({ folder: folderOf(given, context), notice: view.notice });
  const build = wanted && context.console(view.notice);
  let serving: Serving | undefined;
  try {
    // what cannot be served is said before anything runs
    if (wanted)
      serving = await context.control.prepareServing({
        ...wanted,
        ...(build ? { console: build } : {}),
        notice: view.notice,
      });
    const running = await millrace.start(pipelines, { params, files, once: given.has('once') });
    if (serving) sayWhere(await serveOrStop(serving, millrace, running), view, given, context);
    build?.begin();
    const { signal, isCut } = await view.watch(running);
    const isWell = report(running, given, context);
    return isCut && signal ? signalCode(signal) : isWell ? 0 : 1;
  } finally {
    await serving?.close();
    build?.stop();
    await millrace.close();
  }
}

async function serveOrStop(serving: Serving, millrace: Millrace, running: Running): Promise<Address> {
  try {
    return await serving.serve(millrace, running);
  } catch (error) {
    await running.stop(0);
    throw error;
  }
}

function sayWhere({ url, remark }: Address, view: Screen, given: Arguments, context: Context): void {
  const paint = paintFor(context.error, context.environment);
  view.headline(`Console  ${paint.bold(url)}${remark ? `  ${paint.dim(`(${remark})`)}` : ''}`);
  if (given.has('open')) context.openBrowser(url, view.notice);
}

function report(running: Running, given: Arguments, context: Context): boolean {
  const statuses = running.status();
  if (given.has(jsonOption.name)) {
    const pipelines = statuses.map((status) => reportJson(status, running.failures.get(status.name)));
    context.out.write(`${toJson({ pipelines })}\n`);
  } else {
    const paint = paintFor(context.out, context.environment);
    context.out.write(statuses.map((status) => reportText(status, paint)).join('\n'));
  }
  const paint = paintFor(context.error, context.environment);
  const isTraced = given.has('stack') || context.environment.MILLRACE_STACK === '1';
  for (const failure of running.failures.values()) {
    context.error.write(renderFailure(failure, paint, { stack: isTraced }));
  }
  for (const { name, ledger } of statuses) {
    if (!ledger.balanced) {
      context.error.write(
        `${paint.red('✗')} the ledger of '${name}' does not balance: this is a mistake of ours, please report it\n`,
      );
    }
  }
  return (
    statuses.every((status) => status.health !== 'failed' && status.ledger.balanced) && running.failures.size === 0
  );
}
