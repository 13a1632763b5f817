// Finds the fields of one row in bytes (RFC 4180): the tight loop over every byte of a file. A quote within a field that does not
// begin with one is text, since real files have it (AVENUE "D" CROSSTOWN).

/** What a scan came to. */
export const outcome = {
  /** A row, or with `count` 0 a blank line: `end` and `next` say where it ends and the next one begins. */
  row: 0,
  /** The bytes end within the row. */
  more: 1,
  /** The quotes are wrong: `fault` says how. */
  fault: 2,
} as const;

const newline = 10;
const carriageReturn = 13;

/** Scans rows; its properties tell about the last one. */
export class Scanner {
  /** Where each field begins and ends, without its quotes; as many as the row has, up to the capacity. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** 1 where a field contains doubled quotes. */
  readonly doubled: Uint8Array;
  /** How many fields the row has, even beyond the capacity; 0: the line is blank. */
  count = 0;
  /** The end of the row without its line end, and the begin of the next one. */
  end = 0;
  next = 0;
  /** How many lines the row takes. */
  lines = 0;
  /** Whether a line end was there. */
  isEnded = false;
  /** Whether every byte is ASCII. */
  isAscii = true;
  /** Whether the bytes ended within quotes. */
  isQuoted = false;
  fault = '';

  readonly #delimiter: number;
  readonly #quote: number;
  readonly #special = new Uint8Array(256);

  /** @param quote '' where the file does not quote */
  constructor(delimiter: string, quote: string, capacity: number) {
    this.#delimiter = delimiter.charCodeAt(0);
    this.#quote = quote === '' ? -1 : quote.charCodeAt(0);
    this.#special[this.#delimiter] = 1;
    this.#special[newline] = 1;
    this.starts = new Int32Array(capacity);
    this.ends = new Int32Array(capacity);
    this.doubled = new Uint8Array(capacity);
  }

  /** Scans the row that begins at `from`; `isLast` says that nothing comes after `to`. */
  scan(bytes: Uint8Array, from: number, to: number, isLast: boolean): number {
    const { starts, ends, doubled } = this;
    const delimiter = this.#delimiter;
    const quote = this.#quote;
    const special = this.#special;
    const capacity = starts.length;
    let at = from;
    let count = 0;
    let bits = 0;
    this.lines = 1;
    this.isQuoted = false;
    for (;;) {
      let start = at;
      let end: number;
      let isDoubled = 0;
      const hasQuotes = at < to && bytes[at] === quote;
      if (hasQuotes) {
        start++;
        at++;
        for (;;) {
          if (at >= to) {
            this.isQuoted = true;
            this.fault = 'a quoted field is not closed';
            return isLast ? outcome.fault : outcome.more;
          }
          const byte = bytes[at]!;
          bits |= byte;
          if (byte === quote) {
            if (at + 1 < to && bytes[at + 1] === quote) {
              isDoubled = 1;
              at++;
            } else break;
          } else if (byte === newline) this.lines++;
          at++;
        }
        end = at++;
        // a quote that ends the bytes may be the first of two
        if (at >= to && !isLast) return outcome.more;
        if (at < to && bytes[at] === carriageReturn) {
          if (at + 1 >= to && !isLast) return outcome.more;
          if (at + 1 >= to || bytes[at + 1] === newline) at++;
        }
        if (at < to && bytes[at] !== delimiter && bytes[at] !== newline) {
          this.fault = 'text stands after a closing quote';
          return outcome.fault;
        }
      } else {
        let byte = 0;
        while (at < to) {
          byte = bytes[at]!;
          if (special[byte] !== 0) break;
          bits |= byte;
          at++;
        }
        if (at >= to && !isLast) return outcome.more;
        end = at;
        if ((at >= to || byte === newline) && end > start && bytes[end - 1] === carriageReturn) end--;
      }
      if (count < capacity) {
        starts[count] = start;
        ends[count] = end;
        doubled[count] = isDoubled;
      }
      count++;
      if (at >= to || bytes[at] === newline) {
        this.isEnded = at < to;
        this.next = this.isEnded ? at + 1 : to;
        this.end = hasQuotes ? end + 1 : end;
        this.isAscii = bits < 128;
        this.count = count === 1 && !hasQuotes && start === end ? 0 : count;
        return outcome.row;
      }
      at++;
    }
  }
}
