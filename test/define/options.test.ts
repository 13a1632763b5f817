// Options from plain JavaScript, where no compiler looks: any value of any option is taken or refused in words, never a failure of ours.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { MillraceError } from '../../src/core/errors.ts';
import * as millrace from '../../src/index.ts';

const { double, sql, text, timestamp } = millrace;
// as plain JavaScript sees them
type Loose = Record<string, (...given: unknown[]) => Record<string, (...given: unknown[]) => unknown>>;
const loose = millrace as unknown as Loose;

const fields = { id: text(), zone: text(), fare: double(), at: timestamp() };
const ride = millrace.topic('ride', fields, { time: 'at' });
const rides = millrace.table('rides', ride, { key: 'id' });
const query = sql`select * from ${ride}`;

/** What makes something of options, and options that are good. */
const makers: Readonly<Record<string, [make: (options: unknown) => unknown, good: Record<string, unknown>]>> = {
  topic: [
    (options) => loose.topic!('t', fields, options),
    { key: 'id', time: 'at', lateness: '1 s', partitions: 2, retain: { age: '1 day', size: '1 GB' } },
  ],
  'topic.retain': [(retain) => loose.topic!('t', fields, { retain }), { age: '1 day', size: '1 GB' }],
  'fields of a topic': [(given) => loose.topic!('t', given), fields],
  stream: [(options) => loose.stream!('s', fields, query, options), { time: 'at', emit: 'close' }],
  table: [
    (options) => loose.table!('t', ride, options),
    { key: ['id'], columns: ['id', 'zone', 'at'], version: 'at', unique: ['zone'], keep: '1 day' },
  ],
  pipeline: [
    (parts) => loose.pipeline!('p', parts),
    { tables: [rides], charts: [millrace.number(rides, {})], get: { '/a': () => 1 }, post: { '/a': () => 1 } },
  ],
  route: [
    (inputs) => loose.pipeline!('p', { tables: [rides], post: { '/a/:b': loose.route!(inputs, () => 1) } }),
    { summary: 'It', params: { b: text() }, query: { c: text() }, body: { d: text() } },
  ],
  param: [(options) => loose.param!('p', text(), options), { default: 'a' }],
  dedupe: [(options) => ride.dedupe(options as never), { by: ['id'], within: '1 s' }],
  hop: [(options) => ride.hop('10 s', options as never), { every: '5 s' }],
  session: [(options) => ride.session('10 s', options as never), { by: ['id'] }],
  line: [
    (options) => loose.line!(rides, options),
    { title: 'x', unit: 's', x: 'at', every: 'day', y: 'fare', by: 'zone' },
  ],
  share: [(options) => loose.share!(rides, options), { by: 'zone', value: 'fare' }],
  scatter: [(options) => loose.scatter!(rides, options), { x: 'fare', y: 'fare', trend: true }],
  histogram: [(options) => loose.histogram!(rides, options), { value: 'fare', bins: 3 }],
  heatmap: [(options) => loose.heatmap!(rides, options), { x: 'at', y: 'zone', value: 'fare', aggregate: 'sum' }],
  map: [
    (options) => loose.map!(rides, options),
    { latitude: 'fare', longitude: 'fare', color: 'zone', columns: ['id'] },
  ],
  number: [(options) => loose.number!(rides, options), { value: 'fare' }],
  grid: [(options) => loose.grid!(rides, options), { columns: ['id'], limit: 5 }],
};

const odd = fc.oneof(
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withSparseArray: true }),
  fc.constantFrom(
    Symbol('x'),
    () => 1,
    10n,
    [['zone']],
    [Symbol('y')],
    { toString: 1 },
    Object.create(null),
    [10n],
    rides,
    text(),
  ),
);

/** Fails unless it is done, or refused with a code that a person can act on, the place and a remedy. */
function taken(make: () => unknown): boolean {
  try {
    make();
    return true;
  } catch (error) {
    assert.ok(error instanceof MillraceError, error instanceof Error ? error.stack : String(error));
    assert.equal(error.reaction === 'bug', false, error.message);
    assert.ok(error.message && error.place && error.remedy, JSON.stringify(error));
    return false;
  }
}

describe('any value is taken or refused in words', () => {
  for (const [name, [make, good]] of Object.entries(makers)) {
    test(`as an option of ${name}, and in place of all of them`, () => {
      assert.equal(
        taken(() => make(good)),
        true,
      );
      const one = fc.tuple(fc.constantFrom(...Object.keys(good)), odd);
      fc.assert(fc.property(one, ([option, value]) => void taken(() => make({ ...good, [option]: value }))));
      fc.assert(fc.property(odd, (value) => void taken(() => make(value))));
    });
  }

  test('as an argument of a field', () => {
    const builders: ((...given: unknown[]) => unknown)[] = [
      (one, two) => loose.decimal!(one, two),
      (...values) => loose.oneOf!(...values),
      (of) => loose.list!(of),
      (description) => loose.text!().describe!(description),
      (given) => loose.param!('p', given),
      (given) => loose.topic!(given, fields),
      (given) => ride.tumble(given as never),
      (given) => ride.hop(given as never, { every: '1 s' }),
      (given) => ride.session(given as never, { by: ['id'] }),
      (given) => ride.from(given as never),
      (given) => loose.table!('t', given, { key: 'id' }),
      (given) => loose.stream!('s', fields, given),
      (given) => loose.line!(given, { x: 'at' }),
      (given) => loose.csv!(given),
      (given) => loose.webhook!(given),
      (given) => loose.webhook!({}).or!(given),
      (given, answer) => loose.route!(given, answer),
      (given) => sql`select ${given as never}`,
    ];
    for (const build of builders) {
      // an error of a value itself has no place: it is told where the value is used
      const made = (given: unknown[]) => {
        try {
          build(...given);
        } catch (error) {
          assert.ok(
            error instanceof MillraceError,
            `${build}: ${error instanceof Error ? error.stack : String(error)}`,
          );
          assert.ok(error.remedy, error.message);
        }
      };
      fc.assert(fc.property(fc.array(odd, { maxLength: 3 }), made));
    }
  });
});

describe('what is of a wrong type or unknown is told with the place', () => {
  for (const [what, make, message, remedy] of [
    [
      'unique',
      () => loose.table!('t', ride, { key: 'id', unique: [['zone']] }),
      /^unique: \[\["zone"\]\]/,
      /list of texts/,
    ],
    ['version', () => loose.table!('t', ride, { key: 'id', version: ['at'] }), /^version: \["at"\]/, /a text/],
    ['a slip', () => loose.table!('t', ride, { key: 'id', uniqe: ['zone'] }), /no option 'uniqe'/, /'unique'/],
    ['retain', () => loose.topic!('t', fields, { retain: { days: 3 } }), /no option 'retain.days'/, /age, size/],
    ['a missing x', () => loose.line!(rides, { y: 'fare' }), /^line\(\) with y is not possible/, /x, every\?, y\?/],
    ['two shapes', () => loose.grid!(rides, { by: 'zone', columns: ['id'] }), /^grid\(\) with by, columns/, /, or by/],
    ['charts', () => loose.pipeline!('p', { tables: [rides], charts: [rides] }), /^charts: /, /list of charts/],
    ['a retention', () => loose.topic!('t', fields, { retain: '7 days' }), /^retain: '7 days'/, /age: '7 days'/],
    ['a topic in place of tables', () => loose.pipeline!('p', { tables: ride }), /^tables: topic 'ride'/, /of tables/],
    ['a builder', () => loose.topic!('t', { id: millrace.int }), /^field 'id': a function is no field/, /int\(\)\.$/],
    ['its name', () => loose.param!('p', 'int'), /^what it is: 'int' is no field/, /int\(\)\.$/],
    ['a builder with needs', () => loose.list!(millrace.decimal), /^what it is of: a function/, /decimal\(12, 2\)/],
    ['optional items', () => loose.list!(text().optional()), /^what it is of is optional/, /list\(text\)/],
    ['no choices', () => loose.oneOf!(), /^the values: \[\]/, /one or more texts/],
    ['no type', () => loose.list!(), /^what it is of: undefined/, /text\(\)/],
    ['no fields', () => loose.topic!('rows'), /^the fields: undefined/, /\{ id: text\(\) \}/],
    ['a table without options', () => loose.table!('rows', ride), /^the options: undefined/, /key/],
    ['a path in place of options', () => loose.webhook!('a.csv'), /^the options: 'a.csv'/, /by name/],
    ['null in place of options', () => loose.webhook!(null), /^the options: null/, /by name/],
    ['a route without inputs', () => loose.route!(), /^the inputs: undefined/, /function/],
    ['oneOf', () => loose.oneOf!('a', 'a'), /the values/, /each once/],
  ] as const) {
    test(what, () => {
      assert.throws(make, (error) => {
        assert.ok(error instanceof MillraceError);
        assert.equal(error.code, 'OPTION_INVALID');
        assert.match(error.message, message);
        assert.match(error.remedy ?? '', remedy);
        return Boolean(error.place);
      });
    });
  }
});
