// table(): rows kept by primary key, fed by a topic or a stream.
import { type Duration, durationMs } from '../core/durations.ts';
import { MillraceError } from '../core/errors.ts';
import type { Fields } from './fields.ts';
import { checkName } from './names.ts';
import { checkOptions, durationRule, oneOfRule, type Rule, textOrTextsRule, textRule, textsRule } from './options.ts';
import { isPlace, type Place, placeFields, type RecordPlace, type RowPlace } from './place.ts';
import { type Conditions, type Read, readOf } from './read.ts';
import type { Stream } from './stream.ts';
import { checkColumn, type Topic } from './topic.ts';

/** What a key of a table with these columns may be: names of them, or the place. */
type Key<C extends string> = NoInfer<C> | readonly NoInfer<C>[] | Place;

/** Options of a table with some (C) of the fields (F) of what feeds it, and a key (K). */
export type TableOptions<F extends Fields, C extends keyof F & string = keyof F & string, K extends Key<C> = Key<C>> = {
  /** The columns that are kept, in this order; the key, the version and the unique columns must be among them. Absent: all. */
  columns?: readonly C[];
  /**
   * The primary key: a row with the same key replaces the one that is there (upsert). `place()`: rows have none, and each is known by the
   * place of its record in the log.
   */
  key: K;
  /**
   * The column that says which of two rows with one key is newer; the greater wins, the later arrival where they are equal. Absent: the
   * later arrival. Not with `place()`, of which no two rows have the same.
   */
  version?: K extends Place ? never : NoInfer<C>;
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
  /** The columns of the key. */
  readonly key: readonly string[];
  /** Whether the key is the place of the record of each row: `place()`. */
  readonly isByPlace: boolean;
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

const keyRule: Rule = {
  fits: (key) => textOrTextsRule.fits(key) || isPlace(key),
  says: 'the name of a column, a list of them, or place() for rows that have no key',
};

const optionRules = {
  columns: textsRule,
  key: keyRule,
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
export function table<
  F extends Fields,
  N extends 'topic' | 'stream',
  const K extends Key<C>,
  const C extends keyof F & string = keyof F & string,
>(
  name: string,
  from: (Topic<F> | Stream<F>) & { readonly noun: N },
  options: TableOptions<F, C, K>,
): Table<K extends Place ? (N extends 'topic' ? RecordPlace : RowPlace) & Pick<F, C> : Pick<F, C>> {
  checkName('table', name);
  const place = `table '${name}'`;
  if (from?.noun !== 'topic' && from?.noun !== 'stream') {
    throw new MillraceError('PIPELINE_INVALID', 'a table is fed by a topic or a stream', {
      place,
      remedy: 'Give one as the second argument.',
    });
  }
  checkOptions(place, options, optionRules);
  const columns = columnsOf(place, from.fields, options.columns);
  const given: string | readonly string[] | Place | undefined = options.key;
  const own = isPlace(given) ? placeFields(from) : {};
  const key = isPlace(given) ? Object.keys(own) : typeof given === 'string' ? [given] : [...(given ?? [])];
  const isByPlace = isPlace(given);
  if (isByPlace) checkPlaceAlone(place, options.version);
  else checkKey(place, key, columns);
  checkColumn(place, 'version', options.version, columns);
  for (const name of options.unique ?? []) checkColumn(place, 'unique', name, columns);
  const keepMs = options.keep === undefined ? undefined : durationMs(options.keep, place);
  const time = from.time !== undefined && Object.hasOwn(columns, from.time) ? from.time : undefined;
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
  const self: Table = {
    noun: 'table',
    name,
    from: from as unknown as Topic | Stream,
    fields: isByPlace ? Object.freeze({ ...own, ...columns }) : columns,
    key: Object.freeze(key),
    isByPlace,
    version: options.version,
    unique: Object.freeze([...(options.unique ?? [])]),
    keepMs,
    isFromNow: options.from === 'now',
    time,
    where: (conditions = {}) => readOf(self, conditions),
  };
  return Object.freeze(self) as Table<never>;
}

function checkKey(place: string, key: readonly string[], columns: Fields): void {
  if (key.length === 0)
    throw new MillraceError('PIPELINE_INVALID', 'key is empty', {
      place,
      remedy: 'Name at least one column; or give place(), where rows have no key.',
    });
  for (const name of key) {
    checkColumn(place, 'key', name, columns);
    if (columns[name]!.isOptional) {
      throw new MillraceError('PIPELINE_INVALID', `key: field '${name}' is optional`, {
        place,
        remedy: 'A key must always be there: declare it without .optional(), or choose another.',
      });
    }
  }
}

/** No two rows have one place: there is nothing that a version could decide. */
function checkPlaceAlone(place: string, version: unknown): void {
  if (version === undefined) return;
  throw new MillraceError(
    'PIPELINE_INVALID',
    'version says which of two rows with one key is newer, and no two rows have one place',
    {
      place,
      remedy: 'Leave version out; or name the columns of a key, so that a newer row replaces the one before.',
    },
  );
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
