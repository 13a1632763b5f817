// The failures of the embedded log as errors that a person can act on.
import { MillraceError, messageOf, systemCode, translateSystemError } from '../../core/errors.ts';

/** A damaged place in a segment: what stands there, at which byte, and which offsets it hides. */
export function damaged(path: string, position: number, offset: number, what: string): MillraceError {
  const topic = /([^/\\]+)[/\\]\d+[/\\][^/\\]+$/.exec(path)?.[1];
  return new MillraceError('LOG_DAMAGED', `${path} is damaged at byte ${position}, offset ${offset}: ${what}`, {
    place: `${path}:${position}`,
    remedy: `Put back a good copy of this file, or the whole data folder from a backup. Without one, the topic can be deleted, and its sources are read again: millrace topic delete ${topic} --force.`,
  });
}

/** Anything thrown while reading or writing a file as a MillraceError: a full disk as DISK_FULL, the rest as STORE_UNAVAILABLE. */
export function asMillraceError(error: unknown, place: string): MillraceError {
  const translated = translateSystemError(error, place);
  if (translated instanceof MillraceError) return translated;
  const code = systemCode(error);
  return new MillraceError('STORE_UNAVAILABLE', `the log cannot use ${place}: ${messageOf(error)}`, {
    place,
    remedy:
      code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
        ? 'Give this user the right to write there.'
        : 'Look after the disk that holds it; the pipeline goes on by itself once it can be used.',
    cause: error,
  });
}

/** The error of an offset that is not in the log. */
export function outOfRange(topic: string, partition: number, offset: number, start: number, end: number) {
  return new MillraceError(
    'OFFSET_OUT_OF_RANGE',
    `offset ${offset} is not in topic '${topic}' partition ${partition}, which has [${start}, ${end})`,
    {
      place: `${topic}/${partition}`,
      remedy:
        offset < start
          ? `Begin at ${start}; keep more by a longer retention of the topic.`
          : `Begin at ${end} or before; the log was replaced by an older one if this offset was there.`,
    },
  );
}
