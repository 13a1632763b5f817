// stream(): a SQL query over topics, streams and tables that runs for ever, with declared output columns.
import { type Duration, durationMs } from '../core/durations.ts';
import { MillraceError } from '../core/errors.ts';
import type { Fields } from './fields.ts';
import { checkName } from './names.ts';
import { checkOptions, durationRule, isNoun, oneOfRule, textRule } from './options.ts';
import { type Readable, readable } from './relation.ts';
import type { Sql } from './sql.ts';
import { checkFields, checkLateness, checkTime, type TimeNames } from './topic.ts';

/** Options of a stream. */
export type StreamOptions<F extends Fields> = {
  /**
   * The timestamp column that is the event time of its rows, whether the query takes it from its input or computes it; needed where another
   * stream windows it or a table keeps by age.
   */
  time?: TimeNames<F>;
  /** How much a row may be older than the newest of its partition before it is late for windows over this stream. Absent: as the topic says, where the time is that of the topic; else 0. */
  lateness?: Duration;
  /**
   * When a windowed stream emits the rows of a window: `'close'` (default) once the watermark has passed the window's end; `'change'` at
   * once and again with every batch that changes the window, for tables that should show the current window.
   */
  emit?: 'close' | 'change';
};

/** A SQL query that runs for ever; its output columns are declared and checked. Frozen. */
export interface Stream<F extends Fields = Fields> extends Readable<F> {
  readonly noun: 'stream';
  readonly name: string;
  readonly fields: F;
  readonly query: Sql;
  readonly time: string | undefined;
  /** Undefined: that of the topic, where the time is the topic's. */
  readonly latenessMs: number | undefined;
  readonly emit: 'close' | 'change';
}

const optionRules = { time: textRule, lateness: durationRule, emit: oneOfRule('close', 'change') };

/**
 * Declares a stream: its columns in order, and the query that gives them.
 *
 * @throws NAME_INVALID, PIPELINE_INVALID, OPTION_INVALID
 * @example const fares = stream('fares', { zone: text(), fare: double() }, sql`select zone, fare from ${ride} where fare > 0`)
 */
export function stream<F extends Fields>(
  name: string,
  fields: F,
  query: Sql,
  options: StreamOptions<F> = {},
): Stream<F> {
  checkName('stream', name);
  const place = `stream '${name}'`;
  checkOptions(place, options, optionRules);
  checkFields(place, fields);
  checkTime(place, options.time, fields);
  checkLateness(place, options);
  if (!isNoun(query, 'sql')) {
    throw new MillraceError('PIPELINE_INVALID', 'the query is no sql`…`', {
      place,
      remedy: 'Write it as sql`select …`.',
    });
  }
  const self: Stream<F> = {
    noun: 'stream',
    name,
    fields: Object.freeze({ ...fields }),
    query,
    time: options.time,
    latenessMs: options.lateness === undefined ? undefined : durationMs(options.lateness, place),
    emit: options.emit ?? 'close',
    ...readable<F>(() => self),
  };
  return Object.freeze(self);
}
