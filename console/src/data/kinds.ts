// What kind of value a declared type of a field or column holds.

/** What kind of value a declared type holds, as far as alignment, filters and forms care. */
export type ValueKind = 'text' | 'number' | 'time' | 'date' | 'bool' | 'choice' | 'nested' | 'bytes';

const kinds: Record<string, ValueKind> = {
  text: 'text',
  int: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  decimal: 'number',
  bool: 'bool',
  timestamp: 'time',
  date: 'date',
  bytes: 'bytes',
  json: 'nested',
  list: 'nested',
  oneOf: 'choice',
};

/** The kind of a declared type: `decimal(12, 2)` is a number. */
export function kindOf(type: string): ValueKind {
  return kinds[type.replace(/\(.*$/s, '')] ?? 'text';
}

/** The texts of `oneOf('a', 'b')`. */
export function choicesOf(type: string): string[] {
  return [...type.matchAll(/'([^']*)'/g)].map((match) => match[1]!);
}
