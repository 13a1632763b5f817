// Opens a webhook as a source: it gives nothing by itself; its receiver checks and reads what is posted.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { MillraceError } from '../../core/errors.ts';
import { recordFromJson } from '../../define/input.ts';
import { itemReader } from '../items.ts';
import { parseJson } from '../original.ts';
import type { CheckOptions, EndsSource, OpenSource, ReceiveSource, ReviveSource } from '../source.ts';
import { readWebhookOptions } from './options.ts';

/** Checks the options of `webhook()`. */
export const checkOptions: CheckOptions = (options, _fields, place) => {
  readWebhookOptions(options, place, true);
};

/** What others post has no end. */
export const ends: EndsSource = () => false;

/** Opens `webhook()`: it waits until it is told to stop. */
export const open: OpenSource = async (given, context) => {
  const { revive } = itemReader(context.fields, readWebhookOptions(given, 'webhook()'));
  return {
    finite: false,
    replayable: false,
    async *batches() {
      const { signal } = context;
      if (signal.aborted) return;
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    },
    revive,
    close: async () => {},
  };
};

/** Reads items again. */
export const revive: ReviveSource = async (given, context) =>
  itemReader(context.fields, readWebhookOptions(given, 'webhook()')).revive;

/** The receiving side. */
export const receive: ReceiveSource = (given, fields) => {
  const options = readWebhookOptions(given, 'webhook()');
  const { secret, items, map } = options;
  const reader = itemReader(fields, options);
  // what map makes may hold bytes already; what comes as it is has them as base64
  const plain = map ? (item: unknown) => item : recordFromJson(fields);
  return {
    isSigned: secret !== undefined,
    check({ body, signature }) {
      if (secret !== undefined) checkSignature(secret, body, signature);
    },
    items({ body, records }) {
      if (items === undefined) return records;
      let parsed: unknown;
      try {
        parsed = parseJson(body);
      } catch {
        // NDJSON: each line is a body
        return records.flatMap((one) => reader.itemsOf(one));
      }
      return reader.itemsOf(parsed);
    },
    row: (item) => reader.row(plain(item)),
  };
};

function checkSignature(secret: string, body: Uint8Array, signature: string | undefined): void {
  const given = /^sha256=([0-9a-f]{64})$/i.exec(signature ?? '')?.[1];
  const expected = createHmac('sha256', secret).update(body).digest();
  if (given !== undefined && timingSafeEqual(Buffer.from(given, 'hex'), expected)) return;
  const what =
    signature === undefined
      ? 'the request is not signed'
      : given === undefined
        ? 'the signature has not the form sha256=HEX'
        : 'the signature does not fit the body';
  throw new MillraceError('SIGNATURE_INVALID', what, {
    place: 'X-Millrace-Signature',
    remedy: 'Send sha256= and the HMAC-SHA256 of the very bytes of the body, in hexadecimal, made with the secret.',
  });
}
