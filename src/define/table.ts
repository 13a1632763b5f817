// table(): rows kept by primary key, fed by a topic or a stream.
import { type Duration, durationMs } from '../core/durations.ts';
import { MillraceError } from '../core/errors.ts';
import type { Fields } from './fields.ts';
import { checkName } from './names.ts';
import { checkOptions, durationRule, oneOfRule, textOrTextsRule, textRule, textsRule } from './options.ts';
import { type Conditions, type Read, readOf } from './read.ts';
import type { Stream } from './stream.ts';
import { checkColumn, type Topic } from './topic.ts';

/** Options of a table with some (C) of the fields (F) of what feeds it. */
export type TableOptions<F extends Fields, C extends keyof F & string = keyof F & string> = {
  /** The columns that are kept, in this order; the key, the version and the unique columns must be among them. Absent: all. */
  columns?: readonly C[];
  /** The primary key: a row with the same key replaces the one that is there (upsert). */
  key: NoInfer<C> | readonly NoInfer<C>[];
  /** The column that says which of two rows with one key is newer; the greater wins, the later arrival where they are equal. Absent: the later arrival. */
  version?: NoInfer<C>;
  /** Columns whose value no two rows may share: a row that breaks this goes to the dead letters. Missing values are never equal. */
  unique?: readonly NoInfer<C>[];
  /**
   * Where a table that is new in a data folder begins: `'start'` (default) with the records that the log has, `'now'` with those that come
   * from then on.
   */
  from?: 'start' | 'now';
  /** How long rows are kept, by event time against the newest row of the table that is not ahead of the clock. Absent: for ever. */
  keep?: Duration;
};

/** Rows kept by primary key in a store. Frozen. */
export interface Table<F extends Fields = Fields> {
  readonly noun: 'table';
  readonly name: string;
  readonly from: Topic | Stream;
  readonly fields: F;
  readonly key: readonly string[];
  readonly version: string | undefined;
  readonly unique: readonly string[];
  readonly keepMs: number | undefined;
  /** Whether it gets no records that were processed before it was declared. */
  readonly isFromNow: boolean;
  /** The event time column, that of the topic or stream; undefined where they have none, or the table does not keep it. */
  readonly time: string | undefined;
  /**
   * The rows that meet these conditions, for a route of the pipeline to answer; without any, all rows.
   *
   * @throws OPTION_INVALID for a column that is not there, RECORD_INVALID for a value that does not fit its column
   * @example byZone.where({ zone: params.zone, rides: { gt: 10 } }).last(60)
   */
  where(conditions?: Conditions<F>): Read<F>;
}

const optionRules = {
  columns: textsRule,
  key: textOrTextsRule,
  version: textRule,
  unique: textsRule,
  keep: durationRule,
  from: oneOfRule('start', 'now'),
};

/**
 * Declares a table with the columns of a topic or stream, or some of them.
 *
 * @throws NAME_INVALID, PIPELINE_INVALID, OPTION_INVALID
 * @example const latest = table('bus_latest', positions, { key: 'vehicle', version: 'recorded_at', columns: ['vehicle', 'recorded_at', 'delay_s'] })
 */
export function table<F extends Fields, const C extends keyof F & string = keyof F & string>(
  name: string,
  from: Topic<F> | Stream<F>,
  options: TableOptions<F, C>,
): Table<Pick<F, C>> {
  checkName('table', name);
  const place = `table '${name}'`;
  if (from?.noun !== 'topic' && from?.noun !== 'stream') {
    throw new MillraceError('PIPELINE_INVALID', 'a table is fed by a topic or a stream', {
      place,
      remedy: 'Give one as the second argument.',
    });
  }
  checkOptions(place, options, optionRules);
  const fields = columnsOf(place, from.fields, options.columns);
  const key = typeof options.key === 'string' ? [options.key] : [...(options.key ?? [])];
  if (key.length === 0)
    throw new MillraceError('PIPELINE_INVALID', 'key is empty', { place, remedy: 'Name at least one column.' });
  for (const name of key) {
    checkColumn(place, 'key', name, fields);
    if (fields[name]!.isOptional) {
      throw new MillraceError('PIPELINE_INVALID', `key: field '${name}' is optional`, {
        place,
        remedy: 'A key must always be there: declare it without .optional(), or choose another.',
      });
    }
  }
  checkColumn(place, 'version', options.version, fields);
  for (const name of options.unique ?? []) checkColumn(place, 'unique', name, fields);
  const keepMs = options.keep === undefined ? undefined : durationMs(options.keep, place);
  const time = from.time !== undefined && Object.hasOwn(fields, from.time) ? from.time : undefined;
  if (keepMs !== undefined && time === undefined) {
    const isLeftOut = from.time !== undefined;
    throw new MillraceError(
      'PIPELINE_INVALID',
      isLeftOut
        ? `keep needs the event time, and columns leaves '${from.time}' out`
        : `keep needs an event time, and ${from.noun} '${from.name}' has none`,
      {
        place,
        remedy: isLeftOut
          ? `Add '${from.time}' to columns.`
          : `Add time: '…' to the options of ${from.noun} '${from.name}'.`,
      },
    );
  }
  const self: Table<Pick<F, C>> = {
    noun: 'table',
    name,
    from: from as unknown as Topic | Stream,
    fields: fields as Pick<F, C>,
    key: Object.freeze(key),
    version: options.version,
    unique: Object.freeze([...(options.unique ?? [])]),
    keepMs,
    isFromNow: options.from === 'now',
    time,
    where: (conditions = {}) => readOf(self, conditions),
  };
  return Object.freeze(self);
}

/** The fields that a table keeps. */
function columnsOf(place: string, fields: Fields, columns: readonly string[] | undefined): Fields {
  if (columns === undefined) return fields;
  for (const [i, name] of columns.entries()) {
    checkColumn(place, 'columns', name, fields);
    if (columns.indexOf(name) < i)
      throw new MillraceError('PIPELINE_INVALID', `columns names '${name}' twice`, { place, remedy: 'Name it once.' });
  }
  return Object.freeze(Object.fromEntries(columns.map((name) => [name, fields[name]!])));
}
