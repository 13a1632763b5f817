// Figures as people read them.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  capitalised,
  formatAgo,
  formatBytes,
  formatCount,
  formatDuration,
  formatRate,
  formatShare,
  formatShort,
  plural,
} from '../src/kit/format.ts';

describe('figures', () => {
  test('counts are whole with commas; large ones can be shortened', () => {
    assert.equal(formatCount(1_234_567), '1,234,567');
    const short = [0, 0.25, 1.04, 9.96, 812, 1_234, 9_994, 12_345, 999_499, 999_500, 4_100_000, 2e9];
    assert.deepEqual(short.map(formatShort), [
      '0',
      '0.25',
      '1',
      '10',
      '812',
      '1,234',
      '9,994',
      '12.3k',
      '999k',
      '1M',
      '4.1M',
      '2G',
    ]);
  });

  test('a shortened figure never shows four digits before its letter', () => {
    for (let size = 10_000; size < 1e9; size *= 1.013)
      assert.match(formatShort(size), /^\d{1,3}(\.\d)?[kM]$/, String(size));
  });

  test('rates, sizes and shares carry their unit', () => {
    assert.equal(formatRate(12_345), '12.3k/s');
    assert.deepEqual([0, 999, 1_000, 182_000_000].map(formatBytes), ['0 B', '999 B', '1 kB', '182 MB']);
  });

  test('a share that is nearly all or nearly nothing does not say all or nothing', () => {
    assert.deepEqual([0, 0.0004, 0.125, 0.9996, 1].map(formatShare), ['0%', '<0.1%', '12.5%', '>99.9%', '100%']);
  });

  test('durations use two units at most', () => {
    const ms = [0.4, 340, 2_500, 59_940, 60_000, 250_000, 11_100_000, 90_000_000, 1_036_800_000];
    assert.deepEqual(ms.map(formatDuration), [
      '0.4 ms',
      '340 ms',
      '2.5 s',
      '59.9 s',
      '1 min',
      '4 min 10 s',
      '3 h 5 min',
      '1 day 1 h',
      '12 days',
    ]);
  });

  test('times near now are told by their distance, before and after', () => {
    const now = 1_800_000_000_000;
    assert.deepEqual(
      [0, 12_000, 180_000, 7_200_000, 86_400_000, -30_000].map((distance) => formatAgo(now - distance, now)),
      ['just now', '12 s ago', '3 min ago', '2 h ago', '1 day ago', 'in 30 s'],
    );
  });

  test('nouns agree with their count', () => {
    assert.deepEqual([plural(1, 'record'), plural(1_200, 'record')], ['1 record', '1,200 records']);
  });

  test('a sentence begins with a capital letter, a name that it begins with does not change', () => {
    assert.equal(capitalised('no topic has this name'), 'No topic has this name');
    assert.equal(capitalised('unknown'), 'Unknown');
    assert.equal(capitalised('bus_positions is not there'), 'bus_positions is not there');
    assert.equal(capitalised('delay_s: not a number'), 'delay_s: not a number');
    assert.equal(capitalised(''), '');
  });
});
