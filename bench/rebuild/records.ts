// The records of the benchmark `rebuild`: readings as those that the pipeline `rebuilt` generates, from any number on.

const base = Date.parse('2026-03-01T00:00:00Z');

export type Reading = { readonly n: number; readonly device: string; readonly value: number; readonly at: number };

/** Readings without end; one in twenty comes twice. */
export function* recordsFrom(first: number): Generator<Reading, never> {
  for (let i = first; ; i++) {
    const n = i % 20 === 19 ? i - 1 : i;
    yield { n, device: `d${(n * 7) % 11}`, value: (n * 13) % 97, at: base + n * 400 };
  }
}
