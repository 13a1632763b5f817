// From when to when the charts of a dashboard have rows.
import { useQuery } from '@tanstack/react-query';
import type { ChartView } from '../../../src/web/schemas.ts';
import { api } from '../api/client.ts';
import { sqlName } from '../sql/examples.ts';

export type Extent = { from: number; to: number };

async function readExtent(times: readonly string[]): Promise<Extent | null> {
  const each = times.map((text) => {
    const [table = '', time = ''] = text.split('\n');
    return `select min(${sqlName(time)}) as first, max(${sqlName(time)}) as last from ${sqlName(table)}`;
  });
  const { rows } = await api.query({ sql: `select min(first), max(last) from (${each.join(' union all ')})` });
  const [from, to] = (rows[0] ?? []).map((one) => Date.parse(String(one)));
  return Number.isFinite(from) && Number.isFinite(to) ? { from: from!, to: to! } : null;
}

/** Read while it is wanted; undefined until it is known, null where there are no rows. */
export function useExtent(views: readonly ChartView[], isWanted: boolean): Extent | null | undefined {
  const times = [...new Set(views.flatMap(({ table, time }) => (time === undefined ? [] : [`${table}\n${time}`])))];
  return useQuery({
    queryKey: ['extent', ...times],
    queryFn: () => readExtent(times),
    enabled: isWanted && times.length > 0,
    gcTime: 0,
  }).data;
}
