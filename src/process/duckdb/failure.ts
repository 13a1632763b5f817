// DuckDB's errors as ours: whether a row, a statement, the file or the machine is the cause.
import { MillraceError, messageOf } from '../../core/errors.ts';

/** Errors that come from the values of a row, not from the statement or the machine. */
const ofTheData = /^(Conversion|Constraint|Out of Range|Invalid Input|Mismatch Type|Invalid) Error|^Invalid unicode/i;

/** What DuckDB says of a file that is none of its own, is cut off, or has a block that is not as it was written. */
const ofTheFile =
  /not a valid DuckDB database file|Corrupt database file|Could not read enough bytes from file "(?![^"]*\.tmp")/;

/** DuckDB's error as one of ours: ROW_FAILED where the data is the cause, SQL_INVALID where the statement is, else the file or the machine. */
export function translate(error: unknown, place: string, file?: string): unknown {
  if (error instanceof MillraceError) return error;
  const message = messageOf(error);
  const first = message.split('\n')[0]!;
  if (/No space left on device|disk quota|failed to offload data block/i.test(message)) {
    return new MillraceError('DISK_FULL', 'no space left on the disk that holds the tables', {
      place: file ?? place,
      cause: error,
      remedy: 'Free some space; the pipeline goes on by itself.',
    });
  }
  if (/Could not set lock on file|Conflicting lock/i.test(message)) {
    const pid = /PID (\d+)/.exec(message)?.[1];
    return new MillraceError('DATA_IN_USE', `another process${pid ? ` (${pid})` : ''} uses this data folder`, {
      place,
      cause: error,
      remedy: 'Stop it, or give another folder with --data.',
    });
  }
  if (ofTheFile.test(message)) {
    return new MillraceError('TABLES_DAMAGED', `the file of the tables is damaged: ${first}`, {
      place: file ?? place,
      cause: error,
      remedy: 'Look at the disk, then put the whole data folder back from a backup, or start with a new one.',
    });
  }
  if (ofTheData.test(first))
    return new MillraceError('ROW_FAILED', first, {
      place,
      cause: error,
      remedy: 'Fix the record or the SQL, then send it again.',
    });
  if (/^(Parser|Binder|Catalog|Not implemented|Syntax|Parameter Not Resolved|Permission) Error/i.test(first)) {
    return new MillraceError('SQL_INVALID', message.split('\n\n')[0]!, { place, cause: error, remedy: hint(message) });
  }
  if (/^INTERRUPT/i.test(first))
    return new MillraceError('QUERY_LIMIT', 'the query was stopped', {
      place,
      cause: error,
      remedy: 'Ask for less, or allow more time.',
    });
  return new MillraceError('STORE_UNAVAILABLE', first, {
    place,
    cause: error,
    remedy: 'It is tried again; look at the disk and the memory limit.',
  });
}

/** What DuckDB itself proposes, where its message does not say it already, and where it points to. */
function hint(message: string): string {
  const candidate = /(?:Candidate bindings|Candidate functions|Did you mean)[^\n]*(?:\n[^\n]*)?/.exec(message)?.[0];
  const isSaid = candidate !== undefined && message.indexOf(candidate) < message.indexOf('\n\n');
  const [, line, text, spaces] = /LINE (\d+): ([^\n]*)\n( *)\^/.exec(message) ?? [];
  const at = text
    ?.slice(spaces!.length - `LINE ${line}: `.length)
    .slice(0, pointedMax)
    .trim();
  return (
    [!isSaid && candidate?.replace(/\s+/g, ' '), at && `Look at line ${line}, where it says: ${at}`]
      .filter(Boolean)
      .join('. ') || 'Fix the SQL.'
  );
}

/** Characters of a statement that are shown from where DuckDB points to. */
const pointedMax = 60;

/** Whether an error's cause is a row, so that looking for that row helps. */
export function isOfTheData(error: unknown): error is MillraceError {
  return error instanceof MillraceError && error.code === 'ROW_FAILED';
}

/** The error of a statement that `DuckSession.cut` has stopped or refused. */
export function cutShort(cause?: unknown): MillraceError {
  return new MillraceError('STOP_DEADLINE', 'it was stopped before it was done', {
    cause,
    remedy: 'Nothing is lost: what was not committed is read again at the next start.',
  });
}
