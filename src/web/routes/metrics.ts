// GET /metrics: what runs, as Prometheus reads it; everything is computed when it is asked for.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Registry } from 'prom-client';
import { Type } from 'typebox';
import type { Routes } from '../app.ts';
import { gauges } from '../metrics.ts';
import { problems } from '../problem.ts';

export const metricsRoutes: Routes = ({ app, backend }) => {
  const registry = new Registry();
  const delay = monitorEventLoopDelay({ resolution: 20 });
  const update = gauges(registry, delay);
  delay.enable();
  app.addHook('onClose', (_app, done) => {
    delay.disable();
    done();
  });

  app.get(
    '/metrics',
    {
      config: {
        documented: {
          response: {
            200: { description: 'Prometheus text.', content: { 'text/plain': { schema: Type.String() } } },
            ...problems(400, 503),
          },
        },
      },
      schema: {
        tags: ['health'],
        operationId: 'getMetrics',
        summary: 'Metrics for Prometheus',
        description: 'The delay of the event loop is that since the last time this was asked for.',
        querystring: Type.Object({}),
        response: { 200: Type.String(), ...problems(400, 503) },
      },
    },
    async (_request, reply) => {
      const [topics, tables] = await Promise.all([backend.topics(), backend.tables()]);
      update({
        pipelines: backend.pipelines(),
        topics,
        tables,
        refusedPosts: backend.refusedPosts(),
        version: backend.version,
        startedAt: backend.startedAt,
        now: Date.now(),
      });
      return reply
        .type(registry.contentType)
        .serializer(String)
        .send(await registry.metrics());
    },
  );
};
