// Row by row through a file, with the place of each: what is no row becomes a refusal, and reading goes on behind it.

import { MillraceError, messageOf } from '../../core/errors.ts';
import type { Value } from '../../define/accept.ts';
import type { Pace } from '../pace.ts';
import type { Refusal } from '../source.ts';
import type { Input } from './input.ts';
import type { CsvSettings } from './options.ts';
import type { ReadRow } from './rows.ts';
import { outcome, Scanner } from './scan.ts';
import { Window } from './window.ts';

/** A place between two rows: byte, number of the line (1-based) and of the row (0-based) that come next. */
export type Place = { readonly byte: number; readonly line: number; readonly row: number; readonly isEnded: boolean };

/** What a reader fills: a batch in the making. */
export type Filling = { rows: Value[][]; sequences: number[]; refusals: Refusal[] };

/** Why reading paused: more bytes are to be read, so many rows are there, the next is not due yet, the file is at its end. */
export type Pause = 'fill' | 'full' | 'due' | 'end';

/** Reads rows from a file. */
export class Reader {
  readonly window: Window;
  /** Milliseconds until the next row is due, after the pause 'due'. */
  waitMs = 0;
  readonly #scanner: Scanner;
  readonly #readRow: ReadRow;
  readonly #rowBytesMax: number;
  readonly #timeColumn: number;
  #line: number;
  #row: number;
  #base: number;
  #isEnded: boolean;
  /** The begin of a row that is too long, while its end is looked for. */
  #long: { readonly bytes: Uint8Array; readonly byte: number } | undefined;

  /**
   * @param base the sequence of the row 0
   * @param timeColumn which of the values is the event time, -1 where there is none
   */
  constructor(
    file: Input,
    readRow: ReadRow,
    count: number,
    options: CsvSettings,
    place: Place,
    base: number,
    timeColumn: number,
  ) {
    this.window = new Window(file);
    this.window.seek(place.byte);
    this.#scanner = new Scanner(options.delimiter, options.quote, count);
    this.#readRow = readRow;
    this.#rowBytesMax = options.rowBytesMax;
    this.#timeColumn = timeColumn;
    this.#line = place.line;
    this.#row = place.row;
    this.#isEnded = place.isEnded;
    this.#base = base;
  }

  /** The place behind the last row taken. */
  get place(): Place {
    const byte = this.#long ? this.#long.byte : this.window.byte;
    return { byte, line: this.#line, row: this.#row, isEnded: this.#isEnded };
  }

  /** Takes up to `most` rows of the bytes at hand, as far as the pace lets them leave. */
  take(filling: Filling, most: number, pace: Pace | undefined): Pause {
    const { window } = this;
    for (let taken = 0; taken < most; taken++) {
      if (!this.#isEnded && !this.#endLine(filling)) return window.isLast ? 'end' : 'fill';
      if (this.#long && !this.#skipLong(filling)) return 'fill';
      if (window.from === window.to) return window.isLast ? 'end' : 'fill';
      const from = window.from;
      const to = Math.min(window.to, from + this.#rowBytesMax + 2);
      const isWhole = window.isLast && to === window.to;
      const found = this.#scanner.scan(window.bytes, from, to, isWhole);
      if (found === outcome.row && this.#scanner.end - from <= this.#rowBytesMax) {
        if (this.#scanner.count === 0) this.#advance(this.#scanner.next, 1, this.#scanner.isEnded);
        else if (!this.#takeRow(filling, pace)) return 'due';
      } else {
        const isTooLong = to - from > this.#rowBytesMax + 1;
        if (found === outcome.more && !isTooLong) return 'fill';
        if (!this.#takeBroken(filling, found, to, isWhole, isTooLong)) return 'fill';
      }
    }
    return 'full';
  }

  #takeRow(filling: Filling, pace: Pace | undefined): boolean {
    const { window } = this;
    const scanner = this.#scanner;
    let values: Value[] | undefined;
    let error: unknown;
    try {
      values = this.#readRow(scanner, window.bytes, window.from);
    } catch (caught) {
      error = caught;
    }
    if (pace) {
      const time = values?.[this.#timeColumn];
      this.waitMs = pace.wait(typeof time === 'number' ? time : undefined);
      if (this.waitMs > 0) return false;
      pace.left();
    }
    if (values) {
      filling.rows.push(values);
      filling.sequences.push(this.#base + this.#row++);
    } else this.#refuse(filling, copy(window.bytes, window.from, scanner.end), error);
    this.#advance(scanner.next, scanner.lines, scanner.isEnded);
    return true;
  }

  /** Refuses the first line of what is broken, so that a quote that is never closed takes no other row with it. */
  #takeBroken(filling: Filling, found: number, to: number, isWhole: boolean, isTooLong: boolean): boolean {
    const { window } = this;
    const { bytes, from } = window;
    const newline = bytes.indexOf(10, from);
    const isEnded = newline >= 0 && newline < to;
    if (isEnded || isWhole) {
      const isQuoting = found === outcome.fault || (found === outcome.more && this.#scanner.isQuoted);
      let end = isEnded ? newline : to;
      if (end > from && bytes[end - 1] === 13) end--;
      const error = isQuoting ? malformed(this.#scanner.fault, isTooLong) : tooLong(this.#rowBytesMax);
      this.#refuse(filling, copy(bytes, from, end), error);
      this.#advance(isEnded ? newline + 1 : to, 1, isEnded);
      return true;
    }
    if (!isTooLong) return false;
    this.#long = { bytes: copy(bytes, from, to), byte: window.byte };
    return this.#skipLong(filling);
  }

  /** Looks for the end of a row that is too long; false where the bytes at hand end before. */
  #skipLong(filling: Filling): boolean {
    const { window } = this;
    const found = window.bytes.subarray(0, window.to).indexOf(10, window.from);
    if (found < 0 && !window.isLast) {
      window.from = window.to;
      return false;
    }
    this.#refuse(filling, this.#long!.bytes, tooLong(this.#rowBytesMax));
    this.#long = undefined;
    this.#advance(found < 0 ? window.to : found + 1, 1, found >= 0);
    return true;
  }

  /**
   * The file ended last time without a line end: it comes first now, before the next row. Anything else is the rest of a line
   * that was read before it was complete; it is refused. False where no more bytes are at hand.
   */
  #endLine(filling: Filling): boolean {
    const { window } = this;
    const found = window.bytes.subarray(0, window.to).indexOf(10, window.from);
    if (found < 0 && window.to - window.from > this.#rowBytesMax) {
      this.#isEnded = true;
      return true;
    }
    if (found < 0 && (!window.isLast || window.from === window.to)) return false;
    let end = found < 0 ? window.to : found;
    if (end > window.from && window.bytes[end - 1] === 13) end--;
    if (end > window.from) {
      const rest = copy(window.bytes, window.from, end);
      this.#line--;
      const error = new MillraceError(
        'RECORD_MALFORMED',
        'this is the rest of a line that was read before it was complete',
        {
          remedy: 'Write whole lines, or let the run begin when the file is complete.',
        },
      );
      this.#refuse(filling, rest, error);
      this.#line++;
    }
    this.#advance(found < 0 ? window.to : found + 1, 0, found >= 0);
    return found >= 0;
  }

  #refuse(filling: Filling, bytes: Uint8Array, error: unknown): void {
    filling.refusals.push({
      sequence: this.#base + this.#row++,
      bytes,
      error:
        error instanceof MillraceError
          ? error
          : new MillraceError('RECORD_INVALID', messageOf(error), { cause: error }),
      place: `line ${this.#line}`,
    });
  }

  #advance(next: number, lines: number, isEnded: boolean): void {
    this.window.from = next;
    this.#line += lines;
    this.#isEnded = isEnded;
  }
}

/** A copy: the window's bytes are overwritten. */
function copy(bytes: Uint8Array, from: number, to: number): Uint8Array {
  return new Uint8Array(bytes.subarray(from, to));
}

function tooLong(rowBytesMax: number): MillraceError {
  return new MillraceError(
    'RECORD_TOO_LARGE',
    `the row is longer than ${rowBytesMax} bytes, of which the first are kept`,
    {
      remedy: 'Raise the option rowBytesMax, or fix the file.',
    },
  );
}

function malformed(fault: string, isTooLong: boolean): MillraceError {
  const where = isTooLong && fault.includes('closed') ? ' within the bytes that a row may have' : '';
  return new MillraceError('RECORD_MALFORMED', `${fault}${where}`, {
    remedy: "Enclose the field in quotes and double those within it, or give quote: '' where the file does not quote.",
  });
}
