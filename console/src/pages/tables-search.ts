// What the URLs of the tables' pages hold.

export type TablesSearch = { find?: string };

export function tablesSearch(given: Record<string, unknown>): TablesSearch {
  return given.find === undefined || given.find === '' ? {} : { find: String(given.find) };
}

type WhereValue = string | number | boolean | (string | number | boolean)[];

/** `where.COLUMN` and `where.COLUMN.OP`: filters, as the API has them; `order`: columns, `-` before a descending one; `row`: the key of the row that is open. */
export type TableSearch = { order?: string; row?: string } & { [where in `where.${string}`]?: WhereValue };

function isPlain(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

export function tableSearch(given: Record<string, unknown>): TableSearch {
  const where = Object.entries(given).filter(
    ([name, value]) => name.startsWith('where.') && (isPlain(value) || (Array.isArray(value) && value.every(isPlain))),
  );
  return {
    ...Object.fromEntries(where),
    ...(typeof given.order === 'string' && given.order ? { order: given.order } : {}),
    ...(given.row === undefined ? {} : { row: typeof given.row === 'string' ? given.row : JSON.stringify(given.row) }),
  };
}
