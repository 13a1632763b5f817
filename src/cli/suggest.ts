// What someone probably meant by a command or an option that is not known.
import { nearest } from '../core/nearest.ts';

/** The one of `known` that was probably meant: the nearest, else one that begins so; undefined where there is none. */
export function didYouMean(written: string, known: readonly string[]): string | undefined {
  const begun = written.length > 3 ? known.find((word) => word.startsWith(written.toLowerCase())) : undefined;
  return nearest(written, known) ?? begun;
}
