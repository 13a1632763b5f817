// What the commands that remove something share: what goes is shown first, and a person is asked.
import type { Millrace, Removal, Removed } from '../control/millrace.ts';
import { MillraceError } from '../core/errors.ts';
import { type Arguments, type OptionSpec, usage } from './arguments.ts';
import type { Command, Context } from './command.ts';
import { dataOption, jsonOption, withMillrace } from './folder.ts';
import { toJson } from './json.ts';
import { formatBytes, formatCount, plural } from './numbers.ts';
import { paintFor } from './paint.ts';
import { harmless } from './width.ts';

/** The option that answers the question beforehand. */
export const yesOption: OptionSpec = { name: 'yes', short: 'y', description: 'Do it without asking.' };

/** The options that all of these commands have behind their own. */
export const removalOptions: readonly OptionSpec[] = [yesOption, dataOption, jsonOption];

/** What of these commands their exit codes say. */
export const removalExitCodes = [['1', 'it failed, or the answer was no: nothing was removed']] as const;

/** Shows what goes, asks, and removes it. Returns the exit code. */
export async function removeAsked(
  command: Command,
  what: Removed,
  given: Arguments,
  context: Context,
): Promise<number> {
  const remove = (leaveOut?: string) =>
    withMillrace(given, context, (millrace) => removeIn(millrace, command, what, given, context), leaveOut);
  try {
    return await remove();
  } catch (error) {
    // a damaged topic keeps the folder from being opened; without it, it can be deleted
    if (what.noun !== 'topic' || !(error instanceof MillraceError) || error.code !== 'LOG_DAMAGED') throw error;
    return remove(what.name);
  }
}

async function removeIn(
  millrace: Millrace,
  command: Command,
  what: Removed,
  given: Arguments,
  context: Context,
): Promise<number> {
  const planned = await millrace.removal(what);
  const force = given.has('force');
  // what would be refused is not asked for
  const isRefused = planned.usedBy.length > 0 && !force;
  if (!isRefused && !given.has(yesOption.name)) {
    const paint = paintFor(context.error, context.environment);
    context.error.write(`${linesOf(planned, false).join('\n')}\n`);
    const answer = await context.confirm(`Remove ${what.noun} ${paint.bold(harmless(what.name))}?`);
    if (answer === undefined) throw usage(command, 'nobody is there to be asked', 'Add --yes to do it without asking.');
    if (!answer) {
      context.error.write('nothing was removed\n');
      return 1;
    }
  }
  const removed = await millrace.remove(what, { force });
  const paint = paintFor(context.out, context.environment);
  if (given.has(jsonOption.name)) context.out.write(`${toJson({ removed })}\n`);
  else {
    const [first, ...others] = linesOf(removed, true);
    context.out.write(`${[`${paint.green('✓')} ${first}`, ...others].join('\n')}\n`);
  }
  return 0;
}

/** A removal in words, one line for what goes and one for what stays. */
function linesOf(removal: Removal, isDone: boolean): string[] {
  const verb = isDone ? 'removed' : 'goes';
  const name = harmless(removal.name);
  if (removal.noun === 'topic') {
    const { records, bytes, letters, usedBy } = removal;
    const size =
      records === undefined || bytes === undefined
        ? 'its records (it is damaged, and was not counted)'
        : `${plural(records, 'record')} (${formatBytes(bytes)})`;
    const parts = [size, plural(letters, 'dead letter'), 'its schemas'];
    return [
      `topic ${name} ${verb}: ${parts.join(', ')}`,
      ...(usedBy.length > 0
        ? [`  ${usedBy.join(', ')}: what windows and dedupe keep of its records ${verb}; rows of tables stay`]
        : []),
    ];
  }
  if (removal.noun === 'table') {
    return [`table ${name} of pipeline ${harmless(removal.pipeline)} ${verb}: ${plural(removal.rows, 'row')}`];
  }
  const { tables, keptTables, letters, topics } = removal;
  const parts = [
    ...tables.map((table) => `table ${table.name} (${formatCount(table.rows)} row${table.rows === 1 ? '' : 's'})`),
    'its windows and offsets',
    plural(letters, 'dead letter'),
  ];
  const stay = [...keptTables.map((table) => `table ${table}`), ...topics.map((topic) => `topic ${topic}`)];
  return [
    `pipeline ${name} ${verb}: ${parts.join(', ')}`,
    ...(stay.length > 0 ? [`  ${isDone ? 'kept' : 'stays'}: ${stay.join(', ')}`] : []),
  ];
}
