// What the URL of a dashboard holds.

/**
 * `range`: the last so long before the newest row, such as `1h`; else `from` and `to` as ISO times. `where`: `column=value` and
 * `column.op=value` texts. `chart`: the one that is enlarged.
 */
export type DashboardSearch = { range?: string; from?: string; to?: string; where?: string[]; chart?: string };

export function dashboardSearch(given: Record<string, unknown>): DashboardSearch {
  const where = (Array.isArray(given.where) ? given.where : typeof given.where === 'string' ? [given.where] : []).map(
    String,
  );
  return {
    ...(typeof given.range === 'string' ? { range: given.range } : {}),
    ...(isTime(given.from) ? { from: given.from } : {}),
    ...(isTime(given.to) ? { to: given.to } : {}),
    ...(where.length > 0 ? { where } : {}),
    ...(typeof given.chart === 'string' ? { chart: given.chart } : {}),
  };
}

function isTime(text: unknown): text is string {
  return typeof text === 'string' && !Number.isNaN(Date.parse(text));
}
