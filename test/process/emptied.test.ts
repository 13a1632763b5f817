// A window over rows that may be retracted, which has none left.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drive, int, long, pipeline, sql, stream, table, timestamp, topic } from '../../src/index.ts';

test('an open window that was emitted early is retracted when all of its rows are', async () => {
  const event = topic('event', { v: int(), at: timestamp() }, { time: 'at' });
  const minutes = stream(
    'minutes',
    { w: timestamp(), sum: long() },
    sql`select window_start as w, sum(v)::bigint as sum from ${event.tumble('1 minute')} group by window_start having sum(v) > 0`,
    { time: 'w' },
  );
  for (const view of [
    minutes.tumble('1 hour'),
    minutes.hop('1 hour', { every: '30 minutes' }),
    minutes.session('10 minutes', { by: ['sum'] }),
  ]) {
    const hours = stream(
      'hours',
      { h: timestamp(), n: long() },
      sql`select window_start as h, count(*) as n from ${view} group by ${view.window?.kind === 'session' ? sql`window_start, sum` : sql`window_start`}`,
    );
    const out = table('hours', hours, { key: 'h' });
    await using driver = await drive(pipeline('p', { tables: [out] }));
    await driver.send(event, [{ v: 5, at: 1000 }]);
    await driver.advance('3 s');
    assert.ok((await driver.rows(out)).length > 0);
    await driver.send(event, [{ v: -5, at: 2000 }]);
    await driver.advance('3 s');
    assert.deepEqual(await driver.rows(out), []);
    await driver.send(event, [{ v: 1, at: 8_000_000 }]);
    await driver.flush();
    assert.ok((await driver.rows(out)).every(({ h }) => h.getTime() > 3_600_000));
  }
});
