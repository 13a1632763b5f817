// The options of serving: `run` and `start` have them; what they ask for together.
import type { ServingOptions } from '../control/serve.ts';
import { MillraceError } from '../core/errors.ts';
import { type Arguments, type OptionSpec, usage } from './arguments.ts';
import type { Context } from './command.ts';
import { folderOf } from './folder.ts';

/** The options of serving. */
export const serveOptions: readonly OptionSpec[] = [
  {
    name: 'port',
    value: 'N',
    isCount: true,
    description:
      'Serve the API and the console on this port; 0 takes any free one. Default: the variable PORT, else the first free one of 4000 to 4019.',
  },
  {
    name: 'host',
    value: 'ADDRESS',
    description:
      'Listen on this address. Default: 127.0.0.1, this machine only. Any other one needs tokens: millrace token create.',
  },
  { name: 'no-serve', description: 'Serve nothing: no API, no console, no port.' },
  { name: 'require-tokens', description: 'Ask for tokens on this machine too, as behind a proxy.' },
  {
    name: 'allow-host',
    value: 'NAME',
    isRepeatable: true,
    description: 'Answer under this host name only (and those of this machine), with tokens; may be repeated.',
  },
  {
    name: 'trust-proxy',
    value: 'ADDRESS',
    isRepeatable: true,
    description:
      'Take the address of a client from X-Forwarded-For where this proxy (its address, or its network as 10.0.0.0/8) passes a request on; may be repeated.',
  },
  {
    name: 'cors',
    value: 'ORIGIN',
    isRepeatable: true,
    description: 'Let pages of this origin (https://shop.example) use the API; may be repeated.',
  },
  {
    name: 'rate-limit',
    value: 'N',
    isCount: true,
    description:
      'Requests a minute for each token. Default: 6000; 0 is no limit. Not counted where no token is needed.',
  },
];

/**
 * What to serve, or undefined where nothing is: with --no-serve, and with --once unless a port is given.
 *
 * @throws USAGE
 */
export function servingOf(command: { name: string }, given: Arguments, context: Context): ServingOptions | undefined {
  const isPort = given.has('port');
  if (given.has('no-serve')) {
    const other = serveOptions.find((one) => one.name !== 'no-serve' && given.has(one.name));
    if (other) throw usage(command, `--no-serve and --${other.name} cannot be used together`, 'Use one of them.');
    return undefined;
  }
  if (given.has('once') && !isPort) return undefined;
  const port = isPort ? given.count('port') : portOf(context.environment.PORT);
  if (port !== undefined && port > 65_535) {
    throw usage(command, `${port} is no port`, 'Give a port from 1 to 65535, or 0 for any free one.');
  }
  const origins = given.texts('cors').map((origin) => originOf(command, origin));
  const perMinute = given.count('rate-limit');
  const host = given.text('host');
  return {
    folder: folderOf(given, context),
    ...(port === undefined ? {} : { port }),
    ...(host === undefined ? {} : { host }),
    requireTokens: given.has('require-tokens'),
    allowHosts: given.texts('allow-host'),
    origins,
    proxies: given.texts('trust-proxy'),
    ...(perMinute === undefined ? {} : { requestsPerMinute: perMinute }),
  };
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new MillraceError('USAGE', `PORT: '${text}' is no port`, {
    place: 'the variable PORT',
    remedy: 'Set it to a number from 1 to 65535, or unset it.',
  });
}

function originOf(command: { name: string }, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && text.replace(/\/$/, '').toLowerCase() === url.origin) return url.origin;
  throw usage(
    command,
    `--cors: '${text}' is no origin`,
    'Write it as --cors https://shop.example: protocol, host and port.',
  );
}
