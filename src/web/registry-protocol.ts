// The words of Confluent's schema registry API: its errors, content types, versions, levels and modes.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { MillraceError } from '../core/errors.ts';
import { isTooDeep, tooDeep } from '../core/json.ts';
import { type Compatibility, compatibilities, type Mode, type Registry } from '../log/registry.ts';
import { asError, statusOf } from './problem.ts';

/** An error as Confluent's registry answers it: `{ error_code, message }`. */
export class RegistryError extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** What is sent and taken; the first is what is sent where nothing else is asked for. */
export const contentTypes: readonly string[] = [
  'application/vnd.schemaregistry.v1+json',
  'application/vnd.schemaregistry+json',
  'application/json',
];

/** The content type for an Accept header. @throws 406 */
export function acceptsOf(accept: string | undefined): string {
  if (accept === undefined || accept.trim() === '') return contentTypes[0]!;
  const wanted = accept
    .split(',')
    .map((one) => {
      const [type = '', ...parameters] = one.split(';').map((part) => part.trim().toLowerCase());
      const weight = parameters.find((part) => part.startsWith('q='))?.slice(2);
      return { type, weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight);
  for (const { type } of wanted) {
    if (type === '*/*' || type === 'application/*') return contentTypes[0]!;
    if (contentTypes.includes(type)) return type;
  }
  throw new RegistryError(406, 406, 'HTTP 406 Not Acceptable');
}

/** Whether a URL is one of the registry's, whose errors have their own form. */
export function isOfRegistry(url: string): boolean {
  return /^\/registry(?:[/?]|$)/.test(url);
}

/** Anything thrown as Confluent's registry says it. */
export function answerRegistryError(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const { status, code, message } = error instanceof RegistryError ? error : translated(asError(error));
  let type = contentTypes[0]!;
  try {
    type = acceptsOf(request.headers.accept);
  } catch {
    // it is said in the usual form
  }
  if (status === 500 && code === 50001) reply.header('retry-after', '1');
  return sendAs(reply.code(status), type, JSON.stringify({ error_code: code, message }));
}

/** Sends a text of this very content type: Fastify would add a charset to it. */
export function sendAs(reply: FastifyReply, type: string, text: string): FastifyReply {
  return reply.header('content-type', type).send(Buffer.from(text));
}

function translated(error: MillraceError): RegistryError {
  const { code, message, place = '' } = error;
  switch (code) {
    case 'NOT_FOUND': {
      const [, what, number] = /^(schema|version) (\S+)/.exec(place) ?? [];
      if (what === 'schema') return new RegistryError(404, 40403, `Schema ${number} not found`);
      if (what === 'version') return new RegistryError(404, 40402, `Version ${number} not found.`);
      return new RegistryError(404, 40401, message);
    }
    case 'SCHEMA_INVALID':
      return /^subject '.*' is in mode [A-Z]+$/s.test(message)
        ? new RegistryError(422, 42205, `Operation not permitted: ${message}`)
        : new RegistryError(422, 42201, `Invalid schema: ${message}`);
    case 'SCHEMA_INCOMPATIBLE':
      return new RegistryError(409, 409, message);
    case 'NAME_INVALID':
      return new RegistryError(422, 42208, message);
    case 'OPTION_INVALID':
      // what is wrong with the request itself, not with what it asks for
      if (place === 'Host' || place === 'query') return new RegistryError(400, 400, message);
      return new RegistryError(422, 42205, `Operation not permitted: ${message}`);
    case 'STORE_UNAVAILABLE':
    case 'DISK_FULL':
    case 'LOG_DAMAGED':
      return new RegistryError(500, 50001, 'Error in the backend data store');
    case 'MEDIA_TYPE':
      return new RegistryError(415, 415, 'HTTP 415 Unsupported Media Type');
    case 'ASSERTION':
      return new RegistryError(500, 500, 'Internal Server Error');
    default: {
      const status = statusOf(code);
      return new RegistryError(status, status, message);
    }
  }
}

/** Fails with 40401 where a subject has no version. */
export async function subjectUnknown(registry: Registry, subject: string, deleted: boolean): Promise<void> {
  if ((await registry.versions(subject, { deleted })).length > 0) return;
  throw new RegistryError(404, 40401, `Subject '${subject}' not found.`);
}

/** `latest`, -1 or a number from 1. @throws 42202 */
export function versionOf(text: string): number | 'latest' {
  if (text === 'latest' || text === '-1') return 'latest';
  const number = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number < 2 ** 31) return number;
  throw new RegistryError(
    422,
    42202,
    `The specified version '${text.slice(0, 80)}' is not a valid version id. Allowed values are between [1, 2^31-1] and the string "latest"`,
  );
}

/** An id in a path; what is no number is not there, as in Confluent's. */
export function idOf(text: string): number {
  const number = /^-?\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (Math.abs(number) < 2 ** 31) return number;
  throw new RegistryError(404, 404, 'HTTP 404 Not Found');
}

/** A flag of a query: true is `true`, all else is false, as Java reads it. */
export function asFlag(value: unknown): boolean {
  return typeof value === 'string' && value.toLowerCase() === 'true';
}

/** The JSON object of a body. @throws 400 where it is no JSON, 422 where it is no object */
export function parseBody(body: unknown): Record<string, unknown> {
  let parsed: unknown;
  try {
    if (typeof body === 'string' && isTooDeep(body)) throw new Error(`it ${tooDeep}`);
    parsed = typeof body === 'string' && body !== '' ? JSON.parse(body) : undefined;
  } catch (error) {
    throw new RegistryError(400, 400, `The body is not JSON: ${(error as Error).message.slice(0, 200)}`);
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Record<string, unknown>;
  throw new RegistryError(422, 422, 'The body must be a JSON object');
}

const known = ['schema', 'schemaType', 'references', 'id', 'version', 'metadata', 'ruleSet', 'normalize'];

/** The schema that a request brings. @throws 42201 for what is no Avro schema or refers to others, 422 for a field that is not known */
export function requestOf(body: Record<string, unknown>): { schema: string; isPlaced: boolean } {
  const unknown = Object.keys(body).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new RegistryError(422, 422, `Unrecognized field: ${unknown.slice(0, 80)}`);
  const { schema, schemaType, references, id, version } = body;
  if (schemaType !== undefined && schemaType !== null && schemaType !== 'AVRO') {
    throw invalid(
      `its type is ${String(JSON.stringify(schemaType)).slice(0, 80)}; this registry keeps AVRO schemas only`,
    );
  }
  if (Array.isArray(references) ? references.length > 0 : references !== undefined && references !== null)
    throw invalid('references to other schemas are not supported');
  if (typeof schema !== 'string' || schema.trim() === '') throw invalid('the schema is empty');
  const isGiven = (value: unknown) => value !== undefined && value !== null && value !== -1 && value !== 0;
  return { schema, isPlaced: isGiven(id) || isGiven(version) };
}

function invalid(why: string): RegistryError {
  return new RegistryError(422, 42201, `Invalid schema: ${why}`);
}

/** The compatibility of a body. @throws 42203 */
export function levelOf({ compatibility }: Record<string, unknown>): Compatibility {
  const found = compatibilities.find((one) => typeof compatibility === 'string' && one === compatibility.toUpperCase());
  if (found) return found;
  const names = compatibilities.map((one) => one.toLowerCase()).join(', ');
  throw new RegistryError(422, 42203, `Invalid compatibility level. Valid values are ${names}`);
}

const modes: readonly Mode[] = ['READWRITE', 'READONLY', 'IMPORT'];

/** The mode of a body. @throws 42204 */
export function modeOf({ mode }: Record<string, unknown>): Mode {
  const found = modes.find((one) => typeof mode === 'string' && one === mode.toUpperCase());
  if (found) return found;
  throw new RegistryError(422, 42204, `Invalid mode. Valid values are ${modes.join(', ')}`);
}

/** Whether a path is one of a route's, as `/subjects/:subject` has `/subjects/a`. */
export function isRunOf(route: string, path: string): boolean {
  const parts = route.split('/');
  const given = path.split('/');
  return (
    parts.length === given.length &&
    parts.every((part, i) => (part.startsWith(':') ? given[i] !== '' : part === given[i]))
  );
}
