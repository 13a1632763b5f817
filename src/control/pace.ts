// How much a rebuild does at once, and how long it rests then: the records of pipelines that run come first.
import { limits } from '../core/limits.ts';

/** What a rebuild keeps to beside pipelines that run. */
export const pacing = {
  /** Milliseconds that their records may wait: where they wait longer, it works a smaller share of the time. */
  waitMsMax: 300,
  /** The share of the time that it works however long they wait. */
  shareMin: 0.25,
  /** Milliseconds that a micro-batch takes, about: where it works all of the time, and where it works the least share. */
  workMs: { most: 500, least: 200 },
  /** Records that a micro-batch has at least, since each costs its statements. */
  recordsMin: 1024,
  /** Rows that the store writes as one. */
  groupRecords: 4096,
  /** Milliseconds within which fewer records must be left, or the least share grows: what comes in must not be faster for ever. */
  patienceMs: 10_000,
} as const;

/** By so much the share grows with each micro-batch while nobody waits too long, and shrinks otherwise. */
const steps = { up: 0.05, down: 0.7 };

/** How much slower or faster than expected the next micro-batch may be taken to be. */
const changeMax = 2;

/** The pace of one rebuild. */
export class Pace {
  #share = 0.5;
  #shareMin: number = pacing.shareMin;
  #records = 4 * pacing.recordsMin;
  #recordsPerMs = 0;
  #seen: { readonly atMs: number; readonly left: number } | undefined;

  /** Records that the next micro-batch may have: whole row groups of the store where there is one, since those are written once only. */
  get records(): number {
    const groups = Math.floor(this.#records / pacing.groupRecords);
    return groups > 0 ? groups * pacing.groupRecords : Math.round(this.#records);
  }

  /** The share of the time that it works. */
  get share(): number {
    return this.#share;
  }

  /** Records that it makes again within so many milliseconds of work, as far as is known. */
  within(ms: number): number {
    return this.#recordsPerMs * ms;
  }

  /**
   * Takes what a micro-batch has cost; the milliseconds to rest then.
   *
   * @param waitMs how long records of pipelines that run wait
   */
  worked(count: number, workMs: number, waitMs: number): number {
    const { most, least } = pacing.workMs;
    const ms = Math.max(1, workMs);
    this.#recordsPerMs = this.#recordsPerMs === 0 ? count / ms : 0.7 * this.#recordsPerMs + 0.3 * (count / ms);
    this.#share =
      waitMs > pacing.waitMsMax
        ? Math.max(this.#shareMin, this.#share * steps.down)
        : Math.min(1, Math.max(this.#shareMin, this.#share + steps.up));
    const wanted = Math.max(least, most * this.#share) / ms;
    // a short one at the end of a partition says nothing of how many records it could take
    const factor = count < this.records ? Math.min(1, wanted) : wanted;
    this.#records = Math.min(
      limits.microBatchRecordsMax,
      Math.max(pacing.recordsMin, this.#records * Math.min(changeMax, Math.max(1 / changeMax, factor))),
    );
    return ms * (1 / this.#share - 1);
  }

  /** Takes how many records are left: where they do not become fewer, it works more of the time. */
  left(left: number, nowMs: number): void {
    this.#seen ??= { atMs: nowMs, left };
    if (nowMs - this.#seen.atMs < pacing.patienceMs) return;
    if (left > this.#seen.left * 0.95) this.#shareMin = Math.min(1, this.#shareMin * 1.5);
    this.#seen = { atMs: nowMs, left };
  }
}
