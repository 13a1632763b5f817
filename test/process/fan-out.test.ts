// Streams that make several rows of one record: which row of a key is in the table does not depend on the way of the record.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { double, drive, int, long, pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';

describe('of the rows of one record the last one of a key is in the table', () => {
  const fields = { n: int(), k: text(), s: text(), at: timestamp() };
  const out = { k: text(), v: double(), at: timestamp() };

  for (const partitions of [1, 3])
    test(`with ${partitions} partitions, at once and after a dead letter was fixed`, async () => {
      const f = topic('f', fields, { key: 'k', time: 'at', partitions });
      const many = stream('many', out, sql`select k, s::double + unnest([3, 1, 2]) as v, "at" from ${f}`);
      const last = table('last', many, { key: 'k' });
      await using driver = await drive(pipeline('p', { tables: [last] }));
      await driver.send(f, [
        { n: 1, k: 'a', s: '10', at: 1000 },
        { n: 2, k: 'b', s: 'ten', at: 2000 },
      ]);
      await driver.redrive({}, (record) => ({ ...record, s: '10' }));
      assert.deepEqual(
        (await driver.rows(last)).map(({ k, v }) => [k, v]),
        [
          ['a', 12],
          ['b', 12],
        ],
      );
    });
});

test('a record of which one row was late has each row in its window once, after it was sent again', async () => {
  const f = topic('f', { n: int(), at: timestamp() }, { time: 'at' });
  const twice = stream(
    'twice',
    { n: int(), at: timestamp() },
    sql`select n, "at" + to_minutes(unnest([0, 2])) as "at" from ${f}`,
    {
      time: 'at',
    },
  );
  const counted = stream(
    'counted',
    { w: timestamp(), n: long() },
    sql`select window_start as w, count(*) as n from ${twice.tumble('1 minute')} group by window_start`,
  );
  const out = table('out', counted, { key: 'w' });
  await using driver = await drive(pipeline('p', { tables: [out] }));
  // when the second one comes its own minute is over, and that of its second row is not
  await driver.send(f, [
    { n: 1, at: 60_000 },
    { n: 2, at: 60_000 },
  ]);
  await driver.redrive({ kind: 'late' });
  await driver.flush();
  assert.deepEqual(await driver.rows(out), [
    { w: new Date(60_000), n: 2 },
    { w: new Date(180_000), n: 2 },
  ]);
  assert.ok(driver.ledger().balanced);
});
