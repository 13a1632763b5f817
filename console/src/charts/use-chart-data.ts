// What a chart shows, read again when its table changes: at most once a second, and only while it is seen.
import { keepPreviousData, type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { ChartData, ChartView } from '../../../src/web/schemas.ts';
import { api } from '../api/client.ts';
import { type Choice, choiceFor, rangeMs, requestOf } from './choice.ts';

const leastMs = 1_000;

/** The time of the newest row of a table; several charts that ask at once share the answer. */
function newestOf(queries: QueryClient, table: string, time: string): Promise<number | null> {
  return queries.fetchQuery({
    queryKey: ['newest', table],
    staleTime: leastMs / 2,
    queryFn: async () => {
      const { rows } = await api.rows(table, { order: [`-${time}`], limit: 1 });
      const at = Date.parse(String(rows[0]?.[time]));
      return Number.isNaN(at) ? null : at;
    },
  });
}

type Shown = {
  data: ChartData | undefined;
  error: unknown;
  /** What is shown belongs to another choice; the answer to this one is on its way. */
  isBefore: boolean;
  /** Milliseconds since 1970. */
  updatedAt: number;
  refetch: () => void;
};

/** `mark` is another text whenever the table has changed. */
export function useChartData(pipeline: string, view: ChartView, choice: Choice, mark: string, isSeen: boolean): Shown {
  const queries = useQueryClient();
  const own = choiceFor(view, choice);
  const query = useQuery({
    queryKey: ['chart-data', pipeline, view.id, own],
    enabled: isSeen,
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const isRelative = view.time !== undefined && rangeMs(own.range) !== undefined;
      const newest = isRelative ? await newestOf(queries, view.table, view.time!) : null;
      return api.chartData(pipeline, view.id, requestOf(own, newest ?? undefined), signal);
    },
  });
  const { refetch, dataUpdatedAt, isSuccess } = query;
  const seen = useRef<string>(undefined);
  const latest = useRef({ refetch, dataUpdatedAt });
  latest.current = { refetch, dataUpdatedAt };
  useEffect(() => {
    if (!isSeen || !isSuccess || seen.current === mark) return;
    // the first answer is of what was there when it was asked for
    if (seen.current === undefined) {
      seen.current = mark;
      return;
    }
    const wait = Math.max(0, latest.current.dataUpdatedAt + leastMs - Date.now());
    const timer = setTimeout(() => {
      seen.current = mark;
      void latest.current.refetch({ cancelRefetch: false });
    }, wait);
    return () => clearTimeout(timer);
  }, [mark, isSeen, isSuccess]);
  return {
    data: query.data,
    error: query.error,
    isBefore: query.isPlaceholderData,
    updatedAt: dataUpdatedAt,
    refetch: () => void refetch(),
  };
}
