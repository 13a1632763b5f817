// The contract of a source: it gives batches of accepted rows and of what it could not accept, with a position to resume from.
import type { Clock } from '../core/clock.ts';
import type { MillraceError } from '../core/errors.ts';
import type { Files } from '../core/files.ts';
import type { Random } from '../core/random.ts';
import type { Value } from '../define/accept.ts';
import type { Fields } from '../define/fields.ts';

/** Where a source is, as JSON; only the source knows what it means. It is stored with the results of everything before it. */
export type Position = { readonly [key: string]: string | number | boolean | null };

/** The members of positions that say what they are of: the file of a csv, the seed of a simulation, the address of an http. */
const originNames = ['file', 'seed', 'url'] as const;

/** What a position is of; {} where it does not say. */
export function originIn(position: Position | undefined): Position {
  return Object.fromEntries(originNames.flatMap((name) => (position?.[name] == null ? [] : [[name, position[name]]])));
}

/** Something from outside that could not become a row: it goes to the dead letters. */
export type Refusal = {
  /** Its number in the source (see SourceBatch). */
  readonly sequence: number;
  /** The original bytes. */
  readonly bytes: Uint8Array;
  readonly error: MillraceError;
  /** Where it stood: `line 17`, `item 3 of poll 12`. */
  readonly place: string;
};

/**
 * What a source gives at a time. Everything it reads, accepted or not, has a number of its own, which only grows and is the same when
 * it is read again: `sequences[i]` is that of `rows[i]`.
 */
export type SourceBatch = {
  /** Canonical values in the order of the topic's fields. */
  readonly rows: readonly Value[][];
  readonly sequences: readonly number[];
  readonly refusals: readonly Refusal[];
  /** Where to go on once all of this batch is stored. */
  readonly position: Position;
  /** The original bytes of a row by its number, where the source has them: for a row that cannot be written. */
  readonly original?: (sequence: number) => Uint8Array;
  /** How much of the whole is read, where that is known: 0 to 1. */
  readonly progress?: number;
};

/** What the runtime gives to a source. */
export type SourceContext = {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  /** The global fetch, or a test's. */
  readonly fetch: typeof fetch;
  /** Resolves a host name to addresses, for the address checks. */
  readonly lookup: (host: string) => Promise<readonly { address: string; family: number }[]>;
  /** The topic's fields. */
  readonly fields: Fields;
  /** The event time field of the topic, or undefined. */
  readonly time: string | undefined;
  /** Where it stopped last time; undefined: at the beginning. */
  readonly position: Position | undefined;
  /** The number that the next thing read gets, for sources that cannot count from the position. */
  readonly nextSequence: number;
  /** Aborts when the source is to stop: it then ends after the batch at hand. */
  readonly signal: AbortSignal;
  /** Says something for people to see: 'the network is absent: …'. Also how a source tells that it is degraded, and (undefined) well again. */
  readonly notice: (text: string | undefined) => void;
};

/** A source that is open. */
export interface Source {
  /** Whether it ends by itself (a file; a poll with a run length), so that `--once` can wait for it. */
  readonly finite: boolean;
  /** Whether it gives the same things with the same numbers again from an earlier position. */
  readonly replayable: boolean;
  /** Where it begins, for one that numbers from there: kept before anything of it is stored, so that a second reading numbers alike. */
  readonly start?: Position;
  /** The batches; the runtime asks for the next one when it has room (back-pressure). Ends when the source is at its end or the signal aborts. */
  batches(): AsyncIterable<SourceBatch>;
  /** Asked when it has ended by itself: why it got no answer at all, where that is so. An end without one is no success. */
  unanswered?(): string | undefined;
  /** Reads the original bytes of a refusal again, for re-driving: the row, or why it is still refused (thrown). */
  revive(bytes: Uint8Array): Value[];
  close(): Promise<void>;
}

/**
 * What an adapter folder exports as `open`: opens a source with its options, checked and with parameters filled in.
 *
 * @throws OPTION_INVALID, SOURCE_MISSING, ADDRESS_REFUSED; SOURCE_UNAVAILABLE, upon which the runtime turns to `.or(…)` where there is one
 */
export type OpenSource = (options: Readonly<Record<string, unknown>>, context: SourceContext) => Promise<Source>;

/** What an adapter folder exports as `checkOptions`: the options as they will be used, or an error with the option's name. Values of parameters may be missing at check. */
export type CheckOptions = (options: Readonly<Record<string, unknown>>, fields: Fields, place: string) => void;

/** What an adapter folder exports as `ends`: whether a source with these options (parameters filled in) ends by itself, as `finite` of one that is open. */
export type EndsSource = (options: Readonly<Record<string, unknown>>) => boolean;

/** What an adapter folder exports as `revive`: reads original bytes of refusals again without opening the source (no poll, no reading of rows). */
export type ReviveSource = (
  options: Readonly<Record<string, unknown>>,
  context: SourceContext,
) => Promise<(bytes: Uint8Array) => Value[]>;

/**
 * What an adapter folder exports as `originOf`, where that is known: what is read with these options (checked, parameters filled in), as
 * the positions of the source have it. A position with the same is of this source, whatever stands before it in the pipeline file.
 */
export type OriginOf = (options: Readonly<Record<string, unknown>>) => Position;

/** A request that brings records to a source: its body as it came, and as JSON where it is JSON or NDJSON. */
export type Delivery = {
  readonly body: Uint8Array;
  /** A list's items, the lines of NDJSON, or the one body. */
  readonly records: readonly unknown[];
  /** The signature header, where there is one. */
  readonly signature: string | undefined;
  /** The bytes of one of `records`, as they came; absent where they are not known. */
  readonly bytesOf?: ((index: number) => Uint8Array) | undefined;
};

/** The receiving side of a source whose records are brought by requests: checks who sends, and reads what they bring. */
export interface Receiver {
  /** Whether requests must carry a signature. */
  readonly isSigned: boolean;
  /** Whether what it refuses is kept as a dead letter, besides being told to the caller. */
  readonly keepsRefused: boolean;
  /** @throws SIGNATURE_INVALID */
  check(delivery: Delivery): void;
  /** What is to become a record each. @throws RECORD_MALFORMED, RECORD_INVALID where there is nothing to find */
  items(delivery: Delivery): readonly unknown[];
  /** The row of an item. @throws RECORD_INVALID */
  row(item: unknown): Value[];
  /** The bytes of an item as they came, for its dead letter; where they cannot be told apart in the body, the item as JSON. */
  original(delivery: Delivery, item: unknown, index: number): Uint8Array;
}

/** What an adapter folder exports as `receive`, where requests bring its records. */
export type ReceiveSource = (options: Readonly<Record<string, unknown>>, fields: Fields) => Receiver;
