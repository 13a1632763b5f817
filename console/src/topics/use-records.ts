// Joins a topic's records, its live tail and the scrolling of its grid.
import { type RefObject, useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import type { TopicView } from '../../../src/web/schemas.ts';
import { live } from '../api/client.ts';
import { type LiveState, type TopicEvents, useLive } from '../api/live.ts';
import { RecordFeed, type RecordsState, type RecordsWanted } from './record-feed.ts';

export type Records = RecordsState & {
  /** Undefined where there is no live tail. */
  liveState: LiveState | undefined;
  reload: () => void;
  more: () => void;
  show: () => void;
  /** For the box around the grid: while it is scrolled down, records do not move. */
  frame: { ref: RefObject<HTMLDivElement | null>; onScrollCapture: () => void };
};

/** Records of a topic; with `isLive` new ones come by themselves, where the newest are shown. */
export function useRecords(topic: TopicView, wanted: RecordsWanted, isLive: boolean): Records {
  const { partition, offset, at, search } = wanted;
  const starts = useRef(topic.partitions);
  starts.current = topic.partitions;
  const feed = useMemo(
    () =>
      new RecordFeed(
        topic.name,
        { partition, offset, at, search },
        (one) => starts.current.find((other) => other.partition === one)?.start ?? 0,
      ),
    [topic.name, partition, offset, at, search],
  );
  const state = useSyncExternalStore(feed.subscribe, feed.state);
  const isTail = isLive && offset === undefined && at === undefined;
  const joined = useRef<RecordFeed>(undefined);
  useEffect(() => {
    if (!isTail) joined.current = undefined;
  }, [isTail]);
  const liveState = useLive<TopicEvents>(isTail ? live.topic(topic.name) : undefined, {
    ready: () => {
      // what came after the records were read and before the stream was open (while the tail was paused, too) is in neither of them
      if (joined.current !== feed || state.error) feed.missed();
      joined.current = feed;
    },
    reset: feed.missed,
    records: ({ records, skipped }) => feed.heard(records, skipped),
  });
  const ref = useRef<HTMLDivElement>(null);
  const top = () => ref.current?.querySelector('[role=grid]');
  const onScrollCapture = useCallback(() => {
    feed.hold((ref.current?.querySelector('[role=grid]')?.scrollTop ?? 0) > 4);
  }, [feed]);
  const show = () => {
    feed.show();
    top()?.scrollTo({ top: 0 });
  };
  return {
    ...state,
    liveState: isTail ? liveState : undefined,
    reload: feed.reload,
    more: feed.more,
    show,
    frame: { ref, onScrollCapture },
  };
}
