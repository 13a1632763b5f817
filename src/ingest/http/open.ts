// Opens a polled API as a source: polls at its interval, backs off after failures, ends after its run length.
import { crc32 } from 'node:zlib';
import { formatMs } from '../../core/durations.ts';
import { MillraceError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { turn } from '../../core/turn.ts';
import type { Value } from '../../define/accept.ts';
import { type ItemReader, itemReader } from '../items.ts';
import { jsonBytes } from '../original.ts';
import type {
  CheckOptions,
  OpenSource,
  OriginOf,
  Refusal,
  ReviveSource,
  SourceBatch,
  SourceContext,
} from '../source.ts';
import { checkAddress } from './address.ts';
import { backoffMs } from './backoff.ts';
import { type HttpSettings, readHttpOptions } from './options.ts';
import { pinnedAgent } from './pin.ts';
import { type Answer, poll } from './request.ts';

/** Before the network counts as absent at the start, it gets a second chance after so long. */
const secondChanceMs = 250;

/** Items between two turns of the event loop. */
const sliceItemsMax = 500;

/** What polls have met since the source was opened. */
type Met = { polls: number; answers: number; failure: string };

/** Checks the options of `http()`. */
export const checkOptions: CheckOptions = (options, _fields, place) => {
  readHttpOptions(options, place, true);
};

/** The address by its checksum: it may hold a password. */
export const originOf: OriginOf = ({ url }) => ({ url: addressPrint(new URL(url as string)) });

/** At the start its network may be absent. */
export const mayBeAbsent = true;

/** Opens `http()`: makes the first poll, so that it is known at once where the network is absent. */
export const open: OpenSource = async (given, context) => {
  const options = readHttpOptions(given, 'http()');
  const reader = itemReader(context.fields, options);
  const agent = options.allowPrivate ? undefined : pinnedAgent(context.lookup);
  try {
    const startMs = context.clock.elapsed();
    const first = await firstPoll(options, context, agent);
    const met: Met = { polls: 0, answers: 0, failure: '' };
    return {
      finite: options.for !== undefined,
      replayable: false,
      batches: () => batchesOf(options, context, reader, agent, first, startMs, met),
      unanswered: () => (met.answers > 0 ? undefined : `none of its ${met.polls} polls was answered: ${met.failure}`),
      revive: reader.revive,
      close: async () => agent?.destroy(),
    };
  } catch (error) {
    await agent?.destroy();
    throw error;
  }
};

/** Reads refused items and bodies again. */
export const revive: ReviveSource = async (given, context) => {
  const options = readHttpOptions(given, 'http()');
  return itemReader(context.fields, options).revive;
};

async function firstPoll(options: HttpSettings, context: SourceContext, agent: object | undefined): Promise<Answer> {
  try {
    await checkAddress(options.url, context.lookup, options.allowPrivate);
  } catch (error) {
    // a name that cannot be resolved is an absent network, which the poll itself will meet
    if (error instanceof MillraceError) throw error;
  }
  let answer = await poll(options, context, agent);
  if ('failure' in answer && answer.isNetwork && !context.signal.aborted) {
    await context.clock.sleep(secondChanceMs, context.signal);
    answer = await poll(options, context, agent);
  }
  if ('failure' in answer && answer.isNetwork && !context.signal.aborted) {
    throw new MillraceError('SOURCE_UNAVAILABLE', answer.failure, {
      place: 'http()',
      remedy: 'Check the network and the URL, or name another source with .or(…).',
    });
  }
  return answer;
}

async function* batchesOf(
  options: HttpSettings,
  context: SourceContext,
  reader: ItemReader,
  agent: object | undefined,
  first: Answer,
  firstMs: number,
  met: Met,
): AsyncGenerator<SourceBatch> {
  const { clock, random, signal, notice } = context;
  const endMs = options.for === undefined ? Number.POSITIVE_INFINITY : firstMs + options.for;
  let sequence = context.nextSequence;
  let polls = Number(context.position?.polls ?? 0);
  let answer = first;
  let startMs = firstMs;
  let failures = 0;
  while (!signal.aborted) {
    polls++;
    met.polls++;
    let nextMs: number;
    if ('failure' in answer) {
      failures++;
      met.failure = answer.failure;
      const backOffMs = Math.max(answer.waitMs, backoffMs(failures, random));
      // what will not pass by itself is not asked for more often than usual
      const waitMs = answer.isPassing ? backOffMs : Math.max(backOffMs, options.every);
      nextMs = clock.elapsed() + waitMs;
      notice(nextMs >= endMs ? answer.failure : `${answer.failure}; trying again in ${formatMs(waitMs)}`);
    } else {
      if (failures > 0) notice(undefined);
      failures = 0;
      met.answers++;
      nextMs = startMs + options.every;
      for await (const batch of readAnswer(answer, reader, options, polls, sequence, clock.now())) {
        sequence += batch.rows.length + batch.refusals.length;
        yield batch;
        if (signal.aborted) return;
      }
    }
    // polls that were missed meanwhile are not made up for
    nextMs = Math.max(nextMs, clock.elapsed());
    if (nextMs >= endMs) return;
    await clock.sleep(nextMs - clock.elapsed(), signal);
    if (signal.aborted) return;
    startMs = clock.elapsed();
    answer = await poll(options, context, agent);
  }
}

async function* readAnswer(
  { body, isCut }: { body: Uint8Array; isCut: boolean },
  reader: ItemReader,
  options: HttpSettings,
  polls: number,
  firstSequence: number,
  atMs: number,
): AsyncGenerator<SourceBatch> {
  const position = { polls, at: atMs, url: addressPrint(options.url) };
  let items: readonly unknown[];
  try {
    if (isCut) throw tooLarge(options.bytesMax);
    items = reader.items(body);
  } catch (error) {
    const refusal = { sequence: firstSequence, bytes: body, error: error as MillraceError, place: `poll ${polls}` };
    yield { rows: [], sequences: [], refusals: [refusal], position };
    return;
  }
  for (let at = 0; at < items.length; ) {
    const rows: Value[][] = [];
    const sequences: number[] = [];
    const refusals: Refusal[] = [];
    for (const end = Math.min(items.length, at + limits.batchRecordsMax); at < end; at++) {
      const sequence = firstSequence + at;
      try {
        rows.push(reader.row(items[at]));
        sequences.push(sequence);
      } catch (error) {
        const place = `item ${at + 1} of poll ${polls}`;
        refusals.push({ sequence, bytes: jsonBytes(items[at]), error: error as MillraceError, place });
      }
      if ((at + 1) % sliceItemsMax === 0) await turn();
    }
    yield { rows, sequences, refusals, position };
  }
}

function addressPrint(url: URL): number {
  return crc32(url.href);
}

function tooLarge(bytesMax: number): MillraceError {
  return new MillraceError(
    'RECORD_TOO_LARGE',
    `the body is longer than ${bytesMax} bytes, of which the first are kept`,
    {
      remedy: 'Ask the API for less at a time, or raise the option bytesMax.',
    },
  );
}
