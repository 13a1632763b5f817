// Joins a table's rows, its live stream and the scrolling of its grid.
import { type RefObject, useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import type { TableView } from '../../../src/web/schemas.ts';
import { ApiError, type Filter, live } from '../api/client.ts';
import { type LiveState, type TableEvents, useLive } from '../api/live.ts';
import { type OrderBy, orderText } from './order.ts';
import { RowFeed, type RowsState } from './row-feed.ts';

export type Rows = RowsState & {
  liveState: LiveState;
  reload: () => void;
  more: () => void;
  /** Shows what waits, at the top. */
  show: () => void;
  /** For the box around the grid: while it is scrolled down, rows do not move. */
  frame: { ref: RefObject<HTMLDivElement | null>; onScrollCapture: () => void };
};

/** The rows of a table that meet the filters, in this order, as they change. */
export function useRows(table: TableView, filters: readonly Filter[], order: readonly OrderBy[]): Rows {
  const url = live.table(table.name, filters);
  const by = orderText(order);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same filters and order by their text.
  const feed = useMemo(() => new RowFeed(table, filters, order), [table.name, table.columns.length, url, by]);
  const state = useSyncExternalStore(feed.subscribe, feed.state);
  const joined = useRef<string>(undefined);
  // What the server refuses to read it refuses to stream, again and again.
  const isRefused =
    state.error instanceof ApiError && state.error.problem.status >= 400 && state.error.problem.status < 500;
  const liveState = useLive<TableEvents>(isRefused ? undefined : url, {
    ready: () => {
      // what changed after the first page was read and before the stream was open is in neither of them
      if (joined.current !== url || state.error) feed.missed();
      joined.current = url;
    },
    reset: feed.missed,
    rows: ({ rows, removed }) => feed.heard(rows, removed),
  });
  const ref = useRef<HTMLDivElement>(null);
  const onScrollCapture = useCallback(() => {
    feed.hold((ref.current?.querySelector('[role=grid]')?.scrollTop ?? 0) > 4);
  }, [feed]);
  useEffect(() => {
    ref.current?.querySelector('[role=grid]')?.scrollTo({ top: 0 });
    feed.hold(false);
  }, [feed]);
  const show = useCallback(() => {
    feed.show();
    ref.current?.querySelector('[role=grid]')?.scrollTo({ top: 0 });
  }, [feed]);
  return { ...state, liveState, reload: feed.reload, more: feed.more, show, frame: { ref, onScrollCapture } };
}
