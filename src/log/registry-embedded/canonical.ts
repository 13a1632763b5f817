// When two schema texts are the same schema: the form that is compared, and its hash.
import { createHash } from 'node:crypto';
import { Digits, parseStored, scientific } from '../../core/digits.ts';

/**
 * The JSON of a schema without white space, its attributes in the order of their names, and `{"type": "int"}` written as `"int"`.
 * All else counts, doc, defaults and aliases too: a schema that says something new is a new version. Numbers count by all of their digits.
 *
 * @example canonicalText('{ "type": "array", "items": {"type": "int"} }') // '{"items":"int","type":"array"}'
 */
export function canonicalText(schema: string): string {
  return JSON.stringify(canonical(parseStored(schema)));
}

/** The SHA-256 of the canonical text, in hexadecimal. */
export function canonicalHash(schema: string): string {
  return createHash('sha256').update(canonicalText(schema)).digest('hex');
}

function canonical(json: unknown): unknown {
  if (json instanceof Digits) return plainDigits(json);
  if (Array.isArray(json)) return json.map(canonical);
  if (typeof json !== 'object' || json === null) return json;
  const entries = Object.entries(json).sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 1 && entries[0]![0] === 'type' && typeof entries[0]![1] === 'string') return entries[0]![1];
  return Object.fromEntries(
    entries.map(([name, value]) => [name, name === 'default' ? sorted(value) : canonical(value)]),
  );
}

/** A default is data, not a type: only the order of its attributes is without meaning. */
function sorted(json: unknown): unknown {
  if (json instanceof Digits) return plainDigits(json);
  if (Array.isArray(json)) return json.map(sorted);
  if (typeof json !== 'object' || json === null) return json;
  const entries = Object.entries(json).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, value]) => [name, sorted(value)]));
}

/** The same number in one form: `1.0e20` and `100000000000000000000` are equal. */
function plainDigits({ digits: text }: Digits): Digits {
  const { isNegative, digits, exponent } = scientific(text)!;
  return new Digits(`${isNegative ? '-' : ''}${digits}e${exponent}`);
}
