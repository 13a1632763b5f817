// The OpenAPI document: made from the schemas of the routes, with what all of them share said once.
import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import type { App, Role } from './app.ts';
import { registryProblem } from './registry-document.ts';

type Media = { schema?: { $ref?: string } };
type Response = { description: string; content?: Record<string, Media> };
type Operation = {
  operationId?: string;
  tags?: string[];
  responses?: Record<string, Response>;
  parameters?: Parameter[];
  'x-role'?: string;
};
type Parameter = { in: string; schema?: { type?: string }; style?: string; explode?: boolean };
type Document = { paths?: Record<string, Record<string, Operation>> };

const description = `Live data: pipelines, topics, tables, dead letters.

Errors are problem details (RFC 9457, \`application/problem+json\`) with a \`code\` of the list in docs/reference/errors.md.
Where tokens are needed, send \`Authorization: Bearer TOKEN\`; a route may then answer 401, 403 or 429.
Whole numbers beyond 2^53 and decimals are texts, times are ISO 8601 in UTC, bytes are base64.`;

const tags = [
  { name: 'pipelines', description: 'What runs: graphs, rates, ledgers, charts; pause and resume.' },
  { name: 'topics', description: 'The log: topics and their records; posting.' },
  { name: 'tables', description: 'Rows by key and by filter; SQL.' },
  { name: 'dead letters', description: 'Records that were put aside: look, fix, send again.' },
  { name: 'live', description: 'What changes, pushed as server-sent events.' },
  { name: 'registry', description: 'Schemas, by the API of the Confluent Schema Registry.' },
  { name: 'health', description: 'For people, load balancers and Prometheus.' },
  { name: 'session', description: 'Who one is.' },
];

const meanings: Readonly<Record<string, string>> = {
  '200': 'What was asked for.',
  '400': 'What was sent cannot be taken.',
  '401': 'A token, or the signature, is missing or wrong.',
  '403': 'The role of the token is too low, or a page of another site asks.',
  '404': 'What is named is not there.',
  '413': 'The body is too large.',
  '415': 'The body has a type that this route does not take.',
  '422': 'The Idempotency-Key was used for another body.',
  '429': 'Too many requests: wait as long as Retry-After says.',
  '500': 'The function of the route has failed.',
  default: 'What the function of the route refuses.',
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
      const all = Object.values((document as Document).paths ?? {}).flatMap((one) => Object.values(one));
      for (const operation of all) complete(operation);
      nameAll(all);
      return document as ReturnType<NonNullable<FastifyDynamicSwaggerOptions['transformObject']>>;
    },
  });
}

/**
 * The name of an operation from its method and path, for generated clients.
 *
 * @example operationIdOf('GET', '/lines/:line/late-buses') // 'getLinesByLineLateBuses'
 */
export function operationIdOf(method: string, path: string): string {
  const words = path
    .split('/')
    .flatMap((part) => (part.startsWith(':') ? ['by', part.slice(1)] : part.split(/[^A-Za-z0-9]+/)));
  return method.toLowerCase() + words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join('');
}

/** Gives each operation a name of its own: where a pipeline's route would have one that is taken, it gets a number. */
function nameAll(all: readonly Operation[]): void {
  const isOurs = ({ tags: [tag] = [] }: Operation) => tags.some(({ name }) => name === tag);
  const taken = new Set<string>();
  for (const operation of [...all.filter(isOurs), ...all.filter((one) => !isOurs(one))]) {
    const wanted = operation.operationId ?? 'operation';
    let name = wanted;
    for (let number = 2; taken.has(name); number++) name = `${wanted}${number}`;
    taken.add(name);
    operation.operationId = name;
  }
}

/** Adds what is the same everywhere: how problems are sent, what tokens may lead to, that filters are parameters of their own. */
function complete(operation: Operation): void {
  const role = (operation['x-role'] ?? 'reader') as Role | 'anyone';
  const responses = operation.responses ?? {};
  operation.responses = responses;
  const isRegistry = operation.tags?.includes('registry');
  for (const status of role === 'anyone' ? ['403'] : ['401', '403', '429']) {
    responses[status] ??= isRegistry
      ? registryProblem(meanings[status]!)
      : { description: '', content: { 'application/json': problem() } };
  }
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
