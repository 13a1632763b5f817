// Opens a webhook as a source: it gives nothing by itself; its receiver checks and reads what is posted.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { MillraceError } from '../../core/errors.ts';
import { itemTexts, memberText } from '../../core/json.ts';
import type { Value } from '../../define/accept.ts';
import type { Fields } from '../../define/fields.ts';
import { recordFromJson } from '../../define/input.ts';
import { type ItemReader, itemReader } from '../items.ts';
import { jsonBytes, parseJson } from '../original.ts';
import type { CheckOptions, EndsSource, OpenSource, ReceiveSource, ReviveSource } from '../source.ts';
import { readWebhookOptions, type WebhookSettings } from './options.ts';

/** Checks the options of `webhook()`. */
export const checkOptions: CheckOptions = (options, _fields, place) => {
  readWebhookOptions(options, place, true);
};

/** What others post has no end. */
export const ends: EndsSource = () => false;

/** Opens `webhook()`: it waits until it is told to stop. */
export const open: OpenSource = async (given, context) => {
  const revive = reviver(given, context.fields);
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
export const revive: ReviveSource = async (given, context) => reviver(given, context.fields);

/** Reads the bytes of a refusal: an item, or a whole body that holds exactly one. */
function reviver(given: Readonly<Record<string, unknown>>, fields: Fields): (bytes: Uint8Array) => Value[] {
  const options = readWebhookOptions(given, 'webhook()');
  const reader = itemReader(fields, options);
  const plain = plainItem(options, fields);
  return (bytes) => {
    const value = parseJson(bytes);
    try {
      return reader.row(plain(value));
    } catch (error) {
      const only = onlyItem(reader, value);
      if (only === undefined || only === value) throw error;
      return reader.row(plain(only));
    }
  };
}

function onlyItem(reader: ItemReader, body: unknown): unknown {
  try {
    const items = reader.itemsOf(body);
    return items.length === 1 ? items[0] : undefined;
  } catch {
    return undefined;
  }
}

/** What map makes may hold bytes already; what comes as it is has them as base64. */
function plainItem({ map }: WebhookSettings, fields: Fields): (item: unknown) => unknown {
  return map ? (item) => item : recordFromJson(fields);
}

/** The receiving side. */
export const receive: ReceiveSource = (given, fields) => {
  const options = readWebhookOptions(given, 'webhook()');
  const { secret, items } = options;
  const reader = itemReader(fields, options);
  const plain = plainItem(options, fields);
  /** The items of the body that was asked for last, as texts. */
  let last: { readonly body: Uint8Array; readonly texts: readonly string[] | undefined } | undefined;
  return {
    isSigned: secret !== undefined,
    keepsRefused: options.refused === 'dead',
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
    original({ body, bytesOf }, item, index) {
      if (items === undefined && bytesOf) return bytesOf(index);
      if (last?.body !== body) last = { body, texts: typeof items === 'string' ? textsAt(body, items) : undefined };
      const text = last.texts?.[index];
      return text === undefined ? jsonBytes(item) : Buffer.from(text);
    },
  };
};

/** The items at a path in a body, as texts; undefined where the body is not one JSON object that has a list there. */
function textsAt(body: Uint8Array, path: string): readonly string[] | undefined {
  let text: string | undefined = Buffer.from(body).toString();
  for (const name of path.split('.')) if (text !== undefined) text = memberText(text, name);
  return text === undefined ? undefined : itemTexts(text)?.map((item) => item.trim());
}

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
