// The options of csv(): what each is for, its default, and how it is checked.
import { MillraceError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import type { Fields } from '../../define/fields.ts';
import {
  type Kind,
  nameDoc,
  optional,
  type Read,
  readOptions,
  required,
  size,
  someText,
  sourceName,
  textByName,
  texts,
  withDefault,
  yesOrNo,
} from '../options.ts';
import { perSecond } from '../pace.ts';

const character: Kind<string> = {
  name: 'one ASCII character that ends no line',
  read: (value) => (typeof value === 'string' && /^[\t -~]$/.test(value) ? value : undefined),
};

const quoteCharacter: Kind<string> = {
  name: "one ASCII character, or '' for none",
  read: (value, place) => (value === '' ? '' : character.read(value, place)),
};

/** How fast: so many records per second, or so many times real time. */
export type PaceOption = { readonly rate: number } | { readonly speed: number } | 'full';

const pace: Kind<PaceOption> = {
  name: "{ rate: '1000/s' }, { speed: 60 }, or as text '1000/s', '60x' or 'full'",
  read(value) {
    if (value === 'full') return value;
    const times = typeof value === 'string' ? /^(\d+(?:\.\d+)?)\s*x$/.exec(value)?.[1] : undefined;
    // without a unit it could mean either
    if (typeof value === 'string' && times === undefined && !value.includes('/')) return undefined;
    const given =
      typeof value === 'object' && value !== null ? value : times ? { speed: Number(times) } : { rate: value };
    if (Object.keys(given).length !== 1) return undefined;
    if ('speed' in given)
      return typeof given.speed === 'number' && given.speed > 0 ? { speed: given.speed } : undefined;
    const rate = 'rate' in given ? perSecond(given.rate) : undefined;
    return rate === undefined ? undefined : { rate };
  },
};

/** The schema of the options. */
export const rules = {
  file: required(someText, 'the path of the file.'),
  columns: withDefault(textByName, {}, 'names in the header by field, where they differ.'),
  missing: withDefault(texts, [''], 'texts that mean null.'),
  header: withDefault(yesOrNo, true, 'whether the first line names the columns.'),
  delimiter: withDefault(character, ',', 'what stands between fields.'),
  quote: withDefault(quoteCharacter, '"', 'what encloses a field that contains delimiters, quotes or newlines.'),
  pace: optional(pace, 'how fast it is replayed.'),
  rowBytesMax: withDefault(size, 2 ** 20, 'the bytes that one row may have.'),
  name: optional(sourceName, nameDoc),
};

/** The options as they are used. */
export type CsvSettings = Read<typeof rules>;

/**
 * Reads and checks the options.
 *
 * @throws OPTION_INVALID
 */
export function readCsvOptions(
  given: Readonly<Record<string, unknown>>,
  fields: Fields,
  place: string,
  isCheck = false,
): CsvSettings {
  const options = readOptions(rules, given, place, isCheck);
  if (options.delimiter === options.quote) {
    throw new MillraceError('OPTION_INVALID', `options 'delimiter' and 'quote' are both ${options.quote}`, {
      place,
      remedy: 'Give different characters.',
    });
  }
  for (const name of Object.keys(options.columns)) {
    if (!Object.hasOwn(fields, name)) {
      const like = nearest(name, Object.keys(fields));
      throw new MillraceError('OPTION_INVALID', `option 'columns': the topic has no field '${name}'`, {
        place,
        remedy: like ? `Write '${like}'?` : `Name one of: ${Object.keys(fields).join(', ')}.`,
      });
    }
  }
  for (const [name, { type, isOptional }] of Object.entries(fields)) {
    if (type.kind !== 'bytes' && type.kind !== 'list') continue;
    // a file may lack the column of an optional one, which is null then
    if (isOptional && options.header && !Object.hasOwn(options.columns, name)) continue;
    throw new MillraceError('OPTION_INVALID', `field '${name}' of type ${type.kind} cannot come from a CSV file`, {
      place,
      remedy: 'Declare it text() or json(), or optional where the file has no such column.',
    });
  }
  if (!options.header && Object.keys(options.columns).length > 0) {
    throw new MillraceError('OPTION_INVALID', "option 'columns' needs a header", {
      place,
      remedy: 'Leave columns out: without a header the columns are the fields, in order.',
    });
  }
  return options;
}
