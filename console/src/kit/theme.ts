// Light, dark or as the system has it; kept in the browser. public/theme.js sets it before the first paint.
import { useSyncExternalStore } from 'react';

export type ThemeChoice = 'light' | 'dark' | 'system';

const key = 'millrace.theme';
const system = window.matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();

function stored(): ThemeChoice {
  try {
    const value = localStorage.getItem(key);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system';
  }
}

let choice = stored();

function isDarkNow(): boolean {
  return choice === 'dark' || (choice === 'system' && system.matches);
}

function apply(): void {
  document.documentElement.dataset.theme = isDarkNow() ? 'dark' : 'light';
  const colour = getComputedStyle(document.documentElement).getPropertyValue('--canvas').trim();
  document.querySelector('meta[name="theme-color"]')?.setAttribute('content', colour);
  for (const listener of listeners) listener();
}

system.addEventListener('change', apply);

export function chooseTheme(next: ThemeChoice): void {
  choice = next;
  try {
    localStorage.setItem(key, next);
  } catch {
    // Where storage is forbidden the choice lasts as long as the page.
  }
  apply();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useThemeChoice(): ThemeChoice {
  return useSyncExternalStore(subscribe, () => choice);
}

/** Whether the page is dark now: for canvases, which cannot use CSS variables by themselves. */
export function useIsDark(): boolean {
  return useSyncExternalStore(subscribe, isDarkNow);
}

/** The value of a CSS variable of the theme, such as `--series-1`; read it again when `useIsDark` changes. */
export function themeColour(name: `--${string}`): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
