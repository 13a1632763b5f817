// Single keys that do something on a page, while nothing is being written and no dialog is open.
import { useEffect, useRef } from 'react';

/** Runs when the key is pressed alone: `useKey('/', focusSearch)`. */
export function useKey(key: string, run: () => void): void {
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key !== key || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const target = event.target as Element;
      if (target.closest('input, textarea, select, [contenteditable=true], [role=dialog]')) return;
      if (key === ' ' && target.closest('button, a, [role=tab]')) return;
      event.preventDefault();
      latest.current();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [key]);
}

/** The key `/` goes to the search field of the page. */
export function useSearchKey(): void {
  useKey('/', () => document.querySelector<HTMLElement>('#content [role=searchbox]')?.focus());
}
