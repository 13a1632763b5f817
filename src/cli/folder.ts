// Which data folder a command works on; those that only read never make one.
import { readdir } from 'node:fs/promises';
import type { Millrace } from '../control/millrace.ts';
import { MillraceError } from '../core/errors.ts';
import type { Arguments, OptionSpec } from './arguments.ts';
import type { Context } from './command.ts';

/** The option that names the data folder. */
export const dataOption: OptionSpec = {
  name: 'data',
  value: 'DIR',
  description: 'The data folder. Default: the variable MILLRACE_DATA, else .millrace.',
};

/** The option that gives values to parameters. */
export const setOption: OptionSpec = {
  name: 'set',
  value: 'NAME=VALUE',
  isRepeatable: true,
  description: 'Give a parameter of the pipeline its value; may be repeated.',
};

/** The option for machines. */
export const jsonOption: OptionSpec = {
  name: 'json',
  description: 'Print JSON, and nothing else, on standard output.',
};

/** The data folder that was named. */
export function folderOf(given: Arguments, context: Context): string {
  return given.text('data') || context.environment.MILLRACE_DATA || '.millrace';
}

/**
 * The data folder that was named, where it is there.
 *
 * @throws NOT_FOUND
 */
export async function existingFolder(given: Arguments, context: Context): Promise<string> {
  const folder = folderOf(given, context);
  // an empty one is not filled by a command that only reads
  const names = await readdir(folder).catch(() => []);
  if (names.length === 0) {
    throw new MillraceError('NOT_FOUND', `there is no data folder '${folder}'`, {
      place: given.has('data') ? `--data ${folder}` : folder,
      remedy: 'Run a pipeline first (millrace run FILE), or name another folder with --data.',
    });
  }
  return folder;
}

/** Opens the data folder that was named, without the topic `leaveOut` where one is given, gives it to `use`, and closes it. */
export async function withMillrace<T>(
  given: Arguments,
  context: Context,
  use: (millrace: Millrace) => Promise<T>,
  leaveOut?: string,
): Promise<T> {
  const folder = await existingFolder(given, context);
  const notice = (text: string) => context.error.write(`${text}\n`);
  const millrace = await context.control.open({ folder, notice, ...(leaveOut === undefined ? {} : { leaveOut }) });
  try {
    return await use(millrace);
  } finally {
    await millrace.close();
  }
}
