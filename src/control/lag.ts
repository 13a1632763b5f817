// How long the oldest record of a partition that is not processed yet has waited, from where its end was at times.

/** From when to when the end of a partition was seen at an offset, in milliseconds that never run backwards. */
type Mark = { readonly firstMs: number; lastMs: number; readonly end: number };

/** Marks that are kept: when there are more, every second one of the older half goes, so that hours fit in. */
const marksMax = 256;

/** The ends of one partition over time. */
export class Lag {
  readonly #marks: Mark[] = [];

  /** Takes the end of the partition at a moment, and forgets what is processed (everything before `next`). */
  mark(nowMs: number, end: number, next: number): void {
    const last = this.#marks.at(-1);
    if (last && last.end === end) last.lastMs = nowMs;
    else this.#marks.push({ firstMs: nowMs, lastMs: nowMs, end });
    while (this.#marks.length > 1 && this.#marks[1]!.end <= next) this.#marks.shift();
    if (this.#marks.length <= marksMax) return;
    for (let i = marksMax / 2; i > 0; i -= 2) this.#marks.splice(i - 1, 1);
  }

  /**
   * Seconds that the record at `next` has waited; 0 where everything is processed. Between two marks records are taken to have come
   * evenly; one that was there before the first mark has waited at least since then.
   */
  seconds(nowMs: number, end: number, next: number): number {
    if (next >= end) return 0;
    const marks = [...this.#marks, { firstMs: nowMs, lastMs: nowMs, end }];
    const after = marks.findIndex((mark) => mark.end > next);
    const later = marks[after]!;
    const earlier = marks[after - 1];
    if (!earlier) return (nowMs - later.firstMs) / 1000;
    const share = (next - earlier.end) / (later.end - earlier.end);
    return Math.max(0, nowMs - (earlier.lastMs + share * (later.firstMs - earlier.lastMs))) / 1000;
  }
}
