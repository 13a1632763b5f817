// The sql tag: a query with references to topics, streams, tables and parameters as values, so that the graph is known.
import { MillraceError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import { isParam, type Param } from './param.ts';
import type { Relation } from './relation.ts';
import type { Stream } from './stream.ts';
import type { Table } from './table.ts';
import type { Topic } from './topic.ts';

/** What may stand in `${…}` of a query. Plain texts may not: a value belongs in a parameter, SQL in the template. */
export type SqlValue = Topic | Stream | Table | Relation | Param | Sql;

/** A query as data: texts and the references between them. Frozen. */
export interface Sql {
  readonly noun: 'sql';
  /** One more than there are references. */
  readonly texts: readonly string[];
  readonly references: readonly (Relation | Param)[];
}

/**
 * A SQL query, which reads as it is written: a backslash is one, as in `regexp_extract(line, '(\d+)', 1)`. A topic, stream, table or a view of one writes the FROM clause and records the edge of the graph; a parameter
 * becomes a bound value; another `sql` is put in place.
 *
 * @throws PIPELINE_INVALID for anything else between `${` and `}`
 * @example sql`select zone, avg(fare) as fare from ${ride.tumble('1 minute')} group by zone`
 */
export function sql(strings: TemplateStringsArray, ...values: SqlValue[]): Sql {
  if (!Array.isArray(strings?.raw)) {
    throw new MillraceError('PIPELINE_INVALID', `sql is called with ${shown(strings)}`, {
      place: 'sql',
      remedy: 'Write the query behind it in backquotes: sql`select …`.',
    });
  }
  // the raw texts, since those of the language are undefined for `\d` and lose the backslash of `\.`
  const written = strings.raw.map(asWritten);
  const texts: string[] = [written[0]!];
  const references: (Relation | Param)[] = [];
  values.forEach((value, i) => {
    const after = written[i + 1]!;
    if (isSql(value)) {
      texts[texts.length - 1] += value.texts[0]!;
      texts.push(...value.texts.slice(1));
      references.push(...value.references);
      texts[texts.length - 1] += after;
    } else {
      references.push(reference(value, i));
      texts.push(after);
    }
  });
  return Object.freeze({ noun: 'sql', texts: Object.freeze(texts), references: Object.freeze(references) });
}

/** The raw text of a template, in which a backslash before a backquote and before `${` is the language's, not SQL's. */
function asWritten(raw: string): string {
  return raw.replace(/\\(`|\$(?=\{))|(?<=\$)\\(?=\{)/g, '$1');
}

function reference(value: unknown, position: number): Relation | Param {
  if (isParam(value)) return value;
  const noun = (value as { noun?: unknown } | null)?.noun;
  if (noun === 'relation') return value as Relation;
  if (noun === 'topic' || noun === 'stream' || noun === 'table') {
    return Object.freeze({
      noun: 'relation',
      of: value as Topic | Stream | Table,
      window: undefined,
      dedupe: undefined,
    });
  }
  throw new MillraceError('PIPELINE_INVALID', `\${…} number ${position + 1} of a query is ${shown(value)}`, {
    place: 'sql',
    remedy:
      'Put a topic, stream, table, a view of one, a param or another sql there; write plain SQL into the template itself.',
  });
}

function isSql(value: unknown): value is Sql {
  return (value as { noun?: unknown } | null)?.noun === 'sql';
}
