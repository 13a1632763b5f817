// What the rows of open windows keep, when the query changes.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { drive, int, long, pipeline, type Sql, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';

const event = topic('event', { k: text(), v: int(), at: timestamp() }, { time: 'at' });
const minute = event.tumble('1 minute');
const made = (query: Sql) => {
  const out = table('out', stream('s', { w: timestamp(), n: long() }, query), { key: 'w' });
  return { out, p: pipeline('p', { tables: [out] }) };
};
const summed = made(
  sql`select window_start as w, sum(v)::bigint as n from ${minute} where k <> 'x' group by window_start`,
);
const counted = made(sql`select window_start as w, count(*) as n from ${minute} where k <> 'x' group by window_start`);

describe('a changed query', () => {
  test('may read fewer columns of the rows that were kept', async () => {
    await using driver = await drive(summed.p);
    await driver.send(event, [
      { k: 'a', v: 5, at: 1000 },
      { k: 'x', v: 5, at: 1000 },
    ]);
    await driver.restart(counted.p);
    await driver.send(event, [{ k: 'a', v: 7, at: 2000 }]);
    await driver.flush();
    assert.deepEqual(await driver.rows(counted.out), [{ w: new Date(0), n: 2 }]);
  });

  test('is refused where it reads columns that were not kept, which are named', async () => {
    await using driver = await drive(counted.p);
    await driver.send(event, [{ k: 'a', v: 5, at: 1000 }]);
    await assert.rejects(driver.restart(summed.p), { code: 'TABLE_CHANGED', message: /now need v/ });
  });

  test('is refused where it reads a column again that was forgotten meanwhile', async () => {
    await using driver = await drive(summed.p);
    await driver.send(event, [{ k: 'a', v: 5, at: 1000 }]);
    await driver.restart(counted.p);
    await assert.rejects(driver.restart(summed.p), { code: 'TABLE_CHANGED' });
  });
});
