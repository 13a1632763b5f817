// Secrets: parameters whose values nobody sees, and which stand in options of sources alone.
import { MillraceError } from '../core/errors.ts';
import { text } from './fields.ts';
import { checkName } from './names.ts';
import { checkOptions, textRule } from './options.ts';
import type { Param } from './param.ts';

/** Options of `secret()`. */
export type SecretOptions = {
  /** The text that it stands in, with `{}` in its place: `'Bearer {}'`. Absent: it stands alone. */
  readonly in?: string;
  /** What it is, for those who are to give it. */
  readonly describe?: string;
};

/**
 * A text that nobody sees: an API's token, a password. It stands in options of sources, headers too, and is masked in plans, in the console
 * and in messages. It is set by the environment variable `MILLRACE_NAME` (upper case), by a file that `MILLRACE_NAME_FILE` names, or by
 * `--set NAME=VALUE`, which others on the machine can see.
 *
 * @throws NAME_INVALID, OPTION_INVALID
 * @example http({ url: 'https://api.example.com/v1', headers: { Authorization: secret('api_token', { in: 'Bearer {}' }) } })
 */
export function secret(name: string, options: SecretOptions = {}): Param<string> {
  checkName('secret', name);
  const place = `secret '${name}'`;
  checkOptions(place, options, { in: textRule, describe: textRule });
  if (options.in !== undefined && options.in.split('{}').length !== 2) {
    throw new MillraceError('OPTION_INVALID', `in: '${options.in}' does not have {} once`, {
      place,
      remedy: "Write {} where the secret stands, as in 'Bearer {}'.",
    });
  }
  const field = options.describe === undefined ? text() : text().describe(options.describe);
  const self: Param<string> = { noun: 'param', name, field, fallback: undefined, secret: { in: options.in ?? '{}' } };
  return Object.freeze(self);
}

/** The text that a secret stands in. */
export function filled(param: Param, value: unknown): unknown {
  return param.secret ? param.secret.in.split('{}').join(String(value)) : value;
}
