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

/** What uses the arrow keys itself. */
const ownArrows =
  'input, textarea, select, pre, [contenteditable=true], [role=tab], [role=listbox], [role=menu], [role=combobox]';

/** While a drawer stands beside a grid, the arrow keys (and j and k) go to the thing below or above, in the grid too. */
export function useStepKeys(step: (by: 1 | -1) => void): void {
  const latest = useRef(step);
  latest.current = step;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || (event.target as Element).closest(ownArrows)) return;
      const by = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key] as 1 | -1 | undefined;
      if (by === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      latest.current(by);
    };
    // before the grid, which would move its own row at hand
    document.addEventListener('keydown', press, true);
    return () => document.removeEventListener('keydown', press, true);
  }, []);
}
