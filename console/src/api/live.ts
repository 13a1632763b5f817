// Live data for pages: all pipelines by one stream for the whole app, and one more stream for the page at hand.
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { PipelineView, TableRow, TopicRecord } from '../../../src/web/schemas.ts';
import { LiveConnection, type LiveState } from './live-connection.ts';

export type { LiveState } from './live-connection.ts';

/**
 * What a stream of a table sends. `ready`: connected and nothing was missed; `reset`: read again what was read before; `removed`: the columns
 * of the key of rows that are gone.
 */
export type TableEvents = {
  ready: unknown;
  reset: { reason: string };
  rows: { rows: TableRow[]; removed: TableRow[]; count: number };
};

/** What a stream of a topic sends. */
export type TopicEvents = {
  ready: unknown;
  reset: { reason: string };
  records: { records: TopicRecord[]; skipped: number };
};

/** All pipelines as last heard; `pipelines` is undefined until the first event. */
export type LivePipelines = { pipelines: PipelineView[] | undefined; state: LiveState };

/** A pipeline's records a second at a time. */
export type RateSample = { at: number; rate: number };

const sampleMs = 1_000;
const samplesMax = 120;

let current: LivePipelines = { pipelines: undefined, state: 'connecting' };
const rates = new Map<string, RateSample[]>();
const pipelineListeners = new Set<() => void>();
let connection: LiveConnection | undefined;

const open = new Map<object, LiveState>();
const stateListeners = new Set<() => void>();
let lostAt: number | undefined;

function remember(key: object, state: LiveState | undefined): void {
  if (state === undefined) open.delete(key);
  else open.set(key, state);
  if (![...open.values()].includes('reconnecting')) lostAt = undefined;
  else lostAt ??= Date.now();
  for (const listener of stateListeners) listener();
}

function subscribeState(listener: () => void): () => void {
  stateListeners.add(listener);
  return () => {
    stateListeners.delete(listener);
  };
}

function publish(next: LivePipelines): void {
  current = next;
  for (const listener of pipelineListeners) listener();
}

function sample(pipelines: readonly PipelineView[]): void {
  const at = Date.now();
  for (const { name, recordsPerSecond } of pipelines) {
    const before = rates.get(name) ?? [];
    if (at - (before.at(-1)?.at ?? 0) < sampleMs * 0.9) continue;
    rates.set(name, [...before.slice(1 - samplesMax), { at, rate: recordsPerSecond }]);
  }
}

function subscribePipelines(listener: () => void): () => void {
  pipelineListeners.add(listener);
  connection ??= new LiveConnection(
    '/api/live/pipelines',
    ['pipelines'],
    (_, data) => {
      const { pipelines } = data as { pipelines: PipelineView[] };
      sample(pipelines);
      publish({ pipelines, state: connection?.state ?? 'live' });
    },
    (state) => {
      remember(pipelineListeners, state);
      publish({ ...current, state });
    },
  );
  return () => {
    pipelineListeners.delete(listener);
  };
}

/** All pipelines, twice a second while something moves. */
export function useLivePipelines(): LivePipelines {
  return useSyncExternalStore(subscribePipelines, () => current);
}

/** One pipeline as last heard; undefined until then and where there is none of this name. */
export function useLivePipeline(name: string): PipelineView | undefined {
  return useLivePipelines().pipelines?.find((one) => one.name === name);
}

const noSamples: RateSample[] = [];

/** The pipeline's records a second of the last two minutes that this tab has seen. */
export function useRateHistory(pipeline: string): RateSample[] {
  return useSyncExternalStore(subscribePipelines, () => rates.get(pipeline) ?? noSamples);
}

/** Since when a stream is lost, milliseconds since 1970; undefined while none is. */
export function useLostAt(): number | undefined {
  return useSyncExternalStore(subscribeState, () => lostAt);
}

/** The worst state of all streams that are open: what the header shows. */
export function useLiveState(): LiveState {
  return useSyncExternalStore(subscribeState, () => {
    const states = [...open.values()];
    return (['reconnecting', 'paused', 'connecting'] as const).find((state) => states.includes(state)) ?? 'live';
  });
}

/**
 * Hears a live stream while the component is shown: `useLive<TableEvents>(live.table('fares'), { rows: … , reset: … })`.
 * It reconnects by itself and resumes where it was. No stream is opened while `url` is undefined. Handlers may change freely;
 * the names of events may not.
 */
export function useLive<Events extends Record<string, unknown>>(
  url: string | undefined,
  handlers: { [name in keyof Events]?: (data: Events[name], id: string) => void },
): LiveState {
  const latest = useRef(handlers);
  latest.current = handlers;
  const [state, setState] = useState<LiveState>('connecting');
  const names = Object.keys(handlers).join(' ');
  useEffect(() => {
    if (url === undefined) return;
    const key = {};
    const stream = new LiveConnection(
      url,
      names.split(' '),
      (name, data, id) => latest.current[name]?.(data as Events[string], id),
      (next) => {
        remember(key, next);
        setState(next);
      },
    );
    return () => {
      stream.close();
      remember(key, undefined);
    };
  }, [url, names]);
  return state;
}
