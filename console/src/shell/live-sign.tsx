// Whether what is shown is live: a small mark in the rail, and a line above the page while it is not.
import { useQueryClient } from '@tanstack/react-query';
import { WifiOff } from 'lucide-react';
import { useEffect } from 'react';
import { useLiveState, useLostAt } from '../api/live.ts';
import { Ago } from '../kit/ago.tsx';
import { StatusDot, type Tone } from '../kit/badge.tsx';
import { Tooltip } from '../kit/tooltip.tsx';

const signs = {
  connecting: { tone: 'plain', word: 'Connecting', text: 'The first live data is on its way.' },
  live: { tone: 'good', word: 'Live', text: 'What you see changes as records flow.' },
  reconnecting: { tone: 'warn', word: 'Reconnecting', text: 'The connection was lost; it is tried again by itself.' },
  paused: { tone: 'plain', word: 'Paused', text: 'Live data rests while this tab is hidden.' },
} as const satisfies Record<string, { tone: Tone; word: string; text: string }>;

export function LiveMark({ isShort }: { isShort?: boolean }) {
  const state = useLiveState();
  const { tone, word, text } = signs[state];
  return (
    <Tooltip text={`${word}. ${text}`} side="right">
      <span
        role="status"
        aria-label={`${word}. ${text}`}
        data-live={state}
        className="inline-flex items-center text-xs text-muted"
      >
        <StatusDot tone={tone} isBreathing={state === 'reconnecting'}>
          {!isShort && word}
        </StatusDot>
      </span>
    </Tooltip>
  );
}

export function LiveSign() {
  const at = useLostAt();
  const queries = useQueryClient();
  const isLost = at !== undefined;
  useEffect(() => {
    if (isLost) return;
    // what failed meanwhile is asked again at once
    void queries.refetchQueries({ type: 'active', predicate: ({ state }) => state.fetchFailureCount > 0 });
  }, [isLost, queries]);
  if (at === undefined) return null;
  return (
    <div
      role="status"
      className="sticky top-0 z-30 flex animate-[appear_0.3s_0.8s_backwards] items-center justify-center gap-2 border-b border-line bg-warn-soft px-4 py-1 text-xs text-warn"
    >
      <WifiOff aria-hidden className="size-3.5 shrink-0" />
      <span>
        The connection is lost and is tried again by itself; what you see was last heard <Ago at={at} />.
      </span>
    </div>
  );
}
