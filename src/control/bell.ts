// Wakes those who wait for something to move.

/** Everyone who waits is woken when it rings. */
export class Bell {
  readonly #waiters = new Set<() => void>();

  /** Resolves when it rings next, or the signal aborts. */
  wait(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiters.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiters.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  ring(): void {
    for (const wake of [...this.#waiters]) wake();
  }
}
