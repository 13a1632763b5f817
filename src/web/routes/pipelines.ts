// /api/pipelines: how each one is, its graph, its ledger; pause and resume.
import { Type } from 'typebox';
import { MillraceError } from '../../core/errors.ts';
import type { Routes } from '../app.ts';
import { problems } from '../problem.ts';
import type { PipelineView } from '../schemas.ts';

const name = Type.Object({ name: Type.String({ description: "The pipeline's name." }) });

export const pipelineRoutes: Routes = ({ app, backend }) => {
  const find = (wanted: string): PipelineView => {
    const found = backend.pipelines().find((one) => one.name === wanted);
    if (found) return found;
    throw new MillraceError('NOT_FOUND', `there is no pipeline '${wanted}'`, {
      place: wanted,
      remedy: 'See GET /api/pipelines for those that run.',
    });
  };

  app.get(
    '/api/pipelines',
    {
      schema: {
        tags: ['pipelines'],
        operationId: 'listPipelines',
        summary: 'All pipelines with their graphs and live rates',
        querystring: Type.Object({}),
        response: { 200: Type.Object({ pipelines: Type.Array(Type.Ref('PipelineView')) }), ...problems(400) },
      },
    },
    () => ({ pipelines: backend.pipelines() }),
  );

  app.get(
    '/api/pipelines/:name',
    {
      schema: {
        tags: ['pipelines'],
        operationId: 'getPipeline',
        summary: 'A pipeline with its graph and its definition',
        params: name,
        querystring: Type.Object({}),
        response: {
          200: Type.Ref('PipelineDetail'),
          ...problems(400, 404, 503),
        },
      },
    },
    async ({ params }) => ({ ...find(params.name), plan: await backend.plan(params.name) }),
  );

  app.get(
    '/api/pipelines/:name/ledger',
    {
      schema: {
        tags: ['pipelines'],
        operationId: 'getLedger',
        summary: 'Where each record went',
        params: name,
        querystring: Type.Object({}),
        response: { 200: Type.Ref('Ledger'), ...problems(400, 404) },
      },
    },
    ({ params }) => find(params.name).ledger,
  );

  for (const [action, summary] of [
    ['pause', 'Take no more records until resumed: they stay in the log'],
    ['resume', 'Go on where it was paused'],
  ] as const) {
    app.post(
      `/api/pipelines/:name/${action}`,
      {
        config: { role: 'writer' },
        schema: {
          tags: ['pipelines'],
          operationId: `${action}Pipeline`,
          summary,
          description: 'Answers once it has taken effect; kept over restarts.',
          params: Type.Object({ name: Type.String({ description: "The pipeline's name." }) }),
          querystring: Type.Object({}),
          response: { 200: Type.Ref('PipelineView'), ...problems(400, 404, 413, 415, 503) },
        },
      },
      async ({ params }) => {
        await backend[action](params.name);
        return find(params.name);
      },
    );
  }

  app.post(
    '/api/pipelines/:name/rebuild',
    {
      config: { role: 'writer' },
      schema: {
        tags: ['pipelines'],
        operationId: 'rebuildPipeline',
        summary: 'Make streams and tables again from the log',
        description:
          'Beside those that run, which change places with them in one step. Answers once it has begun; rebuild of the pipeline tells how far it is.',
        params: Type.Object({ name: Type.String({ description: "The pipeline's name." }) }),
        querystring: Type.Object({}),
        body: Type.Object(
          {
            names: Type.Optional(
              Type.Array(Type.String(), {
                description: 'Streams, with all that follows from them, and tables. Absent: all.',
              }),
            ),
            partial: Type.Optional(
              Type.Boolean({
                description: 'Also where the log no longer has all records: rows that were made of those go.',
              }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 200: Type.Ref('PipelineView'), ...problems(400, 404, 413, 415, 503) },
      },
    },
    async ({ params, body }) => {
      await backend.rebuild(params.name, body.names, body.partial ?? false);
      return find(params.name);
    },
  );

  app.delete(
    '/api/pipelines/:name/rebuild',
    {
      config: { role: 'writer' },
      schema: {
        tags: ['pipelines'],
        operationId: 'cancelRebuild',
        summary: 'Give up what is being made again',
        description:
          'Also where it has failed. What it has made is removed, the tables that are there stay as they are. Answers once that is done.',
        params: Type.Object({ name: Type.String({ description: "The pipeline's name." }) }),
        querystring: Type.Object({}),
        response: { 200: Type.Ref('PipelineView'), ...problems(400, 404, 413, 415, 503) },
      },
    },
    async ({ params }) => {
      await backend.cancelRebuild(params.name);
      return find(params.name);
    },
  );
};
