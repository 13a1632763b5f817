// The web server: REST, live data and the console, on one port of one process.
import swagger from '@fastify/swagger';
import fastify from 'fastify';
import { MillraceError, systemCode } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { App, Routes } from './app.ts';
import type { Backend } from './backend.ts';
import { sendProblem } from './problem.ts';
import { healthRoutes } from './routes/health.ts';
import { pipelineRoutes } from './routes/pipelines.ts';
import { shared } from './schemas.ts';

/** Options of the web server. */
export type ServeOptions = {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 4000; 0: any free one. */
  readonly port?: number;
};

/** A web server that listens. */
export interface Served {
  /** `http://127.0.0.1:4000` */
  readonly url: string;
  close(): Promise<void>;
}

const allRoutes: readonly Routes[] = [healthRoutes, pipelineRoutes];

/** The server without a port, for tests: `app.inject({ url: '/api/health' })`. */
export async function makeApp(backend: Backend): Promise<App> {
  const app: App = fastify({
    bodyLimit: limits.bodyBytesMax,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 4096 },
    ajv: { customOptions: { coerceTypes: true, removeAdditional: false, allErrors: false } },
  });
  app.setErrorHandler((error, _request, reply) => sendProblem(reply, error));
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      reply,
      new MillraceError('NOT_FOUND', `there is nothing at ${request.method} ${request.url.split('?')[0]}`, {
        place: request.url,
        remedy: 'See /api for what there is.',
      }),
    ),
  );
  for (const schema of shared) app.addSchema(schema);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Millrace',
        version: backend.version,
        description: 'Live data: pipelines, topics, tables, dead letters.',
      },
    },
    refResolver: { buildLocalReference: (json, _base, _fragment, i) => String(json.$id ?? `schema-${i}`) },
  });
  for (const routes of allRoutes) await routes({ app, backend });
  app.get('/api/openapi.json', { schema: { hide: true } }, () => app.swagger());
  return app;
}

/**
 * Opens the web server.
 *
 * @throws PORT_TAKEN
 * @example const served = await serve(backend, { port: 4000 })
 */
export async function serve(backend: Backend, options: ServeOptions = {}): Promise<Served> {
  const app = await makeApp(backend);
  const { host = '127.0.0.1', port = 4000 } = options;
  try {
    const url = await app.listen({ host, port });
    return { url, close: () => app.close() };
  } catch (error) {
    await app.close();
    if (systemCode(error) !== 'EADDRINUSE') throw error;
    throw new MillraceError('PORT_TAKEN', `port ${port} is in use`, {
      place: `${host}:${port}`,
      remedy: 'Give another one with --port, or end what uses it.',
      cause: error,
    });
  }
}
