// Looks at a query as its author wrote it, before our relations stand in it: what it may read, and errors in its own words.
import { MillraceError } from '../../core/errors.ts';
import type { Relation } from '../../define/relation.ts';
import type { Stream } from '../../define/stream.ts';
import { quote } from '../database.ts';
import type { DuckSession } from './database.ts';
import { metaNames } from './feed.ts';
import { render } from './render.ts';
import { refuseUnrepeatable } from './repeat.ts';
import { refuseMixing } from './shapes.ts';
import { commonNames, pointAt, treeOf, walk } from './tree.ts';

/** @throws SQL_INVALID, SQL_UNSUPPORTED, in terms of the author's text */
export async function screen(session: DuckSession, stream: Stream, input: Relation, place: string): Promise<void> {
  const refuse = (message: string, remedy: string): never => {
    throw new MillraceError('SQL_UNSUPPORTED', message, { place, remedy });
  };
  const names = new Set(stream.query.references.flatMap((one) => ('of' in one ? [one.of.name] : [])));
  const marker = (name: string) => `millrace:${name}`;
  const marked = (relation: Relation) =>
    quote(marker(relation.within ? `within ${relation.of.name}` : relation.of.name));
  const text = render(stream.query, marked, marked);
  const parsed = await treeOf(session, text);
  if (parsed.error && parsed.error_type === 'not implemented')
    refuse('it is no SELECT', 'Write one SELECT: a stream only reads.');
  if (parsed.error) {
    const word = await keyword(session, input, text);
    throw new MillraceError('SQL_INVALID', String(parsed.error_message).replace(/"?"millrace:([^"]*)""?/g, '"$1"'), {
      place,
      remedy: word
        ? `'${word}' is a word of SQL: write the field in quotation marks, "${word}".`
        : pointAt(
            text.replaceAll('"millrace:', '"'),
            text.slice(0, Number(parsed.position)).replaceAll('millrace:', '').length,
          ),
    });
  }
  const common = commonNames(parsed);
  walk(parsed, (node) => {
    if (node.type === 'BASE_TABLE') {
      const name = String(node.table_name);
      const isKnown =
        !node.schema_name &&
        (common.has(name) || [...names].some((one) => marker(one) === name || marker(`within ${one}`) === name));
      if (!isKnown)
        refuse(
          `'${[node.schema_name, name].filter(Boolean).join('.')}' is named as text`,
          /^[A-Za-z_]\w*$/.test(name) && !node.schema_name
            ? `Write \${${name}} with the topic, stream or table itself, so that the graph is known.`
            : `Read topics, streams and tables only, as values: \${${input.of.name}}.`,
        );
    }
    if (node.class === 'COLUMN_REF') {
      const name = String((node.column_names as string[]).at(-1)).toLowerCase();
      if ((metaNames as readonly string[]).includes(name))
        refuse(`'${name}' is a column of ours`, `Use the fields: ${Object.keys(input.of.fields).join(', ')}.`);
    }
  });
  await refuseUnrepeatable(session, stream, parsed, refuse);
  refuseMixing(parsed, marker(input.of.name), input, refuse);
}

/** A field that stands in the text without quotation marks and is a word of SQL. */
async function keyword(session: DuckSession, input: Relation, text: string): Promise<string | undefined> {
  const rows = await session.rows(
    "select keyword_name from duckdb_keywords() where keyword_category in ('reserved', 'type_function')",
  );
  const words = new Set(rows.map(([word]) => String(word)));
  const plain = text.replace(/"[^"]*"|'[^']*'/g, ' ');
  return Object.keys(input.of.fields).find(
    (name) => words.has(name.toLowerCase()) && new RegExp(`(^|[^.\\w])${name}\\b`, 'i').test(plain),
  );
}
