// What is refused of any request, whichever route it is for: no Host, an Expect that nobody can meet, a path that cannot be read, a packed body.
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { MillraceError, systemCode } from '../core/errors.ts';
import type { App } from './app.ts';
import { problemOf, sendProblem } from './problem.ts';
import { answerRegistryError, contentTypes, isOfRegistry, RegistryError } from './registry-protocol.ts';

/** The bytes that Node reads of a request's line and headers: a longer path never gets here. */
export const headBytesMax = 16 * 1024;

/** Checks requests before all else. Node would refuse some of them with an empty body: it is told not to. */
export function checkRequests(app: App): void {
  app.addHook('onRequest', async ({ raw, headers }) => {
    if (headers.host !== undefined || raw.httpVersion !== '1.1') return;
    throw new MillraceError('OPTION_INVALID', 'the request has no Host', {
      place: 'Host',
      remedy: 'Send the header Host, as HTTP/1.1 asks for.',
    });
  });
  // after the token and the role, before the body is read
  app.addHook('preParsing', async ({ headers }) => {
    const encoding = headers['content-encoding'];
    const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
    if (!hasBody || encoding === undefined || encoding.trim().toLowerCase() === 'identity') return;
    throw new MillraceError('MEDIA_TYPE', `a body with Content-Encoding ${encoding.slice(0, 80)} is not taken`, {
      place: 'Content-Encoding',
      remedy: 'Send it as it is.',
    });
  });
  app.server.on('checkExpectation', answerExpectation);
}

/** Answers a path that cannot be read: it has come to no route. */
export function answerBroken(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  if (isOfRegistry(request.url)) answerRegistryError(request, reply, new RegistryError(400, 400, error.message));
  else if (systemCode(error) === 'FST_ERR_MAX_PARAM_LENGTH') sendTooLong(reply, request.url);
  else sendProblem(reply, error);
}

/** Answers a path of which a part is longer than the router takes. */
export function sendTooLong(reply: FastifyReply, path: string): FastifyReply {
  const error = new MillraceError('OPTION_INVALID', `a part of the path is longer than ${headBytesMax} characters`, {
    place: path.slice(0, 200),
    remedy: 'Shorten it, or look for the row by POST /api/query.',
  });
  return sendProblem(reply, error, { status: 414 });
}

/** Expect has one meaning, 100-continue, which Node itself answers. */
function answerExpectation({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
  const status = 417;
  const what = `Expect: ${String(headers.expect).slice(0, 80)} cannot be met`;
  const error = new MillraceError('OPTION_INVALID', what, { place: 'Expect', remedy: 'Leave the header out.' });
  const [type, body] = isOfRegistry(url)
    ? [contentTypes[0]!, { error_code: status, message: `HTTP ${status} ${STATUS_CODES[status]}` }]
    : ['application/problem+json', { ...problemOf(error), status }];
  const bytes = Buffer.from(JSON.stringify(body));
  // a body may follow that nobody reads
  response.writeHead(status, { 'content-type': type, 'content-length': bytes.length, connection: 'close' }).end(bytes);
}
