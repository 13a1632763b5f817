// Numbers of JSON keep their digits: what a JavaScript number holds is one, all else is its text.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Digits, losesDigits, parseDigits, parseStored, scientific } from '../../src/core/digits.ts';

/** A number as JSON may write it. */
const written = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(fc.nat(1000).map(String), fc.bigInt({ min: 0n, max: 10n ** 40n }).map(String)),
    fc.option(fc.stringMatching(/^\d{1,25}$/)),
    fc.option(fc.tuple(fc.constantFrom('e', 'E', 'e+', 'e-'), fc.nat(400))),
  )
  .map(([sign, whole, fraction, exponent]) => {
    return `${sign}${whole}${fraction === null ? '' : `.${fraction}`}${exponent ? exponent.join('') : ''}`;
  });

/** What a decimal text says, by whole numbers alone. */
function exact(text: string): string {
  const [, sign, whole, fraction = '', power = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)!;
  let digits = BigInt(whole! + fraction);
  let exponent = Number(power) - fraction.length;
  if (digits === 0n) return '0';
  for (; digits % 10n === 0n; digits /= 10n) exponent++;
  return `${sign}${digits}e${exponent}`;
}

describe('a number of JSON', () => {
  test('says after parsing what was written, whatever it is', () => {
    fc.assert(
      fc.property(written, (text) => {
        const [value] = parseDigits(`[${text}]`) as [number | Digits];
        if (value instanceof Digits) assert.equal(value.digits, text);
        else assert.equal(exact(String(value)), exact(text));
        assert.equal(exact(JSON.stringify([value]).slice(1, -1)), exact(text));
      }),
      { numRuns: 2000 },
    );
  });

  test('is a plain number where that holds it, and computes as the nearest number where not', () => {
    for (const text of ['0', '-0', '1', '0.1', '1.50', '9007199254740991', '0.30000000000000004', '1e5', '5e-324'])
      assert.equal(losesDigits(text), false, text);
    for (const text of ['9007199254740993', '1e400', '-1e400', '1e-400', '0.1000000000000000001'])
      assert.equal(losesDigits(text), true, text);
    const big = parseDigits('9007199254740993') as Digits;
    assert.equal(`${big}`, '9007199254740993');
    assert.equal(Number(big) - 1, 2 ** 53 - 1);
    assert.equal(JSON.stringify({ big }), '{"big":9007199254740993}');
  });

  test('that is whole and beyond 2^53 is its digits where it comes from outside, and a number where it was stored as one', () => {
    for (const text of ['9007199254740992', '-9007199254740992', '1e21', '1.5e300']) {
      assert.ok(parseDigits(text) instanceof Digits, text);
      assert.equal(parseStored(text), Number(text));
    }
    assert.ok(parseStored('9007199254740993') instanceof Digits);
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (n) =>
        assert.equal(parseStored(String(n)), Number(String(n))),
      ),
    );
  });

  test('of millions of digits, or many of them, takes no longer than its length asks for', () => {
    const digits = '7'.repeat(4_000_000);
    const startMs = performance.now();
    for (const text of [
      `["${digits}"]`,
      `[${digits}]`,
      `[${'9007199254740993,'.repeat(100_000)}1]`,
      `["${'1e1'.repeat(1_000_000)}"]`,
    ])
      parseDigits(text);
    assert.ok(performance.now() - startMs < 5000);
  });

  test('is found wherever it stands, and not within texts', () => {
    const texts = [
      '{"a":9007199254740993,"b":[ 9007199254740993,\n\t-9007199254740993 ]}',
      '{"text":"9007199254740993","list":"[1,9007199254740993,2]","e":"7e400, 1e400 ]"}',
      '{"text":", 9007199254740993 ,","n":9007199254740993}',
      '{"text":"\\",9007199254740993,\\"","n":9007199254740993}',
      '{"mark":"\uE0001","n":9007199254740993}',
      '{"mark":"\\ue0001","n":9007199254740993}',
      '{"__proto__":9007199254740993,"n":{"__proto__":{"a":1e999}}}',
      ' 9007199254740993 ',
      '[1E400,-1e+400]',
    ];
    for (const text of texts) {
      const plain = JSON.parse(text, ((_: string, value: unknown, { source }: { source?: string }) =>
        typeof value === 'number' && (losesDigits(source!) || Math.abs(value) >= 2 ** 53)
          ? `digits ${source}`
          : value) as (k: string, v: unknown) => unknown);
      const ours = JSON.stringify(parseDigits(text), (_, value: unknown) => value).replace(/\s/g, '');
      assert.equal(
        ours,
        JSON.stringify(plain)
          .replace(/"digits (.*?)"/g, '$1')
          .replace(/\s/g, ''),
        text,
      );
    }
  });

  test('is found in any JSON, and what is no JSON is refused as by the language', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), fc.array(written), fc.string(), (json, numbers, text) => {
        const all = `{"a": ${json}, "b": [${numbers}], "c": ${JSON.stringify(`${text},${numbers},`)}}`;
        const parsed = parseDigits(all) as { a: unknown; b: unknown[]; c: string };
        assert.deepEqual(JSON.parse(JSON.stringify(parsed.a)), JSON.parse(json));
        assert.deepEqual(
          parsed.b.map((one) => exact(String(one))),
          numbers.map(exact),
        );
        assert.equal(parsed.c, `${text},${numbers},`);
      }),
    );
    for (const bad of [
      '',
      '[9007199254740993',
      '{"a":9007199254740993,}',
      '09007199254740993',
      '[9007199254740993,09007199254740993]',
      '{ 9007199254740993 : 1}',
      '[1 9007199254740993]',

      '[9007199254740993.]',
      '[.9007199254740993]',
    ])
      assert.throws(() => parseDigits(bad), SyntaxError, bad);
  });
});

test('a text as an exact decimal number', () => {
  fc.assert(
    fc.property(written, (text) => {
      const { isNegative, digits, exponent } = scientific(text)!;
      assert.equal(digits === '' ? '0' : `${isNegative ? '-' : ''}${digits}e${exponent}`, exact(text));
    }),
  );
  for (const bad of ['', '.', 'e1', '1e', '1 2', '0x1', '1_0', 'NaN', '--1', '1e1.5'])
    assert.equal(scientific(bad), undefined, bad);
});
