// millrace forget: removes a person from the data folder, and keeps a record of it that does not say whom.
import type { ForgetResult, Found } from '../control/forget.ts';
import type { Forgotten, Millrace } from '../control/millrace.ts';
import { MillraceError } from '../core/errors.ts';
import type { Pipeline } from '../define/pipeline.ts';
import { type Arguments, givenParams, usage } from './arguments.ts';
import type { Command, Context } from './command.ts';
import { dataOption, existingFolder, jsonOption, setOption, withMillrace } from './folder.ts';
import { grid } from './grid.ts';
import { toJson } from './json.ts';
import { formatCount, formatMoment, formatTime, plural } from './numbers.ts';
import { type Paint, paintFor } from './paint.ts';
import { yesOption } from './removing.ts';
import { harmless } from './width.ts';

/** The exit code where nobody of these values was found. */
const nobody = 4;

export const forget: Command = {
  name: 'forget',
  summary: 'remove a person everywhere, with a record of it',
  description: [
    'Removes all that is about a person: the records whose person field (the option person of a topic) has the value, in all topics that declare one; the dead letters of these records; and what streams, windows and tables made of them. Several values are removed in one go.',
    'In the log these records stay as empty places: offset and time stay, key, value and headers go. Streams and tables are then made again from the log. Where the log no longer has all records (retention), the rows of the person are removed one by one instead, and counts that windows made of them long ago stay: it says of which tables.',
    'At the end no byte of the value is left in the files of the data folder. It says what will go, and asks. Killed at any moment, --finish goes on where it was; until then nothing can be started in the folder.',
    'What it removed is noted, without the value: see --list. Not reached are backups, files and services that sources read (a source that reads again brings the person back), and texts that mention the value: it says where those are.',
    'The definitions are those of the files of the last runs, or of --pipeline; give the parameters of these runs with --set. Stop the running pipeline first: the data folder has one user at a time.',
  ],
  positionals: [
    {
      name: 'VALUE',
      isOptional: true,
      isRepeatable: true,
      description: 'The value of the person field, as it stands there.',
    },
  ],
  options: [
    { name: 'topic', value: 'NAME', description: 'Only in this topic, and what was made of it.' },
    {
      name: 'pipeline',
      value: 'FILE',
      isRepeatable: true,
      description: 'A pipeline file, in place of the one of its last run; may be repeated.',
    },
    { name: 'finish', description: 'Finish what was cut short.' },
    { name: 'list', description: 'List what was forgotten before: when, how much, not whom.' },
    setOption,
    yesOption,
    dataOption,
    jsonOption,
  ],
  examples: [
    { does: 'Forget a rider:', line: 'millrace forget anna@example.org' },
    { does: 'Forget two customers by number, without being asked:', line: 'millrace forget 4711 4712 --yes' },
    { does: 'What was forgotten so far:', line: 'millrace forget --list' },
  ],
  exitCodes: [
    ['1', 'it failed, or the answer was no'],
    [String(nobody), 'nobody of these values was found: nothing was changed'],
  ],
  async run(given, context) {
    if (given.has('list')) return list(given, context);
    const names = given.positionals;
    if (names.length === 0 && !given.has('finish'))
      throw usage(
        forget,
        'VALUE is missing',
        'Say whom: millrace forget VALUE. Or finish what was cut short: --finish.',
      );
    const pipelines = await withMillrace(given, context, (millrace) => pipelinesOf(millrace, given, context));
    const topic = given.text('topic');
    const result = await context.control.forget({
      folder: await existingFolder(given, context),
      names,
      pipelines,
      params: givenParams(forget, given),
      ...(topic === undefined ? {} : { topic }),
      command: `millrace forget${topic === undefined ? '' : ` --topic ${topic}`}`,
      ...(given.has(yesOption.name) ? {} : { confirm: (found) => confirmed(found, context) }),
      notice: (text) => context.error.write(`${text}\n`),
      ...(context.error.isTerminal ? { told: (text) => context.error.write(`${text} …\n`) } : {}),
    });
    if (given.has(jsonOption.name)) context.out.write(`${toJson(jsonOf(result))}\n`);
    else writeResult(result, context);
    return result.state === 'forgotten' ? 0 : result.state === 'nothing' ? nobody : 1;
  },
};

/** The pipelines that have run in the folder, by their files, and those that are given. @throws PIPELINE_FILE with what to do about it */
async function pipelinesOf(millrace: Millrace, given: Arguments, context: Context): Promise<Pipeline[]> {
  const pipelines: Pipeline[] = [];
  for (const file of given.texts('pipeline')) pipelines.push(await context.control.loadPipeline(file));
  for (const name of await millrace.pipelines()) {
    if (pipelines.some((one) => one.name === name)) continue;
    const file = await millrace.pipelineFile(name);
    if (file === undefined) continue;
    const pipeline = await context.control.loadPipeline(file).catch((error: unknown) => {
      throw error instanceof MillraceError ? withFile(error, name) : error;
    });
    // one of another name is another pipeline, and says nothing of this
    if (pipeline.name === name) pipelines.push(pipeline);
  }
  return pipelines;
}

function withFile(error: MillraceError, name: string): MillraceError {
  const { code, message, place, remedy } = error;
  return new MillraceError(code, message, {
    place,
    remedy:
      `${remedy ?? ''} Another file for it: --pipeline FILE. If it is not needed any more: millrace pipeline remove ${name}.`.trim(),
    cause: error,
  });
}

async function confirmed(found: Found, { error, confirm }: Context): Promise<boolean> {
  error.write(`${foundLines(found).join('\n')}\n`);
  const answer = await confirm('Forget this person?');
  if (answer === undefined) throw usage(forget, 'nobody is there to be asked', 'Add --yes to do it without asking.');
  return answer;
}

/** What will go, in words. */
function foundLines({ records, letters, remade, rows }: Found): string[] {
  return [`goes: ${goneText(records, letters)}`, ...madeLines(remade, rows, false)];
}

function goneText(records: Readonly<Record<string, number>>, letters: number): string {
  const parts = Object.entries(records).map(
    ([topic, count]) => `${plural(count, 'record')} of topic ${harmless(topic)}`,
  );
  return [...parts, ...(letters > 0 || parts.length === 0 ? [plural(letters, 'dead letter')] : [])].join(', ');
}

function madeLines(remade: Forgotten['remade'], rows: Forgotten['rows'], isDone: boolean): string[] {
  const lines = Object.entries(remade).map(
    ([pipeline, tables]) =>
      `  ${isDone ? '' : 'is '}made again from the log: ${harmless(pipeline)} (${tables.map(harmless).join(', ')})`,
  );
  const single = Object.entries(rows).map(([table, count]) => `${harmless(table)} (${plural(count, 'row')})`);
  if (single.length > 0) lines.push(`  ${isDone ? 'lost' : 'loses'} rows: ${single.join(', ')}`);
  return lines;
}

function writeResult(result: ForgetResult, { out, error, environment }: Context): void {
  const paint = paintFor(out, environment);
  if (result.state === 'nothing') out.write('nothing found: nobody has this value\n');
  else if (result.state === 'declined') error.write('nothing was removed\n');
  else out.write(`${resultLines(result, paint).join('\n')}\n`);
}

function resultLines(
  { forgotten, mentions, sources }: Extract<ForgetResult, { state: 'forgotten' }>,
  paint: Paint,
): string[] {
  const { number, records, letters, remade, rows, stale } = forgotten;
  const lines = [
    `${paint.green('✓')} forgotten, number ${number}: ${goneText(records, letters)}`,
    ...madeLines(remade, rows, true),
  ];
  if (stale.length > 0)
    lines.push(
      `  the log no longer has all records: what was counted of them stays in ${stale.map(harmless).join(', ')}`,
    );
  const texts = [
    ...Object.entries(mentions.topics).map(([topic, count]) => `topic ${harmless(topic)} (${plural(count, 'record')})`),
    ...Object.entries(mentions.tables).map(([table, count]) => `table ${harmless(table)} (${plural(count, 'row')})`),
  ];
  if (texts.length > 0)
    lines.push(paint.yellow(`! the value still stands in texts that are about others: ${texts.join(', ')}`));
  const kinds = [...new Set(sources.map(({ topic, kind }) => `${harmless(topic)} from ${kind}`))];
  if (kinds.length > 0)
    lines.push(
      paint.yellow(`! remove the person where sources read, too (${kinds.join(', ')}): what is read again comes back`),
    );
  return lines;
}

function jsonOf(result: ForgetResult): Record<string, unknown> {
  if (result.state !== 'forgotten') return { state: result.state };
  const { forgotten, mentions, sources } = result;
  return { state: result.state, ...shown(forgotten), mentions, sources };
}

function shown({ at, ...rest }: Forgotten): Record<string, unknown> {
  return { ...rest, at: formatTime(at) };
}

async function list(given: Arguments, context: Context): Promise<number> {
  const { out, environment } = context;
  const [all, unfinished] = await withMillrace(
    given,
    context,
    async (millrace) => [await millrace.forgettings(), millrace.unfinished()] as const,
  );
  if (given.has(jsonOption.name)) {
    out.write(`${toJson({ forgotten: all.map(shown), unfinished: unfinished ?? null })}\n`);
    return 0;
  }
  const paint = paintFor(out, environment);
  if (all.length === 0) out.write(paint.dim('nobody was forgotten yet\n'));
  else {
    const heads = [
      { name: 'number', side: 'right' },
      { name: 'when' },
      { name: 'records', side: 'right' },
      { name: 'letters', side: 'right' },
      { name: 'topics' },
      { name: 'tables' },
      { name: 'command' },
    ] as const;
    out.write(grid(heads, all.map(rowOf), paint));
  }
  if (unfinished !== undefined)
    out.write(paint.yellow(`! number ${unfinished} was cut short: millrace forget --finish\n`));
  return 0;
}

function rowOf({ number, at, records, letters, remade, rows, command }: Forgotten): string[] {
  const count = Object.values(records).reduce((sum, one) => sum + one, 0);
  const tables = [...Object.values(remade).flat(), ...Object.keys(rows)];
  return [
    String(number),
    formatMoment(at),
    formatCount(count),
    formatCount(letters),
    Object.keys(records).map(harmless).join(', '),
    tables.map(harmless).join(', '),
    harmless(command),
  ];
}
