// Opens a generator as a source: runs it from its seed, skipping what was read before a restart.
import { MillraceError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { random } from '../../core/random.ts';
import { turn } from '../../core/turn.ts';
import { recordAcceptor, type Value } from '../../define/accept.ts';
import { jsonBytes, parseJson, recordError } from '../original.ts';
import { atRate, tickMs } from '../pace.ts';
import type {
  CheckOptions,
  EndsSource,
  OpenSource,
  OriginOf,
  Refusal,
  ReviveSource,
  SourceBatch,
  SourceContext,
} from '../source.ts';
import { readSimulateOptions, type SimulateSettings } from './options.ts';

/** The event loop gets a turn after so many records, or so many milliseconds. */
const sliceRecordsMax = 500;
const sliceMsMax = 10;

/** Where a simulation is: `index` records were made since `startMs`; the first of them had the sequence `base`. */
type Place = { readonly seed: string; readonly index: number; readonly startMs: number; readonly base: number };

/** Checks the options of `simulate()`. */
export const checkOptions: CheckOptions = (options, _fields, place) => {
  readSimulateOptions(options, place, true);
};

/** The seed, as positions name it. */
export const originOf: OriginOf = ({ seed }) => ({ seed: String(seed) });

/** It ends where it has a count. */
export const ends: EndsSource = ({ count }) => count !== undefined;

/** Opens `simulate()`. */
export const open: OpenSource = async (given, context) => {
  const options = readSimulateOptions(given, 'simulate()');
  const accept = recordAcceptor(context.fields);
  const seed = String(options.seed);
  const place: Place =
    context.position?.seed === seed
      ? (context.position as unknown as Place)
      : { seed, index: 0, startMs: context.clock.now(), base: context.nextSequence };
  return {
    finite: options.count !== undefined,
    replayable: true,
    start: place,
    batches: () => batchesOf(options, place, accept, context),
    revive: (bytes) => accept(parseJson(bytes)),
    close: async () => {},
  };
};

/** Reads refused records again. */
export const revive: ReviveSource = async (given, context) => {
  readSimulateOptions(given, 'simulate()');
  const accept = recordAcceptor(context.fields);
  return (bytes) => accept(parseJson(bytes));
};

async function* batchesOf(
  options: SimulateSettings,
  place: Place,
  accept: (record: unknown) => Value[],
  { clock, signal }: SourceContext,
): AsyncGenerator<SourceBatch> {
  const end = options.count ?? Number.POSITIVE_INFINITY;
  const records = recordsOf(options, place);
  let sliceEndMs = clock.elapsed() + sliceMsMax;
  /** Gives the event loop its turn from time to time. */
  const breathe = async (index: number): Promise<void> => {
    if (index % sliceRecordsMax !== 0 && clock.elapsed() < sliceEndMs) return;
    await turn();
    sliceEndMs = clock.elapsed() + sliceMsMax;
  };
  let index = 0;
  try {
    for (; index < place.index; index++) {
      if (signal.aborted || records.next().done) return;
      await breathe(index);
    }
    const pace = options.rate === undefined ? undefined : atRate(clock, options.rate);
    for (let isAtEnd = index >= end; !isAtEnd && !signal.aborted; ) {
      const rows: Value[][] = [];
      const sequences: number[] = [];
      const made: object[] = [];
      const refusals: Refusal[] = [];
      const first = index;
      while (!signal.aborted && index - first < limits.batchRecordsMax) {
        const waitMs = pace ? pace.wait(undefined) : 0;
        if (waitMs > 0) {
          if (index > first) break;
          await clock.sleep(Math.max(tickMs, waitMs), signal);
          continue;
        }
        const next = index < end ? records.next() : undefined;
        if (!next || next.done) {
          isAtEnd = true;
          break;
        }
        pace?.left();
        const sequence = place.base + index++;
        try {
          rows.push(accept(next.value));
          sequences.push(sequence);
          made.push(next.value);
        } catch (error) {
          const why = recordError(error, 'the record cannot be accepted');
          refusals.push({ sequence, bytes: jsonBytes(next.value), error: why, place: `record ${index}` });
        }
        await breathe(index);
      }
      if (index === first) continue;
      const progress = Number.isFinite(end) ? { progress: index / end } : {};
      const original = (sequence: number) => jsonBytes(made[sequences.indexOf(sequence)]);
      yield { rows, sequences, refusals, position: { ...place, index }, original, ...progress };
    }
  } finally {
    records.return();
  }
}

/** The records of the user's generator; what it throws becomes SOURCE_REFUSED, which says at which record. */
function* recordsOf(options: SimulateSettings, place: Place): Generator<object, void> {
  let index = 0;
  try {
    for (const record of options.rows(random(`${options.seed}/simulate`), Object.freeze({ startMs: place.startMs }))) {
      yield record;
      index++;
    }
  } catch (cause) {
    throw new MillraceError('SOURCE_REFUSED', `the generator failed at record ${index + 1}: ${messageOf(cause)}`, {
      place: `simulate({ seed: ${options.seed} })`,
      remedy: 'Fix the function that is given as rows.',
      cause,
    });
  }
}
