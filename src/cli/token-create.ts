// millrace token create: makes an access token and prints it, this once.
import { durationMs } from '../core/durations.ts';
import type { Role } from '../web/app.ts';
import { type Arguments, usage } from './arguments.ts';
import type { Command, Context } from './command.ts';
import { dataOption, folderOf, jsonOption } from './folder.ts';
import { toJson } from './json.ts';
import { formatMoment } from './numbers.ts';
import { paintFor } from './paint.ts';

const roles: readonly Role[] = ['reader', 'writer', 'admin'];
const nameMax = 100;

export const tokenCreate: Command = {
  name: 'token create',
  summary: 'make an access token, and print it this once',
  description: [
    'Makes a token for the API and the console, and prints it: keep it, since only its hash is stored. A reader may read and query; a writer may also post records, pause, resume and send dead letters again; an admin may also change the schema registry.',
    'It works beside a running pipeline, and makes the data folder where there is none.',
  ],
  positionals: [],
  options: [
    { name: 'role', value: 'ROLE', choices: roles, description: 'What it may do: reader, writer or admin.' },
    { name: 'expires', value: 'TIME', description: 'How long it is valid: 12h, 30d. Default: until it is revoked.' },
    { name: 'name', value: 'TEXT', description: 'Whom or what it is for, to tell it from others in the list.' },
    dataOption,
    jsonOption,
  ],
  examples: [
    {
      does: 'For a dashboard on the wall, for 30 days:',
      line: 'millrace token create --role reader --expires 30d --name wall',
    },
    {
      does: 'For a program that posts records:',
      line: 'TOKEN=$(millrace token create --role writer --name till --json | jq -r .token)',
    },
  ],
  exitCodes: [],
  async run(given, context) {
    const role = given.text('role') as Role | undefined;
    if (!role) throw usage(tokenCreate, 'which role is it to have?', 'Give --role reader, writer or admin.');
    const name = given.text('name') ?? '';
    if (name.length > nameMax) throw usage(tokenCreate, `--name is longer than ${nameMax} letters`);
    const expiresAt = expiryOf(given, context);
    const tokens = await context.control.tokens(folderOf(given, context));
    try {
      const { token, view } = tokens.create({ role, name, ...(expiresAt === undefined ? {} : { expiresAt }) });
      if (given.has('json')) {
        context.out.write(
          `${toJson({ token, id: view.id, role, name, ...timesOf(view.createdAt, view.expiresAt) })}\n`,
        );
        return 0;
      }
      const paint = paintFor(context.out, context.environment);
      const until = view.expiresAt === undefined ? 'until it is revoked' : `until ${formatMoment(view.expiresAt)}`;
      context.out.write(`${paint.bold(token)}\n`);
      // beside the token, not in it: $(millrace token create …) is the token alone
      context.error.write(
        `${paint.green('✓')} token ${view.id}, ${role}, valid ${until}. Keep it: it is not shown again.\n`,
      );
      return 0;
    } finally {
      tokens.close();
    }
  },
};

function expiryOf(given: Arguments, context: Context): number | undefined {
  const text = given.text('expires');
  if (text === undefined) return undefined;
  const ms = durationMs(text, '--expires');
  if (ms < 1000) throw usage(tokenCreate, `--expires ${text} is over at once`, 'Write it as --expires 30d.');
  const at = Math.round(context.now() + ms);
  if (at > 8.64e15)
    throw usage(tokenCreate, `--expires ${text} is too long`, 'Leave it out: then it is valid for ever.');
  return at;
}

function timesOf(createdAt: number, expiresAt: number | undefined): Record<string, Date> {
  return { createdAt: new Date(createdAt), ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }) };
}
