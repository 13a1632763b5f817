// Times as pages show and take them: in UTC, whatever the zone of the browser is.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { formatUtc, parseUtc } from '../src/kit/utc.ts';

describe('times in UTC', () => {
  test('a day, a minute and a second are taken, with or without a zone', () => {
    const texts = {
      '2026-11-22': '2026-11-22T00:00:00.000Z',
      ' 2026-11-22 09:30 ': '2026-11-22T09:30:00.000Z',
      '2026-11-22T09:30:07.5Z': '2026-11-22T09:30:07.500Z',
      '2026-11-22 09:30:07 UTC': '2026-11-22T09:30:07.000Z',
      '2026-11-22T09:30+02:00': '2026-11-22T07:30:00.000Z',
    };
    for (const [text, iso] of Object.entries(texts)) assert.equal(parseUtc(text), Date.parse(iso), text);
  });

  test('what is no time is not made into one', () => {
    for (const text of ['', 'yesterday', '22/11/2026', '2026-13-01', '2026-11-22 25:00', '12', '2026-11-22 9:30'])
      assert.equal(parseUtc(text), undefined, text);
  });

  test('what is shown is taken again as the same time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (at) => {
        assert.equal(parseUtc(formatUtc(at, { hasMs: true })), at);
      }),
    );
  });
});
