// What the URL of a dashboard holds.

/** `range`: the last so long, such as `1h`; else `from` and `to` as ISO times. `where`: `column=value` texts. `chart`: the one enlarged. */
export type DashboardSearch = { range?: string; from?: string; to?: string; where?: string[]; chart?: string };

export function dashboardSearch(given: Record<string, unknown>): DashboardSearch {
  return {
    ...(typeof given.range === 'string' ? { range: given.range } : {}),
    ...(typeof given.from === 'string' ? { from: given.from } : {}),
    ...(typeof given.to === 'string' ? { to: given.to } : {}),
    ...(Array.isArray(given.where) ? { where: given.where.map(String) } : {}),
    ...(typeof given.chart === 'string' ? { chart: given.chart } : {}),
  };
}
