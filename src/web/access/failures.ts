// How often an address has given a wrong token of late.

/** Wrong tokens by address. */
export interface Failures {
  /** Counts one; the seconds to wait where there were too many, else 0. */
  count(address: string): number;
}

const addressesMax = 10_000;

/** Counts wrong tokens: more than `max` of an address within `windowMs` are too many. */
export function failures(max: number, windowMs: number, elapsed: () => number): Failures {
  const seen = new Map<string, { count: number; endMs: number }>();
  return {
    count(address) {
      const nowMs = elapsed();
      let one = seen.get(address);
      if (!one || one.endMs <= nowMs) {
        // the oldest goes first: what an attacker fills is bounded
        if (seen.size >= addressesMax) seen.delete(seen.keys().next().value!);
        seen.delete(address);
        one = { count: 0, endMs: nowMs + windowMs };
        seen.set(address, one);
      }
      one.count++;
      return one.count > max ? Math.max(1, Math.ceil((one.endMs - nowMs) / 1000)) : 0;
    },
  };
}
