// What live streams may take of the process.
import type { Clock } from '../../core/clock.ts';

/** The limits of live streams, with their defaults. */
export const liveLimits = {
  /** Streams that are open at once; one more gets RATE_LIMITED. */
  clientsMax: 2000,
  /** Milliseconds between two pushes of a table or topic; more where writing to all clients takes long. */
  pushMs: 50,
  /** Milliseconds between two looks at the pipelines. */
  pipelinesMs: 500,
  /** Milliseconds between two resets of a table. */
  resetMs: 1000,
  /** Changes that are kept of a table or topic, for clients that come back or read slowly: rows or records, and bytes of their JSON. */
  keptItemsMax: 2000,
  keptBytesMax: 2 * 2 ** 20,
  /** Bytes that a client has not read yet, before it gets no more. */
  unsentBytesMax: 256 * 2 ** 10,
  /** Milliseconds that a client may take to read them, before it is closed. */
  stalledMsMax: 30_000,
  /** Milliseconds between two comments, which show that the stream is alive. */
  heartbeatMs: 15_000,
  /** Milliseconds that a table or topic is watched on after its last client has gone: one that lost its connection can resume. */
  lingerMs: 5000,
};

export type LiveLimits = typeof liveLimits;

/** Options of live streams. */
export type LiveOptions = {
  readonly clock?: Clock;
  readonly limits?: Partial<LiveLimits>;
  /** What event ids begin with: they are good for one run of the process. Default: random. */
  readonly run?: string;
};
