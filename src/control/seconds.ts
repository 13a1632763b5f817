// Seconds since 1970 that were read as milliseconds lie in January and February of 1970: that deserves a word.
import type { Topic } from '../define/topic.ts';
import type { Progress } from '../process/progress.ts';

/** Seconds of the years 2001 to 2128, read as milliseconds: 1970-01-12 to 1970-02-27. */
const suspectMs = { from: 1e9, to: 5e9 };

/**
 * A reason for each topic whose newest event time is probably a number of seconds; none for one that says its unit.
 *
 * @example secondsReasons(pipeline.topics, progress.topics)
 */
export function secondsReasons(topics: readonly Topic[], progress: Progress['topics']): string[] {
  return topics.flatMap(({ name, time, fields }) => {
    const type = time === undefined ? undefined : fields[time]?.type;
    if (type?.kind !== 'timestamp' || type.reading?.unit !== undefined) return [];
    const newestMs = Math.max(...(progress[name] ?? []).map((one) => one.newestMs ?? Number.NEGATIVE_INFINITY));
    if (!(newestMs >= suspectMs.from && newestMs <= suspectMs.to)) return [];
    const day = new Date(newestMs).toISOString().slice(0, 10);
    return [
      `the newest event time of topic ${name} is ${day}: its source may send seconds where milliseconds are meant. If so, declare ${time}: timestamp({ unit: 's' }) and have the records read again: millrace topic delete ${name}`,
    ];
  });
}
