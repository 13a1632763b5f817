// JSON from outside: parsed where it is not nested too deeply, since parsers and writers bear less than what a text can hold.
import { parseDigits } from './digits.ts';
import { type ErrorDetails, MillraceError, messageOf } from './errors.ts';
import { limits } from './limits.ts';

/** Texts up to this length are parsed without a look: what they can nest takes a few milliseconds. */
const unseenMax = 32_768;

/**
 * Whether lists and objects of a JSON text lie in each other more than `depthMax` deep. Of a text that is no JSON it may say either.
 *
 * @example isDeeper('[[1]]', 1) // true
 */
export function isDeeper(json: string, depthMax: number): boolean {
  // each takes two characters
  if (json.length <= 2 * depthMax) return false;
  let depth = 0;
  for (let i = 0; i < json.length; i++) {
    const code = json.charCodeAt(i);
    if (code === 34) {
      i = endOfText(json, i);
    } else if (code === 91 || code === 123) {
      if (++depth > depthMax) return true;
    } else if (code === 93 || code === 125) depth--;
  }
  return false;
}

/** Whether a text is nested so deeply that it must not be parsed (`limits.parseDepthMax`). */
export function isTooDeep(json: string): boolean {
  return json.length > unseenMax && isDeeper(json, limits.parseDepthMax);
}

/** What is said of it. */
export const tooDeep = `is nested more than ${limits.parseDepthMax} deep`;

const strict = new TextDecoder('utf-8', { fatal: true });

/**
 * The value of JSON from outside, as text or as bytes in UTF-8; a number that would lose digits is `Digits`. `what` begins the message of
 * an error, which cites what is wrong; the masked one does not.
 *
 * @throws RECORD_MALFORMED
 * @example parseJson('[1]', 'the body', { place: 'body', remedy: 'Send a list.' }) // [1]
 */
export function parseJson(json: string | Uint8Array, what: string, details: ErrorDetails): unknown {
  const failed = (message: string, more: ErrorDetails) =>
    new MillraceError('RECORD_MALFORMED', `${what} ${message}`, { ...details, ...more });
  let text = '';
  try {
    text = typeof json === 'string' ? json : strict.decode(json);
  } catch (cause) {
    throw failed('is not JSON: it is not UTF-8', { cause });
  }
  const failedDeep = () => failed(tooDeep, { remedy: 'Nest it less: send parts of it as texts, or by themselves.' });
  if (isTooDeep(text)) throw failedDeep();
  try {
    return parseDigits(text);
  } catch (cause) {
    if (cause instanceof RangeError) throw failedDeep();
    const message = messageOf(cause);
    const masked = `${what} is not JSON: ${withoutText(message)}`;
    throw failed(`is not JSON: ${message.slice(0, 200)}`, { masked, cause });
  }
}

/** The parser's words without what it cites of the text, but for one character. */
function withoutText(message: string): string {
  const token = /^Unexpected token '.{1,2}'/su.exec(message)?.[0];
  return token ?? (message.includes('"') ? 'it cannot be parsed' : message);
}

/**
 * The items of a JSON list as texts, found without parsing them; undefined where the text is no list.
 *
 * @example itemTexts('[1, [2, 3]]') // ['1', ' [2, 3]']
 */
export function itemTexts(json: string): string[] | undefined {
  return partsIn(json, 91, 93);
}

/**
 * The members of a JSON object as names and texts, found without parsing them; undefined where the text is no object.
 *
 * @example memberTexts('{"a": 1, "b": [2]}') // [['a', ' 1'], ['b', ' [2]']]
 */
export function memberTexts(json: string): [name: string, text: string][] | undefined {
  return partsIn(json, 123, 125)?.map((part) => {
    const start = part.indexOf('"');
    const end = endOfText(part, start) + 1;
    return [JSON.parse(part.slice(start, end)), part.slice(part.indexOf(':', end) + 1)];
  });
}

/** What commas divide in a list or an object that opens and closes with these characters. */
function partsIn(json: string, opens: number, closes: number): string[] | undefined {
  let start = json.search(/\S/);
  if (json.charCodeAt(start) !== opens) return undefined;
  const parts: string[] = [];
  let depth = 1;
  start++;
  for (let i = start; i < json.length; i++) {
    const code = json.charCodeAt(i);
    if (code === 34) i = endOfText(json, i);
    else if (code === 91 || code === 123) depth++;
    else if (code === 44 && depth === 1) {
      parts.push(json.slice(start, i));
      start = i + 1;
    } else if ((code === 93 || code === 125) && --depth === 0) {
      if (code !== closes || json.slice(i + 1).trim() !== '') return undefined;
      const last = json.slice(start, i);
      if (parts.length > 0 || last.trim() !== '') parts.push(last);
      return parts;
    }
  }
  return undefined;
}

/**
 * The text of a member of a JSON object, found without parsing it; undefined where there is none. Of two with one name the last, as
 * `JSON.parse` takes it.
 *
 * @example memberText('{"a": 1, "b": [2]}', 'b') // '[2]'
 */
export function memberText(json: string, name: string): string | undefined {
  const start = json.search(/\S/);
  if (json[start] !== '{') return undefined;
  let found: string | undefined;
  let key = '';
  let valueStart = -1;
  let depth = 1;
  for (let i = start + 1; i < json.length; i++) {
    const code = json.charCodeAt(i);
    if (code === 34) {
      const end = endOfText(json, i);
      if (depth === 1 && valueStart < 0) key = json.slice(i, end + 1);
      i = end;
    } else if (code === 91 || code === 123) depth++;
    else if (code === 58 && depth === 1 && valueStart < 0) valueStart = i + 1;
    else if ((code === 44 && depth === 1) || ((code === 93 || code === 125) && --depth === 0)) {
      if (valueStart >= 0 && JSON.parse(key) === name) found = json.slice(valueStart, i).trim();
      valueStart = -1;
      if (depth === 0) return found;
    }
  }
  return undefined;
}

/** The place of the quotation mark that ends a text of JSON; the end where there is none. */
function endOfText(json: string, start: number): number {
  let end = start;
  do {
    end = json.indexOf('"', end + 1);
    if (end < 0) return json.length;
  } while (isEscaped(json, end));
  return end;
}

function isEscaped(json: string, at: number): boolean {
  let before = at;
  while (json.charCodeAt(before - 1) === 92) before--;
  return (at - before) % 2 === 1;
}
