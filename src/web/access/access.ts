// Access to the web server: CORS, the guard, limits of requests, and the session; all of it before any other route.
import cors from '@fastify/cors';
import rateLimit from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import { MillraceError } from '../../core/errors.ts';
import type { App } from '../app.ts';
import { type AccessOptions, guard } from './guard.ts';
import { sessionRoutes } from './routes.ts';

export const requestsPerMinuteDefault = 6000;

/** Guards all routes that are added after it. */
export async function access(app: App, options: AccessOptions = {}): Promise<void> {
  const { origins = [], needsTokens = false, requestsPerMinute = requestsPerMinuteDefault } = options;
  // answers preflight requests, which never have a token, so it comes first
  if (origins.length > 0) {
    await app.register(cors, {
      origin: [...origins],
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
      exposedHeaders: ['Retry-After', 'Content-Disposition'],
      maxAge: 600,
      strictPreflight: false,
    });
  }
  const gate = guard(app, options);
  if (needsTokens) {
    const perMinute = ({ identity }: FastifyRequest) => identity?.token?.requestsPerMinute ?? requestsPerMinute;
    await app.register(rateLimit, {
      max: perMinute,
      timeWindow: 60_000,
      // who has no token reaches only what is for anyone, and must not use up what others have: behind a proxy all have its address.
      // Wrong tokens are counted by the guard
      allowList: (request) => request.identity?.token === undefined || perMinute(request) === 0,
      keyGenerator: ({ identity }) => `token ${identity?.token?.id}`,
      errorResponseBuilder: (_request, { max }) =>
        new MillraceError('RATE_LIMITED', `more than ${max} requests a minute`, {
          remedy:
            'Wait as long as Retry-After says; several records fit into one request. The limit is that of the token, or --rate-limit.',
        }),
    });
  }
  sessionRoutes(app, gate, options);
}
