// Windows of local days: they equal a recomputation with Intl on the days on which a clock is moved, also where a midnight comes twice or never.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { drive, int, long, pipeline, sql, stream, table, timestamp, topic } from '../../src/index.ts';

const dayMs = 86_400_000;
const hourMs = 3_600_000;

/** What the clock of a zone shows, as milliseconds since 1970 that are read as UTC. */
function clockOf(zone: string): (ms: number) => number {
  const names = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const;
  const options = Object.fromEntries(names.map((name) => [name, 'numeric']));
  const format = new Intl.DateTimeFormat('en', { ...options, timeZone: zone, hourCycle: 'h23' });
  return (ms) => {
    const parts = format.formatToParts(ms);
    const [year, month, ...rest] = names.map((name) => Number(parts.find(({ type }) => type === name)!.value));
    return Date.UTC(year!, month! - 1, ...rest);
  };
}

/** The first moment of a local day, which is counted from 1970-01-01. */
function startOf(clock: (ms: number) => number, day: number): number {
  let [before, after] = [(day - 2) * dayMs, (day + 2) * dayMs];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (Math.floor(clock(middle) / dayMs) >= day) after = middle;
    else before = middle;
  }
  return after;
}

const reading = topic('reading', { n: int(), at: timestamp() }, { time: 'at' });

/** The rows `[from, until, rows]` of windows of whole days, in the order of their beginnings. */
async function windowsOf(zone: string, days: number, parts: readonly (readonly { n: number; at: number }[])[]) {
  const view = days === 1 ? reading.tumble('1 day', { zone }) : reading.hop(`${days} days`, { every: '1 day', zone });
  const daily = stream(
    'daily',
    { from: timestamp(), until: timestamp(), rows: long() },
    sql`select window_start as "from", window_end as until, count(*) as "rows" from ${view} group by all`,
  );
  const out = table('daily', daily, { key: 'from' });
  await using driver = await drive(pipeline('p', { tables: [out] }));
  for (const part of parts) await driver.send(reading, part);
  await driver.flush();
  assert.equal((await driver.dead()).length, 0);
  return (await driver.rows(out)).map(({ from, until, rows }) => [from.toISOString(), until.toISOString(), rows]);
}

describe('windows of whole days start at local midnight', () => {
  const moved: [zone: string, day: string, what: string][] = [
    ['Europe/Berlin', '2024-03-31', 'has 23 hours'],
    ['Europe/Berlin', '2024-10-27', 'has 25 hours'],
    ['America/New_York', '2024-03-10', 'has 23 hours'],
    ['America/New_York', '2024-11-03', 'has 25 hours'],
    ['Australia/Lord_Howe', '2024-04-07', 'has 24 hours and a half'],
    ['Australia/Lord_Howe', '2024-10-06', 'has 23 hours and a half'],
    ['America/Sao_Paulo', '2018-11-04', 'begins at one o’clock'],
    ['America/Sao_Paulo', '2018-02-18', 'begins after a day of 25 hours'],
    ['America/Havana', '2024-11-03', 'has two midnights'],
  ];
  for (const [zone, day, what] of moved)
    for (const days of [1, 3])
      test(`${zone}, ${day}, which ${what}, in windows of ${days === 1 ? 'a day' : 'three days'}`, async () => {
        const clock = clockOf(zone);
        const first = Date.parse(day) - 3 * dayMs;
        const rows = Array.from({ length: 6 * 48 }, (_, n) => ({ n, at: first + (n * hourMs) / 2 }));
        const counts = new Map<number, number>();
        for (const row of rows) {
          const last = Math.floor(clock(row.at) / dayMs);
          for (let one = last - days + 1; one <= last; one++) counts.set(one, (counts.get(one) ?? 0) + 1);
        }
        const iso = (one: number) => new Date(startOf(clock, one)).toISOString();
        const expected = [...counts].sort(([a], [b]) => a - b).map(([one, n]) => [iso(one), iso(one + days), n]);
        const single = Array.from({ length: rows.length / 16 }, (_, i) => rows.slice(i * 16, (i + 1) * 16));
        for (const parts of [[rows], single]) assert.deepEqual(await windowsOf(zone, days, parts), expected);
      });
});

describe('a day with a strange midnight begins with its first moment', () => {
  for (const [zone, day, startHour, hours] of [
    // the clock goes from 1:00 back to 0:00
    ['America/Havana', Date.UTC(2026, 10, 1), 4, 25],
    // the clock goes from 0:00 to 1:00
    ['Asia/Beirut', Date.UTC(2026, 2, 29), -2, 23],
  ] as const)
    test(`in ${zone}, where it has ${hours} hours`, async () => {
      const [first, end] = [day + startHour * hourMs, day + (startHour + hours) * hourMs];
      const times = [first - 1, first, first + hourMs / 2, end - 1, end];
      const found = await windowsOf(zone, 1, [times.map((at, n) => ({ n, at }))]);
      const iso = (ms: number) => new Date(ms).toISOString();
      assert.deepEqual(
        found.filter(([from]) => from === iso(first)),
        [[iso(first), iso(end), 3]],
      );
      assert.equal(found.length, 3);
    });
});
