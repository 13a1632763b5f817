// Whether a chart is enlarged: those behind it are neither read nor drawn then, since nobody sees them.
import { useEffect, useSyncExternalStore } from 'react';

let enlarged = 0;
const told = new Set<() => void>();

function change(by: number): void {
  enlarged += by;
  for (const tell of told) tell();
}

/** Called by what covers the page, for as long as it does. */
export function useCover(): void {
  useEffect(() => {
    change(1);
    return () => change(-1);
  }, []);
}

export function useIsCovered(): boolean {
  return useSyncExternalStore(
    (tell) => {
      told.add(tell);
      return () => told.delete(tell);
    },
    () => enlarged > 0,
  );
}
