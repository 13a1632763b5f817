// Whether the command menu is open; several buttons and a key open it.
import { useSyncExternalStore } from 'react';

let isOpen = false;
const listeners = new Set<() => void>();

export function setCommandMenu(next: boolean): void {
  isOpen = next;
  for (const listener of listeners) listener();
}

export function openCommandMenu(): void {
  setCommandMenu(true);
}

export function useCommandMenu(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => isOpen,
  );
}
