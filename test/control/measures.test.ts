// Rates and lags: from samples of counters and of the ends of partitions, however often they are asked for.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Lag } from '../../src/control/lag.ts';
import { Measures } from '../../src/control/measures.ts';
import { Meter } from '../../src/control/meter.ts';
import { virtualClock } from '../../src/core/clock.ts';
import { int, pipeline, sql, stream, table, timestamp, topic } from '../../src/index.ts';
import type { Log } from '../../src/log/log.ts';
import type { Processor } from '../../src/process/engine.ts';

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

describe('a pipeline', () => {
  const event = topic('event', { n: int(), at: timestamp() }, { time: 'at', lateness: '1s' });
  const minutes = stream(
    'minutes',
    { minute: timestamp(), n: int() },
    sql`select window_start as minute, count(*)::int as n from ${event.tumble('1 minute')} group by window_start`,
    { time: 'minute' },
  );

  test('names the streams for which most records of the last seconds were too late', async () => {
    const clock = virtualClock(0);
    const counts = { in: 0, out: 0, filtered: 0, deduplicated: 0, late: 0, dead: 0 };
    const progress = { topics: {}, stages: { 'stream minutes': counts } };
    const measures = new Measures({
      pipeline: pipeline('p', { tables: [table('minutes', minutes, { key: 'minute' })] }),
      processor: { progress, parts: {} } as unknown as Processor,
      log: { topic: async () => ({ partitions: [] }), range: () => ({ start: 0, end: 0 }) } as unknown as Log,
      clock,
      pump: { batches: 0, records: 0, waitMs: 0 },
      sources: () => [],
    });
    const second = async (all: number, late: number) => {
      counts.in += all;
      counts.late += late;
      progress.stages['stream minutes'] = { ...counts };
      await clock.advance(1000);
      await measures.sample();
      return measures.mostlyLate;
    };
    await second(0, 0);
    assert.deepEqual(await second(100, 40), [], 'less than half of them');
    assert.deepEqual(await second(10, 10), [], 'still less than half, over the last seconds');
    for (let i = 0; i < 5; i++) await second(100, 100);
    assert.deepEqual(measures.mostlyLate, ['minutes']);
    for (let i = 0; i < 6; i++) await second(100, 0);
    assert.deepEqual(measures.mostlyLate, [], 'it is over');
    for (let i = 0; i < 6; i++) await second(0, 0);
    await second(3, 3);
    assert.deepEqual(measures.mostlyLate, [], 'a few are nothing to speak of');
  });
});
