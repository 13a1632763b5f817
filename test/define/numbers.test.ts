// One rule for numbers and truth values, whichever edge they come by.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseDigits } from '../../src/core/digits.ts';
import { acceptor } from '../../src/define/accept.ts';
import { inputReader } from '../../src/define/input.ts';
import { floorOf } from '../../src/define/numbers.ts';
import { readParams } from '../../src/define/param.ts';
import { bool, decimal, double, type Field, float, int, json, long, param, text, timestamp } from '../../src/index.ts';
import type { Bytes } from '../../src/ingest/csv/bytes.ts';
import { decoder } from '../../src/ingest/csv/decode.ts';
import { readValue } from '../../src/web/filters.ts';

const column = (type: string) => ({ name: 'f', type, isOptional: false, isPersonal: false });

/** What becomes of a text at each edge: the value, or that it is refused. */
function everywhere(field: Field, type: string, given: string): Record<string, unknown> {
  const edges: Record<string, () => unknown> = {
    json: () => acceptor('f', field)(given),
    csv: () => {
      const bytes = Buffer.from(given) as Bytes;
      return decoder('f', field)(bytes, 0, bytes.length, false);
    },
    filter: () => readValue('where.f', column(type), given),
    query: () => inputReader('query', { f: field })({ f: given }).f,
    param: () => {
      const { values, errors } = readParams([param('f', field)], { f: given });
      if (errors[0]) throw errors[0];
      return values.get('f');
    },
  };
  return Object.fromEntries(
    Object.entries(edges).map(([edge, read]) => {
      try {
        return [edge, read()];
      } catch (error) {
        assert.match((error as { code: string }).code, /^(RECORD_INVALID|OPTION_INVALID|PARAM_INVALID)$/);
        return [edge, 'refused'];
      }
    }),
  );
}

function same(field: Field, type: string, given: string, expected: unknown): void {
  for (const [edge, found] of Object.entries(everywhere(field, type, given)))
    assert.deepEqual(found, expected, `${type} ${JSON.stringify(given)} by ${edge}`);
}

describe('a text is read alike by CSV, JSON, filters, queries and parameters', () => {
  test('as a whole number', () => {
    for (const [given, expected] of [
      ['1e3', 1000],
      ['1.0', 1],
      ['+5', 5],
      [' 12 ', 12],
      ['-0', 0],
      ['0e999999999999', 0],
      ['2.50e1', 25],
      ['5.', 5],
      ['0.5e1', 5],
    ] as const) {
      same(int(), 'int', given, expected);
      same(long(), 'long', given, expected);
      same(decimal(9, 0), 'decimal(9, 0)', given, String(expected));
      same(double(), 'double', given, given === '-0' ? -0 : expected);
    }
    for (const given of [
      '1.5',
      '1e-1',
      '1.0000000000000000000001',
      '0x10',
      '',
      ' ',
      '1_000',
      '1,5',
      '1e999999999',
      'x',
    ]) {
      same(int(), 'int', given, 'refused');
      same(long(), 'long', given, 'refused');
      same(decimal(9, 0), 'decimal(9, 0)', given, 'refused');
    }
    same(int(), 'int', '2147483648', 'refused');
    same(int(), 'int', '2.147483647e9', 2_147_483_647);
    same(long(), 'long', '9007199254740993', 9007199254740993n);
    same(long(), 'long', '9.223372036854775807e18', 2n ** 63n - 1n);
    same(long(), 'long', '9223372036854775808', 'refused');
    same(long(), 'long', '-9223372036854775808', -(2n ** 63n));
    same(decimal(38, 2), 'decimal(38, 2)', '1234567890123456.78', '1234567890123456.78');
    same(decimal(5, 2), 'decimal(5, 2)', '1.23450e2', '123.45');
    same(decimal(5, 2), 'decimal(5, 2)', '1.2345e1', 'refused');
    same(decimal(5, 2), 'decimal(5, 2)', '-1.5e-1', '-0.15');
  });

  test('as a floating-point number', () => {
    for (const field of [double(), float()]) {
      const type = field.type.kind;
      same(field, type, '1e400', 'refused');
      same(field, type, '-1e400', 'refused');
      same(field, type, ' 2.5 ', 2.5);
      same(field, type, 'NaN', Number.NaN);
    }
    same(float(), 'float', '1e39', 'refused');
  });

  test('as a truth value, in any case', () => {
    for (const given of ['true', 't', 'yes', 'y', 'on', '1', 'TRUE', 'Yes', ' On ']) same(bool(), 'bool', given, true);
    for (const given of ['false', 'f', 'no', 'n', 'off', '0', 'False', 'OFF']) same(bool(), 'bool', given, false);
    for (const given of ['', 'tr', '2', 'yess', '1.0', 'null']) same(bool(), 'bool', given, 'refused');
  });

  test('whatever whole number it denotes', () => {
    const given = fc.tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.nat(6), fc.boolean());
    fc.assert(
      fc.property(given, ([n, zeros, isScientific]) => {
        const written = isScientific ? `${n}e${zeros}` : `${n}.${'0'.repeat(zeros)}`;
        const value = isScientific ? n * 10n ** BigInt(zeros) : n;
        const isLong = BigInt.asIntN(64, value) === value;
        const found = everywhere(long(), 'long', written);
        for (const one of Object.values(found)) assert.equal(String(one), isLong ? String(value) : 'refused');
        const isInt = BigInt.asIntN(32, value) === value;
        for (const one of Object.values(everywhere(int(), 'int', written)))
          assert.equal(String(one), isInt ? String(value) : 'refused');
      }),
    );
  });
});

describe('a number of JSON', () => {
  const accept = (field: Field, number: string) => acceptor('f', field)(parseDigits(number));

  test('is taken with the digits that were sent', () => {
    assert.deepEqual(accept(text(), '9007199254740992'), '9007199254740992');
    assert.deepEqual(accept(text(), '9007199254740993'), '9007199254740993');
    assert.deepEqual(accept(long(), '9007199254740993'), 9007199254740993n);
    assert.deepEqual(accept(long(), '9007199254740992'), 9007199254740992n);
    assert.deepEqual(accept(decimal(38, 2), '1234567890123456.78'), '1234567890123456.78');
    assert.deepEqual(accept(json(), '{"big":9007199254740993}'), '{"big":9007199254740993}');
    assert.deepEqual(accept(double(), '0.1000000000000000055511151231257827'), 0.1);
    assert.deepEqual(accept(timestamp(), '1700000000000.99999999999999999'), 1_700_000_000_000);
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (n) => {
        assert.equal(BigInt(accept(long(), String(n)) as bigint), n);
        assert.equal(accept(text(), String(n)), String(n));
        assert.equal(accept(decimal(38, 0), String(n)), String(n));
        assert.equal(accept(json(), `[${n}]`), `[${n}]`);
      }),
    );
  });

  test('beyond what 64 bits hold is refused by name', () => {
    for (const field of [double(), float(), int(), long(), decimal(38, 0), json(), timestamp()])
      assert.throws(() => accept(field, '1e400'), /field 'f': 1e400 is not/);
    assert.throws(() => accept(double(), '1e400'), /beyond 1\.8e308/);
    assert.throws(() => accept(json(), '{"a":[1e400]}'), /one is beyond 1\.8e308/);
    assert.equal(accept(json(), '{"a":"1e400","b":1e300}'), '{"a":"1e400","b":1e300}');
  });
});

test('a time is cut off at the millisecond, downwards before 1970 too', () => {
  const accept = acceptor('f', timestamp());
  assert.deepEqual([59_999.9, -0.1, -1000.5, 0.9, -0].map(accept), [59_999, -1, -1001, 0, 0]);
  assert.deepEqual(['1969-12-31T23:59:59.9999Z', '1970-01-01T00:00:59.99999999999Z'].map(accept), [-1, 59_999]);
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(8n * 10n ** 16n), max: 8n * 10n ** 16n }),
      fc.constantFrom(0, 3, -3, -6),
      (n, power) => {
        // n ten-thousandths, so that there is a fraction to cut off
        const written = `${n}e-4`;
        const [up, down] = power - 4 >= 0 ? [10n ** BigInt(power - 4), 1n] : [1n, 10n ** BigInt(4 - power)];
        const floor = (n * up) / down - (n * up < 0n && (n * up) % down !== 0n ? 1n : 0n);
        assert.equal(floorOf(written, power), Number(floor));
      },
    ),
  );
});
