// millrace rebuild: makes streams, windows and tables again from the log, and puts them in the place of those that are there.
import type { RebuildStatus } from '../control/millrace.ts';
import { MillraceError } from '../core/errors.ts';
import { type Arguments, givenParams, usage } from './arguments.ts';
import type { Command, Context } from './command.ts';
import { dataOption, jsonOption, setOption, withMillrace } from './folder.ts';
import { toJson } from './json.ts';
import { formatCount } from './numbers.ts';
import { paintFor } from './paint.ts';
import { pipelineOf } from './pipeline-file.ts';

export const rebuild: Command = {
  name: 'rebuild',
  summary: 'make streams and tables again from the log',
  description: [
    'After a query, a key or a type has changed: processes the records of the log again, as the pipeline file defines it now, into new tables beside those that are there, and then puts them in their place in one step. Killed at any moment, the same command goes on where it was.',
    'A name is that of a table, or of a stream: a stream comes with all that follows from it. Without a name all of the pipeline is made again.',
    'The pipeline file is the one of its last run, or that of --file. Where the pipeline runs, use the console or POST /api/pipelines/NAME/rebuild: the data folder has one user at a time.',
  ],
  positionals: [
    { name: 'PIPELINE', description: 'The pipeline.' },
    { name: 'NAME', isOptional: true, isRepeatable: true, description: 'Streams and tables. Absent: all.' },
  ],
  options: [
    {
      name: 'cancel',
      description:
        'Give up a rebuild that was begun, or has failed: what it has made is removed, the tables that are there stay.',
    },
    { name: 'partial', description: 'Also where the log no longer has all records: rows that were made of those go.' },
    { name: 'file', value: 'FILE', description: 'The pipeline file. Default: the one of the last run.' },
    setOption,
    dataOption,
    jsonOption,
  ],
  examples: [
    { does: 'After the query of a stream has changed:', line: 'millrace rebuild bus clean' },
    { does: 'After the key of a table has changed:', line: 'millrace rebuild bus line_delay' },
    { does: 'To give up what was begun:', line: 'millrace rebuild bus --cancel' },
  ],
  exitCodes: [],
  async run(given, context) {
    const [name, ...names] = given.positionals;
    if (given.has('cancel')) return cancel(name!, names, given, context);
    const params = givenParams(rebuild, given);
    const isText = !given.has('json');
    const tell = teller(context, isText);
    const status = await withMillrace(given, context, async (millrace) => {
      const pipeline = await pipelineOf(millrace, name!, given, context);
      return millrace.rebuild(pipeline, names.length > 0 ? names : undefined, {
        params,
        isPartial: given.has('partial'),
        told: (now) => tell(now),
      });
    }).catch((error) => {
      throw runsElsewhere(error, name!);
    });
    if (isText) writeEnd(name!, names, status, context);
    else context.out.write(`${toJson({ pipeline: name, names, records: status.total })}\n`);
    return 0;
  },
};

/** Gives up what was begun. */
async function cancel(name: string, names: readonly string[], given: Arguments, context: Context): Promise<number> {
  const more = names.length > 0 ? 'names' : ['partial', 'set', 'file'].find((option) => given.has(option));
  if (more !== undefined)
    throw usage(
      rebuild,
      `--cancel gives up the whole rebuild of a pipeline, and takes no ${more === 'names' ? 'names of streams and tables' : `--${more}`}`,
      `Run: millrace rebuild ${name} --cancel`,
    );
  await withMillrace(given, context, (millrace) => millrace.cancelRebuild(name)).catch((error) => {
    throw runsElsewhere(error, name, `"Cancel…" in its console or DELETE /api/pipelines/${name}/rebuild`);
  });
  const { out, environment } = context;
  const paint = paintFor(out, environment);
  if (given.has('json')) out.write(`${toJson({ pipeline: name, cancelled: true })}\n`);
  else out.write(`${paint.green('✓')} ${paint.bold(name)}: the rebuild is given up, the tables are as they were\n`);
  return 0;
}

/** Where another process has the data folder: the remedy names what that process can be asked. */
function runsElsewhere(
  error: unknown,
  name: string,
  ways = `"Rebuild…" in its console or POST /api/pipelines/${name}/rebuild`,
): unknown {
  if (!(error instanceof MillraceError) || error.code !== 'DATA_IN_USE') return error;
  const { message, place } = error;
  return new MillraceError('DATA_IN_USE', message, {
    place,
    cause: error,
    remedy: `If that process runs ${name}, use ${ways}. Otherwise stop it, or give another folder with --data.`,
  });
}

/** Tells how far it is, on a terminal, and once, on standard error, what it waits for. */
function teller({ out, error }: Context, isText: boolean): (status: RebuildStatus) => void {
  let told: string | undefined;
  return ({ state, done, total, reason, remedy }) => {
    const why = state === 'waiting' ? [reason, remedy].filter(Boolean).join('. ') : undefined;
    if (why !== undefined && why !== told)
      error.write(`${out.isTerminal ? '\r' : ''}it waits and tries again: ${why}\n`);
    told = why;
    if (isText && out.isTerminal) out.write(`\r${formatCount(done)} of ${formatCount(total)} records `);
  };
}

function writeEnd(
  name: string,
  names: readonly string[],
  { total }: RebuildStatus,
  { out, environment }: Context,
): void {
  const paint = paintFor(out, environment);
  const what = names.length > 0 ? `${names.join(', ')} of ${name}` : name;
  out.write(
    `${out.isTerminal ? '\r' : ''}${paint.green('✓')} ${paint.bold(what)}: made again from ${formatCount(total)} records\n`,
  );
}
