// table(): rows kept by primary key, fed by a topic or a stream.
import { type Duration, durationMs } from '../core/durations.ts';
import { MillraceError } from '../core/errors.ts';
import type { Fields } from './fields.ts';
import { checkName } from './names.ts';
import { type Conditions, type Read, readOf } from './read.ts';
import type { Stream } from './stream.ts';
import { checkColumn, type Topic } from './topic.ts';

/** Options of a table. */
export type TableOptions<F extends Fields> = {
  /** The primary key: a row with the same key replaces the one that is there (upsert). */
  key: (keyof F & string) | readonly (keyof F & string)[];
  /** The column that says which of two rows with one key is newer; the greater wins, the later arrival where they are equal. Absent: the later arrival. */
  version?: keyof F & string;
  /** Columns whose value no two rows may share: a row that breaks this goes to the dead letters. Missing values are never equal. */
  unique?: readonly (keyof F & string)[];
  /** How long rows are kept, by event time against the newest row of the table. Absent: for ever. */
  keep?: Duration;
};

/** Rows kept by primary key in a store. Frozen. */
export interface Table<F extends Fields = Fields> {
  readonly noun: 'table';
  readonly name: string;
  readonly from: Topic<F> | Stream<F>;
  readonly fields: F;
  readonly key: readonly string[];
  readonly version: string | undefined;
  readonly unique: readonly string[];
  readonly keepMs: number | undefined;
  /** The event time column, that of the topic or stream. */
  readonly time: string | undefined;
  /**
   * The rows that meet these conditions, for a route of the pipeline to answer; without any, all rows.
   *
   * @throws OPTION_INVALID for a column that is not there, RECORD_INVALID for a value that does not fit its column
   * @example byZone.where({ zone: params.zone, rides: { gt: 10 } }).last(60)
   */
  where(conditions?: Conditions<F>): Read<F>;
}

/**
 * Declares a table with the columns of a topic or stream.
 *
 * @throws NAME_INVALID, PIPELINE_INVALID, OPTION_INVALID
 * @example const latest = table('bus_latest', positions, { key: 'vehicle', version: 'recorded_at' })
 */
export function table<F extends Fields>(name: string, from: Topic<F> | Stream<F>, options: TableOptions<F>): Table<F> {
  checkName('table', name);
  const place = `table '${name}'`;
  if (from?.noun !== 'topic' && from?.noun !== 'stream') {
    throw new MillraceError('PIPELINE_INVALID', 'a table is fed by a topic or a stream', {
      place,
      remedy: 'Give one as the second argument.',
    });
  }
  const key = typeof options.key === 'string' ? [options.key] : [...(options.key ?? [])];
  if (key.length === 0)
    throw new MillraceError('PIPELINE_INVALID', 'key is empty', { place, remedy: 'Name at least one column.' });
  for (const name of key) {
    checkColumn(place, 'key', name, from.fields);
    if (from.fields[name]!.isOptional) {
      throw new MillraceError('PIPELINE_INVALID', `key: field '${name}' is optional`, {
        place,
        remedy: 'A key must always be there: declare it without .optional(), or choose another.',
      });
    }
  }
  checkColumn(place, 'version', options.version, from.fields);
  for (const name of options.unique ?? []) checkColumn(place, 'unique', name, from.fields);
  const keepMs = options.keep === undefined ? undefined : durationMs(options.keep, place);
  if (keepMs !== undefined && from.time === undefined) {
    throw new MillraceError('PIPELINE_INVALID', `keep needs an event time, and ${from.noun} '${from.name}' has none`, {
      place,
      remedy: `Add time: '…' to the options of ${from.noun} '${from.name}'.`,
    });
  }
  const self: Table<F> = {
    noun: 'table',
    name,
    from,
    fields: from.fields,
    key: Object.freeze(key),
    version: options.version,
    unique: Object.freeze([...(options.unique ?? [])]),
    keepMs,
    time: from.time,
    where: (conditions = {}) => readOf(self, conditions),
  };
  return Object.freeze(self);
}
