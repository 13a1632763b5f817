// What a stream may not be, each with a reason and a remedy; and its output compared with the declaration.
import { MillraceError } from '../../core/errors.ts';
import { formatType } from '../../define/fields.ts';
import type { Relation } from '../../define/relation.ts';
import type { Stream } from '../../define/stream.ts';
import type { Topic } from '../../define/topic.ts';
import type { Analysis } from './analyse.ts';
import type { DuckSession } from './database.ts';
import { castOf, mistakeIn } from './mistake.ts';
import type { Node } from './tree.ts';
import { fits } from './types.ts';

/** Columns that windows add to what they give. */
const windowColumns = ['window_start', 'window_end'];

/** Refuses fields that are called as the columns of windows: a query could not say which of the two it means. */
export function refuseWindowFields(place: string, input: Relation): void {
  const { noun, name, fields } = input.of;
  const field = Object.keys(fields).find((one) => windowColumns.includes(one.toLowerCase()));
  if (!input.window || field === undefined) return;
  throw new MillraceError(
    'NAME_INVALID',
    `field '${field}' of ${noun} '${name}' is called as a column of its windows`,
    {
      place,
      remedy:
        noun === 'topic'
          ? `Rename the field, or window a stream that gives it another name: select ${field} as … from \${${name}}.`
          : 'Give the field another name.',
    },
  );
}

/** Refuses views that the chain before a stream does not allow. */
export function refuseCombinations(place: string, input: Relation, topic: Topic, isRetracted: boolean): void {
  const view = input.dedupe ? 'dedupe' : input.previous ? 'previous' : undefined;
  if (view === undefined || !isRetracted) return;
  throw new MillraceError('SQL_UNSUPPORTED', `${view} cannot read rows that may be retracted, as those of windows`, {
    place,
    remedy: `Use ${view} over topic '${topic.name}' or a stream before the windows.`,
  });
}

/** Refuses shapes of queries that have no meaning over a stream. `alias` is undefined where the input is not in the outer FROM. */
export function refuseShapes(place: string, analysis: Analysis, input: Relation, alias: string | undefined): void {
  const refuse = (message: string, remedy: string) => {
    throw new MillraceError('SQL_UNSUPPORTED', message, { place, remedy });
  };
  if (analysis.hasSetOperation)
    refuse('UNION, INTERSECT and EXCEPT cannot be used in a stream', 'Declare a stream for each part.');
  if (analysis.hasLimitOrOrder)
    refuse(
      'ORDER BY and LIMIT have no meaning over a stream, which has no end',
      'Leave them out; order where you read the table.',
    );
  if (alias === undefined)
    refuse(
      `${input.of.noun} '${input.of.name}' must stand in the FROM clause of the outer SELECT`,
      'Move it out of the subquery or WITH.',
    );
  if (input.window) return;
  if (analysis.hasDistinct)
    refuse(
      'DISTINCT needs an end, which a stream does not have',
      `Use \${${input.of.name}.dedupe({ by: […], within: '…' })}, or a window.`,
    );
  if (analysis.hasWindowFunction)
    refuse(
      'OVER (…) would see only the records that happen to come together',
      'Use it over a window: tumble, hop or session.',
    );
}

/**
 * Compares what a query gives with what the stream declares. Resolves with the types that it gives, by the columns' names in lower case.
 *
 * @param compiled `text`: the query as written; `query`: the same with the column that is carried along; `rows`: what it reads
 * @throws SQL_INVALID, SQL_UNSUPPORTED, SQL_COLUMNS
 */
export async function checkColumns(
  session: DuckSession,
  place: string,
  stream: Stream,
  compiled: { rows: string; tree: Node; text: string; query: string },
  input: Relation,
): Promise<Map<string, string>> {
  const { rows, tree, text, query } = compiled;
  const identity = ['window_start', ...(input.window?.kind === 'session' ? input.window.by : [])].join(', ');
  const given = await session.describe(text).catch(async (error) => {
    throw error instanceof MillraceError ? await mistakeIn(session, stream, rows, error, place) : error;
  });
  await session.describe(query).catch((error) => {
    throw new MillraceError(
      'SQL_UNSUPPORTED',
      input.window ? `the query is not grouped by ${identity}` : 'the query aggregates over a stream that has no end',
      {
        place,
        remedy: input.window
          ? `Add ${identity} to the GROUP BY.`
          : `Read \${${input.of.name}.tumble('1 minute')} or another window, and group by window_start.`,
        cause: error,
      },
    );
  });
  const problems: string[] = [];
  const declared = Object.entries(stream.fields);
  for (const [name, field] of declared) {
    const column = given.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (!column) problems.push(`column '${name}' is declared, but the query does not give it`);
    else if (!fits(field.type, column.type)) {
      problems.push(
        `column '${name}' is declared ${formatType(field.type)}, but the query gives ${column.type} (cast it: ${await castOf(session, tree, name, field.type)})`,
      );
    }
  }
  for (const { name } of given) {
    if (!declared.some(([one]) => one.toLowerCase() === name.toLowerCase()))
      problems.push(
        /^\w+$/.test(name)
          ? `column '${name}' is not declared, but the query gives it`
          : `a column has no name: write ${name} as …`,
      );
  }
  const twice = given.find(
    (one, i) => given.findIndex((other) => other.name.toLowerCase() === one.name.toLowerCase()) !== i,
  );
  if (twice) problems.push(`column '${twice.name}' is given twice`);
  if (problems.length > 0)
    throw new MillraceError('SQL_COLUMNS', problems.join('; '), {
      place,
      remedy: 'Change the declaration or the SELECT list, so that both agree.',
    });
  return new Map(given.map((column) => [column.name.toLowerCase(), column.type]));
}
