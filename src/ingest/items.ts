// The items of a body of JSON, each to a row or a refusal; and the options that say how, for the sources that take such bodies.
import { MillraceError } from '../core/errors.ts';
import { recordAcceptor, type Value } from '../define/accept.ts';
import type { Fields } from '../define/fields.ts';
import type { Kind } from './options.ts';
import { parseJson, recordError, userError } from './original.ts';
import { type FindItems, originalsOf } from './originals.ts';

/** Where the items are in a body. */
export const itemsKind: Kind<FindItems> = {
  name: "a path as 'data.items', or a function",
  read: (value) =>
    typeof value === 'function' || (typeof value === 'string' && value !== '') ? (value as FindItems) : undefined,
};

/** What makes a record of an item. */
export const mapKind: Kind<(item: unknown) => unknown> = {
  name: 'a function',
  read: (value) => (typeof value === 'function' ? (value as (item: unknown) => unknown) : undefined),
};

/** The options that say how bodies are read. */
export type ItemSettings = {
  readonly items: FindItems | undefined;
  readonly map: ((item: unknown) => unknown) | undefined;
};

/** Reads bodies and items for a topic's fields. */
export type ItemReader = {
  /** The items of a body; throws RECORD_MALFORMED or RECORD_INVALID where it is no JSON or holds none. */
  items(body: Uint8Array): readonly unknown[];
  /** The items of a body that is parsed already; throws RECORD_INVALID where it holds none. */
  itemsOf(body: unknown): readonly unknown[];
  /** The bytes of each item of a body as they came. */
  originals(body: Uint8Array): (i: number, item: unknown) => Uint8Array;
  /** The row of an item; throws RECORD_INVALID. */
  row(item: unknown): Value[];
  /** The row of the bytes of a refusal: an item, or a whole body that holds exactly one. */
  revive(bytes: Uint8Array): Value[];
};

/** The reader for the options `items` and `map`. */
export function itemReader(fields: Fields, { items: find, map }: ItemSettings): ItemReader {
  const accept = recordAcceptor(fields);
  function row(item: unknown): Value[] {
    let record = item;
    try {
      if (map) record = map(item);
    } catch (error) {
      throw userError(error, 'map failed', item);
    }
    try {
      return accept(record);
    } catch (error) {
      throw recordError(error, 'the record cannot be accepted');
    }
  }
  return {
    items: (body) => itemsOf(parseJson(body), find),
    itemsOf: (body) => itemsOf(body, find),
    originals: (body) => originalsOf(body, find),
    row,
    revive(bytes) {
      const value = parseJson(bytes);
      try {
        return row(value);
      } catch (error) {
        const only = onlyItem(value, find);
        if (only === undefined || only === value) throw error;
        return row(only);
      }
    },
  };
}

function itemsOf(body: unknown, find: FindItems | undefined): readonly unknown[] {
  if (find === undefined) return Array.isArray(body) ? body : [body];
  let found: unknown;
  try {
    found = typeof find === 'function' ? find(body) : walk(body, find);
  } catch (error) {
    throw userError(error, 'items failed', body);
  }
  if (Array.isArray(found)) return found;
  const where = typeof find === 'string' ? `at '${find}' in the body` : 'in what items returned';
  throw new MillraceError('RECORD_INVALID', `there is no list ${where}`, {
    remedy: 'Compare the option items with what the API sends.',
  });
}

function walk(body: unknown, path: string): unknown {
  let at = body;
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return at;
}

function onlyItem(body: unknown, find: FindItems | undefined): unknown {
  try {
    const items = itemsOf(body, find);
    return items.length === 1 ? items[0] : undefined;
  } catch {
    return undefined;
  }
}
