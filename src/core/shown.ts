// Any value in a message: what a user gave by mistake can be anything, also what has no text.

/** A value in a few words; never throws. @example shown({ a: 1 }) // '{"a":1}' */
export function shown(value: unknown): string {
  if (typeof value === 'string') return cut(`'${value}'`);
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return cut(typeof value === 'bigint' ? `${value}n` : String(value));
  try {
    const { noun, name } = value as { noun?: unknown; name?: unknown };
    if (typeof noun === 'string') return cut(typeof name === 'string' ? `${noun} '${name}'` : `a ${noun}`);
    return cut(JSON.stringify(value) ?? 'an object');
  } catch {
    return Array.isArray(value) ? 'a list' : 'an object';
  }
}

function cut(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
