// Reads, records and routes as definitions: what they are, what is refused, and what the compiler refuses.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkDefinitions } from '../../src/control/check.ts';
import { MillraceError } from '../../src/core/errors.ts';
import { inputReader } from '../../src/define/input.ts';
import { jsonSchema } from '../../src/define/json-schema.ts';
import { isRecord } from '../../src/define/record.ts';
import { ownSegments, Refusal } from '../../src/define/route.ts';
import {
  bool,
  bytes,
  date,
  decimal,
  double,
  int,
  json,
  list,
  long,
  oneOf,
  pipeline,
  refuse,
  route,
  simulate,
  table,
  text,
  timestamp,
  topic,
} from '../../src/index.ts';

const ride = topic(
  'ride',
  {
    zone: text(),
    kind: oneOf('day', 'night'),
    fare: double().optional(),
    riders: int(),
    total: decimal(10, 2),
    at: timestamp(),
    day: date(),
    tags: list(text()),
    extra: json().optional(),
    isPaid: bool(),
    raw: bytes().optional(),
  },
  { time: 'at' },
);
const rides = table('rides', ride, { key: ['zone', 'at'] });
const plain = table('plain', topic('plain', { id: text(), seen: timestamp() }), { key: 'id', version: 'seen' });
const timeless = table('timeless', topic('timeless', { id: text() }), { key: 'id' });
const tables = [rides];

const refused = (code: string, run: () => unknown, pattern = /./) =>
  assert.throws(run, (error) => {
    assert.ok(error instanceof MillraceError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, pattern);
    assert.ok(error.remedy);
    return true;
  });

describe('a read', () => {
  test('is frozen data, and each method gives another one', () => {
    const all = rides.where();
    const some = all.where({ zone: 'A' }).order('-fare', 'zone').limit(10).columns(['zone', 'fare']).after('x');
    assert.deepEqual(all.plan, {
      table: 'rides',
      where: {},
      order: [],
      limit: 100,
      after: undefined,
      columns: undefined,
      isOne: false,
    });
    assert.deepEqual(some.plan, {
      table: 'rides',
      where: { zone: { eq: 'A' } },
      order: [
        { column: 'fare', descending: true },
        { column: 'zone', descending: false },
      ],
      limit: 10,
      after: 'x',
      columns: ['zone', 'fare'],
      isOne: false,
    });
    assert.ok([some, some.plan, some.plan.where, some.plan.order, some.plan.columns].every(Object.isFrozen));
    assert.deepEqual(rides.where({ zone: 'A' }).one().plan.limit, 1);
  });

  test('has its values as the columns have them, and leaves out what is undefined', () => {
    const { where } = rides.where({
      zone: undefined,
      kind: 'day',
      fare: { gt: '3.5', lte: undefined, ne: null },
      riders: { in: ['1', 2] },
      total: 12.5,
      at: { gte: '2026-11-22T08:00:00Z', lt: Date.UTC(2026, 10, 23) },
      day: '2026-11-22',
      extra: null,
      isPaid: 'true',
      raw: Uint8Array.of(1),
    }).plan;
    assert.deepEqual(where, {
      kind: { eq: 'day' },
      fare: { gt: 3.5, ne: null },
      riders: { in: [1, 2] },
      total: { eq: '12.50' },
      at: { gte: new Date('2026-11-22T08:00:00Z'), lt: new Date('2026-11-23T00:00:00Z') },
      day: { eq: '2026-11-22' },
      extra: { eq: null },
      isPaid: { eq: true },
      raw: { eq: Uint8Array.of(1) },
    });
    assert.deepEqual(rides.where({ fare: { gt: undefined } }).plan.where, {});
    const { where: twice } = rides.where({ zone: 'A', riders: 1 }).where({ zone: { like: 'B%' } }).plan;
    assert.deepEqual(twice, { zone: { like: 'B%' }, riders: { eq: 1 } });
  });

  test('of the newest or oldest rows goes by the time, else by the version', () => {
    assert.deepEqual(rides.where().last(60).plan.order, [{ column: 'at', descending: true }]);
    assert.equal(rides.where().last(60).plan.limit, 60);
    assert.deepEqual(plain.where().first(5).plan.order, [{ column: 'seen', descending: false }]);
    refused('PIPELINE_INVALID', () => timeless.where().last(1), /neither a time nor a version/);
  });

  test('is refused for columns, values and numbers that cannot be', () => {
    // what comes of a request is not seen by the compiler
    const any = (given: unknown) => rides.where(given as Parameters<typeof rides.where>[0]);
    refused('OPTION_INVALID', () => any({ zonee: 'A' }), /'zonee'/);
    refused('OPTION_INVALID', () => any({ fare: { above: 3 } }), /'above'/);
    refused('OPTION_INVALID', () => any({ tags: ['a'] }), /cannot be compared/);
    refused('OPTION_INVALID', () => any({ extra: { eq: 1 } }), /cannot be compared/);
    refused('OPTION_INVALID', () => any({ fare: { like: '3%' } }), /like/);
    refused('OPTION_INVALID', () => any({ at: '+012026-01-01T00:00:00Z' }), /year/);
    refused('RECORD_INVALID', () => any({ riders: 'many' }), /field 'riders': 'many'/);
    refused('RECORD_INVALID', () => any({ kind: 'noon' }), /one of day, night/);
    refused('RECORD_INVALID', () => any({ at: 'yesterday' }));
    for (const rows of [0, -1, 1.5, Number.NaN, 1001]) refused('OPTION_INVALID', () => rides.where().limit(rows));
    refused('OPTION_INVALID', () => rides.where().order('-fair' as 'fare'), /'fair'/);
    refused('OPTION_INVALID', () => rides.where().columns(['fair' as 'fare']), /'fair'/);
    refused('OPTION_INVALID', () => any({ __proto__: null, constructor: 1 }), /'constructor'/);
  });
});

describe('a record', () => {
  const good = {
    zone: 'A',
    kind: 'day',
    riders: 1,
    total: '1',
    at: 0,
    day: '2026-11-22',
    tags: [],
    isPaid: true,
  } as const;

  test('is checked when it is made, and frozen', () => {
    const record = ride.record(good);
    assert.deepEqual([record.noun, record.topic, record.value], ['record', 'ride', good]);
    assert.ok(Object.isFrozen(record) && Object.isFrozen(record.value));
    refused('RECORD_INVALID', () => ride.record({ ...good, riders: 'many' }), /'riders'/);
    assert.equal(ride.from(simulate({ seed: 1, rows: () => [] })).record(good).topic, 'ride');
  });

  test('cannot be forged', () => {
    const record = ride.record(good);
    assert.ok(isRecord(record));
    for (const one of [{ ...record }, JSON.parse(JSON.stringify(record)), null, 'record']) assert.ok(!isRecord(one));
  });
});

describe('the routes of a pipeline', () => {
  test('are data, frozen, with their paths and inputs', () => {
    const made = pipeline('p', {
      tables,
      get: { '/fares/:zone/:day': ({ params }) => rides.where({ zone: params.zone }) },
      post: { '/rides': route({ summary: 'A ride', body: { zone: text() } }, () => null) },
    });
    assert.deepEqual(
      made.routes.map(({ method, path, names }) => [method, path, names]),
      [
        ['GET', '/fares/:zone/:day', ['zone', 'day']],
        ['POST', '/rides', []],
      ],
    );
    assert.equal(made.routes[1]!.inputs.summary, 'A ride');
    assert.ok([made.routes, ...made.routes, ...made.routes.map((one) => one.inputs)].every(Object.isFrozen));
    assert.deepEqual(pipeline('p', { tables }).routes, []);
  });

  test('may not take a path of ours, nor one that is there', () => {
    const get = (...paths: string[]) =>
      pipeline('p', { tables, get: Object.fromEntries(paths.map((path) => [path, () => 1])) });
    for (const segment of [...ownSegments, 'Health']) {
      refused('NAME_TAKEN', () => get(`/${segment}`), new RegExp(segment.replace('.', '\\.')));
      refused('NAME_TAKEN', () => get(`/${segment}/:name`));
    }
    refused('NAME_TAKEN', () => get('/a/:x', '/a/:y'), /same path/);
    refused('NAME_TAKEN', () => get('/a/:x/:x'), /':x' is there twice/);
    assert.equal(get('/healthy', '/a/:x', '/a/b', '/a/:x/c').routes.length, 4);
    for (const path of [
      '',
      'a',
      '/',
      '/:a',
      '/a/',
      '/a//b',
      '/a b',
      '/a/*',
      '/a/:',
      '/a/:1',
      '/a?b',
      '/a/(x)',
      '/é',
      '/a/x:y',
    ])
      refused('PIPELINE_INVALID', () => get(path), /path/);
  });

  test('may not share a path with another pipeline', () => {
    const of = (name: string, paths: string[], method: 'get' | 'post' = 'get') =>
      pipeline(name, {
        tables: [table(name, topic(name, { id: text() }), { key: 'id' })],
        [method]: Object.fromEntries(paths.map((path) => [path, () => 1])),
      });
    const problems = (...some: ReturnType<typeof of>[]) => checkDefinitions(some).map((one) => [one.code, one.message]);
    assert.deepEqual(problems(of('one', ['/a/:x', '/b']), of('two', ['/a/:y', '/c'])), [
      ['NAME_TAKEN', "route 'GET /a/:y' is in pipeline 'one' too"],
    ]);
    assert.deepEqual(problems(of('one', ['/a']), of('two', ['/a'], 'post')), []);
  });

  test('must have a function, and inputs that fit', () => {
    const get = (given: unknown) => pipeline('p', { tables, get: { '/a/:x': given as () => null } });
    refused('PIPELINE_INVALID', () => get(undefined), /no function/);
    refused('PIPELINE_INVALID', () => get(rides.where()), /no function/);
    refused('PIPELINE_INVALID', () => get(route({ body: { zone: text() } }, () => 1)), /no body/);
    refused('PIPELINE_INVALID', () => get(route({ params: { y: text() } }, () => 1)), /':y'/);
    refused('NAME_INVALID', () => get(route({ query: { 'a-b': text() } }, () => 1)));
    refused('PIPELINE_INVALID', () => get(route({ query: {} }, () => 1)), /no fields/);
  });
});

describe('refuse', () => {
  test('throws with a status from 400 to 499, 400 where none is given', () => {
    const thrown = (run: () => never) => {
      try {
        return run();
      } catch (error) {
        return error as Refusal;
      }
    };
    const one = thrown(() => refuse(404, 'there is no bus 7'));
    assert.ok(one instanceof Refusal);
    assert.deepEqual([one.status, one.message], [404, 'there is no bus 7']);
    assert.equal((thrown(() => refuse('no')) as Refusal).status, 400);
    for (const status of [200, 399, 500, 404.5]) refused('PIPELINE_INVALID', () => refuse(status, 'x'), /no status/);
  });
});

describe('inputs', () => {
  const fields = { id: text(), limit: int().optional(), day: timestamp().optional(), tags: list(text()).optional() };

  test('of a query are values of their fields; a list may be one or several', () => {
    const read = inputReader('query', fields);
    assert.deepEqual(read({ id: '7', limit: '3', day: '2026-11-22' }), {
      id: '7',
      limit: 3,
      day: new Date('2026-11-22'),
    });
    assert.deepEqual(read({ id: '7', tags: 'a' }), { id: '7', tags: ['a'] });
    assert.deepEqual(read({ id: '7', tags: ['a', 'b'] }), { id: '7', tags: ['a', 'b'] });
    refused('OPTION_INVALID', () => read({ id: ['7', '8'] }), /'id' is given 2 times/);
  });

  test('that are wrong are told all at once', () => {
    const read = inputReader('body', fields);
    refused(
      'RECORD_INVALID',
      () => read({ limit: 'x', lid: 1 }),
      /there is no 'lid'; 'id' is missing; 'limit': 'x' is not/,
    );
    for (const body of [undefined, null, 7, 'x', []]) refused('RECORD_INVALID', () => read(body), /no object/);
    refused('RECORD_INVALID', () => read(JSON.parse('{"id":"a","__proto__":{"x":1}}')), /'__proto__'/);
  });

  test('have bytes as base64', () => {
    const read = inputReader('body', { raw: bytes(), all: list(bytes()) });
    assert.deepEqual(read({ raw: 'AQI=', all: ['Aw=='] }), { raw: Uint8Array.of(1, 2), all: [Uint8Array.of(3)] });
    refused('RECORD_INVALID', () => read({ raw: '*', all: [] }));
  });

  test('have a JSON Schema with types, descriptions and what is required', () => {
    assert.deepEqual(jsonSchema({ id: text().describe('Of the bus.'), n: int().optional(), kind: oneOf('a', 'b') }), {
      type: 'object',
      properties: {
        id: { type: 'string', description: 'Of the bus.' },
        n: { type: 'integer', format: 'int32', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 },
        kind: { type: 'string', enum: ['a', 'b'] },
      },
      required: ['id', 'kind'],
      additionalProperties: false,
    });
  });
});

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_is: Same<A, B>): void {}

describe('types', () => {
  test('of conditions follow the columns', () => {
    // never called: what the compiler refuses, the reads refuse too
    const never = () => {
      // @ts-expect-error no such column
      rides.where({ zonee: 'x' });
      // @ts-expect-error a text is compared with texts
      rides.where({ zone: 5 });
      // @ts-expect-error a number is no time
      rides.where({ fare: new Date() });
      // @ts-expect-error not one of them
      rides.where({ kind: 'noon' });
      // @ts-expect-error a list cannot be compared
      rides.where({ tags: 'x' });
      // @ts-expect-error numbers have no like
      rides.where({ fare: { like: 'x' } });
      // @ts-expect-error no such operator
      rides.where({ fare: { above: 3 } });
      // @ts-expect-error no such column
      rides.where().order('-zonee');
      // @ts-expect-error no such column
      rides.where().columns(['zonee']);
      // @ts-expect-error riders is missing
      ride.record({ zone: 'A', kind: 'day', total: 1, at: 0, day: '2026-11-22', tags: [], isPaid: true });
    };
    assert.equal(typeof never, 'function');
  });

  test('of requests follow the path and the declared inputs', () => {
    const made = pipeline('p', {
      tables,
      get: {
        '/a/:x/:y': ({ params, query, body }) => {
          same<typeof params.x, string>(true);
          same<typeof query.anything, string | undefined>(true);
          same<typeof body, unknown>(true);
          // @ts-expect-error the path has no such parameter
          params.z;
          return rides.where({ zone: params.y });
        },
        '/b/:x': route({ query: { limit: int().optional(), at: timestamp() } }, ({ params, query }) => {
          same<typeof query.limit, number | undefined>(true);
          same<typeof query.at, Date>(true);
          same<typeof params.x, string>(true);
          // @ts-expect-error not declared
          query.from;
          // @ts-expect-error the path has no such parameter
          params.y;
          return [rides.where(), { n: 1, rides: rides.where() }];
        }),
        '/c/:n': route({ params: { n: long() } }, ({ params }) => {
          same<typeof params.n, number | bigint>(true);
          return params.n;
        }),
        // @ts-expect-error a function cannot be sent
        '/d': () => () => 1,
        // @ts-expect-error only a post route stores records
        '/e': () => plainRecord(),
      },
      post: {
        '/rides': route({ body: ride.fields }, ({ body }) => ride.record(body)),
        '/many': async ({ body }) => [ride.record({ ...(body as Parameters<typeof ride.record>[0]) })],
      },
    });
    assert.equal(made.routes.length, 7);
  });
});

const plainRecord = () => ride.record({} as Parameters<typeof ride.record>[0]);
