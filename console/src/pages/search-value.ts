// A value in the address of a page: JSON, but with texts for numbers that would lose digits, as long ids do in a link that a person writes.
import { Digits, parseJson } from '../kit/json.ts';

/**
 * The value of a text in the address.
 *
 * @throws SyntaxError where the text is no JSON: it then stands for itself
 * @example searchValue('9007199254740993') // '9007199254740993'
 */
export function searchValue(text: string): unknown {
  return plain(parseJson(text));
}

function plain(value: unknown): unknown {
  if (value instanceof Digits) return value.digits;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
}
