// Errors as problem details (RFC 9457), with the project's codes; each code has one HTTP status.
import type { FastifyReply } from 'fastify';
import { type Code, codes, MillraceError, messageOf } from '../core/errors.ts';
import type { Problem } from './schemas.ts';

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
};

/** The HTTP status of a code: 503 for what passes by itself, 500 for our own mistakes, else 400. */
export function statusOf(code: Code): number {
  const known = statuses[code];
  if (known !== undefined) return known;
  const reaction = codes[code];
  return reaction === 'retry' ? 503 : reaction === 'bug' ? 500 : 400;
}

/** Anything thrown as a MillraceError. */
export function asError(error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  const { code, statusCode, validation, validationContext } = error as FastifyFailure;
  const message = messageOf(error);
  if (validation) {
    const first = validation[0];
    const name =
      first?.instancePath?.replaceAll('/', '.').replace(/^\./, '') || String(first?.params?.missingProperty ?? '');
    return new MillraceError(
      'OPTION_INVALID',
      `${validationContext ?? 'request'}${name ? ` ${name}` : ''}: ${first?.message ?? message}`,
      {
        place: name || validationContext,
        remedy: 'See /api for what this route takes.',
      },
    );
  }
  if (statusCode === 413) {
    return new MillraceError('PAYLOAD_TOO_LARGE', 'the body is larger than this route takes', {
      remedy: 'Send it in several requests.',
    });
  }
  if (statusCode === 415) {
    return new MillraceError('MEDIA_TYPE', message, { remedy: 'Send application/json or application/x-ndjson.' });
  }
  if (statusCode === 429) {
    return new MillraceError('RATE_LIMITED', message, { remedy: 'Wait as long as Retry-After says.' });
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new MillraceError('USAGE', message, { remedy: code?.includes('JSON') ? 'Send valid JSON.' : undefined });
  }
  return new MillraceError('ASSERTION', message, { cause: error, remedy: 'Report this: it is a bug.' });
}

type FastifyFailure = {
  code?: string;
  statusCode?: number;
  validation?: readonly { instancePath?: string; message?: string; params?: Record<string, unknown> }[];
  validationContext?: string;
};

/** An error as what is sent. */
export function problemOf(error: MillraceError): Problem {
  const { code, message, place, remedy } = error;
  return {
    type: `urn:millrace:error:${code}`,
    title: message,
    status: statusOf(code),
    code,
    ...(place === undefined ? {} : { place }),
    ...(remedy === undefined ? {} : { remedy }),
  };
}

/** Answers with an error. */
export function sendProblem(reply: FastifyReply, error: unknown): FastifyReply {
  const problem = problemOf(asError(error));
  return reply.code(problem.status).header('content-type', 'application/problem+json').send(JSON.stringify(problem));
}
