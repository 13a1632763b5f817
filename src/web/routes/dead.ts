// /api/dead: the dead letters, one with its bytes, and sending them again.
import { Type } from 'typebox';
import type { Routes } from '../app.ts';
import type { DeadRequest } from '../backend.ts';
import { wrong } from '../filters.ts';
import { problems } from '../problem.ts';
import type { RedriveRequest } from '../schemas.ts';

const tags = ['dead letters'];
const name = (description: string) => Type.Optional(Type.String({ maxLength: 300, description }));

export const deadRoutes: Routes = ({ app, backend }) => {
  app.get(
    '/api/dead',
    {
      schema: {
        tags,
        operationId: 'listDeadLetters',
        summary: 'Dead letters and late records, newest first',
        querystring: Type.Object({
          pipeline: name('Of this pipeline.'),
          stage: name('Of this stage: `source:NAME`, `decode`, or a stream or table.'),
          kind: Type.Optional(Type.Enum(['dead', 'late'])),
          code: name('With this code.'),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: 'Default 100.' })),
          after: Type.Optional(Type.String({ description: '`next` of the page before.' })),
        }),
        response: { 200: Type.Ref('DeadPage'), ...problems(400, 503) },
      },
    },
    ({ query }) => {
      const { pipeline, stage, kind, code, limit = 100, after } = query;
      const request: DeadRequest = {
        limit,
        ...(pipeline === undefined ? {} : { pipeline }),
        ...(stage === undefined ? {} : { stage }),
        ...(kind === undefined ? {} : { kind }),
        ...(code === undefined ? {} : { code }),
        ...(after === undefined ? {} : { after: readAfter(after) }),
      };
      return backend.dead(request);
    },
  );

  app.get(
    '/api/dead/:id',
    {
      schema: {
        tags,
        operationId: 'getDeadLetter',
        summary: 'A dead letter with its original bytes',
        description:
          'A reader gets no bytes, and nothing made of them but the masked record, where the topic has personal fields.',
        params: Type.Object({ id: Type.Integer({ minimum: 0, description: 'Its number.' }) }),
        querystring: Type.Object({}),
        response: { 200: Type.Ref('DeadLetterDetail'), ...problems(400, 404, 503) },
      },
    },
    ({ params, identity }) => backend.deadLetter(params.id, identity!.role !== 'reader'),
  );

  app.post(
    '/api/dead/redrive',
    {
      config: { role: 'writer' },
      schema: {
        tags,
        operationId: 'redriveDeadLetters',
        summary: 'Send dead letters again',
        description: 'Those named by `ids`, or all that meet the filter; a single one can be replaced or only tried.',
        querystring: Type.Object({}),
        body: Type.Ref('RedriveRequest'),
        response: { 200: Type.Ref('RedriveAnswer'), ...problems(400, 404, 413, 415, 503) },
      },
    },
    ({ body }) => backend.redrive(body as unknown as RedriveRequest),
  );
};

function readAfter(after: string): number {
  if (/^\d{1,15}$/.test(after)) return Number(after);
  throw wrong('after', 'this is not where a page ended', 'Give `next` of the page before, or leave it out.');
}
