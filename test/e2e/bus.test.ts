// The bus example over the real sample, against computations of its own from the file itself.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  busFile,
  busSample,
  cli,
  jsonOf,
  lacks,
  ledger,
  type RunReport,
  rowsOf,
  runIn,
  runOnce,
  temporary,
} from './tools.ts';

const skip = lacks(busSample);
const params = { file: busSample };

/** A row of the file, as far as these tests compute with it. */
type Row = { recorded: string; line: string; vehicle: string; scheduled: string; delay: number | undefined };

/** The rows of the file; quotes are left as they are, since no field that matters here has one. */
async function readRows(): Promise<Row[]> {
  const lines = (await readFile(busSample, 'utf8')).trimEnd().split(/\r?\n/).slice(1);
  return lines.map((text) => {
    const cells = text.replace(/"[^"]*"/g, 'quoted').split(',');
    assert.equal(cells.length, 17, text);
    const [expected, scheduled] = [cells[15]!, cells[16]!];
    const has = (cell: string) => cell !== 'NA' && cell !== '';
    return {
      recorded: cells[0]!,
      line: cells[2]!,
      vehicle: cells[9]!,
      scheduled: has(scheduled) ? scheduled : '',
      delay: has(expected) && has(scheduled) ? delayOf(expected, scheduled) : undefined,
    };
  });
}

/** The delay in seconds with the schedule on the day of service (the day before, that day, the day after) that fits best. */
function delayOf(expected: string, scheduled: string): number {
  const at = Date.parse(`${expected.replace(' ', 'T')}Z`) / 1000;
  const midnight = Date.parse(`${expected.slice(0, 10)}T00:00:00Z`) / 1000;
  const [hours, minutes, seconds] = scheduled.split(':').map(Number);
  const delays = [-2, -1, 0, 1].map((day) => at - (midnight + day * 86_400 + hours! * 3600 + minutes! * 60 + seconds!));
  return delays.reduce((best, one) => (Math.abs(one) < Math.abs(best) ? one : best));
}

/** The quantile between the two values that enclose it, as quantile_cont takes it. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)]!;
  return low + (sorted[Math.ceil(at)]! - low) * (at - Math.floor(at));
}

const iso = (value: unknown) => new Date(value as Date).toISOString().slice(0, 19).replace('T', ' ');

test('every position of the sample is stored once, with the delay that the file itself gives', { skip }, async (t) => {
  const rows = await readRows();
  const { millrace, status } = await runOnce(t, join(await temporary(t), 'data'), busFile, params);
  assert.deepEqual(status.ledger, ledger(9999));
  assert.deepEqual(status.tables, { bus_traffic_processed: 9999, line_delay: 3654, bus_latest: 1103 });
  assert.deepEqual([status.health, status.reason], ['stopped', undefined]);

  const stored = await rowsOf(
    millrace,
    'select recorded_at, vehicle, scheduled_key, delay_s from bus_traffic_processed',
  );
  const delays = new Map(
    stored.map(([at, vehicle, scheduled, delay]) => [`${iso(at)} ${vehicle} ${scheduled}`, delay]),
  );
  assert.equal(delays.size, 9999);
  let withBoth = 0;
  for (const { recorded, vehicle, scheduled, delay } of rows) {
    const found = delays.get(`${recorded} ${vehicle} ${scheduled}`);
    assert.equal(found, delay ?? null, `${recorded} ${vehicle} ${scheduled}`);
    if (delay === undefined) continue;
    withBoth++;
    assert.ok(Math.abs(delay) < 6 * 3600, `${delay} s at ${recorded}: off by a day`);
  }
  assert.equal(withBoth, 8932);

  const trips = Map.groupBy(rows, ({ recorded, vehicle }) => `${recorded} ${vehicle}`);
  const ambiguous = [...trips.values()].filter((group) => group.length > 1);
  assert.equal(ambiguous.length, 854);
  const kept = await rowsOf(
    millrace,
    'select count(*), sum(n)::bigint from (select count(*) as n from bus_traffic_processed group by recorded_at, vehicle having count(*) > 1)',
  );
  assert.deepEqual(kept[0]!.map(Number), [854, ambiguous.reduce((sum, group) => sum + group.length, 0)]);
});

test('the lines of each minute have the count, mean and 95th percentile of a recomputation from the file', {
  skip,
}, async (t) => {
  const rows = await readRows();
  const { millrace } = await runOnce(t, join(await temporary(t), 'data'), busFile, params);
  const windows = Map.groupBy(
    rows.filter(({ delay }) => delay !== undefined),
    ({ line, recorded }) => `${line} ${recorded.slice(0, 16)}:00`,
  );
  const found = await rowsOf(millrace, 'select line, minute, positions, mean_delay_s, p95_delay_s from line_delay');
  assert.equal(found.length, 3654);
  assert.equal(windows.size, 3654);
  for (const [line, minute, positions, mean, p95] of found) {
    const delays = windows.get(`${line} ${iso(minute)}`)?.map(({ delay }) => delay!);
    assert.ok(delays, `${line} ${iso(minute)} is not in the file`);
    const near = (one: unknown, other: number) =>
      assert.ok(Math.abs(Number(one) - other) < 1e-9, `${line}: ${one} ${other}`);
    assert.equal(Number(positions), delays.length);
    near(mean, delays.reduce((sum, one) => sum + one, 0) / delays.length);
    near(p95, quantile(delays, 0.95));
  }
  // the newest of each vehicle; where several trips fit it, the last in the file
  const newest = new Map<string, Row>();
  for (const row of rows) if ((newest.get(row.vehicle)?.recorded ?? '') <= row.recorded) newest.set(row.vehicle, row);
  const latest = await rowsOf(millrace, "select vehicle, recorded_at, coalesce(scheduled, '') from bus_latest");
  assert.equal(latest.length, 1103);
  for (const [vehicle, recorded, scheduled] of latest) {
    const row = newest.get(String(vehicle))!;
    assert.deepEqual([iso(recorded), scheduled], [row.recorded, row.scheduled], String(vehicle));
  }
});

test('run twice on the same data folder, it has the same rows and no duplicates', { skip }, async (t) => {
  const { millrace, status } = await runOnce(t, join(await temporary(t), 'data'), busFile, params);
  const hash = async () =>
    Promise.all(
      Object.keys(status.tables).map((name) =>
        rowsOf(millrace, `select count(*), sum(hash(t)::hugeint) from ${name} t`),
      ),
    );
  const before = await hash();
  const again = await runIn(millrace, busFile, params);
  assert.deepEqual(again.ledger, ledger(9999));
  assert.deepEqual(again.run.records, 0);
  assert.deepEqual(again.tables, status.tables);
  assert.deepEqual(await hash(), before);
  assert.equal((await millrace.topics())[0]!.records, 9999);
});

test('through the command line, standard output has exactly one JSON object, twice with the same figures', {
  skip,
}, async (t) => {
  const folder = join(await temporary(t), 'data');
  const words = ['run', busFile, '--set', `file=${busSample}`, '--once', '--json', '--data', folder];
  for (const records of [9999, 0]) {
    const ended = await cli(t, ...words);
    assert.equal(ended.code, 0, ended.error);
    const report = jsonOf<RunReport>(ended);
    assert.deepEqual(Object.keys(report), ['pipelines']);
    const [bus] = report.pipelines;
    assert.equal(report.pipelines.length, 1);
    assert.deepEqual(bus!.ledger, ledger(9999));
    assert.deepEqual(bus!.tables, { bus_traffic_processed: 9999, line_delay: 3654, bus_latest: 1103 });
    assert.equal(bus!.records, records);
    for (const name of ['seconds', 'recordsPerSecond'] as const)
      assert.equal(typeof (bus as unknown as Record<string, unknown>)[name], 'number');
    assert.deepEqual(
      bus!.sources.map(({ name, state, read, refused }) => ({ name, state, read, refused })),
      [{ name: 'bus_positions/csv', state: 'ended', read: 9999, refused: 0 }],
    );
  }
});
