// What the URL of the SQL page holds.

export type SqlSearch = { sql?: string; chart?: string };

export function sqlSearch(given: Record<string, unknown>): SqlSearch {
  return {
    ...(typeof given.sql === 'string' && given.sql ? { sql: given.sql } : {}),
    ...(typeof given.chart === 'string' ? { chart: given.chart } : {}),
  };
}
