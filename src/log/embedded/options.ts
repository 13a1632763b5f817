// The options of the embedded log: one schema with types, defaults, limits and docs, checked once.
import type { Clock } from '../../core/clock.ts';
import { MillraceError } from '../../core/errors.ts';
import type { Files } from '../../core/files.ts';

/** The numeric options: default, smallest and largest value, and what each does. */
export const schema = {
  lingerMs: {
    default: 0,
    min: 0,
    max: 1000,
    doc: 'Least milliseconds between two syncs of a partition. 0: an idle partition syncs at once, and what arrives during a sync shares the next one.',
  },
  segmentBytes: {
    default: 128 * 2 ** 20,
    min: 1024,
    max: 2 ** 31,
    doc: 'Bytes after which a partition begins a new segment file; retention removes whole segments.',
  },
  batchBytesMax: {
    default: 32 * 2 ** 20,
    min: 1024,
    max: 2 ** 30,
    doc: 'Bytes of one batch; a larger one is refused with RECORD_TOO_LARGE.',
  },
  flushBytesMax: {
    default: 16 * 2 ** 20,
    min: 1024,
    max: 2 ** 30,
    doc: 'Bytes that one sync takes at most (a single larger batch is still taken).',
  },
  cacheBytesMax: {
    default: 16 * 2 ** 20,
    min: 0,
    max: 2 ** 36,
    doc: 'Bytes of memory for the newest batches of all partitions, so that following the tail reads no disk.',
  },
  cachePartitionBytesMax: {
    default: 8 * 2 ** 20,
    min: 0,
    max: 2 ** 36,
    doc: 'Bytes of it that one partition may use.',
  },
  indexBytes: {
    default: 256 * 2 ** 10,
    min: 1,
    max: 2 ** 30,
    doc: 'Bytes of a segment from one entry of its sparse index to the next.',
  },
  syncsMax: { default: 2, min: 1, max: 64, doc: 'Writes and syncs of different partitions under way at once.' },
  pollMs: { default: 50, min: 1, max: 60_000, doc: 'Milliseconds between two looks of a read-only log at its files.' },
} as const;

type Numbers = { -readonly [name in keyof typeof schema]: number };

/** What `embeddedLog` takes. */
export type EmbeddedLogOptions = Partial<Numbers> & {
  /** Where it stands; made where it is missing. One process at a time may write. */
  folder: string;
  files: Files;
  clock: Clock;
  /** Reads beside the process that writes; never changes a file. */
  readOnly?: boolean;
  /** A topic that is not opened, and is as if it were not there: one that is damaged, so that it can be deleted. */
  leaveOut?: string;
  /** Told what a person should know: how many bytes of a torn tail were cut off, and where. */
  notice?: (text: string) => void;
};

/** Options with every default filled in. */
export type CheckedOptions = Numbers &
  Required<Pick<EmbeddedLogOptions, 'folder' | 'files' | 'clock' | 'readOnly' | 'notice'>> & {
    leaveOut: string | undefined;
  };

/**
 * Fills in the defaults.
 *
 * @throws OPTION_INVALID, which names the option and its limits
 */
export function checkOptions(options: EmbeddedLogOptions): CheckedOptions {
  const { folder, files, clock, readOnly = false, leaveOut, notice = () => {}, ...given } = options;
  const numbers: Partial<Numbers> = {};
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(schema, name)) {
      throw new MillraceError('OPTION_INVALID', `the embedded log has no option '${name}'`, {
        place: name,
        remedy: `Use one of ${Object.keys(schema).join(', ')}.`,
      });
    }
  }
  for (const name of Object.keys(schema) as (keyof Numbers)[]) {
    const value = given[name] ?? schema[name].default;
    const { min, max } = schema[name];
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new MillraceError('OPTION_INVALID', `${name} is ${value}`, {
        place: name,
        remedy: `Give a whole number from ${min} to ${max}.`,
      });
    }
    numbers[name] = value;
  }
  if (typeof folder !== 'string' || folder === '') {
    throw new MillraceError('OPTION_INVALID', `folder is ${JSON.stringify(folder)}`, {
      place: 'folder',
      remedy: 'Give the path of a folder.',
    });
  }
  return { ...(numbers as Numbers), folder, files, clock, readOnly, leaveOut, notice };
}
