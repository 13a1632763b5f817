// The validation at the edge: what is accepted and as what, and how a refusal reads.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { acceptor, parseTimestamp, recordAcceptor } from '../../src/define/accept.ts';
import { resolveParams } from '../../src/define/param.ts';
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
    String(value),
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
        assert.equal(accept(float(), n), Math.fround(n));
      }),
    );
    assert.equal(accept(double(), '.5'), 0.5);
    for (const bad of ['', '0x1f', '0b1', '1_000', '1,5', 'nan', 'inf', '1e999', 'five', {}, true, null])
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

  test('takes days, truths, texts, one of some, bytes, lists and JSON', () => {
    assert.deepEqual(
      ['1970-01-02', '1969-12-31', new Date(86_400_000)].map((one) => accept(date(), one)),
      [1, -1, 1],
    );
    assert.deepEqual(
      [true, 'True', 'false'].map((one) => accept(bool(), one)),
      [true, true, false],
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
      [bool(), 1],
      [bool(), 'yes'],
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
    assert.throws(() => values({}, { MILLRACE_RATE: '' }), { code: 'PARAM_INVALID' });
  });
});
