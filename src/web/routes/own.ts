// ANY /api/<path>: the routes that pipelines declare, checked and described by their fields.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { MillraceError, messageOf } from '../../core/errors.ts';
import { parseJson } from '../../core/json.ts';
import { rowToJson } from '../../core/row-json.ts';
import { text } from '../../define/fields.ts';
import { inputReader } from '../../define/input.ts';
import { jsonSchema } from '../../define/json-schema.ts';
import type { Pipeline } from '../../define/pipeline.ts';
import { isRecord, type NewRecord } from '../../define/record.ts';
import { type OwnRoute, Refusal } from '../../define/route.ts';
import { answerOf } from '../answers.ts';
import type { App, Routes } from '../app.ts';
import type { Backend } from '../backend.ts';
import { wrong } from '../filters.ts';
import { operationIdOf } from '../openapi.ts';
import { IdempotencyKey } from '../parameters.ts';
import { problems, sendProblem } from '../problem.ts';
import type { PostResult } from '../schemas.ts';

const Answer = Type.Unknown({ description: 'What the pipeline’s file makes of it.' });
const Stored = Type.Object({
  stored: Type.Array(Type.Object({ topic: Type.String(), record: Type.Unknown() }), {
    description: 'The records that are on disk.',
  }),
  isRepeated: Type.Boolean({
    description: 'Whether the same Idempotency-Key had been taken before: nothing was stored twice.',
  }),
});

export const ownRoutes: Routes = async ({ app, backend }) => {
  await app.register(async (scope) => {
    // the bytes are kept as they came: an Idempotency-Key is for these very bytes
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer' },
      (_request: unknown, body: Buffer, done: (error: null, body: Buffer) => void) => done(null, body),
    );
    for (const pipeline of backend.definitions)
      for (const route of pipeline.routes) serve(scope as unknown as App, backend, pipeline, route);
  });
};

function serve(app: App, backend: Backend, pipeline: Pipeline, route: OwnRoute): void {
  const { method, path, inputs } = route;
  const isPost = method === 'POST';
  const readers = {
    params: inputs.params && inputReader('params', inputs.params),
    query: inputs.query && inputReader('query', inputs.query),
    body: inputs.body && inputReader('body', inputs.body),
  };
  const declared = Object.keys(inputs.params ?? {});

  const paramsOf = (given: Record<string, unknown>) => {
    if (!readers.params) return given;
    const own = Object.fromEntries(declared.map((name) => [name, given[name]]));
    return Object.freeze({ ...given, ...readers.params(own) });
  };
  const bodyOf = (bytes: unknown) => {
    if (!isPost) return undefined;
    const parsed = bytes instanceof Uint8Array && bytes.length > 0 ? parse(bytes) : undefined;
    return readers.body ? readers.body(parsed) : parsed;
  };

  app.route({
    method,
    url: `/api${path}`,
    config: { role: isPost ? 'writer' : 'reader', documented: documented(route) },
    schema: {
      tags: [pipeline.name],
      operationId: operationIdOf(method, path),
      summary: inputs.summary ?? `${method} ${path} of pipeline ${pipeline.name}`,
      response: {
        200: Answer,
        ...(isPost ? { 201: Stored, ...problems(413, 415, 422) } : {}),
        ...problems(400, 404, 500, 503),
        // what its function refuses with a status of its own
        default: Type.Ref('Problem'),
      },
    },
    async handler(request: FastifyRequest, reply: FastifyReply) {
      try {
        const asked = {
          params: paramsOf(request.params as Record<string, unknown>),
          query: readers.query ? readers.query(request.query) : texts(request.query as Record<string, unknown>),
          body: bodyOf(request.body),
        };
        const answer = await route.answer(Object.freeze(asked));
        const records = isPost ? recordsIn(answer) : undefined;
        if (records) return reply.code(201).send(await store(backend, pipeline, route, records, request));
        const json = await answerOf({ backend, pipeline }, answer);
        return reply.header('content-type', 'application/json; charset=utf-8').send(JSON.stringify(json ?? null));
      } catch (error) {
        return refused(reply, `${method} /api${path.replaceAll(/:([^/]+)/g, '{$1}')}`, error);
      }
    },
  });
}

/** The inputs as the OpenAPI document has them; they are checked by their fields, not by these schemas. */
function documented({ method, names, inputs }: OwnRoute): Record<string, unknown> {
  const params = Object.fromEntries(names.map((name) => [name, inputs.params?.[name] ?? text()]));
  return {
    ...(names.length > 0 ? { params: jsonSchema(params) } : {}),
    ...(inputs.query ? { querystring: jsonSchema(inputs.query) } : {}),
    ...(inputs.body ? { body: jsonSchema(inputs.body) } : {}),
    ...(method === 'POST' ? { headers: Type.Object({ 'idempotency-key': Type.Optional(IdempotencyKey) }) } : {}),
  };
}

/** The records that a post route has returned; undefined where it returned something else. */
function recordsIn(answer: unknown): readonly NewRecord[] | undefined {
  if (isRecord(answer)) return [answer];
  return Array.isArray(answer) && answer.length > 0 && answer.every(isRecord) ? answer : undefined;
}

/** Stores records, topic by topic; with an Idempotency-Key each topic's once. */
async function store(
  backend: Backend,
  pipeline: Pipeline,
  { path }: OwnRoute,
  records: readonly NewRecord[],
  request: FastifyRequest,
) {
  const key = request.headers['idempotency-key'];
  if (key !== undefined && (typeof key !== 'string' || key === '' || key.length > 255))
    throw wrong(
      'Idempotency-Key',
      'it is empty or longer than 255 characters',
      'Give any text that is new for each request.',
    );
  for (const { topic } of records) {
    if (pipeline.topics.some(({ name }) => name === topic)) continue;
    throw new MillraceError(
      'PIPELINE_INVALID',
      `it gives a record for topic '${topic}', which the pipeline does not have`,
      {
        place: `pipeline '${pipeline.name}'`,
        remedy: 'Give records for topics of this pipeline only.',
      },
    );
  }
  // a key is for this path, its parameters and this body
  const body = Buffer.concat([
    Buffer.from(`${path} ${request.url}\n`),
    request.body instanceof Uint8Array ? request.body : new Uint8Array(),
  ]);
  const results: PostResult[] = [];
  for (const topic of new Set(records.map((one) => one.topic))) {
    const own = records.filter((one) => one.topic === topic);
    results.push(
      await backend.post(topic, { records: own, body, ...(key === undefined ? {} : { idempotencyKey: key }) }),
    );
  }
  const [rejected] = results.flatMap((one) => one.rejected);
  if (rejected) {
    const accepted = results.reduce((sum, one) => sum + one.accepted, 0);
    throw new MillraceError(
      'RECORD_INVALID',
      `${rejected.reason} (${accepted} of ${records.length} records are stored)`,
      {
        place: 'body',
        remedy: rejected.remedy,
      },
    );
  }
  return {
    stored: records.map(({ topic, value }) => ({ topic, record: rowToJson(value as Record<string, unknown>) })),
    isRepeated: results.length > 0 && results.every((one) => one.isRepeated),
  };
}

/** Answers with what went wrong: what a request did with 4xx, what the pipeline's file did with 500; never with a stack. */
function refused(reply: FastifyReply, place: string, error: unknown): FastifyReply {
  if (error instanceof Refusal)
    return sendProblem(reply, new MillraceError(codeOf(error.status), error.message, { place }), {
      status: error.status,
    });
  if (error instanceof MillraceError && error.code !== 'PIPELINE_INVALID') return sendProblem(reply, error);
  const remedy =
    error instanceof MillraceError ? error.remedy : 'Fix the function of this route in the pipeline’s file.';
  const failure = new MillraceError('PIPELINE_INVALID', `the route failed: ${messageOf(error)}`, { place, remedy });
  return sendProblem(reply, failure, { status: 500 });
}

/** The code of the table that says most about a status. */
function codeOf(status: number): MillraceError['code'] {
  const known = {
    401: 'UNAUTHORIZED',
    403: 'FORBIDDEN',
    404: 'NOT_FOUND',
    413: 'PAYLOAD_TOO_LARGE',
    429: 'RATE_LIMITED',
  } as const;
  return (known as Record<number, MillraceError['code']>)[status] ?? 'RECORD_INVALID';
}

function texts(query: Record<string, unknown>): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(query))
    if (typeof value !== 'string') throw wrong(name, 'it is given twice', 'Give it once.');
  return Object.freeze({ ...query }) as Record<string, string>;
}

function parse(bytes: Uint8Array): unknown {
  return parseJson(bytes, 'the body', { place: 'body', remedy: 'Send a JSON object.' });
}
