// The generated bus traffic: what the pipeline relies on, and that it looks like the real thing.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { arrivalSecondsMax, type Position, positions, type Traffic } from '../../examples/bus/generator.ts';
import { headers } from '../../examples/bus/layout.ts';
import { lines, writeCsv } from '../../examples/bus/write-csv.ts';
import { random } from '../../src/core/random.ts';

function take(count: number, seed = 1, traffic: Partial<Traffic> = {}): Position[] {
  const endless = positions(random(seed), traffic);
  return Array.from({ length: count }, () => endless.next().value);
}

/** Seconds behind the schedule, as the reference defines them; null where a time is missing. */
function delaySeconds({ expected_at, scheduled }: Position): number | null {
  if (expected_at === null || scheduled === null) return null;
  const [hours, minutes, seconds] = scheduled.split(':').map(Number) as [number, number, number];
  const due = (hours * 3600 + minutes * 60 + seconds) % 86_400;
  return (((Math.floor(expected_at / 1000 - due + 43_200 + 86_400) % 86_400) + 86_400) % 86_400) - 43_200;
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)]!;
}

describe('generated bus traffic', () => {
  const some = take(40_000);

  test('is the same for the same seed and another for another', () => {
    assert.deepEqual(take(2000), some.slice(0, 2000));
    assert.notDeepEqual(take(2000, 2), some.slice(0, 2000));
  });

  test('has one row for each time, vehicle and scheduled time, and positions that fit several trips', () => {
    const rows = new Set(some.map((one) => `${one.recorded_at} ${one.vehicle} ${one.scheduled ?? ''}`));
    const places = new Set(some.map((one) => `${one.recorded_at} ${one.vehicle}`));
    assert.equal(rows.size, some.length);
    const twins = 1 - places.size / some.length;
    assert.ok(twins > 0.05 && twins < 0.12, `${twins} of the rows stand for a further trip`);
  });

  test('comes out of order by less than the lateness of the topic', () => {
    let newest = 0;
    const behind = some.map((one) => {
      newest = Math.max(newest, one.recorded_at);
      return (newest - one.recorded_at) / 1000;
    });
    assert.ok(Math.max(...behind) <= arrivalSecondsMax);
    assert.ok(Math.max(...behind) > 120);
    const median = quantile(
      behind.filter((seconds) => seconds > 0),
      0.5,
    );
    assert.ok(median >= 10 && median <= 22, `median ${median} s`);
  });

  test('lacks a time in about one row of ten, the scheduled one only where the expected one is missing too', () => {
    const missing = some.filter((one) => one.expected_at === null || one.scheduled === null).length / some.length;
    assert.ok(missing > 0.08 && missing < 0.13, `${missing}`);
    assert.ok(some.every((one) => one.scheduled !== null || one.expected_at === null));
    assert.ok(some.some((one) => one.distance_m === null && one.proximity === null));
  });

  test('has schedules that go on past midnight, and delays of minutes, never of a day', () => {
    assert.ok(some.every((one) => one.scheduled === null || /^(0[4-9]|1\d|2\d):[0-5]\d:[0-5]\d$/.test(one.scheduled)));
    assert.ok(some.some((one) => one.scheduled?.startsWith('25')));
    const delays = some.map(delaySeconds).filter((delay) => delay !== null);
    assert.ok(Math.abs(quantile(delays, 0.5)) < 300);
    assert.ok(quantile(delays, 0.95) > 300);
    assert.ok(delays.every((delay) => Math.abs(delay) < 4 * 3600));
  });

  test('is later in the rush hour than at night', () => {
    const mean = (startMs: number) => {
      const delays = take(60_000, 1, { startMs })
        .map(delaySeconds)
        .filter((delay) => delay !== null);
      return delays.slice(-20_000).reduce((sum, delay) => sum + delay, 0) / 20_000;
    };
    assert.ok(mean(Date.UTC(2026, 5, 1, 7, 30)) > mean(Date.UTC(2026, 5, 1, 1)) + 40);
  });

  test('moves buses along their routes at speeds of buses', () => {
    const speeds: number[] = [];
    const before = new Map<string, Position>();
    for (const one of some) {
      const last = before.get(one.vehicle);
      if (last && one.recorded_at <= last.recorded_at) continue;
      before.set(one.vehicle, one);
      const seconds = last ? (one.recorded_at - last.recorded_at) / 1000 : 0;
      if (!last || seconds > 60 || last.line !== one.line) continue;
      const north = (one.latitude - last.latitude) * 111_320;
      const east = (one.longitude - last.longitude) * 84_400;
      speeds.push(Math.hypot(north, east) / seconds);
    }
    assert.ok(speeds.length > 20_000);
    assert.ok(quantile(speeds, 0.5) > 2 && quantile(speeds, 0.5) < 8, `median ${quantile(speeds, 0.5)} m/s`);
    assert.ok(Math.max(...speeds) < 25, `fastest ${Math.max(...speeds)} m/s`);
    assert.ok(
      some.every((one) => one.latitude > 40.4 && one.latitude < 41 && one.longitude > -74.4 && one.longitude < -73.6),
    );
  });
});

describe('generated CSV files', () => {
  test('have the header of the layout and NA for what is missing', () => {
    const [header, ...rows] = [...lines(positions(random(1)), 500)];
    assert.equal(header, Object.values(headers).join(','));
    assert.equal(rows.length, 500);
    assert.ok(rows.every((row) => row.split(',').length === 17));
    assert.ok(rows.some((row) => row.endsWith(',NA,NA')));
    assert.match(rows[0]!, /^2026-06-01 00:00:\d\d,[01],/);
    assert.ok(!rows.some((row) => /null|undefined|NaN|"/.test(row)));
  });

  test('hold as many rows as asked for, the same for the same seed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-'));
    try {
      const [one, two] = [join(folder, 'one.csv'), join(folder, 'two.csv')];
      await writeCsv(20_000, one, 7);
      await writeCsv(20_000, two, '7');
      const text = await readFile(one, 'utf8');
      assert.equal(text.split('\n').length, 20_002);
      assert.equal(text, await readFile(two, 'utf8'));
      await writeCsv(0, one);
      assert.equal((await readFile(one, 'utf8')).split('\n').length, 2);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('fail with the file named where it cannot be written', async () => {
    await assert.rejects(writeCsv(10, '/nowhere/at/all.csv'), /\/nowhere\/at\/all\.csv/);
  });
});
