// What the URL of the SQL page holds.

/** `sql`: the query that is run; `chart`: how its rows are drawn, see `chartOf` in sql/chart-choice.ts. */
export type SqlSearch = { sql?: string; chart?: string };

export function sqlSearch(given: Record<string, unknown>): SqlSearch {
  return {
    ...(given.sql === undefined || given.sql === '' ? {} : { sql: String(given.sql) }),
    ...(typeof given.chart === 'string' && given.chart ? { chart: given.chart } : {}),
  };
}
