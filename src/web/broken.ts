// Answers what is not HTTP, or comes too slowly: by hand, since such a request has no reply.
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { MillraceError, systemCode } from '../core/errors.ts';
import { problemOf } from './problem.ts';
import { headBytesMax } from './requests.ts';

const statuses: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/** Says what is wrong and closes the connection. */
export function answerNoHttp(error: Error, socket: Socket): void {
  const code = systemCode(error) ?? '';
  // nobody listens any more
  if (code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const status = statuses[code] ?? 400;
  const words =
    status === 431
      ? `the request's line and headers have more than ${headBytesMax} bytes`
      : status === 408
        ? 'the request came too slowly'
        : 'this is not HTTP/1.1';
  const remedy =
    status === 431
      ? 'Shorten them: what is long in a URL, as a key, can be looked for by POST /api/query.'
      : 'Send it again as HTTP/1.1 has it.';
  const problem = { ...problemOf(new MillraceError('OPTION_INVALID', words, { place: 'request', remedy })), status };
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
