// The options of webhook(): what each is for, and how it is checked.

import { MillraceError } from '../../core/errors.ts';
import { itemsKind, mapKind } from '../items.ts';
import { type Kind, nameDoc, optional, type Read, readOptions, sourceName, withDefault } from '../options.ts';

const bytesMin = 16;

const secret: Kind<string> = {
  name: `a text of ${bytesMin} characters or more`,
  read(value) {
    // a wrong one is not shown
    if (typeof value !== 'string' || value.length < bytesMin) {
      throw new MillraceError('OPTION_INVALID', `this is no text of ${bytesMin} characters or more`, {
        remedy: 'Make one: openssl rand -hex 32',
      });
    }
    return value;
  },
};

/** What becomes of a record that is refused. */
const refused: Kind<'answer' | 'dead'> = {
  name: "'answer' or 'dead'",
  read: (value) => (value === 'answer' || value === 'dead' ? value : undefined),
};

/** The schema of the options. */
export const rules = {
  secret: optional(secret, 'requests must be signed with it.'),
  items: optional(itemsKind, 'where the items are in the body.'),
  map: optional(mapKind, 'makes a record of an item.'),
  refused: withDefault(refused, 'answer', 'dead: a record that is refused is kept as a dead letter, too.'),
  name: optional(sourceName, nameDoc),
};

/** The options as they are used. */
export type WebhookSettings = Read<typeof rules>;

/** Reads and checks the options; throws OPTION_INVALID, also where a secret was declared and is not set. */
export function readWebhookOptions(
  given: Readonly<Record<string, unknown>>,
  place: string,
  isCheck = false,
): WebhookSettings {
  const { isSigned, ...options } = given;
  if (isSigned === true && options.secret === undefined) {
    throw new MillraceError('OPTION_INVALID', "option 'secret': its parameter is not set", {
      place,
      remedy: 'Set it, or leave the secret out.',
    });
  }
  return readOptions(rules, options, place, isCheck);
}
