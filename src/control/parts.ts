// Where the time of a pipeline goes: what its engine has spent, and the sources that it keeps.
import type { Feeder } from './feeder.ts';

/** Milliseconds by part, those of the engine and of sources together. */
export function partsOf(
  ofEngine: Readonly<Record<string, number>>,
  feeders: readonly Pick<Feeder, 'parts'>[],
): Record<string, number> {
  const sum = (part: 'encode' | 'append') => feeders.reduce((ms, { parts }) => ms + parts[part], 0);
  return { encode: sum('encode'), append: sum('append'), ...ofEngine };
}
