// http(): records from an HTTP API that is polled.
import type { Duration, Size } from '../../core/durations.ts';
import type { OrParam } from '../../define/param.ts';
import { type SourceDefinition, source } from '../../define/source.ts';

/** Options of `http()`; `Body` and `Item` are what the API is expected to send, written at the parameters of `items` and `map`. */
export type HttpOptions<Body = unknown, Item = unknown> = {
  /** http or https; a name and password in it are sent as basic authentication and never shown. */
  readonly url: OrParam<string>;
  /** From one poll to the next. Default `'10s'`. */
  readonly every?: Duration | OrParam<string>;
  /** How long it runs; then it ends. Absent: for ever. */
  readonly for?: Duration | OrParam<string>;
  /** How long one poll may take, redirects and body included. Default `'10s'`. */
  readonly timeout?: Duration | OrParam<string>;
  /** Where the items are: a path as `'data.items'`, or a function. Absent: the body if it is a list, else the body as the one item. */
  readonly items?: string | ((body: Body) => readonly unknown[]);
  /** Makes a record of an item. Absent: the item is the record. */
  readonly map?: (item: Item) => object;
  /** Sent with each request; never shown, and not sent on to another origin. */
  readonly headers?: Readonly<Record<string, OrParam<string>>>;
  /** Allows loopback, private and link-local addresses. Default false. */
  readonly allowPrivate?: boolean | OrParam<boolean>;
  /** Bytes of one body; a longer one is refused. Default `'16 MiB'`. */
  readonly bytesMax?: OrParam<Size | number>;
  /** What it is called in its topic: what it has read is kept under it. Absent: its kind and its place among those of its kind. */
  readonly name?: string;
};

/**
 * An HTTP API, polled with GET. Failures are told and tried again with back-off; they never end the run.
 *
 * @throws OPTION_INVALID, ADDRESS_REFUSED; SOURCE_UNAVAILABLE at the start, where the network is absent, so that `.or(…)` takes over
 * @example http({ url: 'https://randomuser.me/api/?results=5', every: '10s', items: 'results', map: (user: User) => ({ id: user.login.uuid }) })
 */
export function http<Body = unknown, Item = unknown>(options: HttpOptions<Body, Item>): SourceDefinition {
  return source('http', options);
}
