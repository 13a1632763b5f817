// The header of a CSV file: which column each field is read from, or what is wrong with the file.
import { MillraceError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import type { Fields } from '../../define/fields.ts';
import type { CsvSettings } from './options.ts';

/** The columns of a file: how many, and for each field which one, -1 where the file has none. */
export type Layout = { readonly count: number; readonly columns: readonly number[] };

/** The layout of a file without a header: its columns are the fields. */
export function plainLayout(fields: Fields): Layout {
  const names = Object.keys(fields);
  return { count: names.length, columns: names.map((_, i) => i) };
}

/**
 * Finds the column of each field.
 *
 * @throws SOURCE_REFUSED where columns are missing or named twice, OPTION_INVALID for a field that text cannot fill
 */
export function layoutOf(header: readonly string[], fields: Fields, options: CsvSettings): Layout {
  const place = `${options.file}, line 1`;
  const missing: string[] = [];
  const columns = Object.entries(fields).map(([name, field]) => {
    const isNamed = Object.hasOwn(options.columns, name);
    const wanted = isNamed ? options.columns[name]! : name;
    const column = header.indexOf(wanted);
    if (column < 0) {
      if (!field.isOptional || isNamed) missing.push(wanted);
      return -1;
    }
    const twin = header.indexOf(wanted, column + 1);
    if (twin >= 0) {
      throw new MillraceError('SOURCE_REFUSED', `columns ${column + 1} and ${twin + 1} are both named '${wanted}'`, {
        place,
        remedy: 'Rename one of them in the file.',
      });
    }
    if (field.type.kind === 'bytes' || field.type.kind === 'list') {
      throw new MillraceError(
        'OPTION_INVALID',
        `field '${name}' of type ${field.type.kind} cannot come from a CSV file`,
        {
          place,
          remedy: 'Declare it text() or json().',
        },
      );
    }
    return column;
  });
  if (missing.length > 0) throw lacking(missing, header, options, place);
  return { count: header.length, columns };
}

function lacking(missing: string[], header: readonly string[], options: CsvSettings, place: string): MillraceError {
  const only = header.length === 1 ? header[0]! : '';
  const other = [';', '\t', '|', ','].find((one) => one !== options.delimiter && only.includes(one));
  const likes = missing.flatMap((name) => {
    const like = nearest(name, header);
    return like ? [`'${name}' ('${like}'?)`] : [];
  });
  const remedy = other
    ? `Give delimiter: ${JSON.stringify(other)}.`
    : likes.length > 0
      ? `Name them by the option columns: ${likes.join(', ')}.`
      : `Name them by the option columns, or make the fields optional; the file has: ${header.join(', ').slice(0, 400)}.`;
  const what =
    missing.length === 1 ? `lacks the column '${missing[0]}'` : `lacks the columns '${missing.join("', '")}'`;
  return new MillraceError('SOURCE_REFUSED', `the header ${what}`, { place, remedy });
}

/** Says what a file is that is no UTF-8 text; undefined where it may be one. */
export function notText(bytes: Uint8Array, length: number): string | undefined {
  const [first, second] = [bytes[0], bytes[1]];
  if (length < 2) return undefined;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return 'UTF-16 text';
  if (first === 0x1f && second === 0x8b) return 'compressed by gzip';
  if (first === 0x50 && second === 0x4b && bytes[2] === 3 && bytes[3] === 4) return 'a ZIP archive or a spreadsheet';
  return undefined;
}
