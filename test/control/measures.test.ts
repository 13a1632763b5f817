// Rates and lags: from samples of counters and of the ends of partitions, however often they are asked for.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Lag } from '../../src/control/lag.ts';
import { Meter } from '../../src/control/meter.ts';

describe('a meter', () => {
  test('tells the growth a second over the last five seconds', () => {
    const meter = new Meter();
    assert.equal(meter.rate('a'), 0);
    for (let second = 0; second <= 10; second++)
      meter.sample(second * 1000, { a: second < 8 ? 0 : (second - 7) * 100 });
    assert.equal(meter.rate('a'), 60);
    assert.equal(meter.growth('a'), 300);
    assert.equal(meter.rate('unknown'), 0);
  });

  test('counts what is taken back as nothing, not as growth below zero', () => {
    const meter = new Meter();
    for (const [second, a] of [10, 20, 5, 8].entries()) meter.sample(second * 1000, { a });
    assert.equal(meter.growth('a'), 13);
  });
});

describe('a lag', () => {
  test('is how long the record at the next offset has waited, between marks as if records had come evenly', () => {
    const lag = new Lag();
    lag.mark(0, 0, 0);
    lag.mark(1000, 100, 0);
    lag.mark(2000, 200, 0);
    assert.equal(lag.seconds(3000, 200, 0), 3);
    assert.equal(lag.seconds(3000, 200, 50), 2.5);
    assert.equal(lag.seconds(3000, 200, 150), 1.5);
    assert.equal(lag.seconds(3000, 200, 200), 0);
  });

  test('grows while nothing comes and nothing is taken, and does not think that the last records came just now', () => {
    const lag = new Lag();
    lag.mark(0, 0, 0);
    lag.mark(1000, 10, 0);
    for (let second = 2; second <= 100; second++) lag.mark(second * 1000, 10, 5);
    assert.equal(lag.seconds(100_000, 10, 5), 99.5);
  });

  test('of records that were there before the first mark is at least the time since then', () => {
    const lag = new Lag();
    lag.mark(5000, 1000, 10);
    assert.equal(lag.seconds(9000, 1000, 10), 4);
  });

  test('keeps few marks over many hours, and still knows roughly', () => {
    const lag = new Lag();
    for (let second = 0; second <= 36_000; second++) lag.mark(second * 1000, second, 0);
    const seconds = lag.seconds(36_000_000, 36_000, 18_000);
    assert.ok(Math.abs(seconds - 18_000) < 300, String(seconds));
    assert.ok(Math.abs(lag.seconds(36_000_000, 36_000, 35_990) - 10) < 1.01);
  });
});
