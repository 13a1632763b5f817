// The OpenAPI document as a judge: which operations there are, and whether an answer is one that it names.
import assert from 'node:assert/strict';
import Schema from 'typebox/schema';
import type { App } from '../../src/web/app.ts';

type JsonSchema = { [keyword: string]: unknown };
type Media = { readonly schema: JsonSchema };
type Response = { readonly description: string; readonly content?: Readonly<Record<string, Media>> };

/** A parameter of an operation. */
export type Parameter = {
  readonly name: string;
  readonly in: 'query' | 'path' | 'header';
  readonly schema: JsonSchema;
  readonly required?: boolean;
};

/** An operation of the document. */
export type Operation = {
  /** `GET /api/tables/{name}` */
  readonly name: string;
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly tags: readonly string[];
  readonly role: string;
  readonly parameters: readonly Parameter[];
  readonly body: Readonly<Record<string, Media>> | undefined;
  readonly responses: Readonly<Record<string, Response>>;
};

/** An answer, as `inject` gives it. */
export type Answer = { readonly statusCode: number; readonly headers: Record<string, unknown>; readonly body: string };

type Raw = {
  operationId?: string;
  tags?: string[];
  'x-role'?: string;
  parameters?: Parameter[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, Response>;
};

/** The document of an app. */
export type Judge = {
  readonly operations: readonly Operation[];
  /** Fails where the document does not name such an answer. */
  judge(operation: Operation, answer: Answer): void;
};

/** Reads the document that an app serves. */
export async function judgeOf(app: App): Promise<Judge> {
  await app.ready();
  // without asking for it, since that may need a token
  const document = JSON.parse(JSON.stringify(app.swagger())) as {
    paths: Record<string, Record<string, Raw>>;
    components: { schemas: JsonSchema };
  };
  const components = { schemas: closed(document.components.schemas) as JsonSchema };
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, raw]): Operation => {
      const name = `${method.toUpperCase()} ${path}`;
      return {
        ...{ name, id: raw.operationId ?? '', path, method: method.toUpperCase() },
        ...{ tags: raw.tags ?? [], role: raw['x-role'] ?? 'reader' },
        ...{ parameters: raw.parameters ?? [], body: raw.requestBody?.content, responses: raw.responses },
      };
    }),
  );
  const compiled = new Map<JsonSchema, ReturnType<typeof Schema.Compile>>();
  const check = (schema: JsonSchema, value: unknown, what: string) => {
    const checker = compiled.get(schema) ?? Schema.Compile({ ...(closed(schema) as JsonSchema), components });
    compiled.set(schema, checker);
    if (checker.Check(value)) return;
    const errors = checker.Errors(value)[1].slice(0, 3);
    assert.fail(`${what} is not as documented: ${JSON.stringify(errors)} in ${JSON.stringify(value).slice(0, 400)}`);
  };
  return {
    operations,
    judge(operation, { statusCode, headers, body }) {
      const what = `${operation.name} ${statusCode}`;
      const response = operation.responses[statusCode] ?? operation.responses.default;
      assert.ok(response, `${what} is not documented: ${body.slice(0, 300)}`);
      const type = String(headers['content-type'] ?? '').split(';')[0]!;
      if (response.content === undefined) return assert.equal(body, '', what);
      const media = response.content[type];
      assert.ok(media, `${what} with Content-Type '${type}' is not documented`);
      check(media.schema, type.endsWith('json') && type !== 'application/x-ndjson' ? JSON.parse(body) : body, what);
    },
  };
}

/** What the frame answers before a request has come to its route: no document names it for each. */
const ofTheFrame = [405, 414, 417, 431];

/** Has every answer that an app gives from now on judged by its own document. */
export async function judged(app: App): Promise<App> {
  const judge = await judgeOf(app);
  const inject = app.inject.bind(app) as (request: unknown) => Promise<Answer>;
  const look = async (request: string | { url?: unknown; method?: string }) => {
    const answer = await inject(request);
    const { url, method = 'GET' } = typeof request === 'string' ? { url: request } : request;
    const path = String(url).split('?')[0]!;
    const operation = judge.operations
      .filter((one) => one.method === method && patternOf(one.path).test(path))
      .sort((a, b) => a.parameters.length - b.parameters.length)
      .at(0);
    if (operation && !ofTheFrame.includes(answer.statusCode)) judge.judge(operation, answer);
    return answer;
  };
  app.inject = look as unknown as App['inject'];
  return app;
}

function patternOf(path: string): RegExp {
  const parts = path.split('/').map((part) => (part.startsWith('{') ? '[^/]+' : part.replaceAll('.', '\\.')));
  return new RegExp(`^${parts.join('/')}$`);
}

/** A schema in which objects have no other members than those named: what is sent must be documented. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { allOf, ...rest } = schema as JsonSchema;
  const inner = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, closed(value)]));
  // parts of one object: only all of them together say what it may have
  if (allOf !== undefined) return { ...inner, allOf };
  const isOpen = rest.properties === undefined || rest.additionalProperties !== undefined;
  return rest.type === 'object' && !isOpen ? { ...inner, additionalProperties: false } : inner;
}
