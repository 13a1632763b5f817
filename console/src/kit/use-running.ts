// How long something has lasted, going on between the messages that tell it.
import { useRef } from 'react';
import { useNow } from './use-now.ts';

/** Milliseconds that it has lasted; `seconds` is as the server last said, so that the clocks need not agree. */
export function useRunning(seconds: number): number {
  const now = useNow(1_000);
  const heard = useRef({ seconds, at: now });
  if (heard.current.seconds !== seconds) heard.current = { seconds, at: Date.now() };
  return seconds * 1_000 + Math.max(0, now - heard.current.at);
}
