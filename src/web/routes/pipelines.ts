// /api/pipelines: how each one is, its graph, its ledger; pause and resume.
import { Type } from 'typebox';
import { MillraceError } from '../../core/errors.ts';
import type { Routes } from '../app.ts';
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
        summary: 'All pipelines with their graphs and live rates',
        response: { 200: Type.Object({ pipelines: Type.Array(Type.Ref('PipelineView')) }) },
      },
    },
    () => ({ pipelines: backend.pipelines() }),
  );

  app.get(
    '/api/pipelines/:name',
    {
      schema: {
        tags: ['pipelines'],
        summary: 'A pipeline with its graph and its definition',
        params: name,
        response: {
          200: Type.Intersect([Type.Ref('PipelineView'), Type.Object({ plan: Type.Unknown() })]),
          404: Type.Ref('Problem'),
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
        summary: 'Where each record went',
        params: name,
        response: { 200: Type.Ref('Ledger'), 404: Type.Ref('Problem') },
      },
    },
    ({ params }) => find(params.name).ledger,
  );
};
