// How fast things move: counters that are sampled at times, and what they say about the last seconds.

/** Counters at a moment, by name; each only grows, but for what is taken back. */
export type Counts = Readonly<Record<string, number>>;

/** Milliseconds that rates look back. */
const windowMs = 5000;

/** Rates of counters over the last five seconds. It is sampled by one timer: however often it is asked, the answer is the same. */
export class Meter {
  readonly #samples: { readonly atMs: number; readonly counts: Counts }[] = [];

  /** Takes the counters as they are at a moment, in milliseconds that never run backwards. */
  sample(atMs: number, counts: Counts): void {
    this.#samples.push({ atMs, counts });
    while (this.#samples.length > 2 && this.#samples[1]!.atMs <= atMs - windowMs) this.#samples.shift();
  }

  /** How much a counter has grown between the first and the last sample of the window; what was taken back counts as nothing. */
  growth(name: string): number {
    let sum = 0;
    for (let i = 1; i < this.#samples.length; i++)
      sum += Math.max(0, (this.#samples[i]!.counts[name] ?? 0) - (this.#samples[i - 1]!.counts[name] ?? 0));
    return sum;
  }

  /** Growth a second. */
  rate(name: string): number {
    const ms = (this.#samples.at(-1)?.atMs ?? 0) - (this.#samples[0]?.atMs ?? 0);
    return ms > 0 ? (this.growth(name) / ms) * 1000 : 0;
  }
}
