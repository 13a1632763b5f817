// Deduplication over a stream with a time of its own: keys are known and forgotten by that time, and not by the topic's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drive, int, long, pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';
import { logged } from './logged.ts';
import { split } from './reference.ts';

const day = 86_400_000;
const within = 60_000;
const lateness = 600_000;

// the topic has no time, and so no watermark
const bare = topic('bare', { n: int(), k: text(), ms: long() });
const timed = stream(
  'timed',
  { n: int(), k: text(), at: timestamp() },
  sql`select n, k, make_timestamp_ms(ms) as "at" from ${bare}`,
  { time: 'at', lateness: '10 minutes' },
);
const view = timed.dedupe({ by: ['k'], within: '1 minute' });
const single = stream('single', { n: int() }, sql`select n from ${view}`);
const minutes = stream(
  'minutes',
  { minute: timestamp(), n: long() },
  sql`select window_start as minute, count(*) as n from ${view.tumble('1 minute')} group by window_start`,
);
const singles = table('singles', single, { key: 'n' });
const counts = table('counts', minutes, { key: 'minute' });
const made = pipeline('dedupe', { tables: [singles, counts] });

const records = [
  { n: 0, k: 'a', ms: 0 },
  { n: 1, k: 'b', ms: 0 },
  { n: 2, k: 'a', ms: 2 },
  // the watermark is now so far ahead that what was at 0 is just known, and from the second of these on a millisecond farther
  { n: 3, k: 'z', ms: day + within + lateness },
  { n: 4, k: 'a', ms: 1 },
  { n: 5, k: 'y', ms: day + within + lateness + 1 },
  { n: 6, k: 'b', ms: 1 },
  { n: 7, k: 'x', ms: 3 * day },
  { n: 8, k: 'w', ms: 3 * day + 3_600_000 },
];

test('a record is compared with keys of a day and within before its own watermark, whatever the batches', async () => {
  for (const cuts of [[], [3], [4], [5], [6], [4, 6], [1, 2, 3, 4, 5, 6, 7, 8]]) {
    await using driver = await drive(made);
    for (const part of split(records, cuts)) await driver.send(bare, part);
    assert.deepEqual(
      (await driver.rows(singles)).map(({ n }) => n),
      [0, 1, 3, 5, 6, 7, 8],
      `cut at ${cuts}`,
    );
  }
});

test('keys that the time of the stream has left behind are forgotten, for windows and without', async (t) => {
  const under = await logged(t, made);
  for (const record of records) {
    await under.append(bare, 0, record);
    await under.step(bare);
  }
  const session = await under.folder.database.session();
  for (const name of ['single', 'minutes'])
    assert.deepEqual(await session.rows(`select "by k" from state."dedupe/${name}/keys" order by ts`), [['x'], ['w']]);
  session.close();
});
