// GET /api/health: whether all is well, for people and for load balancers.
import { Type } from 'typebox';
import type { Routes } from '../app.ts';
import { problems } from '../problem.ts';
import type { HealthView } from '../schemas.ts';

export const healthRoutes: Routes = ({ app, backend }) => {
  app.get(
    '/api/health',
    {
      config: { role: 'anyone' },
      schema: {
        tags: ['health'],
        operationId: 'getHealth',
        summary: 'Whether all is well',
        description: '503 where a pipeline has failed.',
        querystring: Type.Object({}),
        response: { 200: Type.Ref('HealthView'), ...problems(400), 503: Type.Ref('HealthView') },
      },
    },
    (_request, reply) => {
      const pipelines = backend
        .pipelines()
        .map(({ name, status, reason }) => ({ name, status, ...(reason ? { reason } : {}) }));
      const worst = pipelines.some((one) => one.status === 'failed')
        ? 'failed'
        : pipelines.some((one) => one.status === 'degraded')
          ? 'degraded'
          : 'healthy';
      const health: HealthView = {
        status: worst,
        version: backend.version,
        uptimeSeconds: (Date.now() - backend.startedAt) / 1000,
        pipelines,
      };
      return reply.code(worst === 'failed' ? 503 : 200).send(health);
    },
  );
};
