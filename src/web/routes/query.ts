// POST /api/query: one SELECT over the tables.
import { Type } from 'typebox';
import type { Routes } from '../app.ts';
import { problems } from '../problem.ts';

export const queryRoutes: Routes = ({ app, backend }) => {
  app.post(
    '/api/query',
    {
      schema: {
        tags: ['tables'],
        operationId: 'runQuery',
        summary: 'Run one SELECT',
        description: 'Read-only, with limits of rows and of time.',
        querystring: Type.Object({}),
        body: Type.Ref('QueryRequest'),
        response: { 200: Type.Ref('QueryAnswer'), ...problems(400, 413, 415, 503) },
      },
    },
    ({ body }) => backend.query(body as unknown as Parameters<typeof backend.query>[0]),
  );
};
