// The web server: REST, live data and the console, on one port of one process.
import fastify from 'fastify';
import { Type } from 'typebox';
import { MillraceError, messageOf, systemCode } from '../core/errors.ts';
import { isTooDeep, tooDeep } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { access } from './access/access.ts';
import type { AccessOptions } from './access/guard.ts';
import type { App, Routes } from './app.ts';
import type { Backend } from './backend.ts';
import { answerNoHttp } from './broken.ts';
import { liveRoutes } from './live/live.ts';
import { answerUnknown } from './methods.ts';
import { describeRoutes } from './openapi.ts';
import { readParameters } from './parameters.ts';
import { asError, PostProblem, sendProblem } from './problem.ts';
import { answerBroken, checkRequests, headBytesMax } from './requests.ts';
import { chartRoutes } from './routes/charts.ts';
import { deadRoutes } from './routes/dead.ts';
import { healthRoutes } from './routes/health.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { ownRoutes } from './routes/own.ts';
import { pipelineRoutes } from './routes/pipelines.ts';
import { postRoutes } from './routes/post.ts';
import { queryRoutes } from './routes/query.ts';
import { registryRoutes } from './routes/registry.ts';
import { rowRoutes } from './routes/rows.ts';
import { tableRoutes } from './routes/tables.ts';
import { topicRoutes } from './routes/topics.ts';
import { shared } from './schemas.ts';
import { type ConsoleOptions, consoleFiles } from './static.ts';

/** Who may come in, and where the console is. */
export type AppOptions = {
  /** Default: all is open, to this machine. */
  readonly access?: AccessOptions;
  readonly console?: ConsoleOptions;
  /** Called with failures that are bugs. */
  readonly notice?: (text: string) => void;
};

/** Options of the web server. */
export type ServeOptions = AppOptions & {
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

const allRoutes: readonly Routes[] = [
  healthRoutes,
  metricsRoutes,
  pipelineRoutes,
  chartRoutes,
  topicRoutes,
  postRoutes,
  tableRoutes,
  rowRoutes,
  queryRoutes,
  deadRoutes,
  liveRoutes,
  ownRoutes,
  registryRoutes,
];

/** The server without a port, for tests: `app.inject({ url: '/api/health' })`. */
export async function makeApp(backend: Backend, options: AppOptions = {}): Promise<App> {
  const { proxies = [] } = options.access ?? {};
  const app: App = fastify({
    bodyLimit: limits.bodyBytesMax,
    forceCloseConnections: true,
    requestTimeout: 300_000,
    trustProxy: proxies.length > 0 ? [...proxies] : false,
    // a key of a row may be as long as a request's head
    routerOptions: { maxParamLength: headBytesMax },
    http: { requireHostHeader: false },
    // texts of queries and paths are read by parameters.ts; nothing in a body is taken for something else
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allErrors: false, verbose: true } },
    frameworkErrors: answerBroken,
    clientErrorHandler: answerNoHttp,
  });
  app.setErrorHandler((error, _request, reply) => {
    const failure = asError(error);
    if (failure.code === 'ASSERTION') options.notice?.(`web server: ${messageOf(failure.cause ?? failure)}`);
    return sendProblem(reply, failure);
  });
  // answers are of the types of their schemas; what is not in a schema is not sent, since nobody gives it
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
  app.removeContentTypeParser('text/plain');
  parseShallow(app);
  checkRequests(app);
  app.addHook('preValidation', readParameters);
  answerUnknown(app);
  for (const schema of [...shared, PostProblem]) app.addSchema(schema);
  await describeRoutes(app, backend.version);
  await access(app, options.access);
  for (const routes of allRoutes) await routes({ app, backend });
  app.get('/api/openapi.json', { schema: { hide: true, querystring: Type.Object({}) } }, () => app.swagger());
  await consoleFiles(app, options.console);
  return app;
}

/** Bodies of JSON as the framework parses them, but for those that are nested so deeply that this takes seconds. */
function parseShallow(app: App): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (!isTooDeep(String(body))) return parse(request, String(body), done);
    const remedy = 'Send values that are less nested.';
    done(new MillraceError('OPTION_INVALID', `the body ${tooDeep}`, { place: 'body', remedy }));
  });
}

/**
 * Opens the web server.
 *
 * @throws PORT_TAKEN
 * @example const served = await serve(backend, { port: 4000 })
 */
export async function serve(backend: Backend, options: ServeOptions = {}): Promise<Served> {
  const app = await makeApp(backend, options);
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
