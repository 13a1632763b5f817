// millrace tail: the records of a topic, also while a pipeline writes them.
import type { TailOptions, TailRecord } from '../control/millrace.ts';
import { type Arguments, usage } from './arguments.ts';
import type { Command } from './command.ts';
import { dataOption, existingFolder } from './folder.ts';
import { toJson } from './json.ts';
import { formatTime } from './numbers.ts';
import { type Paint, paintFor } from './paint.ts';
import { harmless } from './width.ts';

export const tail: Command = {
  name: 'tail',
  summary: 'show the records of a topic, and follow it',
  description: [
    'Prints records of a topic, one a line: partition and offset, time, key, and the record as JSON. It works beside a running pipeline. Fields declared .personal() are masked.',
  ],
  positionals: [{ name: 'TOPIC', description: 'The name of a topic; millrace topics lists them.' }],
  options: [
    dataOption,
    { name: 'from', value: 'start|OFFSET', description: 'Begin at the first record, or at an offset.' },
    {
      name: 'last',
      value: 'N',
      isCount: true,
      description: 'Begin N records before the end of each partition. Default: 10.',
    },
    { name: 'partition', value: 'N', isCount: true, description: 'Only this partition.' },
    { name: 'follow', short: 'f', description: 'Go on as records arrive, until Ctrl-C.' },
    { name: 'limit', value: 'N', isCount: true, description: 'End after N records.' },
    { name: 'json', description: 'Print each record as a line of JSON (NDJSON).' },
  ],
  examples: [
    { does: 'See what arrives:', line: 'millrace tail bus_positions --follow' },
    {
      does: 'Take the first three records apart with jq:',
      line: 'millrace tail bus_positions --from start --limit 3 --json | jq .value',
    },
  ],
  exitCodes: [['0', 'all is well, or Ctrl-C while it follows']],
  async run(given, context) {
    const folder = await existingFolder(given, context);
    const from = beginning(given);
    const partition = given.count('partition');
    const stop = new AbortController();
    const off = context.onSignal(() => stop.abort());
    const paint = paintFor(context.out, context.environment);
    let left = given.count('limit') ?? Number.POSITIVE_INFINITY;
    const options: TailOptions = {
      folder,
      topic: given.positionals[0]!,
      follow: given.has('follow'),
      signal: stop.signal,
      notice: (text) => context.error.write(`${paintFor(context.error, context.environment).yellow('!')} ${text}\n`),
      ...(from === undefined ? {} : { from }),
      ...(partition === undefined ? {} : { partition }),
    };
    try {
      if (left === 0) return 0;
      for await (const record of context.control.tail(options)) {
        context.out.write(`${given.has('json') ? recordJson(record) : recordText(record, paint)}\n`);
        if (--left <= 0 || stop.signal.aborted) break;
      }
    } finally {
      off();
    }
    return 0;
  },
};

function beginning(given: Arguments): TailOptions['from'] {
  const from = given.text('from');
  const last = given.count('last');
  if (from !== undefined && last !== undefined)
    throw usage(tail, '--from and --last cannot be used together', 'Use one of them.');
  if (last !== undefined) return { last };
  if (from === undefined) return undefined;
  if (from === 'start') return 'start';
  if (!/^\d{1,15}$/.test(from))
    throw usage(tail, `--from: '${from}' is no offset`, 'Write --from start, or --from 1000.');
  return { offset: Number(from) };
}

function recordJson({ partition, offset, time, key, value, error }: TailRecord): string {
  return toJson({ partition, offset, time: formatTime(time), key, value, error });
}

function recordText({ partition, offset, time, key, value, error }: TailRecord, paint: Paint): string {
  const place = paint.dim(`${partition}:${offset}  ${formatTime(time)}`);
  const shown = error === undefined ? harmless(toJson(value)) : paint.red(`✗ ${harmless(error)}`);
  return `${place}  ${key === null ? paint.dim('–') : paint.cyan(harmless(key))}  ${shown}`;
}
