// JSON whose numbers keep the digits that were sent: a browser's own JSON rounds those that its numbers cannot hold.

/** Part of new browsers, but not of TypeScript's library: the text of a number as it was parsed. */
type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;
const parseWith = JSON.parse as (text: string, reviver: Reviver) => unknown;

/** A number as its digits: as a number of JavaScript it would be another one. */
export class Digits {
  readonly digits: string;

  constructor(digits: string) {
    this.digits = digits;
  }

  toString(): string {
    return this.digits;
  }

  /** The digits as a text, so that JSON that is only compared tells two such numbers apart. `jsonText` writes the number. */
  toJSON(): string {
    return `${mark}${this.digits}`;
  }
}

/** Stands before the digits of a number that is parsed or written as a text, and before texts that begin with it already. */
const mark = '\uE000';

/** A number with 16 digits or more, or with an exponent: all others are held exactly. */
const mayLose = /[\d.]{16}|[\s:,[]-?\d[\d.]*[eE][+-]?\d|^\s*-?\d[\d.]*[eE]/;

/**
 * The value of JSON. A number that would lose digits is `Digits`.
 *
 * @throws SyntaxError
 * @example String(parseJson('9007199254740993')) // '9007199254740993'
 */
export function parseJson(text: string): unknown {
  if (!mayLose.test(text)) return JSON.parse(text);
  return hasSource() ? parseBySource(text) : parseByMarks(text);
}

/** Whether the browser gives a reviver the text of a number. */
function hasSource(): boolean {
  let found = false;
  parseWith('1', (_, value, context) => {
    found = context?.source === '1';
    return value;
  });
  return found;
}

/** As `parseJson`, in browsers that tell the text of a number. */
export function parseBySource(text: string): unknown {
  return parseWith(text, (_, value, context) =>
    typeof value === 'number' && context?.source !== undefined && losesDigits(context.source)
      ? new Digits(context.source)
      : value,
  );
}

/** The texts of JSON, with the colon behind those that are names, and its numbers. */
const scalars = /"[^"\\]*(?:\\.[^"\\]*)*"(?:\s*:)?|-?\d[\d.eE+-]*/g;

/** As `parseJson`, in all other browsers: the numbers are made texts before. */
export function parseByMarks(text: string): unknown {
  // what is no JSON is refused for what it is
  JSON.parse(text);
  const marked = text.replace(scalars, (scalar) => {
    if (scalar[0] !== '"') return losesDigits(scalar) ? `"${mark}${scalar}"` : scalar;
    const isMarked = !scalar.endsWith(':') && /^"(\uE000|\\ue000)/i.test(scalar);
    return isMarked ? `"${mark}${scalar.slice(1)}` : scalar;
  });
  return JSON.parse(marked, (_, value) => {
    if (typeof value !== 'string' || !value.startsWith(mark)) return value;
    return value[1] === mark ? value.slice(1) : new Digits(value.slice(1));
  });
}

/**
 * A value as JSON, with the digits of its `Digits`; undefined where it has no JSON.
 *
 * @example jsonText({ id: parseJson('9007199254740993') }) // '{"id":9007199254740993}'
 */
export function jsonText(value: unknown, indent?: number): string {
  const text = JSON.stringify(
    value,
    // a text that begins with the mark gets another one, but for that which `Digits` have made of themselves
    function (this: unknown, key: string, one: unknown) {
      const isOwn = typeof one === 'string' && one.startsWith(mark);
      return isOwn && !((this as Record<string, unknown>)[key] instanceof Digits) ? `${mark}${one}` : one;
    },
    indent,
  );
  if (!text?.includes(mark)) return text;
  return text.replace(scalars, (scalar) => {
    if (!scalar.startsWith(`"${mark}`) || scalar.endsWith(':')) return scalar;
    return scalar[2] === mark ? `"${scalar.slice(2)}` : scalar.slice(2, -1);
  });
}

/** Whether a number as JSON writes it is another one as a number of JavaScript. */
export function losesDigits(source: string): boolean {
  const number = Number(source);
  if (!Number.isFinite(number)) return true;
  const [given, held] = [parts(source), parts(String(number))];
  return given.digits !== held.digits || (given.digits !== '' && given.exponent !== held.exponent);
}

/** A decimal number as its digits, without zeros at their ends, and a power of ten. */
function parts(text: string): { digits: string; exponent: number } {
  const [coefficient = '', power = '0'] = text.replace('-', '').split(/[eE]/);
  const isNegativePower = /[eE]-/.test(text);
  const [whole = '', fraction = ''] = coefficient.split('.');
  const all = `${whole}${fraction}`.replace(/^0+/, '');
  const digits = all.replace(/0+$/, '');
  const size = Number(power.replace(/^[+-]/, '')) * (isNegativePower ? -1 : 1);
  return { digits, exponent: size - fraction.length + (all.length - digits.length) };
}
