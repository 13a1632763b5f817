// millrace token list: the access tokens of a data folder, without the tokens themselves.
import type { TokenView } from '../web/access/tokens.ts';
import type { Command, Context } from './command.ts';
import { dataOption, existingFolder, jsonOption } from './folder.ts';
import { grid } from './grid.ts';
import { toJson } from './json.ts';
import { formatMoment } from './numbers.ts';
import { paintFor } from './paint.ts';
import { harmless } from './width.ts';

export const tokenList: Command = {
  name: 'token list',
  summary: 'list the access tokens, and when each was last used',
  description: [
    'Lists the tokens of the data folder: number, role, name, when made, until when, on which day last used. The tokens themselves are not stored. It works beside a running pipeline.',
  ],
  positionals: [],
  options: [dataOption, jsonOption],
  examples: [
    { does: 'List them:', line: 'millrace token list' },
    {
      does: 'Those that were never used:',
      line: `millrace token list --json | jq '.tokens[] | select(.usedAt == null) | .id'`,
    },
  ],
  exitCodes: [],
  async run(given, context) {
    const tokens = await context.control.tokens(await existingFolder(given, context));
    try {
      const found = tokens.list();
      if (given.has('json')) context.out.write(`${toJson({ tokens: found.map((one) => jsonOf(one, context)) })}\n`);
      else writeText(found, context);
      return 0;
    } finally {
      tokens.close();
    }
  },
};

/** Why a token is worth nothing any more, or that it is worth something. */
export function stateOf({ revokedAt, expiresAt }: TokenView, now: number): 'valid' | 'expired' | 'revoked' {
  if (revokedAt !== undefined) return 'revoked';
  return expiresAt !== undefined && expiresAt <= now ? 'expired' : 'valid';
}

function jsonOf(token: TokenView, context: Context): Record<string, unknown> {
  const time = (ms: number | undefined) => (ms === undefined ? null : new Date(ms));
  return {
    id: token.id,
    role: token.role,
    ...(token.topics ? { topics: token.topics } : {}),
    ...(token.requestsPerMinute === undefined ? {} : { requestsPerMinute: token.requestsPerMinute }),
    name: token.name,
    state: stateOf(token, context.now()),
    createdAt: time(token.createdAt),
    expiresAt: time(token.expiresAt),
    usedAt: time(token.usedAt),
    revokedAt: time(token.revokedAt),
  };
}

function writeText(found: readonly TokenView[], { out, environment, now }: Context): void {
  const paint = paintFor(out, environment);
  if (found.length === 0) {
    out.write(paint.dim('no tokens yet: millrace token create --role reader makes one\n'));
    return;
  }
  const rows = found.map((token) => {
    const state = stateOf(token, now());
    return [
      String(token.id),
      token.topics ? `${token.role} of ${token.topics.join(', ')}` : token.role,
      harmless(token.name),
      state === 'valid' ? paint.green(state) : paint.dim(state),
      formatMoment(token.createdAt),
      formatMoment(token.expiresAt),
      token.usedAt === undefined ? 'never' : formatMoment(token.usedAt).slice(0, 10),
    ];
  });
  const heads = [
    { name: 'id', side: 'right' },
    { name: 'role' },
    { name: 'name' },
    { name: 'state' },
    { name: 'made' },
    { name: 'expires' },
    { name: 'last used' },
  ] as const;
  out.write(grid(heads, rows, paint));
}
