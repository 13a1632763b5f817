// /api/tables/:name/rows: rows by filters, in an order, a page at a time or all as a file; one row by its key.
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { Digits, parseDigits } from '../../core/digits.ts';
import { MillraceError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { rowToJson } from '../../core/row-json.ts';
import type { ReadOptions, StoredRow } from '../../store/store.ts';
import type { Routes } from '../app.ts';
import type { Backend } from '../backend.ts';
import { columnsOf } from '../columns.ts';
import { type PageOf, readCursor, writeCursor } from '../cursor.ts';
import { contentTypes, type FileFormat, fileStream } from '../exports.ts';
import { columnNamed, type QueryString, readConditions, readOrder, readValue, wrong } from '../filters.ts';
import { FreshAnswers } from '../fresh.ts';
import { Filters } from '../parameters.ts';
import { problems } from '../problem.ts';
import { RowCache } from '../row-cache.ts';
import { type Column, RowPage } from '../schemas.ts';

const json = 'application/json; charset=utf-8';
const tags = ['tables'];
const tableName = Type.String({ description: "The table's name." });
const pageRowsMax = limits.queryRowsMax;

/** What has to be known of a table to read it. */
type Shape = { readonly name: string; readonly key: readonly string[]; readonly columns: readonly Column[] };
/** What is asked for, checked. */
type Asked = { readonly options: Omit<ReadOptions, 'limit'>; readonly page: PageOf };

export const rowRoutes: Routes = ({ app, backend }) => {
  const shapeOf = shapes(backend);
  const pages = new FreshAnswers((table) => backend.tableVersion(table));
  const rows = new RowCache(backend);
  app.addHook('onClose', async () => rows.close());

  app.get(
    '/api/tables/:name/rows',
    {
      config: {
        documented: {
          response: {
            200: {
              description: 'A page of rows, or all of them as a file.',
              content: {
                'application/json': { schema: Type.Object(RowPage.properties) },
                'text/csv': { schema: Type.String() },
                'application/x-ndjson': { schema: Type.String() },
              },
            },
            ...problems(400, 404, 503),
          },
        },
      },
      schema: {
        tags,
        operationId: 'listRows',
        summary: 'Rows of a table',
        description:
          'Personal columns are shown as the table holds them. As csv or ndjson all rows are sent, page by page, or `limit` of them.',
        params: Type.Object({ name: tableName }),
        querystring: Type.Object({
          where: Filters,
          order: Type.Optional(
            Type.String({
              description: 'Columns with commas between them, `-` for descending; then by key: `-at,line`.',
            }),
          ),
          limit: Type.Optional(
            Type.Integer({ minimum: 1, description: `Default 100, at most ${pageRowsMax}; of a file default all.` }),
          ),
          after: Type.Optional(Type.String({ description: '`next` of the page before.' })),
          format: Type.Optional(Type.Enum(['json', 'csv', 'ndjson'], { description: 'Default json.' })),
        }),
        response: { 200: Type.Unknown(), ...problems(400, 404, 503) },
      },
    },
    async ({ params, query, method, url }, reply) => {
      const table = await shapeOf(params.name);
      const { format = 'json', limit } = query;
      if (format !== 'json') return sendFile(reply, table, read(table, query), format, limit, method === 'HEAD');
      const page = await pages.get(table.name, url, async () =>
        Buffer.from(JSON.stringify(await readPage(table.name, read(table, query), limit ?? 100))),
      );
      return reply.type(json).send(page);
    },
  );

  app.get(
    '/api/tables/:name/rows/:key',
    {
      schema: {
        tags,
        operationId: 'getRow',
        summary: 'One row by its key',
        params: Type.Object({
          name: tableName,
          key: Type.String({
            description: "The key's value; where several columns are the key, a JSON array of their values as texts.",
          }),
        }),
        querystring: Type.Object({}),
        response: { 200: Type.Ref('TableRow'), ...problems(400, 404, 503) },
      },
    },
    async ({ params }, reply) => {
      const table = await shapeOf(params.name);
      const texts = keyValues(table, params.key);
      const values = table.key.map((name, i) => readValue('key', columnNamed(name, table.columns, 'key'), texts[i]!));
      const row = await rows.row(table, values, async () => {
        const where = Object.fromEntries(table.key.map((name, i) => [name, { eq: values[i]! }]));
        return (await backend.rows(table.name, { where, limit: 1 }))[0];
      });
      if (row) return reply.type(json).send(row);
      throw new MillraceError('NOT_FOUND', `table '${table.name}' has no row '${params.key.slice(0, 200)}'`, {
        place: table.name,
        remedy: 'Mind the key, or look for the row with a filter.',
      });
    },
  );

  async function readPage(table: string, { options, page }: Asked, limit: number) {
    if (limit > pageRowsMax)
      throw wrong(
        'limit',
        `a page has ${pageRowsMax} rows at most`,
        'Ask for the next ones with after, or for a file.',
      );
    // one more row than asked for says whether there is a next page
    const rows = await backend.rows(table, { ...options, limit: limit + 1 });
    const shown = rows.slice(0, limit);
    const hasNext = rows.length > limit;
    return {
      rows: shown.map(rowToJson),
      ...(hasNext ? { next: writeCursor(page, shown.at(-1)!) } : {}),
    };
  }

  async function sendFile(
    reply: FastifyReply,
    table: Shape,
    { options }: Asked,
    format: FileFormat,
    rowsMax = Number.POSITIVE_INFINITY,
    isHead: boolean,
  ): Promise<FastifyReply> {
    const limit = Math.min(rowsMax, pageRowsMax);
    const firstPage = await backend.rows(table.name, { ...options, limit });
    reply.type(contentTypes[format]);
    reply.header('content-disposition', `attachment; filename="${table.name}.${format}"`);
    if (isHead) return reply.send('');
    const readNext = (after: StoredRow, count: number) => backend.rows(table.name, { ...options, after, limit: count });
    return reply.send(
      fileStream({ format, columns: table.columns, firstPage, pageRows: pageRowsMax, rowsMax, readPage: readNext }),
    );
  }
};

/** The shapes of tables: those of running pipelines are known, others (of pipelines that do not run) are asked for. */
function shapes(backend: Backend): (name: string) => Promise<Shape> {
  const known = new Map<string, Shape>();
  for (const { name, key, fields } of backend.definitions.flatMap((pipeline) => pipeline.tables))
    known.set(name, { name, key, columns: columnsOf(fields) });
  return async (name) => known.get(name) ?? backend.table(name);
}

function read({ name, key, columns }: Shape, query: QueryString & { order?: string; after?: string }): Asked {
  const order = readOrder(query.order, columns);
  const rest = key.filter((column) => !order.some((one) => one.column === column));
  const by = [...order.map((one) => one.column), ...rest].map((column) => columnNamed(column, columns, 'order'));
  const page: PageOf = { table: name, order: query.order ?? '', by };
  const options = {
    where: readConditions(query, columns),
    order,
    ...(query.after === undefined ? {} : { after: readCursor(page, query.after) }),
  };
  return { options, page };
}

/** The values of a key as texts. @throws OPTION_INVALID */
function keyValues({ key }: Shape, given: string): string[] {
  if (key.length === 1) return [given];
  const parsed = parse(given);
  const isFit = Array.isArray(parsed) && parsed.length === key.length;
  if (isFit && parsed.every((one) => typeof one === 'string' || typeof one === 'number' || one instanceof Digits))
    return parsed.map(String);
  throw wrong(
    'key',
    `the key has ${key.length} columns: ${key.join(', ')}`,
    `Give a JSON array of ${key.length} texts, percent-encoded.`,
  );
}

function parse(given: string): unknown {
  try {
    return parseDigits(given);
  } catch {
    return undefined;
  }
}
