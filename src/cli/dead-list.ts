// millrace dead list: the records that could not be taken, and why.
import type { DeadFilter } from '../control/millrace.ts';
import type { Arguments, OptionSpec } from './arguments.ts';
import type { Command } from './command.ts';
import { dataOption, jsonOption, withMillrace } from './folder.ts';
import { grid } from './grid.ts';
import { toJson } from './json.ts';
import { formatCount, formatMoment, formatTime } from './numbers.ts';
import { paintFor } from './paint.ts';
import { harmless } from './width.ts';

const limitDefault = 100;

/** The options that choose dead letters. */
export const deadOptions: readonly OptionSpec[] = [
  { name: 'pipeline', value: 'NAME', description: 'Only those of this pipeline.' },
  { name: 'stage', value: 'NAME', description: 'Only those of this stage: source:NAME, decode, or a stream or table.' },
  {
    name: 'kind',
    value: 'KIND',
    choices: ['dead', 'late'],
    description: 'Only dead letters (dead), or only records that came too late (late).',
  },
];

/** The filter that those options make. */
export function deadFilter(given: Arguments): DeadFilter {
  const pipeline = given.text('pipeline');
  const stage = given.text('stage');
  const kind = given.text('kind');
  return {
    ...(pipeline === undefined ? {} : { pipeline }),
    ...(stage === undefined ? {} : { stage }),
    ...(kind === 'dead' || kind === 'late' ? { kind } : {}),
  };
}

export const deadList: Command = {
  name: 'dead list',
  summary: 'list the records that could not be taken, and why',
  description: [
    'A record that cannot be read, checked, processed or stored stops nothing and is not lost: it stands in the dead letters with its stage, the reason and its original bytes. So do records that came too late for a window (kind late).',
  ],
  positionals: [],
  options: [
    ...deadOptions,
    dataOption,
    { name: 'limit', value: 'N', isCount: true, description: `List at most N. Default: ${limitDefault}.` },
    jsonOption,
  ],
  examples: [
    { does: 'What went wrong:', line: 'millrace dead list' },
    {
      does: 'Count the reasons:',
      line: `millrace dead list --json --limit 100000 | jq '.letters | group_by(.code) | map({(.[0].code): length}) | add'`,
    },
  ],
  exitCodes: [],
  async run(given, context) {
    const limit = given.count('limit') ?? limitDefault;
    const found = await withMillrace(given, context, (millrace) =>
      millrace.deadList({ ...deadFilter(given), limit: limit + 1 }),
    );
    const letters = found.slice(0, limit);
    if (given.has('json')) {
      const shown = letters.map(({ at, ...rest }) => ({ ...rest, at: formatTime(at) }));
      context.out.write(`${toJson({ letters: shown, truncated: found.length > limit })}\n`);
      return 0;
    }
    const paint = paintFor(context.out, context.environment);
    if (letters.length === 0) {
      context.out.write(`${paint.green('✓')} no dead letters\n`);
      return 0;
    }
    const rows = letters.map((one) => [
      String(one.id),
      one.kind === 'late' ? paint.yellow(one.kind) : paint.red(one.kind),
      one.pipeline,
      harmless(one.stage),
      harmless(placeOf(one)),
      formatMoment(one.at),
      formatCount(one.tries),
      one.code,
      harmless(one.reason),
    ]);
    const heads = [
      { name: 'id', side: 'right' },
      { name: 'kind' },
      { name: 'pipeline' },
      { name: 'stage' },
      { name: 'place' },
      { name: 'at' },
      { name: 'tries', side: 'right' },
      { name: 'code' },
      { name: 'reason' },
    ] as const;
    context.out.write(grid(heads, rows, paint, context.out.isTerminal ? context.out.columns : undefined));
    const more =
      found.length > limit ? `… more: these are the first ${formatCount(limit)}; use --limit for more\n` : '';
    const next = 'millrace dead show ID opens one; millrace dead redrive --all sends them again\n';
    context.error.write(paintFor(context.error, context.environment).dim(`${more}${next}`));
    return 0;
  },
};

/** Where a dead letter comes from: its place in the source, or topic, partition and offset. */
export function placeOf(letter: {
  topic: string;
  partition: number | undefined;
  offset: number | undefined;
  place: string | undefined;
}): string {
  const inLog = letter.offset === undefined ? '' : `${letter.topic} ${letter.partition ?? 0}:${letter.offset}`;
  return [letter.place, inLog].filter(Boolean).join(', ') || letter.topic;
}
