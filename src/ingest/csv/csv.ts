// csv(): the rows of a CSV file of any size.
import type { Size } from '../../core/durations.ts';
import type { OrParam } from '../../define/param.ts';
import { type SourceDefinition, source } from '../../define/source.ts';
import type { Rate } from '../pace.ts';

/** How fast a file is replayed: at a rate, at so many times the speed at which it happened, or at full speed; or one of these as text. */
export type CsvPace =
  | { readonly rate: Rate }
  | { readonly speed: number }
  | `${number}/${'s' | 'min' | 'h'}`
  | `${number}x`
  | 'full';

/** Options of `csv()`. */
export type CsvOptions = {
  /** Path of the file, UTF-8; it may be compressed by gzip. */
  readonly file: OrParam<string>;
  /** Names in the header, by field, where they differ from the names of the fields. */
  readonly columns?: Readonly<Record<string, string>>;
  /** Texts that mean "missing": null. Default `['']`. */
  readonly missing?: readonly string[];
  /** Whether the first line names the columns. Default true; without, the columns are the fields, in order. */
  readonly header?: boolean;
  /** One ASCII character. Default `,`. */
  readonly delimiter?: OrParam<string>;
  /** One ASCII character, or `''` for a file that does not quote. Default `"`. */
  readonly quote?: OrParam<string>;
  /** Default: full speed. `{ speed }` needs the topic's `time`. */
  readonly pace?: CsvPace | OrParam<string>;
  /** Bytes of one row; a longer one is refused. Default `'1 MiB'`. */
  readonly rowBytesMax?: OrParam<Size | number>;
  /** What it is called in its topic: what it has read is kept under it. Absent: its kind and its place among those of its kind. */
  readonly name?: string;
};

/**
 * A CSV file as a source: RFC 4180, plain or compressed by gzip, any size in constant memory, resumed after a kill where it was. A row that does not fit goes
 * to the dead letters with its line.
 *
 * @throws OPTION_INVALID, at `check`; SOURCE_MISSING, SOURCE_REFUSED (a header that does not suit), SOURCE_CHANGED, at the start
 * @example csv({ file: 'bus.csv', columns: { at: 'RecordedAtTime' }, missing: ['', 'NA'], pace: { speed: 60 } })
 */
export function csv(options: CsvOptions): SourceDefinition {
  return source('csv', options);
}
