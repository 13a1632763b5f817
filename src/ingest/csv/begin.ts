// The beginning of a file: opens it, reads its header, and decides where reading begins.
import { resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { MillraceError, systemCode } from '../../core/errors.ts';
import type { Files } from '../../core/files.ts';
import type { Fields } from '../../define/fields.ts';
import type { Position } from '../source.ts';
import { type Layout, layoutOf, notText, plainLayout } from './header.ts';
import { type Input, inputOf } from './input.ts';
import type { CsvSettings } from './options.ts';
import type { Place } from './reader.ts';
import { outcome, Scanner } from './scan.ts';
import { Window } from './window.ts';

/** Bytes at the front of a file by which it is known again. */
const printBytesMax = 4096;

/** Columns that a file may have. */
const columnsMax = 20_000;

/** A file by its path and the checksum of its first bytes. */
export type Print = { readonly file: string; readonly printBytes: number; readonly print: number };

/** How reading begins. */
export type Beginning = {
  readonly layout: Layout;
  readonly place: Place;
  readonly base: number;
  readonly print: Print;
};

/** Opens the file; throws SOURCE_MISSING where there is none, SOURCE_REFUSED where it cannot be read. */
export async function openFile(files: Files, path: string): Promise<Input> {
  try {
    const file = await files.openRead(path);
    return await inputOf(file, path).catch(async (error) => {
      await file.close();
      throw error;
    });
  } catch (error) {
    throw unreadable(error, path);
  }
}

/** Reads the header and finds the place to begin at: the position's, or the first row of a file that is new to it. */
export async function begin(
  file: Input,
  options: CsvSettings,
  fields: Fields,
  position: Position | undefined,
  nextSequence: number,
): Promise<Beginning> {
  const window = new Window(file);
  try {
    // a read may give less than was asked for
    while (window.to < printBytesMax && !window.isLast) await window.fill();
  } catch (error) {
    throw unreadable(error, options.file);
  }
  const path = resolve(options.file);
  if (position?.file === path) await checkSame(position, window, file, options.file);
  const wrong = notText(window.bytes, window.to);
  if (wrong) {
    throw new MillraceError('SOURCE_REFUSED', `the file is ${wrong}, not CSV in UTF-8`, {
      place: options.file,
      remedy: 'Convert it first.',
    });
  }
  if (hasBareReturns(window, options.quote)) {
    throw new MillraceError('SOURCE_REFUSED', 'the lines of the file end with CR alone, as on old Macs', {
      place: `${options.file}, line 1`,
      remedy: "Convert it first: tr '\\r' '\\n' < FILE > NEW",
    });
  }
  const printBytes = Math.min(window.to, printBytesMax);
  const print = { file: path, printBytes, print: crc32(window.bytes.subarray(0, printBytes)) };
  if (window.bytes.subarray(0, window.to).indexOf('\ufeff') === 0) window.from = 3;
  const header = options.header ? await readHeader(window, options) : undefined;
  const layout = header ? layoutOf(header.names, fields, options) : plainLayout(fields);
  const first = header?.place ?? { byte: window.byte, line: 1, row: 0, isEnded: true };
  if (position?.file !== path) return { layout, place: first, base: nextSequence, print };
  const { byte, line, row, isEnded, base } = position as unknown as Place & { base: number };
  return { layout, place: { byte, line, row, isEnded }, base, print };
}

/** Whether there is a CR outside of quotes with more behind it, and no LF far and wide: all of the file would be one line. */
function hasBareReturns({ bytes, to }: Window, quote: string): boolean {
  if (bytes.subarray(0, to).includes(10)) return false;
  let isQuoted = false;
  for (let i = 0; i < to - 1; i++) {
    if (bytes[i] === quote.charCodeAt(0)) isQuoted = !isQuoted;
    else if (bytes[i] === 13 && !isQuoted) return true;
  }
  return false;
}

async function checkSame(position: Position, window: Window, input: Input, file: string): Promise<void> {
  const printBytes = Number(position.printBytes);
  const byte = Number(position.byte);
  const isShorter = window.to < printBytes || (byte > 0 && (await input.read(new Uint8Array(1), byte - 1)) === 0);
  if (!isShorter && crc32(window.bytes.subarray(0, printBytes)) === position.print) return;
  const what = isShorter ? `is shorter than the ${position.byte} bytes that were read of it` : 'begins differently';
  throw new MillraceError('SOURCE_CHANGED', `the file ${what}: it is not the one that was being read`, {
    place: file,
    remedy: 'Put the former file back, or give the new one another name: it is then read from its beginning.',
  });
}

async function readHeader(window: Window, options: CsvSettings): Promise<{ names: string[]; place: Place }> {
  const scanner = new Scanner(options.delimiter, options.quote, columnsMax);
  for (let line = 1; ; ) {
    const found = scanner.scan(window.bytes, window.from, window.to, window.isLast);
    if (found === outcome.more && window.to - window.from <= options.rowBytesMax) await window.fill();
    else if (found !== outcome.row || scanner.count > columnsMax) {
      const why = found === outcome.fault ? scanner.fault : 'it is too long';
      throw refused(`the header cannot be read: ${why}`, options, line);
    } else if (scanner.count === 0) {
      if (!scanner.isEnded) throw refused('the file is empty', options, line);
      window.from = scanner.next;
      line++;
    } else {
      const names = Array.from({ length: scanner.count }, (_, i) => {
        const text = window.bytes.utf8Slice(scanner.starts[i]!, scanner.ends[i]!);
        return scanner.doubled[i] ? text.replaceAll(options.quote + options.quote, options.quote) : text;
      });
      window.from = scanner.next;
      return { names, place: { byte: window.byte, line: line + scanner.lines, row: 0, isEnded: scanner.isEnded } };
    }
  }
}

function refused(message: string, options: CsvSettings, line: number): MillraceError {
  return new MillraceError('SOURCE_REFUSED', message, {
    place: `${options.file}, line ${line}`,
    remedy: 'Write the names of the columns in the first line, or give header: false.',
  });
}

function unreadable(error: unknown, path: string): unknown {
  const code = systemCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new MillraceError('SOURCE_MISSING', `there is no file ${path}`, {
      place: path,
      remedy: `Check the path; it is read from ${resolve('.')}.`,
      cause: error,
    });
  }
  if (code === 'ESPIPE') {
    return new MillraceError('SOURCE_REFUSED', `${path} is a pipe or a terminal, which cannot be read again`, {
      place: path,
      remedy: 'Write it to a file first, and name that.',
      cause: error,
    });
  }
  if (code === 'EISDIR' || code === 'EACCES' || code === 'EPERM') {
    const why = code === 'EISDIR' ? 'is a folder' : 'may not be read by this user';
    return new MillraceError('SOURCE_REFUSED', `${path} ${why}`, {
      place: path,
      remedy: 'Name a file that can be read.',
      cause: error,
    });
  }
  return error;
}
