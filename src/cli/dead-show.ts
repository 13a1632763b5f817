// millrace dead show: one dead letter, whole.
import type { DeadLetterDetail } from '../control/millrace.ts';
import { usage } from './arguments.ts';
import type { Command } from './command.ts';
import { placeOf } from './dead-list.ts';
import { dataOption, jsonOption, withMillrace } from './folder.ts';
import { toJson } from './json.ts';
import { formatBytes, formatTime, plural } from './numbers.ts';
import { type Paint, paintFor } from './paint.ts';
import { harmless, pad } from './width.ts';

export const deadShow: Command = {
  name: 'dead show',
  summary: 'show one dead letter whole',
  description: [
    'Prints what is known of a dead letter and, where it can be read, the record in it, with fields declared .personal() masked. The original bytes come only with --raw, since nothing in them is masked.',
  ],
  positionals: [{ name: 'ID', description: 'The number that millrace dead list gives.' }],
  options: [
    dataOption,
    {
      name: 'raw',
      description: 'Write the original bytes, and nothing else, to standard output; with --json as base64.',
    },
    jsonOption,
  ],
  examples: [
    { does: 'Show it:', line: 'millrace dead show 17' },
    { does: 'Take its bytes out, to fix them and send them again:', line: 'millrace dead show 17 --raw > 17.bin' },
  ],
  exitCodes: [],
  async run(given, context) {
    const id = letterId(deadShow, given.positionals[0]!);
    const letter = await withMillrace(given, context, (millrace) => millrace.deadShow(id));
    if (given.has('json')) {
      const { bytes, at, ...rest } = letter;
      context.out.write(
        `${toJson({ ...rest, at: formatTime(at), ...(given.has('raw') ? { bytes } : { size: bytes.length }) })}\n`,
      );
    } else if (given.has('raw')) context.out.writeBytes(letter.bytes);
    else context.out.write(letterText(letter, paintFor(context.out, context.environment)));
    return 0;
  },
};

/** The number of a dead letter. @throws USAGE */
export function letterId(command: Command, written: string): number {
  if (/^\d{1,15}$/.test(written)) return Number(written);
  throw usage(command, `'${written}' is no number of a dead letter`, 'Take it from: millrace dead list.');
}

function letterText(letter: DeadLetterDetail, paint: Paint): string {
  const colour = letter.kind === 'late' ? paint.yellow : paint.red;
  const lines = [
    ['pipeline', letter.pipeline],
    ['stage', letter.stage],
    ['place', placeOf(letter)],
    ['at', formatTime(letter.at)],
    ['tries', letter.tries === 0 ? 'never sent again' : `sent again ${plural(letter.tries, 'time')}`],
    ['bytes', `${formatBytes(letter.bytes.length)} (--raw writes them as they came)`],
  ] as const;
  const head = `${colour(letter.kind === 'late' ? '!' : '✗')} ${paint.bold(`${letter.kind} letter ${letter.id}`)}  ${colour(letter.code)}  ${harmless(letter.reason)}`;
  const body = lines.map(([name, value]) => `  ${paint.dim(pad(name, 8))}  ${harmless(value)}`);
  return `${[head, ...body, ...recordLines(letter.record, paint)].join('\n')}\n`;
}

function recordLines(record: unknown, paint: Paint): string[] {
  if (record === undefined || record === null) return [];
  const text = toJson(record, 2).split('\n').map(harmless);
  return [
    '',
    ...text.map(
      (line) =>
        `  ${line.replace(/^(\s*)("(?:[^"\\]|\\.)*"):/, (_, space: string, name: string) => `${space}${paint.cyan(name)}:`)}`,
    ),
  ];
}
