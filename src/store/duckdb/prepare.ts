// Makes a table, or changes the one that is there into what is declared, where that loses nothing.
import { MillraceError } from '../../core/errors.ts';
import { masked } from '../../core/mask.ts';
import { type FieldType, formatType } from '../../define/fields.ts';
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

/** @throws TABLE_CHANGED, NAME_TAKEN */
export async function prepareTable(session: Session, pipeline: string, table: Table): Promise<void> {
  const place = `table '${table.name}'`;
  const physical = `store.${quote(table.name)}`;
  const wanted = definitionOf(table);
  const [found] = await session.rows('select pipeline, definition from meta.tables where name = $1', table.name);
  if (!found) {
    await session.transaction(async () => {
      const columns = Object.entries(table.fields).map(([name, field]) => `${quote(name)} ${columnType(field.type)}`);
      await session.run(`create table ${physical} (${columns.join(', ')}, _hash ubigint not null)`);
      await showView(session, table);
      await session.run('insert into meta.tables values ($1, $2, $3)', table.name, pipeline, JSON.stringify(wanted));
    });
    return;
  }
  if (found[0] !== pipeline) {
    throw new MillraceError('NAME_TAKEN', `pipeline '${found[0]}' has a table of this name in the same data folder`, {
      place,
      remedy: 'Rename one of the tables, or give another folder with --data.',
    });
  }
  const had = tableDefinition(String(found[1]));
  if (JSON.stringify(had) === JSON.stringify(wanted)) return;
  const added = changes(place, had, wanted);
  const isNew = (name: string) => !had.unique?.includes(name) && !added.includes(name);
  for (const name of table.unique.filter(isNew)) await checkUnique(session, table, name);
  await session.transaction(async () => {
    for (const name of added)
      await session.run(`alter table ${physical} add column ${quote(name)} ${columnType(table.fields[name]!.type)}`);
    await showView(session, table);
    await session.run('update meta.tables set definition = $1 where name = $2', JSON.stringify(wanted), table.name);
  });
}

/** Refuses a unique rule that the rows which are there break: it could not be kept from then on either. @throws TABLE_CHANGED */
async function checkUnique(session: Session, table: Table, name: string): Promise<void> {
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
      remedy:
        'Leave the column out of unique, give the table with the rule another name (it gets what comes from then on, not what came before), or start with a new data folder.',
    },
  );
}

/** The columns to add; throws where more than optional columns were added. */
function changes(place: string, had: Definition, wanted: Definition): string[] {
  const problems: string[] = [];
  if (had.key.join() !== wanted.key.join())
    problems.push(`its key was ${had.key.join(', ')} and is now ${wanted.key.join(', ')}`);
  for (const column of had.columns) {
    const now = wanted.columns.find((one) => one.name === column.name);
    if (!now) problems.push(`column '${column.name}' is gone`);
    else if (now.type !== column.type && !(now.type.startsWith('oneOf') && column.type.startsWith('oneOf'))) {
      problems.push(`column '${column.name}' was ${column.type} and is now ${now.type}`);
    } else if (column.isOptional && !now.isOptional) problems.push(`column '${column.name}' was optional`);
  }
  const added = wanted.columns.filter((one) => !had.columns.some((column) => column.name === one.name));
  for (const column of added) if (!column.isOptional) problems.push(`column '${column.name}' is new, and not optional`);
  if (problems.length > 0) {
    throw new MillraceError('TABLE_CHANGED', problems.join('; '), {
      place,
      remedy:
        'Only optional columns can be added to a table with rows: give the changed table another name (it gets what comes from then on, not what came before), or start with a new data folder.',
    });
  }
  return added.map((column) => column.name);
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
