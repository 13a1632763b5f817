// The definition of a pipeline that is named on the command line.
import type { Millrace } from '../control/millrace.ts';
import { MillraceError } from '../core/errors.ts';
import type { Pipeline } from '../define/pipeline.ts';
import type { Arguments } from './arguments.ts';
import type { Context } from './command.ts';

/** The definition of a pipeline: of the file that it last ran from, or of --file. @throws NOT_FOUND */
export async function pipelineOf(
  millrace: Millrace,
  name: string,
  given: Arguments,
  context: Context,
): Promise<Pipeline> {
  const path = given.text('file') ?? (await millrace.pipelineFile(name));
  if (path === undefined) {
    throw new MillraceError('NOT_FOUND', `the file of pipeline '${name}' is not known`, {
      place: `pipeline '${name}'`,
      remedy: 'Name it with --file FILE.',
    });
  }
  const pipeline = await context.control.loadPipeline(path);
  if (pipeline.name !== name) {
    throw new MillraceError('NOT_FOUND', `the file defines pipeline '${pipeline.name}', not '${name}'`, {
      place: path,
      remedy: `Name the file of '${name}' with --file, or say pipeline '${pipeline.name}'.`,
    });
  }
  return pipeline;
}
