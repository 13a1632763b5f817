// Numbers keep the digits that tell them apart, however small, large or far from zero they are.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { valueText } from '../src/data/value-text.ts';
import { formatNumber, formatRate, formatShort } from '../src/kit/format.ts';
import { decimalsOf, numberInWords, tickFormat } from '../src/kit/number-text.ts';

/** The marks from one to another as an axis has them. */
function ticks(from: number, step: number, count: number): string[] {
  const values = Array.from({ length: count }, (_, i) => (from + i) * step);
  return values.map(tickFormat(step, Math.max(...values.map(Math.abs))));
}

describe('the marks of an axis', () => {
  test('have the digits that their step needs', () => {
    assert.deepEqual(ticks(-1, 0.0002, 3), ['−0.0002', '0', '0.0002']);
    assert.deepEqual(ticks(5, 0.25, 4), ['1.25', '1.50', '1.75', '2.00']);
    assert.deepEqual(ticks(500, 20, 3), ['10,000', '10,020', '10,040']);
    assert.deepEqual(ticks(2025, 0.5, 2), ['1,012.5', '1,013.0']);
  });

  test('are all of one size: thousands, millions, or with an exponent', () => {
    assert.deepEqual(ticks(0, 2_500, 5), ['0', '2.5k', '5.0k', '7.5k', '10.0k']);
    assert.deepEqual(ticks(0, 250_000, 5), ['0', '0.25M', '0.50M', '0.75M', '1.00M']);
    assert.deepEqual(ticks(-2, 2e-8, 4), ['−4e−8', '−2e−8', '0', '2e−8']);
    assert.deepEqual(ticks(4, 2e-8, 2), ['8e−8', '1.0e−7']);
    assert.deepEqual(ticks(0, 1_000, 4), ['0', '1,000', '2,000', '3,000']);
  });

  test('are never alike, nor minus nothing, on tiny, offset and huge ranges', () => {
    const range = fc.record({
      mantissa: fc.constantFrom(1, 2, 2.5, 5),
      power: fc.integer({ min: -30, max: 20 }),
      // what a double can still tell apart
      from: fc.oneof(fc.integer({ min: -20, max: 20 }), fc.integer({ min: -1e11, max: 1e11 })),
    });
    fc.assert(
      fc.property(range, ({ mantissa, power, from }) => {
        const texts = ticks(from, Number(`${mantissa}e${power}`), 7);
        assert.equal(new Set(texts).size, texts.length, texts.join(' '));
        for (const text of texts) assert.doesNotMatch(text, /^−[0.,]*(e|$|k|M|G|T)|NaN/);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a number by itself', () => {
  test('keeps four digits at least, and whole ones below 1e15 all of them', () => {
    const words = [0, -0, 0.00003, 4e-8, 0.03217, 92.6912, 1013.25, 123_456.78, 26_000_000, 2 ** 53].map((one) =>
      numberInWords(one),
    );
    assert.deepEqual(words, [
      '0',
      '0',
      '3e−5',
      '4e−8',
      '0.03217',
      '92.69',
      '1,013.25',
      '123,456.8',
      '26,000,000',
      '9.0072e15',
    ]);
    assert.equal(numberInWords(-0.000004), '−4e−6');
  });

  test('has a digit more than the step of its axis', () => {
    assert.equal(numberInWords(1_012.50132, 0.001), '1,012.5013');
    assert.equal(numberInWords(1_012.50132, 500), '1,012.5');
  });

  test('is never nothing, unless it is zero', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e20, max: 1e20 }), (value) => {
        const texts = [numberInWords(value), formatShort(value), formatNumber(value), valueText(value, 'double')];
        if (value === 0) assert.deepEqual(texts, ['0', '0', '0', '0']);
        else for (const text of texts) assert.match(text, /[1-9]/, `${value}`);
      }),
      { numRuns: 2_000 },
    );
  });

  test('in a table keeps what a double is: small ones six digits, others six decimals', () => {
    const texts = [4e-8, -0.000_030_000_4, 1.5, 1_013.25, 0.1 + 0.2, 5].map((value) => valueText(value, 'double'));
    assert.deepEqual(texts, ['4e-8', '-0.0000300004', '1.5', '1013.25', '0.3', '5']);
  });

  test('as a rate says that it is small, not that it is none', () => {
    assert.deepEqual([0, 0.004, 0.25].map(formatRate), ['0/s', '<0.01/s', '0.25/s']);
  });
});

test('the decimals of a step', () => {
  assert.deepEqual(
    [1, 0.5, 0.25, 0.1, 0.025, 2.5, 20, 1e-9, 0].map(decimalsOf),
    [0, 1, 2, 1, 3, 1, 0, 9, 0],
  );
});
