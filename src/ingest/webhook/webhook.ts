// webhook(): records that others post.
import type { OrParam } from '../../define/param.ts';
import { type SourceDefinition, source } from '../../define/source.ts';

/** Options of `webhook()`; `Body` and `Item` are what is expected to come, written at the parameters of `items` and `map`. */
export type WebhookOptions<Body = unknown, Item = unknown> = {
  /** Requests must be signed with it. Absent: whoever may write may post. */
  readonly secret?: OrParam<string>;
  /** Where the items are: a path as `'data.items'`, or a function. Absent: the body if it is a list, else the body as the one item. */
  readonly items?: string | ((body: Body) => readonly unknown[]);
  /** Makes a record of an item. Absent: the item is the record. */
  readonly map?: (item: Item) => object;
  /**
   * What becomes of a record that is refused. `answer` (default): the caller is told, and it is counted. `dead`: it is kept as a dead letter
   * as well, which can be fixed and sent again; where all that a request brought is stored or kept, the answer is 200.
   */
  readonly refused?: 'answer' | 'dead';
  /** What it is called in its topic: what it has read is kept under it. Absent: its kind and its place among those of its kind. */
  readonly name?: string;
};

/**
 * Records that are posted to the topic: `POST /api/topics/NAME/records`. With a secret, a request needs the header
 * `X-Millrace-Signature: sha256=HEX`, the HMAC-SHA256 of its body.
 *
 * @throws OPTION_INVALID, at `check`
 * @example topic('orders', { id: text(), total: decimal(10, 2) }).from(webhook({ secret: secret('shop_secret') }))
 */
export function webhook<Body = unknown, Item = unknown>(options: WebhookOptions<Body, Item> = {}): SourceDefinition {
  // a secret whose parameter is not set is not the same as none: that would open the door to everyone
  return source('webhook', options?.secret === undefined ? options : { ...options, isSigned: true });
}
