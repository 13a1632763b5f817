// /api/tables: the tables with their columns and numbers of rows.
import { Type } from 'typebox';
import type { Routes } from '../app.ts';
import { problems } from '../problem.ts';

const tags = ['tables'];

export const tableRoutes: Routes = ({ app, backend }) => {
  app.get(
    '/api/tables',
    {
      schema: {
        tags,
        operationId: 'listTables',
        summary: 'All tables',
        querystring: Type.Object({}),
        response: { 200: Type.Object({ tables: Type.Array(Type.Ref('TableView')) }), ...problems(400, 503) },
      },
    },
    async () => ({ tables: await backend.tables() }),
  );

  app.get(
    '/api/tables/:name',
    {
      schema: {
        tags,
        operationId: 'getTable',
        summary: 'A table: key, columns, number of rows',
        params: Type.Object({ name: Type.String({ description: "The table's name." }) }),
        querystring: Type.Object({}),
        response: { 200: Type.Ref('TableView'), ...problems(400, 404, 503) },
      },
    },
    ({ params }) => backend.table(params.name),
  );
};
