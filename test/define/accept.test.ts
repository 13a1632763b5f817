// The validation at the edge: what is accepted and as what, and how a refusal reads.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { MillraceError } from '../../src/core/errors.ts';
import { limits } from '../../src/core/limits.ts';
import { masked as mask } from '../../src/core/mask.ts';
import { acceptor, recordAcceptor } from '../../src/define/accept.ts';
import { parseTimestamp } from '../../src/define/iso-time.ts';
import { readParams, resolveParams } from '../../src/define/param.ts';
import {
  bool,
  bytes,
  date,
  decimal,
  double,
  type Field,
  float,
  int,
  json,
  list,
  long,
  oneOf,
  param,
  text,
  timestamp,
} from '../../src/index.ts';

const accept = (field: Field, value: unknown) => acceptor('f', field)(value);
const refuses = (field: Field, value: unknown) =>
  assert.throws(
    () => accept(field, value),
    (error) => {
      const { code, message, remedy } = error as { code: string; message: string; remedy: string };
      return code === 'RECORD_INVALID' && message.includes("field 'f'") && message.length < 250 && Boolean(remedy);
    },
    typeof value === 'object' ? 'an object' : String(value),
  );

describe('accept', () => {
  test('takes whole numbers as numbers and as text, and refuses all others', () => {
    fc.assert(
      fc.property(fc.integer(), (n) => {
        assert.equal(accept(int(), n), n);
        assert.equal(accept(int(), ` ${n} `), n);
        assert.equal(accept(long(), `+${Math.abs(n)}`), Math.abs(n));
      }),
    );
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (n) => {
        const given = accept(long(), n);
        assert.equal(BigInt(given as bigint), n);
        assert.equal(typeof given, n >= -(2n ** 53n) + 1n && n <= 2n ** 53n - 1n ? 'number' : 'bigint');
        assert.deepEqual(accept(long(), String(n)), given);
      }),
    );
    for (const bad of [
      '',
      ' ',
      'x',
      '1.5',
      1.5,
      '0x10',
      ' 0x10',
      '1e400',
      2 ** 31,
      '2147483648',
      Number.NaN,
      true,
      {},
      [],
      null,
      undefined,
      '١',
    ])
      refuses(int(), bad);
    for (const bad of [2n ** 63n, String(2n ** 63n), 2 ** 53, 1.5, '', '1n', '9'.repeat(30)]) refuses(long(), bad);
  });

  test('takes every double as a number and as its text', () => {
    fc.assert(
      fc.property(fc.double(), (n) => {
        assert.equal(accept(double(), n), n);
        assert.equal(accept(double(), String(n)), Object.is(n, -0) ? 0 : n);
        if (Number.isFinite(n) && !Number.isFinite(Math.fround(n))) refuses(float(), n);
        else assert.equal(accept(float(), n), Math.fround(n));
      }),
    );
    for (const bad of [1e300, '1e39', '-1e39', 3.5e38]) refuses(float(), bad);
    assert.equal(accept(float(), 'Infinity'), Number.POSITIVE_INFINITY);
    assert.equal(accept(double(), '.5'), 0.5);
    for (const bad of [
      '',
      '0x1f',
      '0b1',
      ' 0b11',
      '\t0o7',
      '\u00a00x1f',
      '+0x1',
      '1_000',
      '1,5',
      'nan',
      'inf',
      '1e999',
      'five',
      {},
      true,
      null,
    ])
      refuses(double(), bad);
  });

  test('keeps every digit of a decimal', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), (n) => {
        const digits = String(n < 0n ? -n : n).padStart(11, '0');
        const written = `${n < 0n ? '-' : ''}${digits.slice(0, -10)}.${digits.slice(-10)}`;
        assert.equal(accept(decimal(38, 10), written), written);
      }),
    );
    assert.deepEqual(
      [0.1, 1e-7, '-0', '007.50', 12n, '5.'].map((one) => accept(decimal(20, 10), one)),
      ['0.1000000000', '0.0000001000', '0.0000000000', '7.5000000000', '12.0000000000', '5.0000000000'],
    );
    for (const bad of ['', '.', '-', '1e3', '123.456', 'x', '1000', Number.NaN, Number.POSITIVE_INFINITY])
      refuses(decimal(5, 2), bad);
  });

  test('reads times as ISO 8601 and SQL write them, in UTC where they name no zone', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(-8.64e15), max: new Date(8.64e15), noInvalidDate: true }), (time) => {
        assert.equal(accept(timestamp(), time), time.getTime());
        assert.equal(accept(timestamp(), time.toISOString()), time.getTime());
        assert.equal(accept(timestamp(), time.getTime()), time.getTime());
        if (time.getUTCFullYear() >= 0 && time.getUTCFullYear() < 10_000)
          assert.equal(
            accept(timestamp(), time.toISOString().slice(0, 19).replace('T', ' ')),
            Math.floor(time.getTime() / 1000) * 1000,
          );
      }),
    );
    const noon = Date.UTC(2026, 10, 22, 12);
    for (const text of [
      '2026-11-22 12:00',
      '2026-11-22T14:00+02',
      '2026-11-22T07:00:00-0500',
      '2026-11-22T12:00:00,000Z',
      '2026-11-22 12:00:00 UTC',
      '2026-11-22T12:00:00.0004z',
    ])
      assert.equal(parseTimestamp(text), noon, text);
    for (const bad of [
      '',
      'now',
      '2026-02-29',
      '2026-13-01',
      '2026-11-22T24:00:01',
      '2026-11-22 24:00:01',
      '2026-11-22T24:00:00.0001',
      `2026-11-22${' '.repeat(100)}`,
      '2026-11-22 25:00:00',
      '22.11.2026',
      '2026-11-22T12:00:00+99:00',
      'Sun, 22 Nov 2026',
      Number.NaN,
      1e16,
      true,
      {},
    ])
      refuses(timestamp(), bad);
  });

  test('takes the end of a day as the beginning of the next, however it is written', () => {
    for (const text of ['2026-11-22 24:00:00', '2026-11-22T24:00:00Z', '2026-11-22T24:00', '2026-11-22T24:00:00.000Z'])
      assert.equal(parseTimestamp(text), Date.UTC(2026, 10, 23), text);
  });

  test('takes the day that is written, whatever time and zone follow it, and no number as a day', () => {
    const day = Date.UTC(2026, 10, 22) / 86_400_000;
    for (const text of [
      '2026-11-22',
      ' 2026-11-22',
      '2026-11-22T23:00-05:00',
      '2026-11-22T01:00+14:00',
      '2026-11-22T24:00',
    ])
      assert.equal(accept(date(), text), day, text);
    assert.equal(accept(date(), new Date('2026-11-22T23:00-05:00')), day + 1);
    for (const bad of [20_000, 0, '20000', '2026-11-22T25:00', '2026-11-22 noon', new Date(Number.NaN)])
      refuses(date(), bad);
  });

  test('takes JSON as deep as the limit, and refuses what is deeper or no JSON', () => {
    const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as unknown;
    const { jsonDepthMax } = limits;
    assert.equal(accept(json(), nested(jsonDepthMax)), JSON.stringify(nested(jsonDepthMax)));
    const brackets = '['.repeat(1000);
    assert.equal(accept(json(), { a: `"${brackets}` }), JSON.stringify({ a: `"${brackets}` }));
    const cycle: unknown[] = [];
    cycle.push(cycle);
    for (const bad of [
      nested(jsonDepthMax + 1),
      { a: nested(jsonDepthMax) },
      nested(4300),
      nested(100_000),
      cycle,
      1n,
      { a: 1n },
    ])
      refuses(json(), bad);
    assert.throws(() => accept(json(), nested(4300)), { message: /nested at most 100 deep/, remedy: /Nest it less/ });
  });

  test('refuses whatever does not fit with RECORD_INVALID and nothing else, and shows nothing of it where it is personal', () => {
    const fields: Field[] = [
      ...[text(), int(), long(), float(), double(), bool(), timestamp(), date(), bytes(), json(), decimal(9, 2)],
      ...[oneOf('a', 'b'), list(int()), list(list(json())), list(bytes())],
    ];
    const odd = {
      get f(): never {
        throw new TypeError('odd');
      },
    };
    const revoked = Proxy.revocable([], {});
    revoked.revoke();
    const hostile = {
      toJSON() {
        throw Object.create(null);
      },
    };
    const strange = [odd, revoked.proxy, hostile, Symbol('s'), () => 1, new Proxy(new Date(), {}), new Array(5)];
    const value = fc.oneof(
      fc.anything({ withBigInt: true, withDate: true, withSparseArray: true, withTypedArray: true, withMap: true }),
      fc.constantFrom(0, 1, 2, 3, 4, 5, 6).map((i) => () => strange[i]),
    );
    fc.assert(
      fc.property(fc.constantFrom(...fields), value, (field, given) => {
        const one: unknown = typeof given === 'function' ? given() : given;
        for (const record of [{ f: one }, one])
          try {
            recordAcceptor({ f: field })(record);
          } catch (error) {
            assert.ok(error instanceof MillraceError && error.code === 'RECORD_INVALID', String(error));
          }
      }),
      { numRuns: 2000 },
    );
    // no type of field takes any of these, but for text and JSON
    const secret = fc.tuple(
      fc.string(),
      fc.constantFrom("'", '"', ' ', '\n', "' is of "),
      fc.string({ maxLength: 200 }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...fields), secret, (field, [before, mark, after]) => {
        const hidden = `${before}SECRET${mark}${after}SECRET`;
        for (const one of [
          hidden,
          { [hidden]: hidden },
          [hidden],
          hidden.length + 4_917_012_345,
          new Map([[hidden, 1]]),
        ])
          try {
            recordAcceptor({ f: field.personal() })({ f: one });
          } catch (error) {
            const { masked, message } = error as MillraceError;
            assert.ok(!/SECRET|49170/.test(masked), masked);
            assert.equal(
              masked,
              message.includes('cannot') ? masked : `field 'f': ${mask} is not ${message.split(' is not ').at(-1)}`,
            );
          }
      }),
    );
    assert.throws(() => recordAcceptor({ f: text().personal() })(['SECRET']), { masked: `${mask} is not an object` });
    assert.throws(() => recordAcceptor({ f: text() })(['plain']), { masked: '["plain"] is not an object' });
  });

  test('reads long texts that are nothing in one pass', () => {
    const started = performance.now();
    for (const [field, bad] of [
      [double(), `${'1'.repeat(1e6)}x`],
      [decimal(9, 2), `1.${'0'.repeat(1e6)}1`],
      [timestamp(), `2026-11-22T10:00${' '.repeat(1e6)}x`],
      [long(), `${' '.repeat(1e6)}x`],
    ] as const)
      refuses(field, bad);
    assert.ok(performance.now() - started < 5000);
  });

  test('takes days, truths, texts, one of some, bytes, lists and JSON', () => {
    assert.deepEqual(
      ['1970-01-02', '1969-12-31', new Date(86_400_000)].map((one) => accept(date(), one)),
      [1, -1, 1],
    );
    assert.deepEqual(
      [true, 'True', 'false', 't', 'YES', ' y ', 'on', '1', 1].map((one) => accept(bool(), one)),
      [true, true, false, true, true, true, true, true, true],
    );
    assert.deepEqual(
      [false, 'F', 'No', 'n', 'OFF', '0', 0].map((one) => accept(bool(), one)),
      new Array(7).fill(false),
    );
    assert.deepEqual(
      ['a', 1, false, 5n].map((one) => accept(text(), one)),
      ['a', '1', 'false', '5'],
    );
    assert.deepEqual(accept(list(int()), ['1', 2]), [1, 2]);
    assert.equal(accept(json(), { a: [1] }), '{"a":[1]}');
    for (const [field, bad] of [
      [date(), '2026-02-30'],
      [date(), 'tomorrow'],
      [bool(), 2],
      [bool(), ''],
      [bool(), 'yess'],
      [bool(), 'tr'],
      [text(), {}],
      [oneOf('a'), 'b'],
      [bytes(), 'ff'],
      [list(int()), ['x']],
      [list(int()), '[1]'],
      [json(), () => 1],
    ] as const)
      refuses(field, bad);
  });

  test('takes a record in the order of its fields, ignores other names, and what is inherited', () => {
    const record = recordAcceptor({ a: int(), b: text().optional() });
    assert.deepEqual(record({ b: 'x', c: 1, a: '2' }), [2, 'x']);
    assert.deepEqual(record(JSON.parse('{"a": 1, "__proto__": {"b": "y"}}')), [1, null]);
    for (const bad of [null, 1, 'a', [1], undefined]) assert.throws(() => record(bad), { code: 'RECORD_INVALID' });
    assert.throws(() => recordAcceptor({ toString: text() })({}), {
      code: 'RECORD_INVALID',
      message: "field 'toString' is missing",
    });
  });
});

test('a day that is in no calendar is told as such, and not as one of a wrong form', () => {
  for (const field of [date(), timestamp()])
    for (const day of ['2023-02-29', '2023-13-01', '2024-06-31T10:00:00Z'])
      assert.throws(() => acceptor('d', field)(day), { message: `field 'd': '${day}' is not a day of the calendar` });
  assert.throws(() => acceptor('d', date())('22.11.2026'), { message: /is not a day as '2026-11-22'$/ });
});

describe('parameters', () => {
  test('come from what is given, the environment, the default, in this order', () => {
    const params = [param('rate', int(), { default: 5 }), param('my-file', text()), param('at', timestamp())];
    const values = (given: Record<string, string>, environment = {}) =>
      Object.fromEntries(resolveParams(params, given, environment));
    assert.deepEqual(values({}), { rate: 5 });
    assert.deepEqual(values({ rate: '7' }, { MILLRACE_RATE: '8', MILLRACE_MY_FILE: 'x' }), { rate: 7, 'my-file': 'x' });
    assert.deepEqual(values({ at: '1970-01-01T00:00:01Z' }), { rate: 5, at: 1000 });
    assert.throws(() => values({ rat: '1' }), { code: 'PARAM_UNKNOWN', remedy: /rate, my-file, at/ });
    assert.throws(() => values({ rate: 'x' }), { code: 'PARAM_INVALID', place: '--set rate=x' });
    assert.throws(() => values({}, { MILLRACE_RATE: '' }), { code: 'PARAM_INVALID', place: 'MILLRACE_RATE=' });
    const { errors } = readParams(params, { rate: 'x', at: 'y', rat: '1' }, {});
    assert.deepEqual(
      errors.map((error) => `${error.code} at ${error.place}`),
      ['PARAM_UNKNOWN at --set rat', 'PARAM_INVALID at --set rate=x', 'PARAM_INVALID at --set at=y'],
    );
    assert.match(errors[1]!.remedy ?? '', /^Give a value of type/);
    const secret = [param('key', oneOf('k1').personal())];
    assert.throws(
      () => resolveParams(secret, { key: 'k2' }),
      ({ message, place }: MillraceError) => {
        return place === '--set key' && !message.includes('k2');
      },
    );
  });
});
