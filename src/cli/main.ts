// The command line: finds the command, runs it in the world of this process, and turns what it throws into words and an exit code.
import { readFileSync } from 'node:fs';
import { MillraceError } from '../core/errors.ts';
import { parseArguments, usage } from './arguments.ts';
import type { Command, Context } from './command.ts';
import { commands, groups } from './commands.ts';
import { exitCodeOf, failureJson, othersOf, renderFailure } from './failure.ts';
import { commandHelp, overview } from './help.ts';
import { toJson } from './json.ts';
import { plural } from './numbers.ts';
import { paintFor } from './paint.ts';
import { guardEnd, processContext } from './process.ts';
import { didYouMean } from './suggest.ts';

/** Runs the command line of this process, and ends it with the exit code. */
export async function main(words: readonly string[]): Promise<void> {
  const write = process.stdout.write.bind(process.stdout);
  const context = processContext(words.includes('--json'));
  const ours = guardEnd(() => {
    const message = 'the process was ended from within: something that the pipeline file runs calls process.exit()';
    const remedy = 'Leave that out: throw an error where a pipeline cannot go on.';
    const error = new MillraceError('PIPELINE_FILE', message, { place: `millrace ${words.join(' ')}`, remedy });
    fail(error, words, context);
    process.exitCode = exitCodeOf(error);
  });
  process.on('uncaughtException', (error) => {
    fail(error, words, context);
    context.exit(1);
  });
  // nothing is left that could wake us, though the command has not ended: never pass that off as a success
  const stuck = () => {
    const message = 'the command waits for something that never comes';
    const remedy =
      'Look for an await at the top of the pipeline file; if there is none, report the command that you ran.';
    fail(new MillraceError('STOP_DEADLINE', message, { remedy }), words, context);
    context.exit(1);
  };
  process.once('beforeExit', stuck);
  const code = await dispatch(words, context);
  process.off('beforeExit', stuck);
  process.exitCode = code;
  // something may still hold the process (a socket, a timer of a source): all is written and stored, so it may end
  ours();
  write('', () => process.stderr.write('', () => process.exit(code)));
}

/** Runs one command line in a world. Returns the exit code; throws nothing. */
export async function dispatch(words: readonly string[], context: Context): Promise<number> {
  try {
    return await runWords(words, context);
  } catch (error) {
    fail(error, words, context);
    return exitCodeOf(error);
  }
}

function fail(error: unknown, words: readonly string[], context: Context): void {
  const stack = words.includes('--stack') || context.environment.MILLRACE_STACK === '1';
  if (words.includes('--json')) {
    context.out.write(`${toJson({ error: failureJson(error) })}\n`);
    if (stack) context.error.write(`${(error as Error | undefined)?.stack ?? String(error)}\n`);
  } else {
    const paint = paintFor(context.error, context.environment);
    const all = [error, ...othersOf(error)];
    context.error.write(all.map((one) => renderFailure(one, paint, { stack })).join('\n'));
    if (all.length > 1) context.error.write(`\n${paint.red(`${plural(all.length, 'thing')} to fix`)}\n`);
  }
}

async function runWords(words: readonly string[], context: Context): Promise<number> {
  const { out } = context;
  const paint = paintFor(out, context.environment);
  const [first, ...rest] = words;
  if (first === undefined || first === '--help' || first === '-h') {
    out.write(overview(groups, version(), paint, out.columns, true));
    return 0;
  }
  if (first === '--version' || first === '-V' || first === 'version') {
    out.write(`millrace ${version()} (node ${process.version})\n`);
    return 0;
  }
  if (first === 'help') return help(rest, context);
  const { command, after } = find(words);
  if (!command || after.includes('--help') || after.includes('-h'))
    return help(command ? [command.name] : [first], context);
  return command.run(parseArguments(command, after), context);
}

function help(words: readonly string[], context: Context): number {
  const { out } = context;
  const paint = paintFor(out, context.environment);
  const name = words.join(' ');
  const family = commands.filter((one) => one.name.startsWith(`${name} `));
  const { command } = name === '' || family.length > 0 ? {} : find(words.flatMap((word) => word.split(' ')));
  if (command) out.write(commandHelp(command, paint, out.columns));
  else if (family.length > 0) out.write(overview([[`millrace ${name}`, family]], version(), paint, out.columns, false));
  else out.write(overview(groups, version(), paint, out.columns, true));
  return 0;
}

/** The command that words begin with, of one word or two; none for the first word of two alone. */
function find(words: readonly string[]): { command?: Command; after: readonly string[] } {
  const [first = '', second = ''] = words;
  const command = commands.find((one) => one.name === `${first} ${second}`);
  if (command) return { command, after: words.slice(2) };
  const single = commands.find((one) => one.name === first);
  if (single) return { command: single, after: words.slice(1) };
  const family = commands.filter((one) => one.name.startsWith(`${first} `)).map((one) => one.name);
  if (family.length > 0 && (second === '' || second === '--help' || second === '-h')) return { after: words.slice(1) };
  throw unknownCommand(first, second, family);
}

function unknownCommand(first: string, second: string, family: readonly string[]): MillraceError {
  if (first.startsWith('-')) {
    return usage(
      { name: '' },
      `there is no option ${first} before a command`,
      'Write the command first: millrace COMMAND [options].',
    );
  }
  const written = family.length > 0 ? `${first} ${second}` : first;
  const near = didYouMean(written, family.length > 0 ? family : commands.map((one) => one.name));
  const remedy = near ? `Did you mean: millrace ${near}?` : 'See: millrace --help';
  return new MillraceError('USAGE', `there is no command '${written}'`, { place: `millrace ${written}`, remedy });
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return String((JSON.parse(text) as { version: unknown }).version);
}
