// The registry routes: requests and answers as Confluent's documentation has them, and the registry's contract over HTTP.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { embeddedRegistry } from '../../src/log/registry-embedded/embedded.ts';
import type { App } from '../../src/web/app.ts';
import { makeApp } from '../../src/web/server.ts';
import { record, registryContract } from '../contracts/registry.ts';
import { fakeBackend } from './backend.ts';
import { judged } from './document.ts';
import { registryClient } from './registry-client.ts';

const v1 = 'application/vnd.schemaregistry.v1+json';

async function open(): Promise<{ app: App; close: () => Promise<void> }> {
  const registry = await embeddedRegistry({ path: ':memory:' });
  const app = await judged(await makeApp(fakeBackend({ registry })));
  return {
    app,
    async close() {
      await app.close();
      await registry.close();
    },
  };
}

registryContract('over HTTP', async () => {
  const { app, close } = await open();
  return registryClient(app, close);
});

const one = record({ name: 'zone', type: 'string' });
const two = record({ name: 'zone', type: 'string' }, { name: 'fare', type: ['null', 'double'], default: null });
const clash = record({ name: 'zone', type: 'int' });

type Body = object | string | undefined;
type Step = readonly [request: string, body: Body, status: number, answer: unknown];

/** An error of this code; its message fits. */
const error = (code: number, message: RegExp) => ({ code, message });
const isError = (answer: unknown): answer is ReturnType<typeof error> =>
  typeof answer === 'object' && answer !== null && 'code' in answer && 'message' in answer;

async function ask(app: App, request: string, body: Body, headers: Record<string, string> = {}) {
  const [method, url] = request.split(' ') as ['GET' | 'POST' | 'PUT' | 'DELETE', string];
  const payload = typeof body === 'object' ? JSON.stringify(body) : body;
  return app.inject({
    method,
    url: `/registry${url}`,
    headers: { ...(payload === undefined ? {} : { 'content-type': v1 }), ...headers },
    ...(payload === undefined ? {} : { payload }),
  });
}

/** The steps follow each other on one registry. */
const tables: Readonly<Record<string, readonly Step[]>> = {
  'subjects, versions and ids': [
    ['GET /', undefined, 200, {}],
    ['GET /subjects', undefined, 200, []],
    ['GET /contexts', undefined, 200, ['.']],
    ['GET /schemas/types', undefined, 200, ['AVRO']],
    ['POST /subjects/Kafka-key/versions', { schema: one }, 200, { id: 1 }],
    ['POST /subjects/Kafka-key/versions', { schema: one, schemaType: 'AVRO', references: [] }, 200, { id: 1 }],
    ['POST /subjects/Kafka-value/versions', { schema: one }, 200, { id: 1 }],
    ['POST /subjects/Kafka-value/versions?normalize=true', { schema: two }, 200, { id: 2 }],
    ['GET /subjects', undefined, 200, ['Kafka-key', 'Kafka-value']],
    ['GET /subjects?subjectPrefix=Kafka-v', undefined, 200, ['Kafka-value']],
    ['GET /subjects/Kafka-value/versions', undefined, 200, [1, 2]],
    [
      'GET /subjects/Kafka-value/versions/1',
      undefined,
      200,
      { subject: 'Kafka-value', version: 1, id: 1, schema: one },
    ],
    [
      'GET /subjects/Kafka-value/versions/latest',
      undefined,
      200,
      { subject: 'Kafka-value', version: 2, id: 2, schema: two },
    ],
    [
      'GET /subjects/Kafka-value/versions/-1',
      undefined,
      200,
      { subject: 'Kafka-value', version: 2, id: 2, schema: two },
    ],
    ['GET /subjects/Kafka-value/versions/1/schema', undefined, 200, JSON.parse(one)],
    ['GET /subjects/Kafka-value/versions/1/referencedby', undefined, 200, []],
    ['GET /schemas/ids/1', undefined, 200, { schema: one }],
    ['GET /schemas/ids/1/schema', undefined, 200, JSON.parse(one)],
    ['GET /schemas/ids/1/subjects', undefined, 200, ['Kafka-key', 'Kafka-value']],
    [
      'GET /schemas/ids/1/versions',
      undefined,
      200,
      [
        { subject: 'Kafka-key', version: 1 },
        { subject: 'Kafka-value', version: 1 },
      ],
    ],
    [
      'GET /schemas?latestOnly=true&subjectPrefix=Kafka-value',
      undefined,
      200,
      [{ subject: 'Kafka-value', version: 2, id: 2, schema: two }],
    ],
    ['POST /subjects/Kafka-value', { schema: one }, 200, { subject: 'Kafka-value', version: 1, id: 1, schema: one }],
  ],
  'what is not there, and what cannot be taken': [
    ['POST /subjects/a/versions', { schema: one }, 200, { id: 1 }],
    ['GET /subjects/b/versions', undefined, 404, error(40401, /^Subject 'b' not found\.$/)],
    ['GET /subjects/b/versions/1', undefined, 404, error(40401, /'b'/)],
    ['GET /subjects/a/versions/7', undefined, 404, error(40402, /^Version 7 not found\.$/)],
    ['GET /schemas/ids/4711', undefined, 404, error(40403, /^Schema 4711 not found$/)],
    ['GET /schemas/ids/4711/versions', undefined, 404, error(40403, /4711/)],
    ['GET /schemas/ids/x', undefined, 404, error(404, /HTTP 404/)],
    ['POST /subjects/b', { schema: one }, 404, error(40401, /'b'/)],
    ['POST /subjects/a', { schema: two }, 404, error(40403, /^Schema not found$/)],
    ['GET /subjects/a/versions/0', undefined, 422, error(42202, /'0' is not a valid version id/)],
    ['GET /subjects/a/versions/one', undefined, 422, error(42202, /"latest"/)],
    ['GET /subjects/a/versions/2147483648', undefined, 422, error(42202, /2147483648/)],
    ['POST /subjects/a/versions', { schema: '{' }, 422, error(42201, /not JSON/)],
    ['POST /subjects/a/versions', { schema: '{"type":"nothing"}' }, 422, error(42201, /'nothing'/)],
    ['POST /subjects/a/versions', { schema: '' }, 422, error(42201, /empty/)],
    ['POST /subjects/a/versions', {}, 422, error(42201, /empty/)],
    ['POST /subjects/a/versions', { schema: '{}', schemaType: 'PROTOBUF' }, 422, error(42201, /"PROTOBUF".*AVRO/)],
    ['POST /subjects/a/versions', { schema: '{}', schemaType: 'JSON' }, 422, error(42201, /AVRO schemas only/)],
    ['POST /subjects/a/versions', { schema: one, references: [{ name: 'x' }] }, 422, error(42201, /references/)],
    ['POST /subjects/a/versions', { schema: one, id: 7 }, 422, error(42205, /not in import mode/)],
    ['POST /subjects/a/versions', { schema: one, nonsense: 1 }, 422, error(422, /nonsense/)],
    ['POST /subjects/a/versions', '{', 400, error(400, /not JSON/)],
    ['POST /subjects/a/versions', '[]', 422, error(422, /object/)],
    ['POST /subjects/a%00b/versions', { schema: one }, 422, error(42208, /name of a subject/)],
    ['GET /nothing', undefined, 404, error(404, /HTTP 404 Not Found/)],
    ['PUT /subjects', {}, 405, error(405, /HTTP 405/)],
  ],
  'names are percent-decoded': [
    ['POST /subjects/a%2Fb%20c%3F/versions', { schema: one }, 200, { id: 1 }],
    ['POST /subjects/%C3%A9t%C3%A9/versions', { schema: one }, 200, { id: 1 }],
    ['GET /subjects', undefined, 200, ['a/b c?', 'été']],
    ['GET /subjects/a%2Fb%20c%3F/versions', undefined, 200, [1]],
  ],
  compatibility: [
    ['POST /subjects/a/versions', { schema: one }, 200, { id: 1 }],
    ['POST /compatibility/subjects/a/versions/latest', { schema: two }, 200, { is_compatible: true }],
    ['POST /compatibility/subjects/a/versions/1', { schema: clash }, 200, { is_compatible: false }],
    [
      'POST /compatibility/subjects/a/versions/latest?verbose=true',
      { schema: clash },
      200,
      {
        is_compatible: false,
        messages: ["field 'zone': string cannot be read as int, so version 1's records cannot be read (BACKWARD)"],
      },
    ],
    ['POST /compatibility/subjects/a/versions', { schema: clash }, 200, { is_compatible: false }],
    ['POST /compatibility/subjects/new/versions', { schema: clash }, 200, { is_compatible: true }],
    ['POST /compatibility/subjects/new/versions/latest', { schema: clash }, 200, { is_compatible: true }],
    ['POST /compatibility/subjects/new/versions/1', { schema: clash }, 404, error(40401, /'new'/)],
    ['POST /compatibility/subjects/a/versions/2', { schema: clash }, 404, error(40402, /Version 2/)],
    ['POST /compatibility/subjects/a/versions/two', { schema: clash }, 422, error(42202, /'two'/)],
    ['POST /compatibility/subjects/a/versions/1', { schema: 'x' }, 422, error(42201, /not JSON/)],
    ['POST /subjects/a/versions', { schema: clash }, 409, error(409, /'zone'.*cannot be read/)],
  ],
  config: [
    ['GET /config', undefined, 200, { compatibilityLevel: 'BACKWARD' }],
    ['PUT /config', { compatibility: 'FULL' }, 200, { compatibility: 'FULL' }],
    ['GET /config', undefined, 200, { compatibilityLevel: 'FULL' }],
    ['GET /config/a', undefined, 404, error(40408, /does not have subject-level compatibility/)],
    ['GET /config/a?defaultToGlobal=true', undefined, 200, { compatibilityLevel: 'FULL' }],
    ['PUT /config/a', { compatibility: 'NONE' }, 200, { compatibility: 'NONE' }],
    ['GET /config/a', undefined, 200, { compatibilityLevel: 'NONE' }],
    ['PUT /config/a', { compatibility: 'forward_transitive' }, 200, { compatibility: 'FORWARD_TRANSITIVE' }],
    ['PUT /config/a', { compatibility: 'SOME' }, 422, error(42203, /Invalid compatibility level/)],
    ['PUT /config', {}, 422, error(42203, /Invalid compatibility level/)],
    ['DELETE /config/a', undefined, 200, { compatibilityLevel: 'FORWARD_TRANSITIVE' }],
    ['DELETE /config/a', undefined, 404, error(40401, /'a'/)],
    ['DELETE /config', undefined, 200, { compatibilityLevel: 'FULL' }],
    ['GET /config', undefined, 200, { compatibilityLevel: 'BACKWARD' }],
  ],
  mode: [
    ['POST /subjects/a/versions', { schema: one }, 200, { id: 1 }],
    ['GET /mode', undefined, 200, { mode: 'READWRITE' }],
    ['GET /mode/a', undefined, 404, error(40409, /subject-level mode/)],
    ['GET /mode/a?defaultToGlobal=true', undefined, 200, { mode: 'READWRITE' }],
    ['PUT /mode/a', { mode: 'READONLY' }, 200, { mode: 'READONLY' }],
    ['GET /mode/a', undefined, 200, { mode: 'READONLY' }],
    ['POST /subjects/a/versions', { schema: one }, 200, { id: 1 }],
    ['POST /subjects/a/versions', { schema: two }, 422, error(42205, /mode READONLY/)],
    ['POST /subjects/a/versions', { schema: '{' }, 422, error(42201, /not JSON/)],
    ['DELETE /subjects/a', undefined, 422, error(42205, /mode READONLY/)],
    ['PUT /mode/a', { mode: 'IMPORT' }, 422, error(42205, /1 versions/)],
    ['PUT /mode', { mode: 'WRITE' }, 422, error(42204, /Invalid mode/)],
    ['DELETE /mode/a', undefined, 200, { mode: 'READONLY' }],
    ['DELETE /mode/a', undefined, 404, error(40401, /'a'/)],
    ['PUT /mode', { mode: 'READONLY' }, 200, { mode: 'READONLY' }],
    ['DELETE /mode', undefined, 200, { mode: 'READONLY' }],
    ['GET /mode', undefined, 200, { mode: 'READWRITE' }],
  ],
  deletions: [
    ['POST /subjects/a/versions', { schema: one }, 200, { id: 1 }],
    ['POST /subjects/a/versions', { schema: two }, 200, { id: 2 }],
    ['DELETE /subjects/a/versions/1?permanent=true', undefined, 404, error(40407, /Version 1 was not deleted first/)],
    ['DELETE /subjects/a/versions/1', undefined, 200, 1],
    ['DELETE /subjects/a/versions/1', undefined, 404, error(40406, /Version 1 was soft deleted/)],
    ['DELETE /subjects/a/versions/9', undefined, 404, error(40402, /Version 9/)],
    ['DELETE /subjects/b/versions/1', undefined, 404, error(40401, /'b'/)],
    ['DELETE /subjects/a/versions/x', undefined, 422, error(42202, /'x'/)],
    ['GET /subjects/a/versions', undefined, 200, [2]],
    ['GET /subjects/a/versions?deleted=true', undefined, 200, [1, 2]],
    ['GET /subjects/a/versions?deletedOnly=true', undefined, 200, [1]],
    ['GET /subjects/a/versions/1', undefined, 404, error(40402, /Version 1/)],
    ['GET /subjects/a/versions/1?deleted=true', undefined, 200, { subject: 'a', version: 1, id: 1, schema: one }],
    ['POST /subjects/a', { schema: one }, 404, error(40403, /Schema not found/)],
    ['POST /subjects/a?deleted=true', { schema: one }, 200, { subject: 'a', version: 1, id: 1, schema: one }],
    ['DELETE /subjects/a/versions/1?permanent=true', undefined, 200, 1],
    ['GET /subjects/a/versions?deleted=true', undefined, 200, [2]],
    ['DELETE /subjects/a?permanent=true', undefined, 404, error(40405, /not deleted first/)],
    ['DELETE /subjects/a', undefined, 200, [2]],
    ['DELETE /subjects/a', undefined, 404, error(40404, /soft deleted/)],
    ['GET /subjects', undefined, 200, []],
    ['GET /subjects?deleted=true', undefined, 200, ['a']],
    ['GET /subjects?deletedOnly=TRUE', undefined, 200, ['a']],
    ['GET /schemas/ids/2', undefined, 200, { schema: two }],
    ['DELETE /subjects/a?permanent=true', undefined, 200, [2]],
    ['DELETE /subjects/a?permanent=true', undefined, 404, error(40401, /'a'/)],
    // its records can still be read, and who registers it again gets the same id
    ['GET /schemas/ids/2', undefined, 200, { schema: two }],
    ['GET /schemas/ids/2/versions?deleted=true', undefined, 200, []],
    ['POST /subjects/a/versions', { schema: two }, 200, { id: 2 }],
  ],
};

describe('the registry routes answer as Confluent documents them', () => {
  for (const [name, steps] of Object.entries(tables)) {
    test(name, async () => {
      const { app, close } = await open();
      for (const [request, body, status, wanted] of steps) {
        const answer = await ask(app, request, body);
        assert.equal(answer.statusCode, status, `${request}: ${answer.body}`);
        assert.equal(answer.headers['content-type'], v1, request);
        if (!isError(wanted)) assert.deepEqual(answer.json(), wanted, request);
        else {
          const { error_code, message, ...rest } = answer.json<{ error_code: number; message: string }>();
          assert.equal(error_code, wanted.code, `${request}: ${message}`);
          assert.match(message, wanted.message, request);
          assert.deepEqual(rest, {}, 'an error has a code and a message, and nothing else');
        }
      }
      await close();
    });
  }

  test('content types are those that are asked for', async () => {
    const { app, close } = await open();
    const accepts: [string | undefined, number, string][] = [
      [undefined, 200, v1],
      ['*/*', 200, v1],
      ['application/json', 200, 'application/json'],
      ['application/vnd.schemaregistry+json', 200, 'application/vnd.schemaregistry+json'],
      [`application/json;q=0.5, ${v1};q=0.9`, 200, v1],
      ['text/html, application/json;q=0.1', 200, 'application/json'],
      ['text/html', 406, v1],
    ];
    for (const [accept, status, type] of accepts) {
      const answer = await ask(app, 'GET /subjects', undefined, accept === undefined ? {} : { accept });
      assert.deepEqual([answer.statusCode, answer.headers['content-type']], [status, type], accept);
    }
    for (const type of [v1, 'application/vnd.schemaregistry+json', 'application/json', 'application/octet-stream']) {
      const answer = await ask(app, 'POST /subjects/a/versions', { schema: one }, { 'content-type': type });
      assert.equal(answer.statusCode, 200, type);
    }
    const other = await ask(app, 'POST /subjects/a/versions', { schema: one }, { 'content-type': 'text/xml' });
    assert.deepEqual([other.statusCode, other.json<{ error_code: number }>().error_code], [415, 415]);
    await close();
  });

  test('a failing store is an error of the backend, without what it says', async () => {
    const registry = await embeddedRegistry({ path: ':memory:' });
    const app = await judged(await makeApp(fakeBackend({ registry })));
    await registry.close();
    const answer = await ask(app, 'GET /subjects', undefined);
    assert.equal(answer.statusCode, 500);
    assert.ok(answer.json<{ error_code: number }>().error_code >= 500);
    assert.ok(!answer.body.includes('at '), answer.body);
    await app.close();
  });

  test('each route is in the OpenAPI document, with the role that it needs', async () => {
    const { app, close } = await open();
    const document = (await app.inject('/api/openapi.json')).json<{
      paths: Record<string, Record<string, { 'x-role': string; tags: string[] }>>;
    }>();
    const role = (path: string, method: string) => document.paths[`/registry${path}`]?.[method]?.['x-role'];
    assert.equal(role('/subjects/{subject}/versions', 'get'), 'reader');
    assert.equal(role('/subjects/{subject}/versions', 'post'), 'writer');
    assert.equal(role('/subjects/{subject}', 'post'), 'reader');
    for (const [path, method] of [
      ['/subjects/{subject}', 'delete'],
      ['/config', 'put'],
      ['/mode/{subject}', 'put'],
      ['/config/{subject}', 'delete'],
    ] as const) {
      assert.equal(role(path, method), 'admin', `${method} ${path}`);
    }
    await close();
  });
});
