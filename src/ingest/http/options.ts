// The options of http(): what each is for, its default, and how it is checked.
import { MillraceError } from '../../core/errors.ts';
import { itemsKind, mapKind } from '../items.ts';
import {
  duration,
  type Kind,
  nameDoc,
  optional,
  type Read,
  readOptions,
  required,
  size,
  sourceName,
  textByName,
  withDefault,
  yesOrNo,
} from '../options.ts';
import { checkScheme } from './address.ts';

const url: Kind<URL> = {
  name: "a URL as 'https://example.com/api'",
  read(value) {
    if (typeof value !== 'string' || !URL.canParse(value)) {
      // the text is not shown: it may hold a password
      throw new MillraceError('OPTION_INVALID', 'this is not a URL', {
        remedy: "Give one as 'https://example.com/api'.",
      });
    }
    const read = new URL(value);
    checkScheme(read);
    return read;
  },
};

const headers: Kind<Readonly<Record<string, string>>> = {
  name: 'an object of texts that can be sent as headers',
  read(value, place) {
    const found = textByName.read(value, place);
    try {
      new Headers(found);
    } catch {
      // the message of the platform shows the value, which may be a secret
      throw new MillraceError(
        'OPTION_INVALID',
        'a header cannot be sent: its name or its value has a character that is not allowed',
      );
    }
    return found;
  },
};

/** The schema of the options. */
export const rules = {
  url: required(url, 'what is polled.'),
  every: withDefault(duration, 10_000, 'from one poll to the next.'),
  for: optional(duration, 'how long it runs.'),
  timeout: withDefault(duration, 10_000, 'how long one poll may take.'),
  items: optional(itemsKind, 'where the items are in the body.'),
  map: optional(mapKind, 'makes a record of an item.'),
  headers: withDefault(headers, {}, 'sent with each request.'),
  allowPrivate: withDefault(yesOrNo, false, 'allows loopback, private and link-local addresses.'),
  bytesMax: withDefault(size, 16 * 2 ** 20, 'the bytes that one body may have.'),
  name: optional(sourceName, nameDoc),
};

/** The options as they are used. */
export type HttpSettings = Read<typeof rules>;

/** Reads and checks the options; throws OPTION_INVALID, ADDRESS_REFUSED for a scheme other than http and https. */
export const readHttpOptions = (
  given: Readonly<Record<string, unknown>>,
  place: string,
  isCheck = false,
): HttpSettings => readOptions(rules, given, place, isCheck);
