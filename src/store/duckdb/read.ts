// Reads rows of a table by conditions, in an order, page by page; every value is a bound parameter.
import { parseStored } from '../../core/digits.ts';
import { MillraceError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { isPlaceKey } from '../../define/place.ts';
import { quote, type Session, type SqlParam } from '../../process/database.ts';
import type { Condition, ReadOptions, ReadValue, StoredRow, StoredTable } from '../store.ts';

const operators = { eq: '=', ne: '<>', lt: '<', lte: '<=', gt: '>', gte: '>=', like: 'like' } as const;

/**
 * The rows of a table that meet all conditions, ordered by the given columns and then by key.
 *
 * @throws NOT_FOUND for a column that is not there, OPTION_INVALID for an unknown condition, QUERY_LIMIT for a limit that is too large
 */
export async function readRows(session: Session, table: StoredTable, options: ReadOptions): Promise<StoredRow[]> {
  const limit = options.limit ?? 100;
  if (!Number.isInteger(limit) || limit < 1 || limit > limits.readRowsMax) {
    throw new MillraceError('QUERY_LIMIT', `limit: ${limit} is not possible`, {
      place: `table '${table.name}'`,
      remedy: `Ask for 1 to ${limits.readRowsMax} rows, and for the next ones with after.`,
    });
  }
  const params: SqlParam[] = [];
  const typeOf = (name: string) => {
    const column = table.columns.find((one) => one.name === name);
    if (column) return column.type;
    throw new MillraceError('NOT_FOUND', `table '${table.name}' has no column '${name}'`, {
      place: `table '${table.name}'`,
      remedy: `Use one of: ${table.columns.map((one) => one.name).join(', ')}.`,
    });
  };
  const bind = (name: string, value: ReadValue): string => {
    params.push(value instanceof Date ? value.toISOString() : value);
    return `cast($${params.length} as ${castType(typeOf(name))})`;
  };
  const where = Object.entries(options.where ?? {}).map(([name, condition]) =>
    conditionSql(name, condition, bind, typeOf),
  );
  const order = [...(options.order ?? []), ...table.key.map((column) => ({ column, descending: false }))];
  const unique = order.filter((one, i) => order.findIndex((other) => other.column === one.column) === i);
  if (options.after) where.push(afterSql(unique, options.after, bind));
  const by = unique.map((one) => `${quote(one.column)} ${one.descending ? 'desc' : 'asc'} nulls last`).join(', ');
  for (const one of unique) typeOf(one.column);
  // one row at most: it needs no order, and its hash is compared before anything of it is read
  const key = options.after ? undefined : keyOf(table, options);
  if (key && !isPlaceKey(table.key))
    where.push(`_hash = hash(${key.map((value, i) => bind(table.key[i]!, value)).join(', ')})`);
  const limited = () => {
    params.push(limit);
    return ` order by ${by} limit $${params.length}`;
  };
  const rows = await session.rows(
    `select ${selectList(table.columns)} from store.${quote(table.name)}${where.length > 0 ? ` where ${where.join(' and ')}` : ''}${key ? '' : limited()}`,
    ...params,
  );
  return rows.map((row) => rowOf(table.columns, row));
}

/** The values of all columns of the key, where the conditions say them. */
function keyOf(table: StoredTable, { where = {} }: ReadOptions): ReadValue[] | undefined {
  const values = table.key.map((name) => where[name]?.eq);
  return values.every((value) => value !== undefined && value !== null) ? (values as ReadValue[]) : undefined;
}

/** Stands before each text that is read: without it the first character would be lost where it is U+FEFF, which is taken for a byte order mark. */
const guard = '.';

/** What a query selects so that `rowOf` can make rows of it. */
export function selectList(columns: readonly { readonly name: string; readonly type: string }[]): string {
  return columns
    .map(({ name, type }) => (type === 'text' ? `'${guard}' || ${quote(name)}` : readable(quote(name), type)))
    .join(', ');
}

/** A row from the values of a `selectList`. */
export function rowOf(
  columns: readonly { readonly name: string; readonly type: string }[],
  values: readonly unknown[],
): StoredRow {
  return Object.fromEntries(
    columns.map(({ name, type }, i) => {
      const value = values[i];
      return [name, type === 'text' && typeof value === 'string' ? value.slice(guard.length) : plain(value, type)];
    }),
  );
}

/** A condition on a column as SQL, its values bound. */
export function conditionSql(
  name: string,
  condition: Condition,
  bind: (name: string, value: ReadValue) => string,
  typeOf: (name: string) => string,
): string {
  const column = quote(name);
  typeOf(name);
  const parts = Object.entries(condition).map(([operator, value]) => {
    if (operator === 'in') {
      const values = value as readonly ReadValue[];
      return values.length === 0 ? 'false' : `${column} in (${values.map((one) => bind(name, one)).join(', ')})`;
    }
    if (!Object.hasOwn(operators, operator)) {
      throw new MillraceError('OPTION_INVALID', `there is no condition '${operator}'`, {
        place: `column '${name}'`,
        remedy: `Use one of: ${Object.keys(operators).join(', ')}, in.`,
      });
    }
    if (value === null) return operator === 'ne' ? `${column} is not null` : `${column} is null`;
    // without a \ DuckDB finds beginnings and ends of texts by a faster function
    const literally = operator === 'like' && String(value).includes('\\') ? " escape '\\'" : '';
    return `${column} ${operators[operator as keyof typeof operators]} ${bind(name, value as ReadValue)}${literally}`;
  });
  return parts.length === 0 ? 'true' : parts.join(' and ');
}

/** Rows that come after one in the order; a missing value comes last. */
function afterSql(
  order: readonly { column: string; descending?: boolean }[],
  after: StoredRow,
  bind: (name: string, value: ReadValue) => string,
): string {
  let sql = 'false';
  for (const { column, descending } of [...order].reverse()) {
    const name = quote(column);
    const value = (after[column] ?? null) as ReadValue;
    if (value === null) sql = `(${name} is null and ${sql})`;
    else
      sql = `(${name} ${descending ? '<' : '>'} ${bind(column, value)} or ${name} is null or (${name} = ${bind(column, value)} and ${sql}))`;
  }
  return sql;
}

/** The SQL type that a value of a declared type is cast to. */
export function castType(type: string): string {
  const known: Record<string, string> = {
    text: 'varchar',
    int: 'integer',
    long: 'bigint',
    bool: 'boolean',
    bytes: 'blob',
    json: 'varchar',
  };
  if (type.startsWith('oneOf')) return 'varchar';
  if (type.startsWith('list')) return 'varchar';
  return known[type] ?? type;
}

/** What a list of the type holds; undefined where it is no list. */
function itemType(type: string): string | undefined {
  return /^list\((.*)\)$/.exec(type)?.[1];
}

/** A column as it is read: as text, or a list of texts, where else a digit would be lost. */
export function readable(column: string, type: string): string {
  let held = type;
  let brackets = '';
  for (let item = itemType(held); item !== undefined; item = itemType(held)) {
    held = item;
    brackets += '[]';
  }
  const isText = held === 'date' || held.startsWith('decimal') || held === 'json';
  return isText ? `cast(${column} as varchar${brackets})` : column;
}

/** A value of a row as readers get it. */
export function plain(value: unknown, type: string): unknown {
  const held = itemType(type);
  if (held !== undefined && Array.isArray(value)) return value.map((item) => plain(item, held));
  if (typeof value === 'bigint')
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  if (type === 'json' && typeof value === 'string') return parseStored(value);
  return value;
}
