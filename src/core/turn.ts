// Long work in slices: gives the event loop a turn between them.

/** Resolves after the events that wait have had their turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
