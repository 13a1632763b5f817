// Errors as problem details (RFC 9457), with the project's codes; each code has one HTTP status.
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { type Code, codes, MillraceError, messageOf } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { type PostResult, Problem } from './schemas.ts';

const statuses: Partial<Record<Code, number>> = {
  NOT_FOUND: 404,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  SIGNATURE_INVALID: 401,
  IDEMPOTENCY_REUSED: 422,
  RATE_LIMITED: 429,
  PAYLOAD_TOO_LARGE: 413,
  METHOD_NOT_ALLOWED: 405,
  MEDIA_TYPE: 415,
  SCHEMA_INCOMPATIBLE: 409,
  // not what was asked is at fault, but what is on the disk
  LOG_DAMAGED: 500,
  TABLES_DAMAGED: 500,
};

/** The HTTP status of a code: 503 for what passes by itself, 500 for our own mistakes, else 400. */
export function statusOf(code: Code): number {
  const known = statuses[code];
  if (known !== undefined) return known;
  const reaction = codes[code];
  return reaction === 'retry' ? 503 : reaction === 'bug' ? 500 : 400;
}

/** A problem about posted records; `result` says what became of each where all were rejected. */
export const PostProblem = Type.Object(
  { ...Problem.properties, result: Type.Optional(Type.Ref('PostResult')) },
  { $id: 'PostProblem' },
);
type PostProblem = Problem & { result?: PostResult };

/** The problems that a route may answer, for its schema: `response: { 200: …, ...problems(400, 404) }`. */
export function problems<const Status extends number>(...all: readonly Status[]) {
  const problem = Type.Ref('Problem');
  return Object.fromEntries(all.map((status) => [status, problem])) as Record<Status, typeof problem>;
}

/** Anything thrown as a MillraceError. */
export function asError(error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  const { code = '', statusCode, validation, validationContext } = error as FastifyFailure;
  const message = messageOf(error);
  if (validation?.[0]) return invalid(validation[0], validationContext ?? 'request');
  if (statusCode === 413) {
    return new MillraceError('PAYLOAD_TOO_LARGE', 'the body is larger than this route takes', {
      remedy: 'Send it in several requests.',
    });
  }
  if (statusCode === 415) {
    return new MillraceError('MEDIA_TYPE', 'this route does not take a body of this Content-Type', {
      place: 'Content-Type',
      remedy: 'Send application/json, or what /api says for this route.',
    });
  }
  if (statusCode === 429) {
    return new MillraceError('RATE_LIMITED', message, { remedy: 'Wait as long as Retry-After says.' });
  }
  if (error instanceof RangeError && message.includes('call stack')) {
    return new MillraceError('PAYLOAD_TOO_LARGE', 'the body is nested too deeply', {
      remedy: 'Send values that are less nested.',
      cause: error,
    });
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    const isBody = code.includes('JSON') || error instanceof SyntaxError;
    return new MillraceError('OPTION_INVALID', message, {
      place: isBody ? 'body' : 'request',
      remedy: isBody ? 'Send valid JSON.' : 'See /api for what this route takes.',
      cause: error,
    });
  }
  return new MillraceError('ASSERTION', message, { cause: error, remedy: 'Report this: it is a bug.' });
}

type Failed = {
  keyword?: string;
  instancePath?: string;
  message?: string;
  params?: Record<string, unknown>;
  parentSchema?: { properties?: object };
};
type FastifyFailure = {
  code?: string;
  statusCode?: number;
  validation?: readonly Failed[];
  validationContext?: string;
};

/** A failed check of a schema in words. */
function invalid({ keyword, instancePath = '', message, params = {}, parentSchema }: Failed, context: string) {
  const path = instancePath.slice(1).replaceAll('/', '.');
  const inside = params.missingProperty ?? params.additionalProperty;
  const name = [path, ...(inside === undefined ? [] : [String(inside)])].filter(Boolean).join('.').slice(0, 200);
  let words = message ?? 'is not valid';
  let remedy = 'See /api for what this route takes.';
  if (keyword === 'required') words = 'it is missing';
  if (keyword === 'enum') words = `it must be one of ${(params.allowedValues as unknown[]).join(', ')}`;
  if (keyword === 'additionalProperties') {
    words = 'there is nothing of this name';
    const names = Object.keys(parentSchema?.properties ?? {});
    const near = nearest(String(params.additionalProperty), names);
    remedy = near ? `Did you mean '${near}'?` : `Use one of ${names.join(', ')}.`;
  }
  return new MillraceError('OPTION_INVALID', `${name || context}: ${words}`, { place: name || context, remedy });
}

/** An error as what is sent: what it cites of a long request is cut. */
export function problemOf(error: MillraceError): Problem {
  const { code, message, place, remedy } = error;
  return {
    type: `urn:millrace:error:${code}`,
    title: cut(message, 1000),
    status: statusOf(code),
    code,
    ...(place === undefined ? {} : { place: cut(place, 200) }),
    ...(remedy === undefined ? {} : { remedy: cut(remedy, 1000) }),
  };
}

function cut(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 1)}…`;
}

/** Answers with an error, and with more members of the problem where given; `status` takes the place of the code's own. */
export function sendProblem(reply: FastifyReply, error: unknown, more: Partial<PostProblem> = {}): FastifyReply {
  const problem = { ...problemOf(asError(error)), ...more };
  if (problem.status === 503 && !reply.hasHeader('retry-after')) reply.header('retry-after', '1');
  return reply.code(problem.status).header('content-type', 'application/problem+json').send(JSON.stringify(problem));
}
