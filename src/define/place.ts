// place(): the key of a table whose rows have none of their own: where the record of each row lies in the log.
import { type Field, type Fields, int, long } from './fields.ts';
import { isNoun } from './options.ts';

/** The key of a table in which each row is known by the place of its record. Frozen. */
export interface Place {
  readonly noun: 'place';
}

/** The columns that say of which record of a topic a row is. */
export type RecordPlace = {
  readonly _partition: Field<number, number | string, false>;
  readonly _offset: Field<number | bigint, number | bigint | string, false>;
};

/** As `RecordPlace`, and which of the rows that a stream makes of that record. */
export type RowPlace = RecordPlace & { readonly _number: Field<number, number | string, false> };

const recordPlace: RecordPlace = Object.freeze({
  _partition: int().describe('The partition of the record that the row is of.'),
  _offset: long().describe('The offset of that record.'),
});
const rowPlace: RowPlace = Object.freeze({
  ...recordPlace,
  _number: int().describe('Which of the rows that the stream makes of that record it is, counted from 0.'),
});

const self: Place = Object.freeze({ noun: 'place' });

/**
 * The key of a table whose rows have none, as those of logs: each record has a row of its own, known by its place in the log, and no row takes
 * the place of another one. The table has the columns `_partition` and `_offset`, and over a stream, which may make several rows of one
 * record, `_number` as well.
 *
 * @example table('log_lines', line, { key: place(), keep: '30 days' })
 */
export function place(): Place {
  return self;
}

/** Whether a key is the place. */
export function isPlace(key: unknown): key is Place {
  return isNoun(key, 'place');
}

/** The columns of the place that a table over a topic or a stream has, before its others. */
export function placeFields({ noun }: { readonly noun: 'topic' | 'stream' }): Fields {
  return noun === 'topic' ? recordPlace : rowPlace;
}

/** Whether these columns, the key of a table, are those of the place: no field that a person names begins with `_`. */
export function isPlaceKey(key: readonly string[]): boolean {
  return key[0] === '_partition';
}
