// When changes join what is shown: at once, then again when the page has rested from the last time.

/** The shortest rest, and the longest, milliseconds. */
const restMs = { least: 100, most: 800 };
/** Of the page's time, showing changes takes one part in so many. */
const share = 4;

/** Runs work so often that showing it leaves the page three quarters of its time: every 100 ms where it is quick. */
export class Pace {
  readonly #work: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #nextAt = 0;
  #runs = 0;

  constructor(work: () => void) {
    this.#work = work;
  }

  /** Runs the work soon, once for all who ask until then. */
  ask(): void {
    this.#timer ??= setTimeout(() => this.#run(), Math.max(0, this.#nextAt - performance.now()));
  }

  /** Forgets what was asked. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #run(): void {
    this.#timer = undefined;
    const began = performance.now();
    const run = ++this.#runs;
    this.#nextAt = began + restMs.least;
    this.#work();
    // what it costs is known when it has been drawn
    requestAnimationFrame(() =>
      setTimeout(() => {
        if (run !== this.#runs) return;
        const ms = performance.now() - began;
        this.#nextAt = began + Math.min(restMs.most, Math.max(restMs.least, ms * share));
      }),
    );
  }
}
