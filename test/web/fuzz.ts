// Requests of every kind at every operation of the document: whatever comes, the answer is one of the API's own, never 500.
import assert from 'node:assert/strict';
import naughty from 'big-list-of-naughty-strings/blns.json' with { type: 'json' };
import fc from 'fast-check';
import type { App } from '../../src/web/app.ts';
import type { Judge, Operation, Parameter } from './document.ts';

/** The texts that break programs. */
export const naughtyTexts: readonly string[] = naughty;

/** A request at an operation. */
export type Shot = { readonly url: string; readonly headers: Record<string, string>; readonly payload?: string };

const injections = [
  "'; drop table rides; --",
  '" or 1=1 --',
  "') union select * from meta.tables --",
  "A'||(select 1)||'",
  '$1',
  '?',
  '%27',
  "\\'",
  "rides\"; attach 'x' as y; --",
];
const odd = [
  '',
  ' ',
  '\0',
  'a\0b',
  '__proto__',
  'constructor',
  'toString',
  '../..',
  '%',
  '%00',
  '\u202e',
  '😀',
  '٣',
  'NaN',
  'null',
];
const numbers = [
  '0',
  '-1',
  '1',
  '1e9',
  '0x10',
  '9007199254740993',
  '99999999999999999999',
  '1.5',
  'Infinity',
  '-0',
  '+1',
  ' 1',
];
const times = [
  '2026-11-22',
  '2026-11-22T08:00:00Z',
  '0000-00-00',
  '9999-12-31T23:59:59.999Z',
  '+275760-09-13T00:00:00.001Z',
  '-1',
];

const text = fc.oneof(
  fc.constantFrom(...naughtyTexts),
  fc.constantFrom(...injections, ...odd),
  fc.constantFrom(...numbers, ...times),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom('x'.repeat(3000), 'é'.repeat(900), '['.repeat(2000)),
);

const names = ['rides', 'users', 'fare_by_zone', 'nope'];
const columns = [
  'id',
  'zone',
  'km',
  'fare',
  'at',
  'driver',
  'minute',
  'rides',
  'born',
  'photo',
  'tags',
  'extra',
  'active',
  'score',
  'balance',
  'nope',
];
const operators = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'like', 'missing', 'near', 'eq.eq', '__proto__', ''];

/** Percent-encoded, and sometimes left as it is where that is still a URL. */
const encoded = text.chain((one) => fc.constantFrom(encode(one), one.replace(/[^\x21-\x7e]|[#?&/\\]/g, '') || 'x'));

function encode(one: string): string {
  return encodeURIComponent(one.toWellFormed());
}

function giveValue(parameter: Parameter): fc.Arbitrary<string> {
  const {
    type,
    minimum = 0,
    maximum = 100,
    enum: values,
  } = parameter.schema as {
    type?: string;
    minimum?: number;
    maximum?: number;
    enum?: string[];
  };
  if (values) return fc.oneof(fc.constantFrom(...values), encoded);
  if (type === 'integer') return fc.oneof(fc.integer({ min: minimum, max: maximum }).map(String), encoded);
  if (parameter.name === 'order') {
    const order = fc.array(fc.constantFrom(...columns, ...columns.map((one) => `-${one}`)), {
      minLength: 1,
      maxLength: 4,
    });
    return fc.oneof(
      order.map((all) => all.join(',')),
      encoded,
    );
  }
  if (parameter.name !== 'name') return encoded;
  // mostly names that are there, since what is behind them is what can break
  return fc.oneof({ weight: 5, arbitrary: fc.constantFrom('rides', ...names) }, { weight: 1, arbitrary: encoded });
}

const filter = fc
  .tuple(fc.constantFrom(...columns), fc.constantFrom(...operators), encoded)
  .map(([column, operator, value]) => `where.${column}${operator === 'eq' ? '' : `.${operator}`}=${value}`);
const stranger = fc.tuple(encoded, encoded).map(([name, value]) => `${name}=${value}`);

function queryOf(operation: Operation): fc.Arbitrary<string> {
  const known = operation.parameters.filter((one) => one.in === 'query' && one.schema.type !== 'object');
  const pairs = known.map((one) => giveValue(one).map((value) => `${one.name}=${value}`));
  const hasFilters = operation.parameters.some((one) => one.schema.type === 'object');
  const parts = [...pairs, ...(hasFilters ? [filter, filter, filter] : [])];
  const some = parts.length === 0 ? fc.constant([]) : fc.array(fc.oneof(...parts), { maxLength: 4 });
  const strangers = fc.oneof({ weight: 6, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(stranger) });
  return fc.tuple(some, strangers).map(([a, b]) => [...a, ...b].join('&'));
}

const jsonText = fc.oneof(
  fc.json(),
  text,
  fc.constantFrom('', '{', '[]', 'null', '{"__proto__":{"x":1}}', '\ufeff{}', '1e999'),
);
const value = fc.oneof(text, fc.integer(), fc.double(), fc.boolean(), fc.constant(null), fc.jsonValue({ maxDepth: 3 }));
const record = fc.oneof(
  // one that is taken, so that the pipeline has odd texts to work with too
  fc.record({
    id: text,
    zone: text,
    km: fc.double(),
    at: fc.constantFrom(...times),
    driver: fc.oneof(text, fc.constant(null)),
  }),
  fc.record({ id: value, zone: value, km: value, fare: value, at: value, driver: value }, { requiredKeys: [] }),
  fc.dictionary(text, value),
);
const sql = fc.oneof(
  text,
  fc
    .tuple(fc.constantFrom(...columns, '*', '1'), fc.constantFrom(...names), text)
    .map(([column, table, given]) => `select ${column} from ${table} where zone = '${given}'`),
  fc.constantFrom(
    'select 1',
    'select 1; select 2',
    'insert into rides values (1)',
    'pragma version',
    "select * from glob('*')",
  ),
);

const word = fc.oneof(fc.constantFrom('BACKWARD', 'NONE', 'FULL_TRANSITIVE', 'READONLY', 'READWRITE', 'none'), text);
const avro = fc.oneof(
  text,
  fc.constantFrom(
    '"string"',
    '{"type":"record","name":"R","fields":[{"name":"a","type":"long"}]}',
    '{"type":"enum"}',
    '[]',
  ),
  fc.tuple(text, text).map(([name, type]) => JSON.stringify({ type: 'record', name, fields: [{ name, type }] })),
);

function bodyOf(operation: Operation): fc.Arbitrary<string | undefined> {
  if (operation.body === undefined) return fc.oneof(fc.constant(undefined), jsonText);
  if (operation.path.includes('records')) {
    return fc.oneof(
      record.map((one) => JSON.stringify(one)),
      fc.array(fc.oneof(record, value), { maxLength: 5 }).map((all) => JSON.stringify(all)),
      fc
        .array(
          fc.oneof(
            record.map((one) => JSON.stringify(one)),
            text,
          ),
        )
        .map((all) => all.join('\n')),
      jsonText,
    );
  }
  if (operation.path.startsWith('/registry')) {
    const parts = fc.record(
      { schema: fc.oneof(avro, value), schemaType: value, compatibility: word, mode: word, references: value },
      { requiredKeys: [] },
    );
    return fc.oneof(
      parts.map((one) => JSON.stringify(one)),
      jsonText,
    );
  }
  const asked = operation.path.includes('query')
    ? fc.record({ sql, rowsMax: value, msMax: fc.constantFrom(100, 0, -1, '5', 1e9) }, { requiredKeys: ['sql'] })
    : fc.record(
        {
          pipeline: fc.oneof(fc.constantFrom(...names), value),
          stage: value,
          kind: fc.constantFrom('dead', 'late', 'ill'),
          ids: fc.oneof(fc.array(fc.oneof(fc.integer(), value)), value),
          replacement: fc.oneof(text, jsonText),
          isTrial: fc.oneof(fc.boolean(), value),
        },
        { requiredKeys: [] },
      );
  return fc.oneof(
    { weight: 4, arbitrary: asked.map((one) => JSON.stringify(one)) },
    { weight: 1, arbitrary: jsonText },
  );
}

const headerText = text.map((one) => one.replace(/[^\x20-\x7e]/g, '').slice(0, 400));
const oddHeaders = fc.record(
  {
    'content-type': fc.oneof(
      {
        weight: 5,
        arbitrary: fc.constantFrom('application/json', 'application/x-ndjson', 'application/json; charset=utf-8'),
      },
      { weight: 1, arbitrary: headerText },
    ),
    'idempotency-key': headerText,
    'x-millrace-signature': headerText,
    'content-encoding': fc.constantFrom('identity', 'gzip'),
    accept: headerText,
    cookie: headerText,
    'last-event-id': headerText,
  },
  { requiredKeys: ['content-type'] },
);

const headers = fc.oneof(
  fc.constantFrom<Record<string, string>>(
    { 'content-type': 'application/json' },
    { 'content-type': 'application/x-ndjson' },
  ),
  oddHeaders,
);

/** Requests at an operation. */
export function shots(operation: Operation): fc.Arbitrary<Shot> {
  const inPath = operation.parameters.filter((one) => one.in === 'path');
  const path = fc
    .tuple(...inPath.map(giveValue))
    .map((values) => inPath.reduce((url, { name }, i) => url.replace(`{${name}}`, () => values[i]!), operation.path));
  return fc.tuple(path, queryOf(operation), headers, bodyOf(operation)).map(([url, query, all, payload]): Shot => {
    const shot = { url: query === '' ? url : `${url}?${query}`, headers: all };
    return payload === undefined || operation.method === 'GET' ? shot : { ...shot, payload };
  });
}

const refusals = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422];

/** Fires at an operation; every answer must be one that the API gives on purpose. */
export async function fuzz(app: App, judge: Judge, operation: Operation, runs: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(shots(operation), async ({ url, headers: given, payload }) => {
      const answer = await app.inject({
        method: operation.method as 'GET',
        url,
        headers: given,
        ...(payload === undefined ? {} : { payload }),
      });
      const { statusCode, body } = answer;
      const isRegistry = operation.path.startsWith('/registry');
      if (statusCode < 300) return isRegistry ? undefined : judge.judge(operation, answer);
      assert.ok(refusals.includes(statusCode), `${statusCode}: ${body.slice(0, 500)}`);
      assert.doesNotMatch(body, /\.ts:\d+|node_modules/, 'it shows nothing of the inside');
      const type = String(answer.headers['content-type']);
      // the registry's errors are Confluent's
      if (isRegistry && type.includes('schemaregistry')) {
        assert.equal(typeof answer.json<{ error_code: unknown }>().error_code, 'number');
        return;
      }
      assert.match(type, /^application\/problem\+json/);
      const problem = answer.json<{ status: number; code: string; title: string; type: string }>();
      assert.deepEqual([problem.status, problem.type], [statusCode, `urn:millrace:error:${problem.code}`]);
      assert.ok(problem.title.length > 0 && problem.title.length <= 1000, 'it says what happened');
    }),
    { numRuns: runs },
  );
}
