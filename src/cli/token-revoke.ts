// millrace token revoke: from now on a token is refused.
import { usage } from './arguments.ts';
import type { Command } from './command.ts';
import { dataOption, existingFolder, jsonOption } from './folder.ts';
import { toJson } from './json.ts';
import { paintFor } from './paint.ts';

export const tokenRevoke: Command = {
  name: 'token revoke',
  summary: 'refuse an access token from now on',
  description: [
    'From the next request on the token is refused, and so are the sessions that began with it; a running server sees it at once and ends its live streams within seconds. It stays in the list.',
  ],
  positionals: [{ name: 'ID', isRepeatable: true, description: 'Numbers that millrace token list gives.' }],
  options: [dataOption, jsonOption],
  examples: [
    { does: 'Revoke one:', line: 'millrace token revoke 3' },
    {
      does: 'Revoke all that were never used:',
      line: `millrace token list --json | jq '.tokens[] | select(.usedAt == null) | .id' | xargs millrace token revoke`,
    },
  ],
  exitCodes: [],
  async run(given, context) {
    const ids = given.positionals.map((word) => {
      if (/^\d{1,15}$/.test(word)) return Number(word);
      throw usage(tokenRevoke, `'${word}' is no number of a token`, 'See millrace token list.');
    });
    const tokens = await context.control.tokens(await existingFolder(given, context));
    try {
      const revoked = ids.map((id) => tokens.revoke(id));
      const paint = paintFor(context.out, context.environment);
      if (given.has('json')) context.out.write(`${toJson({ revoked: revoked.map((one) => one.id) })}\n`);
      else
        for (const { id, role } of revoked) context.out.write(`${paint.green('✓')} token ${id} (${role}) is revoked\n`);
      return 0;
    } finally {
      tokens.close();
    }
  },
};
