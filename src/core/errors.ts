// The one error class and the closed table of codes; each code has one reaction.

/** What the runtime does about an error: the first four by itself, `fix` asks the user, `bug` asks us. */
export type Reaction = 'retry' | 'reconnect' | 'reject' | 'end' | 'fix' | 'bug';

/** Every code Millrace can raise, with its reaction. docs/reference/errors.md is compared with it by a test. */
export const codes = {
  // the pipeline file and the command line
  PIPELINE_FILE: 'fix',
  PIPELINE_INVALID: 'fix',
  NAME_INVALID: 'fix',
  NAME_TAKEN: 'fix',
  PARAM_UNKNOWN: 'fix',
  PARAM_INVALID: 'fix',
  OPTION_INVALID: 'fix',
  USAGE: 'fix',
  SQL_INVALID: 'fix',
  SQL_UNSUPPORTED: 'fix',
  SQL_COLUMNS: 'fix',
  NOT_FOUND: 'fix',
  STILL_USED: 'fix',
  FORGET_UNFINISHED: 'fix',
  // records
  RECORD_INVALID: 'reject',
  RECORD_MALFORMED: 'reject',
  RECORD_TOO_LARGE: 'reject',
  RECORD_UNDECODABLE: 'reject',
  RECORD_LATE: 'reject',
  ROW_FAILED: 'reject',
  // sources
  SOURCE_MISSING: 'fix',
  SOURCE_CHANGED: 'fix',
  SOURCE_UNAVAILABLE: 'retry',
  SOURCE_REFUSED: 'fix',
  ADDRESS_REFUSED: 'fix',
  // log, registry, store
  DATA_IN_USE: 'fix',
  DATA_VERSION: 'fix',
  LOG_DAMAGED: 'fix',
  TABLES_DAMAGED: 'fix',
  OFFSET_OUT_OF_RANGE: 'fix',
  SCHEMA_INVALID: 'fix',
  SCHEMA_INCOMPATIBLE: 'fix',
  TABLE_CHANGED: 'fix',
  DISK_FULL: 'retry',
  STORE_UNAVAILABLE: 'retry',
  QUERY_LIMIT: 'fix',
  // the web server
  UNAUTHORIZED: 'fix',
  FORBIDDEN: 'fix',
  SIGNATURE_INVALID: 'fix',
  IDEMPOTENCY_REUSED: 'fix',
  RATE_LIMITED: 'retry',
  PAYLOAD_TOO_LARGE: 'fix',
  METHOD_NOT_ALLOWED: 'fix',
  MEDIA_TYPE: 'fix',
  PORT_TAKEN: 'fix',
  // the process
  NODE_TOO_OLD: 'fix',
  STOP_DEADLINE: 'end',
  ASSERTION: 'bug',
} as const satisfies Record<string, Reaction>;

/** A code of the table. */
export type Code = keyof typeof codes;

/**
 * Where and what to do: `place` names the file, line, pipeline, topic or option; `remedy` is one imperative sentence. `masked`: the
 * message without personal values, where it holds some. `others`: what else there is to fix, told with it.
 */
export type ErrorDetails = {
  place?: string | undefined;
  remedy?: string | undefined;
  masked?: string | undefined;
  others?: readonly MillraceError[];
  cause?: unknown;
};

/**
 * Every error that Millrace raises: a code of the table, what happened, to what, and what to do next.
 *
 * @example throw new MillraceError('NAME_TAKEN', "topic 'ride' is declared twice", { place: 'rides.ts', remedy: 'Rename one of them.' })
 */
export class MillraceError extends Error {
  override readonly name = 'MillraceError';
  readonly code: Code;
  readonly place: string | undefined;
  readonly remedy: string | undefined;
  /** The message as anybody may read it: in it personal values are masked. It is what is kept, and what the API answers. */
  readonly masked: string;
  /** Further errors that were found with it. */
  readonly others: readonly MillraceError[];

  constructor(code: Code, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.place = details.place;
    this.remedy = details.remedy;
    this.masked = details.masked ?? message;
    this.others = details.others ?? [];
  }

  /** What the runtime does about it. */
  get reaction(): Reaction {
    return codes[this.code];
  }

  /** The error as plain JSON: what the CLI prints with `--json` and the API answers. */
  toJSON(): { code: Code; message: string; place?: string; remedy?: string } {
    return {
      code: this.code,
      message: this.message,
      ...(this.place === undefined ? {} : { place: this.place }),
      ...(this.remedy === undefined ? {} : { remedy: this.remedy }),
    };
  }
}

/** Throws what was found, as the first of them with the others; nothing where there is none. */
export function throwAll(errors: readonly MillraceError[]): void {
  const [first, ...others] = errors;
  if (!first) return;
  if (others.length === 0) throw first;
  const { place, remedy, masked } = first;
  throw new MillraceError(first.code, first.message, { place, remedy, masked, others, cause: first });
}

/** States what cannot be false; raises ASSERTION, which is a bug of ours, never of the user. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) {
    throw new MillraceError('ASSERTION', message, {
      remedy: 'Report this with the command that you ran: it is a bug.',
    });
  }
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The system error code (`ENOENT`, `ENOSPC`, …) of anything thrown, or undefined. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** A system error as one of ours where it has a known meaning (a full disk), or the error as it was. */
export function translateSystemError(error: unknown, place: string): unknown {
  const code = systemCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new MillraceError('DISK_FULL', `no space left on the disk that holds ${place}`, {
      place,
      remedy: 'Free some space; the pipeline goes on by itself.',
      cause: error,
    });
  }
  return error;
}
