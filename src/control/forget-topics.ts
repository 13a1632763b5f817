// Where persons are declared, where nobody declares them any more, and where their names stand all the same.
import { MillraceError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import type { Pipeline } from '../define/pipeline.ts';
import type { Topic } from '../define/topic.ts';
import { quote } from '../process/database.ts';
import { batchesOf, type Hunt, textsOf } from './forget-search.ts';
import { namesIn } from './person.ts';

/** Names that still stand somewhere as a text: in records of topics that declare no person, and rows of tables. */
export type Mentions = {
  readonly topics: Readonly<Record<string, number>>;
  readonly tables: Readonly<Record<string, number>>;
};

/** Characters of a name that is looked for in texts: a shorter one is a part of too many. */
const mentionMin = 4;

/**
 * The topics that declare a person, or the one that is named.
 *
 * @throws NOT_FOUND; OPTION_INVALID where the names are no values of such a field
 */
export function personTopics(
  pipelines: readonly Pipeline[],
  names: readonly string[],
  wanted: string | undefined,
): readonly Topic[] {
  const all = [...new Map(pipelines.flatMap(({ topics }) => topics.map((one) => [one.name, one]))).values()];
  const named = all.filter(({ name }) => wanted === undefined || name === wanted);
  if (named.length === 0) {
    const near =
      wanted === undefined
        ? undefined
        : nearest(
            wanted,
            all.map(({ name }) => name),
          );
    throw new MillraceError(
      'NOT_FOUND',
      wanted === undefined ? 'no pipeline is given' : `there is no topic '${wanted}'`,
      {
        place: wanted === undefined ? 'millrace forget' : `--topic ${wanted}`,
        remedy: near ? `Did you mean '${near}'?` : 'Give the files of the pipelines: --pipeline FILE.',
      },
    );
  }
  const topics = named.filter(({ person }) => person !== undefined);
  if (topics.length === 0)
    throw new MillraceError(
      'NOT_FOUND',
      wanted === undefined
        ? 'no topic says which field names a person'
        : `topic '${wanted}' does not say which field names a person`,
      {
        place: wanted === undefined ? 'millrace forget' : `topic '${wanted}'`,
        remedy: "Declare it: topic('rides', { rider: text(), … }, { person: 'rider' }).",
      },
    );
  for (const name of names) {
    if (topics.some((topic) => namesIn(topic, [name]).size > 0)) continue;
    throw new MillraceError(
      'OPTION_INVALID',
      'one of the values is not a whole number, and each person field has one',
      {
        place: `topic '${topics[0]!.name}', field '${topics[0]!.person}'`,
        remedy: 'Give the value as it stands in the field: 4711.',
      },
    );
  }
  return topics;
}

/**
 * Refuses to leave a person in a table that no pipeline declares any more: nobody knows what its rows are made of.
 *
 * @throws NOT_FOUND
 */
export async function checkUndeclared(hunt: Hunt): Promise<void> {
  const { folder, pipelines, topics } = hunt;
  const declared = new Set(pipelines.flatMap(({ tables }) => tables.map(({ name }) => name)));
  const persons = new Set(topics.map(({ person }) => person!));
  const session = await folder.database.session();
  try {
    for (const { name, pipeline, columns } of await folder.store.tables()) {
      if (declared.has(name)) continue;
      // a number may be any number
      const held = columns
        .filter((one) => !/^(int|long)$/.test(one.type) || persons.has(one.name))
        .map((one) => one.name);
      if (!(await isHeld(session, `store.${quote(name)}`, held, textsOf(hunt)))) continue;
      throw new MillraceError(
        'NOT_FOUND',
        `table '${name}' has rows of the person, and no pipeline declares it any more`,
        {
          place: `table '${name}' of pipeline '${pipeline}'`,
          remedy: `Drop it: millrace table drop ${name}. Or give the file that declares it: --pipeline FILE.`,
        },
      );
    }
  } finally {
    session.close();
  }
}

type Rows = { rows(sql: string, ...params: string[]): Promise<unknown[][]> };

async function isHeld(
  session: Rows,
  table: string,
  columns: readonly string[],
  texts: readonly string[],
): Promise<boolean> {
  if (columns.length === 0) return false;
  const is = columns.map((name) => `cast(${quote(name)} as varchar) in (select name from sought)`).join(' or ');
  const rows = await session.rows(
    `with sought as (select unnest(cast(cast($1 as json) as varchar[])) as name) select 1 from ${table} where ${is} limit 1`,
    JSON.stringify(texts),
  );
  return rows.length > 0;
}

/** Where names stand as a part of texts, though no field says that they are a person. Numbers are not looked for: they stand everywhere. */
export async function mentionsOf(hunt: Hunt): Promise<Mentions> {
  const names = hunt.names.filter((name) => name.length >= mentionMin && !/^[\d\s+-]+$/.test(name));
  if (names.length === 0) return { topics: {}, tables: {} };
  return { topics: await inTopics(hunt, names), tables: await inTables(hunt, names) };
}

async function inTopics({ folder: { log } }: Hunt, names: readonly string[]): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  const sought = names.map((name) => Buffer.from(name));
  for (const { name } of await log.topics()) {
    let count = 0;
    for await (const { bytes, ends, count: records } of batchesOf(log, name)) {
      const held = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      if (!sought.some((one) => held.includes(one))) continue;
      for (let i = 0; i < records; i++) {
        const own = held.subarray(i === 0 ? 0 : ends[3 * i - 1]!, ends[3 * i + 2]!);
        if (sought.some((one) => own.includes(one))) count++;
      }
    }
    if (count > 0) found[name] = count;
  }
  return found;
}

async function inTables({ folder }: Hunt, names: readonly string[]): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  const session = await folder.database.session();
  try {
    for (const { name, columns } of await folder.store.tables()) {
      const texts = columns.filter(({ type }) => /text|json|list/.test(type)).map((one) => quote(one.name));
      if (texts.length === 0) continue;
      const is = texts.map((one) => `contains(cast(${one} as varchar), n)`).join(' or ');
      const [row] = await session.rows(
        `with sought as (select unnest(cast(cast($1 as json) as varchar[])) as n)
          select count(*) from store.${quote(name)} where exists (select 1 from sought where ${is})`,
        JSON.stringify(names),
      );
      if (Number(row![0]) > 0) found[name] = Number(row![0]);
    }
    return found;
  } finally {
    session.close();
  }
}
