// A mistake in a query, told in the words of its author: the line it is in, what was perhaps meant, how a column is cast.
import { MillraceError } from '../../core/errors.ts';
import type { FieldType } from '../../define/fields.ts';
import type { Stream } from '../../define/stream.ts';
import { quote } from '../database.ts';
import type { DuckSession } from './database.ts';
import { render } from './render.ts';
import { copyOf, type Node, rootOf, sqlOf, treeOf } from './tree.ts';
import { sqlType } from './types.ts';

/** Characters of an expression that are shown in full. */
const expressionMax = 60;

/** The error of a query as one of its author's: `rows` is what was put in place of the input. */
export async function mistakeIn(
  session: DuckSession,
  stream: Stream,
  rows: string,
  error: MillraceError,
  place: string,
): Promise<MillraceError> {
  const remedies = [singleQuotes(stream, error.message), candidates(error.message), await line(session, stream, rows)];
  return new MillraceError(error.code === 'ROW_FAILED' ? 'SQL_INVALID' : error.code, inTheirWords(error.message), {
    place,
    remedy: remedies.filter(Boolean).join(' ') || 'Fix the SQL.',
    cause: error,
  });
}

/** How the column of a query is cast to a type. */
export async function castOf(session: DuckSession, tree: Node, name: string, type: FieldType): Promise<string> {
  const as = `::${sqlType(type).toLowerCase()} as ${name}`;
  const items = (rootOf(tree).select_list as Node[]).filter(({ class: kind }) => kind !== 'STAR');
  const item = items.find(
    ({ alias, column_names: names }) =>
      String(alias || (names as string[] | undefined)?.at(-1)).toLowerCase() === name.toLowerCase(),
  );
  if (!item) return name + as;
  const alone = await treeOf(session, 'select 1');
  Object.assign(rootOf(alone), { select_list: [{ ...copyOf(item), alias: '' }] });
  const expression = (await sqlOf(session, alone)).replace(/^SELECT /, '').replace(/^\((.*)\)$/s, '$1');
  if (item.class === 'COLUMN_REF') return expression + as;
  return `(${expression.length > expressionMax ? '…' : expression})${as}`;
}

/** DuckDB takes what stands in double quotes for a column. */
function singleQuotes(stream: Stream, message: string): string | undefined {
  const name = /Referenced column "([^"]*)" not found/.exec(message)?.[1];
  if (name === undefined || !stream.query.texts.some((text) => text.includes(`"${name}"`))) return undefined;
  return `If it is a text, write it in single quotes: '${name.replaceAll("'", "''")}'.`;
}

/** Where the mistake is, by the lines of the query as it was written: a relation of one word stands in place of what we put there. */
async function line(session: DuckSession, stream: Stream, rows: string): Promise<string | undefined> {
  const marker = quote('millrace:input');
  try {
    await session.run(`create or replace temp view ${marker} as select * from ${rows} limit 0`);
    await session.describe(render(stream.query, () => `temp.main.${marker}`));
  } catch (error) {
    const [, at, shown] =
      error instanceof MillraceError ? (/Look at line (\d+), where it says: (.*)/s.exec(error.remedy ?? '') ?? []) : [];
    // what stands behind the name that we put there is not shown
    return at === undefined
      ? undefined
      : `Look at line ${at}: ${shown!.split(/\s+(?:from\s+)?(?:temp\.)?main\./i)[0]!.trim()}`;
  } finally {
    await session.run(`drop view if exists temp.main.${marker}`);
  }
  return undefined;
}

/** The engine's message without its kind, and without lines about the text that we made of the query. */
function inTheirWords(message: string): string {
  return message.split('\n')[0]!.replace(/^[A-Z][A-Za-z ]* Error: /, '');
}

/** What the engine proposes, without columns of ours. */
function candidates(message: string): string | undefined {
  const proposed = /(?:Candidate bindings:|Did you mean)[^\n]*/.exec(message)?.[0];
  const names = [...(proposed ?? '').matchAll(/"([^"]+)"/g)]
    .map(([, name]) => name!)
    .filter((name) => !name.startsWith('_'));
  return names.length > 0 ? `Perhaps you mean ${names.join(' or ')}.` : undefined;
}
