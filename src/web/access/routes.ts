// /api/session: who one is, signing in and out.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { MillraceError } from '../../core/errors.ts';
import { type App, roles } from '../app.ts';
import { problems } from '../problem.ts';
import type { AccessOptions, Gate } from './guard.ts';
import { cookieName, sessionText } from './session.ts';

const sessionMsMax = 30 * 86_400_000;

const Session = Type.Object({
  role: Type.Enum([...roles]),
  isOpen: Type.Boolean({
    description: 'Whether no token is needed here: the server is reached from its own machine only.',
  }),
});

/** Adds the routes of the console's session. */
export function sessionRoutes(app: App, gate: Gate, options: AccessOptions): void {
  const { tokens, needsTokens = false, now = Date.now } = options;
  const isOpen = !needsTokens;
  const tags = ['session'];

  app.get(
    '/api/session',
    {
      schema: {
        tags,
        operationId: 'getSession',
        summary: 'What this request may do',
        querystring: Type.Object({}),
        response: { 200: Session, ...problems(400) },
      },
    },
    ({ identity }) => ({ role: identity!.role, isOpen }),
  );

  app.post(
    '/api/session',
    {
      config: { role: 'anyone' },
      // a token is short, and anyone may send one
      bodyLimit: 4096,
      schema: {
        tags,
        operationId: 'signIn',
        summary: 'Trade a token for a cookie that lasts 30 days at most',
        querystring: Type.Object({}),
        body: Type.Object({ token: Type.String({ minLength: 1, maxLength: 200 }) }, { additionalProperties: false }),
        response: { 200: Session, ...problems(400, 401, 413, 415, 429) },
      },
    },
    (request, reply) => {
      const token = gate.admit(request.body.token.trim(), request, reply);
      if (!tokens) throw new MillraceError('UNAUTHORIZED', 'there are no tokens here');
      const expiresAt = Math.min(token.expiresAt ?? Number.POSITIVE_INFINITY, now() + sessionMsMax);
      setCookie(request, reply, cookieName(tokens), sessionText(tokens, token.id, expiresAt), expiresAt - now());
      return { role: token.role, isOpen };
    },
  );

  app.delete(
    '/api/session',
    {
      config: { role: 'anyone' },
      schema: {
        tags,
        operationId: 'signOut',
        summary: 'Forget the cookie',
        querystring: Type.Object({}),
        response: { 204: Type.Null(), ...problems(400) },
      },
    },
    (request, reply) => {
      if (tokens) setCookie(request, reply, cookieName(tokens), '', 0);
      reply.code(204).send(null);
    },
  );
}

function setCookie(request: FastifyRequest, reply: FastifyReply, name: string, value: string, ms: number): void {
  // a proxy that ends TLS says so; who says it without one only makes the cookie stricter
  const isTls = request.protocol === 'https' || request.headers['x-forwarded-proto'] === 'https';
  const age = Math.max(0, Math.floor(ms / 1000));
  reply.header(
    'set-cookie',
    `${name}=${value}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Strict${isTls ? '; Secure' : ''}`,
  );
}
