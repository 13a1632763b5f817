// A partition that brings nothing for long, while others go on.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { drive, long, pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';

const minuteMs = 60_000;

describe('an idle partition', () => {
  const event = topic('event', { k: text(), at: timestamp() }, { time: 'at', key: 'k', partitions: 2, idle: '10s' });
  const counted = stream(
    'counted',
    { w: timestamp(), c: long() },
    sql`select window_start as w, count(*) as c from ${event.tumble('1 minute')} group by window_start`,
  );
  const out = table('counted', counted, { key: 'w' });
  // in different partitions
  const [busy, idle] = ['a', 'd'];
  const at = (k: string, minute: number) => ({ k, at: minute * minuteMs });

  test('no longer holds back the windows of the others, and corrects them when it comes back', async () => {
    await using driver = await drive(pipeline('p', { tables: [out] }));
    const rows = async () => (await driver.rows(out)).map(({ w, c }) => [w.getTime() / minuteMs, c]);
    await driver.send(event, [at(busy!, 0), at(idle!, 0)]);
    for (let minute = 1; minute <= 9; minute++) {
      await driver.advance('1 s');
      await driver.send(event, [at(busy!, minute)]);
    }
    assert.deepEqual(await rows(), []);
    await driver.advance('1 s');
    await driver.send(event, [at(busy!, 10)]);
    assert.deepEqual(await rows(), [[0, 2], ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((minute) => [minute, 1])]);
    // it is in time for its own partition
    await driver.send(event, [at(idle!, 1), at(idle!, 3)]);
    assert.deepEqual(await driver.dead(), []);
    assert.deepEqual((await rows()).slice(0, 4), [
      [0, 2],
      [1, 2],
      [2, 1],
      [3, 2],
    ]);
    const [stage] = driver.stages();
    assert.deepEqual([stage?.out, stage?.retracted], [12, 2]);
    // it holds back again what has not been emitted yet
    await driver.send(event, [at(busy!, 20)]);
    assert.equal((await rows()).at(-1)?.[0], 9);
    assert.ok(driver.ledger().balanced);
  });
});
