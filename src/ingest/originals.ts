// The bytes of the items of a body as they came: what a dead letter keeps of an item that was refused.
import { itemTexts, memberTexts, parseJson } from '../core/json.ts';
import { jsonBytes } from './original.ts';

/** Finds the items of a body: a path as 'data.items', or a function. */
export type FindItems = string | ((body: unknown) => readonly unknown[]);

/** How deep in a body an item may lie that a function found. */
const depthMax = 16;

/**
 * The bytes of each item of a body by its place. What a function has made of an item is not in the body: then it is the item as JSON, so
 * that it can be read again. The body is looked at when the first item is asked for.
 *
 * @example originalsOf(Buffer.from('{"data": [{"id": 1.0}]}'), 'data')(0, { id: 1 }) // the bytes of {"id": 1.0}
 */
export function originalsOf(body: Uint8Array, find: FindItems | undefined): (i: number, item: unknown) => Uint8Array {
  let texts: readonly (string | undefined)[] | undefined;
  return (i, item) => {
    texts ??= textsOf(body, find);
    const text = texts[i];
    return text === undefined ? jsonBytes(item) : Buffer.from(text.trim());
  };
}

function textsOf(body: Uint8Array, find: FindItems | undefined): readonly (string | undefined)[] {
  const text = new TextDecoder().decode(body);
  if (find === undefined) return itemTexts(text) ?? [text];
  if (typeof find === 'function') return foundTexts(text, find);
  let at: string | undefined = text;
  // of a name that comes twice the last one counts, as for the parser
  for (const name of find.split('.')) at = at && memberTexts(at)?.findLast(([one]) => one === name)?.[1];
  return (at && itemTexts(at)) || [];
}

/** The texts of what a function finds. The body is parsed anew: the items at hand may have been changed by the option `map`. */
function foundTexts(text: string, find: (body: unknown) => readonly unknown[]): (string | undefined)[] {
  try {
    const body = parseJson(text, 'the body', {});
    const texts = textsIn(text, body);
    const items = find(body);
    const list = texts.get(items);
    const listed = list === undefined ? undefined : itemTexts(list);
    return items.map((item, i) => unchanged(texts.get(item) ?? listed?.[i], item) ?? jsonBytes(item).toString());
  } catch {
    return [];
  }
}

/** The text, where it says what the item is: the function may have changed it. */
function unchanged(text: string | undefined, item: unknown): string | undefined {
  if (text === undefined) return undefined;
  return JSON.stringify(parseJson(text, 'the item', {})) === JSON.stringify(item) ? text : undefined;
}

/** The text of each object and list in a value of JSON. */
function textsIn(text: string, value: unknown): ReadonlyMap<unknown, string> {
  const texts = new Map<unknown, string>();
  const open: [text: string, value: unknown, depth: number][] = [[text, value, 0]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [written, held, depth] = next;
    if (typeof held !== 'object' || held === null) continue;
    texts.set(held, written);
    if (depth === depthMax) continue;
    if (Array.isArray(held)) {
      for (const [i, one] of (itemTexts(written) ?? []).entries()) open.push([one, held[i], depth + 1]);
    } else {
      const record = held as Record<string, unknown>;
      for (const [name, one] of memberTexts(written) ?? []) open.push([one, record[name], depth + 1]);
    }
  }
  return texts;
}
