// What is answered where no route fits: 405 with Allow for a path that is known with other methods, OPTIONS, else 404.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { MillraceError } from '../core/errors.ts';
import type { App } from './app.ts';
import { sendProblem } from './problem.ts';
import { sendTooLong } from './requests.ts';

/** Remembers the routes that are added from now on, and answers requests that none of them takes. */
export function answerUnknown(app: App): void {
  const known = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>();
  app.addHook('onRoute', ({ url, method }) => {
    // what takes every path says nothing about any
    if (url === '*' || url === '/*') return;
    const one = known.get(url) ?? { pattern: patternOf(url), methods: new Set() };
    for (const name of [method].flat()) one.methods.add(name);
    known.set(url, one);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0]!;
    const methods = [...known.values()].flatMap((one) => (one.pattern.test(path) ? [...one.methods] : []));
    if (methods.length === 0) return nothing(request, reply, path);
    // a route there is, but the router did not take the value in its path
    if (methods.includes(request.method)) return sendTooLong(reply, path);
    return otherwise(request, reply, path, methods);
  });
}

function nothing({ method }: FastifyRequest, reply: FastifyReply, path: string): FastifyReply {
  const shown = path.slice(0, 200);
  return sendProblem(
    reply,
    new MillraceError('NOT_FOUND', `there is nothing at ${method} ${shown}`, {
      place: shown,
      remedy: 'See /api for what there is.',
    }),
  );
}

function otherwise(
  { method }: FastifyRequest,
  reply: FastifyReply,
  path: string,
  methods: readonly string[],
): FastifyReply {
  const allow = [...new Set([...methods, 'OPTIONS'])].sort().join(', ');
  reply.header('allow', allow);
  if (method === 'OPTIONS') return reply.code(204).send();
  return sendProblem(
    reply,
    new MillraceError('METHOD_NOT_ALLOWED', `${method} is not possible at ${path.slice(0, 200)}`, {
      place: path.slice(0, 200),
      remedy: `Use ${allow}.`,
    }),
  );
}

function patternOf(url: string): RegExp {
  const parts = url.split('/').map((part) => {
    if (part.startsWith(':')) return '[^/]+';
    return part === '*' ? '.*' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('/')}$`);
}
