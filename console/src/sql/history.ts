// Queries that were run in this browser, the newest first.
import { useSyncExternalStore } from 'react';

/** A query that was run. `ms` and `rows` are absent where it failed. */
export type PastQuery = { sql: string; at: number; ms?: number; rows?: number };

const key = 'millrace.sql.history';
const queriesMax = 50;
const listeners = new Set<() => void>();

let queries = read();

function read(): readonly PastQuery[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
    return Array.isArray(stored) ? (stored as PastQuery[]).filter((one) => typeof one?.sql === 'string') : [];
  } catch {
    return [];
  }
}

function write(next: readonly PastQuery[]): void {
  queries = next;
  try {
    localStorage.setItem(key, JSON.stringify(next));
  } catch {
    // Where storage is forbidden or full the history lasts as long as the page.
  }
  for (const listener of listeners) listener();
}

/** Puts a query first; the same text is there once. */
export function remember(query: PastQuery): void {
  write([query, ...queries.filter((one) => one.sql.trim() !== query.sql.trim())].slice(0, queriesMax));
}

export function forgetAll(): void {
  write([]);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function usePastQueries(): readonly PastQuery[] {
  return useSyncExternalStore(subscribe, () => queries);
}
