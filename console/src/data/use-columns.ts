// Which columns a person has hidden; kept in the browser by the name of what is shown.
import { useCallback, useState } from 'react';

export type ColumnChoice = {
  hidden: readonly string[];
  setHidden: (name: string, isHidden: boolean) => void;
  /** Shows all again, or hides all but these. */
  reset: (only?: readonly string[], all?: readonly string[]) => void;
};

function read(key: string): readonly string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
    return Array.isArray(stored) ? stored.map(String) : [];
  } catch {
    return [];
  }
}

/** `id` such as `table.fares`. */
export function useColumns(id: string): ColumnChoice {
  const key = `millrace.columns.${id}`;
  const [hidden, setAll] = useState(() => read(key));
  const write = useCallback(
    (next: readonly string[]) => {
      setAll(next);
      try {
        localStorage.setItem(key, JSON.stringify(next));
      } catch {
        // Where storage is forbidden the choice lasts as long as the page.
      }
    },
    [key],
  );
  return {
    hidden,
    setHidden: (name, isHidden) => {
      const others = hidden.filter((one) => one !== name);
      write(isHidden ? [...others, name] : others);
    },
    reset: (only, all = []) => write(only ? all.filter((name) => !only.includes(name)) : []),
  };
}
