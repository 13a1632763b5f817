// The OpenAPI document: made from the schemas of the routes, with what all of them share said once.
import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import type { App, Role } from './app.ts';

type Media = { schema?: { $ref?: string } };
type Response = { description: string; content?: Record<string, Media> };
type Operation = { responses?: Record<string, Response>; parameters?: Parameter[]; 'x-role'?: string };
type Parameter = { in: string; schema?: { type?: string }; style?: string; explode?: boolean };
type Document = { paths?: Record<string, Record<string, Operation>> };

const description = `Live data: pipelines, topics, tables, dead letters.

Errors are problem details (RFC 9457, \`application/problem+json\`) with a \`code\` of the list in docs/reference/errors.md.
Where tokens are needed, send \`Authorization: Bearer TOKEN\`; any route may then answer 401, 403 or 429.
Whole numbers beyond 2^53 and decimals are texts, times are ISO 8601 in UTC, bytes are base64.`;

const tags = [
  { name: 'pipelines', description: 'What runs: graphs, rates, ledgers, charts; pause and resume.' },
  { name: 'topics', description: 'The log: topics and their records; posting.' },
  { name: 'tables', description: 'Rows by key and by filter; SQL.' },
  { name: 'dead letters', description: 'Records that were put aside: look, mend, send again.' },
  { name: 'live', description: 'What changes, pushed as server-sent events.' },
  { name: 'registry', description: 'Schemas, by the API of the Confluent Schema Registry.' },
  { name: 'health', description: 'For people, load balancers and Prometheus.' },
  { name: 'session', description: 'Who one is.' },
];

const meanings: Readonly<Record<string, string>> = {
  '200': 'What was asked for.',
  '400': 'What was sent cannot be taken.',
  '401': 'A token, or the signature, is missing or wrong.',
  '403': 'The role of the token is too low.',
  '404': 'What is named is not there.',
  '413': 'The body is too large.',
  '415': 'The body has a type that this route does not take.',
  '422': 'The Idempotency-Key was used for another body.',
  '429': 'Too many requests: wait as long as Retry-After says.',
  '503': 'Something passes by itself: try again after Retry-After seconds.',
};

/** Describes all routes that are added from now on; `GET /api/openapi.json` serves it. */
export async function describeRoutes(app: App, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Millrace', version, description },
      tags,
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }, {}],
    },
    refResolver: { buildLocalReference: (json, _base, _fragment, i) => String(json.$id ?? `schema-${i}`) },
    transform: ({ schema, url, route }) => {
      const { role = 'reader', documented } = route.config ?? {};
      return { schema: { ...schema, ...documented, 'x-role': role }, url };
    },
    transformObject: (made) => {
      const document = 'openapiObject' in made ? made.openapiObject : made.swaggerObject;
      for (const operations of Object.values((document as Document).paths ?? {}))
        for (const operation of Object.values(operations)) complete(operation);
      return document as ReturnType<NonNullable<FastifyDynamicSwaggerOptions['transformObject']>>;
    },
  });
}

/** Adds what is the same everywhere: how problems are sent, what tokens may lead to, that filters are parameters of their own. */
function complete(operation: Operation): void {
  const role = (operation['x-role'] ?? 'reader') as Role | 'anyone';
  const responses = operation.responses ?? {};
  operation.responses = responses;
  for (const status of role === 'anyone' ? [] : ['401', ...(role === 'reader' ? [] : ['403'])])
    responses[status] ??= { description: '', content: { 'application/json': problem() } };
  for (const [status, response] of Object.entries(responses)) {
    const { content } = response;
    const media = content?.['application/json'];
    if (content && media?.schema?.$ref?.endsWith('Problem')) {
      response.content = { 'application/problem+json': media };
      response.description = meanings[status] ?? response.description;
    } else if (response.description === 'Default Response') response.description = meanings[status] ?? 'Done.';
  }
  for (const parameter of operation.parameters ?? []) {
    if (parameter.in !== 'query' || parameter.schema?.type !== 'object') continue;
    parameter.style = 'form';
    parameter.explode = true;
  }
}

function problem(): Media {
  return { schema: { $ref: '#/components/schemas/Problem' } };
}
