// millrace token create: makes an access token and prints it, this once.
import { durationMs } from '../core/durations.ts';
import type { MadeToken } from '../web/access/tokens.ts';
import { type Role, roles } from '../web/app.ts';
import { type Arguments, usage } from './arguments.ts';
import { csvLines } from './cells.ts';
import type { Command, Context } from './command.ts';
import { dataOption, folderOf, jsonOption } from './folder.ts';
import { toJson } from './json.ts';
import { formatMoment, plural } from './numbers.ts';
import { paintFor } from './paint.ts';

/** Tokens that one command makes at most. */
const countMax = 10_000;
const nameMax = 100;

export const tokenCreate: Command = {
  name: 'token create',
  summary: 'make an access token, and print it this once',
  description: [
    'Makes a token for the API and the console, and prints it: keep it, since only its hash is stored. A poster may only post records to the topics that you name; a reader may read and query; a writer may also post records, pause, resume and send dead letters again; an admin may also change the schema registry.',
    'It works beside a running pipeline, and makes the data folder where there is none.',
  ],
  positionals: [],
  options: [
    { name: 'role', value: 'ROLE', choices: roles, description: 'What it may do: poster, reader, writer or admin.' },
    {
      name: 'topic',
      value: 'NAME',
      isRepeatable: true,
      description: 'A topic that a poster may post to; may be repeated.',
    },
    {
      name: 'rate',
      value: 'N',
      isCount: true,
      description: 'Requests a minute that it may make. Default: as many as --rate-limit of the server says.',
    },
    {
      name: 'count',
      value: 'N',
      isCount: true,
      description:
        'Make so many tokens, and print each as a line: number, name, token. {} in --name is their place, from 1.',
    },
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
      does: 'For 200 devices, each of which may post to one topic:',
      line: "millrace token create --role poster --topic readings --count 200 --name 'device {}' > tokens.csv",
    },
    {
      does: 'For a program that posts records:',
      line: 'TOKEN=$(millrace token create --role writer --name till --json | jq -r .token)',
    },
  ],
  exitCodes: [],
  async run(given, context) {
    const role = given.text('role') as Role | undefined;
    if (!role) throw usage(tokenCreate, 'which role is it to have?', `Give --role ${listed(roles)}.`);
    const topics = topicsOf(given, role);
    const requestsPerMinute = given.count('rate');
    const count = given.count('count');
    if (count !== undefined && count > countMax)
      throw usage(tokenCreate, `--count ${count} is more than ${countMax}`, 'Make them in several steps.');
    const name = given.text('name') ?? '';
    if (name.length > nameMax) throw usage(tokenCreate, `--name is longer than ${nameMax} letters`);
    const expiresAt = expiryOf(given, context);
    const tokens = await context.control.tokens(folderOf(given, context));
    try {
      const wanted = { role, name, ...definedOf({ expiresAt, topics, requestsPerMinute }) };
      if (count !== undefined) {
        const all = Array.from({ length: count }, (_, i) => ({
          ...wanted,
          name: name.replaceAll('{}', String(i + 1)),
        }));
        writeAll(tokens.createAll(all), given, context);
        return 0;
      }
      const { token, view } = tokens.create(wanted);
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

/** The topics of a poster. */
function topicsOf(given: Arguments, role: Role): readonly string[] | undefined {
  const topics = given.texts('topic');
  if (role === 'poster' && topics.length === 0)
    throw usage(tokenCreate, 'to which topics may it post?', 'Give --topic NAME, once for each.');
  if (role !== 'poster' && topics.length > 0)
    throw usage(tokenCreate, `--topic is for posters, and a ${role} may use all topics`, 'Give --role poster.');
  return role === 'poster' ? topics : undefined;
}

/** The members that are there. */
function definedOf<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never;
}

function listed(all: readonly string[]): string {
  return `${all.slice(0, -1).join(', ')} or ${all.at(-1)}`;
}

/** Tokens as lines for other programs. */
function writeAll(made: readonly MadeToken[], given: Arguments, { out, error, environment }: Context): void {
  if (given.has('json')) {
    const tokens = made.map(({ token, view: { id, name, role } }) => ({ token, id, role, name }));
    out.write(`${toJson({ tokens })}\n`);
    return;
  }
  for (const line of csvLines({
    columns: ['id', 'name', 'token'].map((name) => ({ name, type: 'VARCHAR' })),
    rows: made.map(({ token, view }) => [view.id, view.name, token]),
    truncated: false,
  }))
    out.write(line);
  error.write(
    `${paintFor(error, environment).green('✓')} ${plural(made.length, 'token')}. Keep them: they are not shown again.\n`,
  );
}
