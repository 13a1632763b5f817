// What the OpenAPI document says of the registry: its routes are checked by hand, in Confluent's words.
import { assert } from '../core/errors.ts';
import { compatibilities } from '../log/registry.ts';
import { contentTypes } from './registry-protocol.ts';

type Schema = Readonly<Record<string, unknown>>;
/** A route: its name, its parameters of the query, what it answers. */
type Operation = { readonly id: string; readonly query?: readonly string[]; readonly answer: Schema };

const text = { type: 'string' };
const number = { type: 'integer' };
const flag = { type: 'boolean' };
const texts = { type: 'array', items: text };
const numbers = { type: 'array', items: number };
const anything = { description: 'An Avro schema as JSON.' };

function object(properties: Readonly<Record<string, Schema>>, required = Object.keys(properties)): Schema {
  return { type: 'object', properties, required };
}

const version = object({ subject: text, version: number, id: number, schema: text });
const uses = { type: 'array', items: object({ subject: text, version: number }) };
const level = { type: 'string', enum: compatibilities };
const mode = object({ mode: { type: 'string', enum: ['READWRITE', 'READONLY', 'IMPORT'] } });
const fit = object({ is_compatible: flag, messages: texts }, ['is_compatible']);
const has = object({ compatibilityLevel: level });
const sets = object({ compatibility: level });

const operations: Readonly<Record<string, Operation>> = {
  'GET /': { id: 'getRegistry', answer: object({}) },
  'GET /contexts': { id: 'listContexts', answer: texts },
  'GET /subjects': { id: 'listSubjects', query: ['deleted', 'deletedOnly', 'subjectPrefix'], answer: texts },
  'GET /subjects/:subject/versions': { id: 'listVersions', query: ['deleted', 'deletedOnly'], answer: numbers },
  'GET /subjects/:subject/versions/:version': { id: 'getVersion', query: ['deleted'], answer: version },
  'GET /subjects/:subject/versions/:version/schema': { id: 'getVersionSchema', query: ['deleted'], answer: anything },
  'GET /subjects/:subject/versions/:version/referencedby': {
    id: 'listReferences',
    query: ['deleted'],
    answer: numbers,
  },
  'GET /schemas': {
    id: 'listSchemas',
    query: ['deleted', 'latestOnly', 'subjectPrefix'],
    answer: { type: 'array', items: version },
  },
  'GET /schemas/types': { id: 'listSchemaTypes', answer: texts },
  'GET /schemas/ids/:id': { id: 'getSchema', answer: object({ schema: text }) },
  'GET /schemas/ids/:id/schema': { id: 'getSchemaAlone', answer: anything },
  'GET /schemas/ids/:id/versions': { id: 'listSchemaVersions', query: ['deleted'], answer: uses },
  'GET /schemas/ids/:id/subjects': { id: 'listSchemaSubjects', query: ['deleted'], answer: texts },
  'POST /subjects/:subject': { id: 'findSchema', query: ['deleted', 'normalize'], answer: version },
  'POST /subjects/:subject/versions': { id: 'registerSchema', query: ['normalize'], answer: object({ id: number }) },
  'POST /compatibility/subjects/:subject/versions': { id: 'checkSchema', query: ['verbose'], answer: fit },
  'POST /compatibility/subjects/:subject/versions/:version': { id: 'checkVersion', query: ['verbose'], answer: fit },
  'DELETE /subjects/:subject': { id: 'deleteSubject', query: ['permanent'], answer: numbers },
  'DELETE /subjects/:subject/versions/:version': { id: 'deleteVersion', query: ['permanent'], answer: number },
  'GET /config': { id: 'getCompatibility', answer: has },
  'PUT /config': { id: 'setCompatibility', answer: sets },
  'DELETE /config': { id: 'clearCompatibility', answer: has },
  'GET /config/:subject': { id: 'getSubjectCompatibility', query: ['defaultToGlobal'], answer: has },
  'PUT /config/:subject': { id: 'setSubjectCompatibility', answer: sets },
  'DELETE /config/:subject': { id: 'clearSubjectCompatibility', answer: has },
  'GET /mode': { id: 'getMode', answer: mode },
  'PUT /mode': { id: 'setMode', answer: mode },
  'DELETE /mode': { id: 'clearMode', answer: mode },
  'GET /mode/:subject': { id: 'getSubjectMode', query: ['defaultToGlobal'], answer: mode },
  'PUT /mode/:subject': { id: 'setSubjectMode', answer: mode },
  'DELETE /mode/:subject': { id: 'clearSubjectMode', answer: mode },
};

function operationAt(method: string, path: string): Operation {
  const found = operations[`${method} ${path}`];
  assert(found, `${method} ${path} of the registry is not described`);
  return found;
}

/** The name of a route. */
export function operationOf(method: string, path: string): string {
  return operationAt(method, path).id;
}

/** An error in Confluent's form, of any of the types that Accept may ask for. */
export function registryProblem(description: string) {
  const schema = object({ error_code: number, message: text });
  return { description, content: ofAllTypes(schema) };
}

/** The parameters, body and answers of a route. */
export function documentation(method: string, path: string): Record<string, unknown> {
  const { query = [], answer } = operationAt(method, path);
  const params = path.split('/').flatMap((part) => (part.startsWith(':') ? [part.slice(1)] : []));
  const hasBody = method === 'POST' || method === 'PUT';
  const ofQuery = query.map((name): [string, Schema] => [name, name.endsWith('Prefix') ? text : flag]);
  return {
    ...(params.length > 0 ? { params: object(Object.fromEntries(params.map((name) => [name, text]))) } : {}),
    ...(query.length > 0 ? { querystring: object(Object.fromEntries(ofQuery), []) } : {}),
    ...(hasBody ? { body: bodyOf(path) } : {}),
    response: {
      200: { description: 'As Confluent’s Schema Registry answers.', content: ofAllTypes(answer) },
      400: registryProblem(hasBody ? 'The body is not JSON, or the query is not UTF-8.' : 'The query is not UTF-8.'),
      ...(params.length > 0 ? { 404: registryProblem('40401 to 40409: what is named is not there.') } : {}),
      406: registryProblem('Accept names no type that is sent.'),
      ...(path === '/subjects/:subject/versions' && method === 'POST'
        ? { 409: registryProblem('The schema is not compatible.') }
        : {}),
      ...(hasBody ? { 413: registryProblem('The body is too large.') } : {}),
      ...(hasBody ? { 415: registryProblem('The body has a type that is not taken, or is packed.') } : {}),
      ...(params.length > 0 || hasBody
        ? { 422: registryProblem('42201 to 42208: what was sent cannot be taken.') }
        : {}),
      500: registryProblem('50001: the registry’s file cannot be used.'),
    },
  };
}

function bodyOf(path: string): Schema {
  if (path.startsWith('/config')) return { content: ofAllTypes(object({ compatibility: text })) };
  if (path.startsWith('/mode')) return { content: ofAllTypes(object({ mode: text })) };
  return { content: ofAllTypes(object({ schema: text, schemaType: text }, ['schema'])) };
}

function ofAllTypes(schema: Schema) {
  return Object.fromEntries(contentTypes.map((type) => [type, { schema }]));
}
