// Whether the command menu is open; several buttons and a key open it.
import { useSyncExternalStore } from 'react';

let isOpen = false;
let openings = 0;
const listeners = new Set<() => void>();

export function setCommandMenu(next: boolean): void {
  if (next && !isOpen) openings += 1;
  isOpen = next;
  for (const listener of listeners) listener();
}

export function openCommandMenu(): void {
  setCommandMenu(true);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useCommandMenu(): boolean {
  return useSyncExternalStore(subscribe, () => isOpen);
}

/** How often it was opened: opened again while it still fades, it begins anew. */
export function useOpenings(): number {
  return useSyncExternalStore(subscribe, () => openings);
}
