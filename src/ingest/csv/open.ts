// Opens a CSV file as a source: batches of rows with the place behind each, in slices, at the pace asked for.
import { resolve } from 'node:path';
import { MillraceError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { turn } from '../../core/turn.ts';
import type { Value } from '../../define/accept.ts';
import { atRate, atSpeed, type Pace, tickMs } from '../pace.ts';
import type {
  CheckOptions,
  EndsSource,
  OpenSource,
  OriginOf,
  ReviveSource,
  SourceBatch,
  SourceContext,
} from '../source.ts';
import { type Beginning, begin, openFile } from './begin.ts';
import type { Bytes } from './bytes.ts';
import type { Input } from './input.ts';
import { type CsvSettings, type PaceOption, readCsvOptions } from './options.ts';
import { type Filling, Reader } from './reader.ts';
import { type ReadRow, rowReader } from './rows.ts';
import { outcome, Scanner } from './scan.ts';

/** Rows between two turns of the event loop: a few milliseconds of work. */
const sliceRowsMax = 2048;

/** Checks the options of `csv()`. */
export const checkOptions: CheckOptions = (options, fields, place) => {
  readCsvOptions(options, fields, place, true);
};

/** The file, as positions name it. */
export const originOf: OriginOf = ({ file }) => ({ file: resolve(file as string) });

/** A file has an end. */
export const ends: EndsSource = () => true;

/** Opens the file of `csv()`. */
export const open: OpenSource = async (given, context) => {
  const options = readCsvOptions(given, context.fields, 'csv()');
  const pace = paceOf(options.pace, context);
  const file = await openFile(context.files, options.file);
  try {
    const beginning = await begin(file, options, context.fields, context.position, context.nextSequence);
    const { layout, place, base } = beginning;
    const readRow = rowReader(context.fields, layout, options.missing, options.quote);
    const timeColumn = context.time === undefined ? -1 : Object.keys(context.fields).indexOf(context.time);
    const reader = new Reader(file, readRow, layout.count, options, place, base, timeColumn);
    let isClosed = false;
    return {
      finite: true,
      replayable: true,
      start: { ...beginning.print, ...place, base },
      batches: () => batchesOf(reader, beginning, file, pace?.(), context),
      revive: (bytes) => readAgain(bytes, readRow, layout.count, options),
      async close() {
        if (isClosed) return;
        isClosed = true;
        await file.close();
      },
    };
  } catch (error) {
    await file.close();
    throw error;
  }
};

/** Reads refused rows again, by the header that the file has now. */
export const revive: ReviveSource = async (given, context) => {
  const options = readCsvOptions(given, context.fields, 'csv()');
  const file = await openFile(context.files, options.file);
  try {
    const { layout } = await begin(file, options, context.fields, undefined, 0);
    const readRow = rowReader(context.fields, layout, options.missing, options.quote);
    return (bytes) => readAgain(bytes, readRow, layout.count, options);
  } finally {
    await file.close();
  }
};

async function* batchesOf(
  reader: Reader,
  { base, print }: Beginning,
  input: Input,
  pace: Pace | undefined,
  { clock, signal }: SourceContext,
): AsyncGenerator<SourceBatch> {
  let sliceEnd = reader.place.row + sliceRowsMax;
  for (let isAtEnd = false; !isAtEnd && !signal.aborted; ) {
    const filling: Filling = { rows: [], sequences: [], refusals: [] };
    const first = reader.place;
    let count = 0;
    while (!signal.aborted && count < limits.batchRecordsMax && reader.place.byte - first.byte < limits.batchBytesMax) {
      const pause = reader.take(filling, Math.min(sliceEnd - first.row, limits.batchRecordsMax) - count, pace);
      count = reader.place.row - first.row;
      if (pause === 'fill') await reader.window.fill();
      else if (pause === 'full') {
        await turn();
        sliceEnd = reader.place.row + sliceRowsMax;
      } else if (pause === 'due') {
        if (count > 0) break;
        await clock.sleep(Math.max(tickMs, reader.waitMs), signal);
      } else {
        isAtEnd = true;
        break;
      }
    }
    if (count === 0) continue;
    const place = reader.place;
    yield { ...filling, position: { ...print, ...place, base }, progress: input.progress(place.byte) };
  }
}

function paceOf(option: PaceOption | undefined, { clock, time }: SourceContext): (() => Pace) | undefined {
  if (option === undefined || option === 'full') return undefined;
  if ('rate' in option) return () => atRate(clock, option.rate);
  if (time === undefined) {
    throw new MillraceError('OPTION_INVALID', "option 'pace': a speed needs the event time of the topic", {
      place: 'csv()',
      remedy: "Add time: '…' to the topic, or give pace: { rate: '1000/s' }.",
    });
  }
  return () => atSpeed(clock, option.speed);
}

function readAgain(bytes: Uint8Array, readRow: ReadRow, count: number, options: CsvSettings): Value[] {
  const scanner = new Scanner(options.delimiter, options.quote, count);
  const row = Buffer.from(bytes) as Bytes;
  const found = scanner.scan(row, 0, row.length, true);
  if (row.length > options.rowBytesMax) {
    throw new MillraceError('RECORD_TOO_LARGE', `the row is longer than ${options.rowBytesMax} bytes`, {
      remedy: 'Raise the option rowBytesMax and read the file again.',
    });
  }
  if (found !== outcome.row || scanner.count === 0 || scanner.next < row.length) {
    const why = found !== outcome.row ? scanner.fault : scanner.count === 0 ? 'it is blank' : 'it is more than one row';
    throw new MillraceError('RECORD_MALFORMED', why, { remedy: 'Fix the row: one line of CSV.' });
  }
  return readRow(scanner, row, 0);
}
