// Partitions that are quiet while others are not: people are told that windows do not wait for them, and nothing is degraded by it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quietNotices } from '../../src/control/quiet.ts';
import { int, long, pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';
import { serving, temporary, until } from './tools.ts';

test('a notice names the partitions of each topic and how long they have been quiet', () => {
  const quiet = (partition: number, sinceMs: number, topic = 'rides') => ({ topic, partition, sinceMs });
  assert.deepEqual(quietNotices([], 0), {});
  assert.deepEqual(quietNotices([quiet(2, 1000)], 36_999), {
    rides: 'partition 2 has been quiet for 35 s: windows do not wait for it',
  });
  const some = [quiet(0, 0), quiet(1, 3_600_000), quiet(3, 30_000), quiet(0, 0, 'fares')];
  assert.deepEqual(quietNotices(some, 3_960_000), {
    rides: 'partitions 0, 1 and 3 have been quiet for 6 min or more: windows do not wait for them',
    fares: 'partition 0 has been quiet for 1 h: windows do not wait for it',
  });
});

test('a topic whose partition is quiet says so, and the pipeline stays healthy', async (t) => {
  const event = topic(
    'event',
    { k: text(), n: int(), at: timestamp() },
    { key: 'k', time: 'at', partitions: 2, idle: '300 ms' },
  );
  const counted = stream(
    'counted',
    { minute: timestamp(), n: long() },
    sql`select window_start as minute, count(*) as n from ${event.tumble('1 minute')} group by all`,
  );
  const made = pipeline('p', { tables: [table('minutes', counted, { key: 'minute' })] });
  const { post, node, view, settled, running, backend } = await serving(t, await temporary(t), [made]);
  const send = (k: string, n: number) => post('event', { k, n, at: n * 1000 });
  for (const k of 'abcdefgh') await send(k, 1);
  await settled();
  assert.equal(node('topic:event').notice, undefined);
  let n = 1;
  await until('the partition without records is quiet', async () => {
    await send('a', ++n);
    await settled();
    return node('topic:event').notice !== undefined;
  });
  assert.match(node('topic:event').notice!, /^partition [01] has been quiet for 0 s: windows do not wait for it$/);
  const [status] = running.status();
  assert.equal(status!.notices.event, node('topic:event').notice);
  assert.deepEqual([view().status, view().reason], ['healthy', undefined]);
  await backend.pause('p');
  assert.equal(node('topic:event').notice, undefined);
});
