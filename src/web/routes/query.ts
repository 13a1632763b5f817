// POST /api/query: one SELECT over the tables, answered as it is computed.
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { Type } from 'typebox';
import { MillraceError } from '../../core/errors.ts';
import type { Routes } from '../app.ts';
import { problems } from '../problem.ts';
import type { QueryRequest } from '../schemas.ts';

export const queryRoutes: Routes = ({ app, backend }) => {
  app.post(
    '/api/query',
    {
      schema: {
        tags: ['tables'],
        operationId: 'runQuery',
        summary: 'Run one SELECT',
        description:
          'Read-only, with limits of rows, of time and of memory. It is computed in a process of its own, a few queries at a time, and ends where the connection is closed. The answer is sent as it is computed: one that fails after its first rows ends in the middle.',
        querystring: Type.Object({}),
        body: Type.Ref('QueryRequest'),
        response: { 200: Type.Ref('QueryAnswer'), ...problems(400, 413, 415, 503) },
      },
    },
    async (request, reply) => {
      const gone = new AbortController();
      // the response is closed before it is ended where the client has left
      reply.raw.on('close', () => gone.abort(left()));
      const asker = { name: String(request.identity?.token?.id ?? request.ip), signal: gone.signal };
      const stream = new PassThrough();
      const begun = Promise.withResolvers<void>();
      let isBegun = false;
      const take = async (piece: Uint8Array) => {
        isBegun = true;
        begun.resolve();
        if (!stream.write(piece)) await once(stream, 'drain', { signal: gone.signal });
      };
      backend.query(request.body as unknown as QueryRequest, asker, take).then(
        () => stream.end(),
        (error) => {
          begun.reject(error);
          // once the status is sent, that the body ends in the middle is all that can be said
          if (isBegun) stream.destroy(error);
        },
      );
      await begun.promise;
      return reply.type('application/json; charset=utf-8').send(stream);
    },
  );
};

function left(): MillraceError {
  return new MillraceError('QUERY_LIMIT', 'the one who asked has left', { place: 'query' });
}
