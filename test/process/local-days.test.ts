// Windows of local days, where the clock shows a midnight twice or never.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drive, int, long, pipeline, sql, stream, table, timestamp, topic } from '../../src/index.ts';

const hour = 3_600_000;

for (const [zone, day, start, hours] of [
  // the clock goes from 1:00 back to 0:00
  ['America/Havana', Date.UTC(2026, 10, 1), 4, 25],
  // the clock goes from 0:00 to 1:00
  ['Asia/Beirut', Date.UTC(2026, 2, 29), -2, 23],
] as const)
  test(`a day in ${zone} begins with its first moment and has ${hours} hours`, async () => {
    const f = topic('f', { n: int(), at: timestamp() }, { time: 'at' });
    const counted = stream(
      'counted',
      { w: timestamp(), e: timestamp(), n: long() },
      sql`select window_start as w, window_end as e, count(*) as n from ${f.tumble('1 day', { zone })} group by all`,
    );
    const out = table('out', counted, { key: 'w' });
    await using driver = await drive(pipeline('p', { tables: [out] }));
    const first = day + start * hour;
    const times = [first - 1, first, first + hour / 2, first + hours * hour - 1, first + hours * hour];
    await driver.send(
      f,
      times.map((at, n) => ({ n, at })),
    );
    await driver.flush();
    assert.deepEqual(await driver.rows(out, { w: new Date(first) }), [
      { w: new Date(first), e: new Date(first + hours * hour), n: 3 },
    ]);
  });
