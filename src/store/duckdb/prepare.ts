// Makes a table, or changes the one that is there into what is declared, where that loses nothing.
import { MillraceError } from '../../core/errors.ts';
import { masked } from '../../core/mask.ts';
import { type FieldType, formatType } from '../../define/fields.ts';
import { isPlaceKey } from '../../define/place.ts';
import type { Table } from '../../define/table.ts';
import { literal, quote, type Session } from '../../process/database.ts';
import type { StoredTable } from '../store.ts';

/** `unique`: the columns whose rule the rows that are there keep; absent where the folder was made before this was noted. */
type Definition = Pick<StoredTable, 'key' | 'columns'> & { readonly unique?: readonly string[] };

/** The key, the columns and the rules of a table as they were stored. */
export function tableDefinition(text: string): Definition {
  return JSON.parse(text) as Definition;
}

function definitionOf(table: Table): Definition {
  return {
    key: table.key,
    columns: Object.entries(table.fields).map(([name, field]) => ({
      name,
      type: formatType(field.type),
      isOptional: field.isOptional,
    })),
    unique: table.unique,
  };
}

/**
 * Makes a table, or what is declared of the one that is there: new optional columns are added; one without rows is made anew.
 *
 * @throws TABLE_CHANGED, NAME_TAKEN
 */
export async function prepareTable(session: Session, pipeline: string, table: Table): Promise<void> {
  const place = `table '${table.name}'`;
  const physical = `store.${quote(table.name)}`;
  const wanted = definitionOf(table);
  const [found] = await session.rows('select pipeline, definition from meta.tables where name = $1', table.name);
  if (!found) {
    await session.transaction(async () => {
      await makeTable(session, table);
      await session.run('insert into meta.tables values ($1, $2, $3)', table.name, pipeline, JSON.stringify(wanted));
    });
    return;
  }
  if (found[0] !== pipeline) {
    throw new MillraceError('NAME_TAKEN', `pipeline '${found[0]}' has a table of this name in the same data folder`, {
      place,
      remedy: `Rename one of the tables, run them in different data folders, or remove the one that is there: millrace table drop ${table.name}.`,
    });
  }
  const had = tableDefinition(String(found[1]));
  // a table that an earlier version made has no places: its rows count as older than all that come
  if (!isPlaceKey(had.key)) await session.run(`alter table ${physical} add column if not exists _place bigint`);
  if (JSON.stringify(had) === JSON.stringify(wanted)) return;
  const { added, problems } = changes(had, wanted);
  const isEmpty = (await session.rows(`select 1 from ${physical} limit 1`)).length === 0;
  if (problems.length > 0 && !isEmpty) throw tableChanged(pipeline, table, problems);
  const isNew = (name: string) => !had.unique?.includes(name) && !added.includes(name);
  if (!isEmpty) for (const name of table.unique.filter(isNew)) await checkUnique(session, pipeline, table, name);
  await session.transaction(async () => {
    if (problems.length > 0) {
      // there is nothing in it that the change could lose
      await removeTable(session, table.name);
      await makeTable(session, table);
    } else {
      for (const name of added)
        await session.run(`alter table ${physical} add column ${quote(name)} ${columnType(table.fields[name]!.type)}`);
      await showView(session, table);
    }
    await session.run('update meta.tables set definition = $1 where name = $2', JSON.stringify(wanted), table.name);
  });
}

/** Refuses a unique rule that the rows which are there break: it could not be kept from then on either. @throws TABLE_CHANGED */
async function checkUnique(session: Session, pipeline: string, table: Table, name: string): Promise<void> {
  const stored = `store.${quote(table.name)}`;
  const column = quote(name);
  const shared = `select ${column} from ${stored} where ${column} is not null group by ${column} having count(*) > 1`;
  const count = Number((await session.rows(`select count(*) from ${stored} where ${column} in (${shared})`))[0]![0]);
  if (count === 0) return;
  const keys = table.key.map((key) => `cast(${quote(key)} as varchar)`).join(', ');
  const examples = await session.rows(
    `select ${keys} from ${stored} where ${column} = (select min(${column}) from (${shared})) order by all limit 2`,
  );
  const isPersonal = table.key.map((key) => table.fields[key]!.isPersonal);
  const message = (shown: (value: unknown, i: number) => string) =>
    `column '${name}' is now unique, but ${count} of the rows that are there share a value of it with another row, for example those with the keys ${examples.map((key) => key.map(shown).join('/')).join(' and ')}`;
  throw new MillraceError(
    'TABLE_CHANGED',
    message((value) => `'${value}'`),
    {
      place: `table '${table.name}'`,
      masked: message((value, i) => (isPersonal[i] ? masked : `'${value}'`)),
      remedy: `Leave the column out of unique, or make the table again from the log: millrace rebuild ${pipeline} ${table.name}. Records that break the rule are then in the dead letters.`,
    },
  );
}

/** The optional columns to add, and what makes rows that are there something else. */
function changes(had: Definition, wanted: Definition): { added: string[]; problems: string[] } {
  const problems: string[] = [];
  if (had.key.join() !== wanted.key.join())
    problems.push(`its key was ${shownKey(had.key)} and is now ${shownKey(wanted.key)}`);
  for (const column of withoutPlace(had)) {
    const now = wanted.columns.find((one) => one.name === column.name);
    if (!now) problems.push(`column '${column.name}' is gone`);
    else if (now.type !== column.type && !(now.type.startsWith('oneOf') && column.type.startsWith('oneOf'))) {
      problems.push(`column '${column.name}' was ${column.type} and is now ${now.type}`);
    } else if (column.isOptional && !now.isOptional) problems.push(`column '${column.name}' was optional`);
  }
  const added = withoutPlace(wanted).filter((one) => !had.columns.some((column) => column.name === one.name));
  for (const column of added) if (!column.isOptional) problems.push(`column '${column.name}' is new, and not optional`);
  return { added: added.map((column) => column.name), problems };
}

/** The columns but for those of a place, which come and go with that key. */
function withoutPlace({ key, columns }: Definition): Definition['columns'] {
  return isPlaceKey(key) ? columns.filter(({ name }) => !key.includes(name)) : columns;
}

function shownKey(key: readonly string[]): string {
  if (!isPlaceKey(key)) return key.join(', ');
  return `the place of ${key.length === 2 ? 'the record' : 'the row'} (${key.join(', ')})`;
}

function tableChanged(pipeline: string, { name }: Table, problems: readonly string[]): MillraceError {
  return new MillraceError('TABLE_CHANGED', problems.join('; '), {
    place: `table '${name}'`,
    remedy: `Make the table again from the log: millrace rebuild ${pipeline} ${name}. Only optional columns can be added to the rows that are there.`,
  });
}

/** Removes a table and its definition, where it is there. */
export async function dropTable(session: Session, name: string): Promise<void> {
  await removeTable(session, name);
  await session.run('delete from meta.tables where name = $1', name);
}

async function removeTable(session: Session, name: string): Promise<void> {
  await session.run(`drop view if exists main.${quote(name)}`);
  await session.run(`drop table if exists store.${quote(name)}`);
}

async function makeTable(session: Session, table: Table): Promise<void> {
  const columns = Object.entries(table.fields).map(([name, field]) => `${quote(name)} ${columnType(field.type)}`);
  // what finds the row of a key, and says how new it is: a place is both
  if (!table.isByPlace) columns.push('_hash ubigint not null', '_place bigint');
  await session.run(`create table store.${quote(table.name)} (${columns.join(', ')})`);
  await showView(session, table);
}

async function showView(session: Session, table: Table): Promise<void> {
  const names = Object.keys(table.fields).map(quote).join(', ');
  await session.run(
    `create or replace view main.${quote(table.name)} as select ${names} from store.${quote(table.name)}`,
  );
  await session.run(`comment on view main.${quote(table.name)} is ${literal(`key: ${table.key.join(', ')}`)}`);
}

function columnType(type: FieldType): string {
  switch (type.kind) {
    case 'text':
    case 'oneOf':
      return 'varchar';
    case 'int':
      return 'integer';
    case 'long':
      return 'bigint';
    case 'bool':
      return 'boolean';
    case 'bytes':
      return 'blob';
    case 'decimal':
      return `decimal(${type.precision}, ${type.scale})`;
    case 'list':
      return `${columnType(type.of)}[]`;
    default:
      return type.kind;
  }
}

/** Puts a table that was made again (`made`) in the place of the one that is there. To be called in a transaction. */
export async function adoptTable(session: Session, pipeline: string, table: Table, made: string): Promise<void> {
  const definition = JSON.stringify(definitionOf(table));
  await session.run(`drop table if exists store.${quote(table.name)}`);
  await session.run(`alter table store.${quote(made)} rename to ${quote(table.name)}`);
  await session.run(`drop view if exists main.${quote(made)}`);
  await showView(session, table);
  await session.run('delete from meta.tables where name in ($1, $2)', table.name, made);
  await session.run('insert into meta.tables values ($1, $2, $3)', table.name, pipeline, definition);
}
