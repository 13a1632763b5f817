// A record that lies aside for several streams has one fate: dead before late, until each of them has taken it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drive, int, long, pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';

const event = topic('event', { n: int(), word: text(), at: timestamp() }, { time: 'at' });
const minutes = stream(
  'minutes',
  { start: timestamp(), seen: long() },
  sql`select window_start as start, count(*) as seen from ${event.tumble('1 minute')} group by window_start`,
);
const days = stream(
  'days',
  { start: timestamp(), total: long() },
  sql`select window_start as start, sum(cast(word as integer))::bigint as total from ${event.tumble('1 day')} group by window_start`,
);
const made = pipeline('events', {
  tables: [table('minutes', minutes, { key: 'start' }), table('days', days, { key: 'start' })],
});

test('late for one stream and dead for another, it counts as dead, and then as what is left', async () => {
  await using driver = await drive(made);
  const counted = () => {
    const { out, late, dead, balanced } = driver.ledger();
    return { out, late, dead, balanced };
  };
  await driver.send(event, [{ n: 1, word: '1', at: 600_000 }]);
  await driver.send(event, [{ n: 2, word: 'x', at: 1 }]);
  assert.deepEqual(counted(), { out: 1, late: 1, dead: 0, balanced: true });
  await driver.flush();
  assert.deepEqual(
    (await driver.dead()).map(({ kind, stage, offset }) => [kind, stage, offset]),
    [
      ['late', 'minutes', 1],
      ['dead', 'days', 1],
    ],
  );
  assert.deepEqual(counted(), { out: 1, late: 0, dead: 1, balanced: true });
  await driver.redrive({ kind: 'late' });
  assert.deepEqual(counted(), { out: 1, late: 0, dead: 1, balanced: true });
  await driver.redrive({ kind: 'dead' }, (record) => ({ ...record, word: '2' }));
  assert.deepEqual(counted(), { out: 2, late: 0, dead: 0, balanced: true });
});

test('a record that repeats another one for a stream and is stored by another stream is out', async () => {
  const all = stream('all_', { n: int() }, sql`select n from ${event}`);
  const once = stream('once', { n: int() }, sql`select n from ${event.dedupe({ by: ['word'], within: '1 minute' })}`);
  for (const tables of [
    [table('all_', all, { key: 'n' }), table('once', once, { key: 'n' })],
    [table('once', once, { key: 'n' }), table('all_', all, { key: 'n' })],
  ]) {
    await using driver = await drive(pipeline('p', { tables }));
    await driver.send(
      event,
      [1, 2].map((n) => ({ n, word: 'same', at: 0 })),
    );
    const { out, deduplicated, balanced } = driver.ledger();
    assert.deepEqual({ out, deduplicated, balanced }, { out: 2, deduplicated: 0, balanced: true });
  }
});
