// Who makes a request and what they may do: one hook before every route.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { MillraceError } from '../../core/errors.ts';
import { type App, type Role, roles } from '../app.ts';
import { failures } from './failures.ts';
import { isForeign, isLoopbackName, nameOf } from './hosts.ts';
import { cookieName, cookieOf, tokenOfSession } from './session.ts';
import { liveStreams } from './streams.ts';
import type { Tokens, TokenView } from './tokens.ts';

/** Who makes a request. `token` is absent where all is open. */
export type Identity = { readonly role: Role; readonly token?: TokenView };

declare module 'fastify' {
  interface FastifyRequest {
    /** Who makes it; null on routes for anyone. */
    identity: Identity | null;
  }
}

/** Who may come in. */
export type AccessOptions = {
  /** Those of the data folder. Without them there is nobody to know. */
  readonly tokens?: Tokens;
  /** Whether every request needs a token; otherwise all is open, to this machine. Default false. */
  readonly needsTokens?: boolean;
  /** Names under which a browser may reach the server beside those of this machine. With some, all others are refused. */
  readonly allowHosts?: readonly string[];
  /** Origins whose pages may use the API: `https://shop.example`. Default: none but its own. */
  readonly origins?: readonly string[];
  /** Requests a minute of one token; 0 is without end. Default 6,000. Not counted where all is open. */
  readonly requestsPerMinute?: number;
  /** Addresses and networks (`10.0.0.0/8`) of proxies: what they say in X-Forwarded-For is the client's address. Default: nobody is believed. */
  readonly proxies?: readonly string[];
  /** Milliseconds since 1970. */
  readonly now?: () => number;
};

const failedPerMinuteMax = 10;
const forwarding = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

/** What is sent with every answer of the API; the console's files have their own. */
export const apiHeaders: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

/** What recognises tokens, and counts the wrong ones. */
export interface Gate {
  /** The token with this text. @throws UNAUTHORIZED, RATE_LIMITED */
  admit(token: string, request: FastifyRequest, reply: FastifyReply): TokenView;
}

/** Puts the hook before every route that is added from now on. */
export function guard(app: App, options: AccessOptions): Gate {
  const { tokens, needsTokens = false, now = Date.now } = options;
  const allowed = new Set(options.allowHosts?.map((host) => host.toLowerCase()));
  const origins = new Set(options.origins);
  const failed = failures(failedPerMinuteMax, 60_000, () => performance.now());
  const cookie = tokens && cookieName(tokens);
  const streams = liveStreams(app, (id) => tokens?.valid(id) !== undefined);

  const checkOrigin = ({ method, headers }: FastifyRequest): void => {
    const name = nameOf(headers.host);
    const isNamed = name !== undefined && (isLoopbackName(name) || allowed.has(name));
    // a page of another site can have its own name lead to this machine: the name tells
    if ((!needsTokens || allowed.size > 0) && !isNamed) {
      throw new MillraceError('FORBIDDEN', `the name '${headers.host ?? ''}' is not one of this server's`, {
        place: 'Host',
        remedy: `Start it with --allow-host ${name ?? 'NAME'}, or open it as 127.0.0.1 on this machine.`,
      });
    }
    const isSafe = method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
    const asked = {
      host: headers.host,
      origin: headers.origin,
      site: textOf(headers['sec-fetch-site']),
      mode: textOf(headers['sec-fetch-mode']),
    };
    if (isForeign(asked, isSafe, allowed, origins)) {
      throw new MillraceError('FORBIDDEN', 'a page of another site may not use this server', {
        place: asked.origin === undefined ? 'Sec-Fetch-Site' : `Origin ${asked.origin}`,
        remedy: 'Allow the site with --cors ORIGIN when you start Millrace.',
      });
    }
  };

  const gate: Gate = {
    admit(token, request, reply) {
      const found = tokens?.verify(token);
      if (found) return found;
      const seconds = failed.count(addressOf(request));
      if (seconds > 0) {
        reply.header('retry-after', seconds);
        throw new MillraceError('RATE_LIMITED', 'too many wrong tokens from this address', {
          remedy: `Wait ${seconds} s, and look for the program that sends a wrong or revoked token.`,
        });
      }
      reply.header('www-authenticate', 'Bearer realm="millrace", error="invalid_token"');
      throw new MillraceError('UNAUTHORIZED', 'the token is unknown, expired or revoked', {
        place: 'Authorization',
        remedy: 'Make a new one: millrace token create --role reader.',
      });
    },
  };

  const identify = (request: FastifyRequest, reply: FastifyReply): Identity => {
    const { headers } = request;
    const given = headers.authorization;
    if (given !== undefined) {
      const token = gate.admit(/^Bearer +(\S+) *$/i.exec(given)?.[1] ?? '', request, reply);
      return { role: token.role, token };
    }
    if (tokens && cookie !== undefined) {
      const token = tokenOfSession(tokens, cookieOf(headers.cookie, cookie) ?? '', now());
      if (token) return { role: token.role, token };
    }
    // what a proxy passes on comes from elsewhere
    const isNear = !forwarding.some((name) => headers[name] !== undefined);
    if (!needsTokens && isNear) return { role: 'admin' };
    reply.header('www-authenticate', 'Bearer realm="millrace"');
    throw new MillraceError('UNAUTHORIZED', 'this needs a token', {
      place: 'Authorization',
      remedy: 'Send Authorization: Bearer TOKEN. Make one with: millrace token create --role reader.',
    });
  };

  app.decorateRequest('identity', null);
  app.addHook('onRequest', (request, reply, done) => {
    try {
      reply.headers(apiHeaders);
      checkOrigin(request);
      const role = request.routeOptions.config.role ?? 'reader';
      if (role !== 'anyone') {
        const identity = identify(request, reply);
        checkRole(identity, role, request);
        request.identity = identity;
        // by the route, not by the URL, which can be written in several ways
        const isLive = request.routeOptions.url?.startsWith('/api/live/');
        if (identity.token && isLive) streams.add(reply.raw, identity.token.id);
      }
      done();
    } catch (error) {
      done(error as Error);
    }
  });
  return gate;
}

/** The client's address as it is counted: of IPv6 the network, since a host has as many addresses there as it likes. */
export function addressOf(request: FastifyRequest): string {
  const { ip } = request;
  if (ip.startsWith('::ffff:')) return ip.slice(7);
  return ip.includes(':') ? `${ip.split(':').slice(0, 4).join(':')}::` : ip;
}

function checkRole({ role, token }: Identity, needed: Role, request: FastifyRequest): void {
  if (role !== 'poster') {
    if (roles.indexOf(role) < roles.indexOf(needed)) throw tooLow(role, needed);
    return;
  }
  const { name } = request.params as { name?: string };
  if (!request.routeOptions.config.isPosting) throw tooLow(role, needed);
  if (name !== undefined && token?.topics?.includes(name)) return;
  throw new MillraceError('FORBIDDEN', `the token may not post to topic '${name}'`, {
    place: 'Authorization',
    remedy: `Use another token: millrace token create --role poster --topic ${name}.`,
  });
}

function tooLow(has: Role, needed: Role): MillraceError {
  return new MillraceError('FORBIDDEN', `this needs the role '${needed}', and the token's is '${has}'`, {
    place: 'Authorization',
    remedy: `Use another token: millrace token create --role ${needed}.`,
  });
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join() : header;
}
