// A late record that is sent again to one window: nothing else that its topic feeds takes it once more.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drive, int, long, pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';

const f = topic('f', { n: int(), k: text(), at: timestamp() }, { time: 'at' });
const counts = { w: timestamp(), c: long() };
const counted = (name: string, size: '1 minute' | '1 day') =>
  table(
    name,
    stream(
      name,
      counts,
      sql`select window_start as w, count(*) as c from ${f.dedupe({ by: ['k'], within: '1 s' }).tumble(size)} group by window_start`,
    ),
    { key: 'w' },
  );
const days = counted('days', '1 day');
const minutes = counted('minutes', '1 minute');
const all = table('all_', f, { key: 'n' });
const plain = table('plain', stream('plain', { n: int() }, sql`select n from ${f}`), { key: 'n' });
const pairs = table(
  'pairs',
  stream(
    'pairs',
    { n: int(), times: long() },
    sql`select a.n, (a.n * b.n)::bigint as times from ${f} a join ${f.within('1 s')} b on b.k = a.k`,
  ),
  { key: ['n', 'times'] },
);

test('a late record that is sent again is counted in its window, and in nothing else once more', async () => {
  await using driver = await drive(pipeline('p', { tables: [all, plain, days, minutes, pairs] }));
  await driver.send(f, [
    { n: 1, k: 'a', at: 90_000 },
    { n: 2, k: 'b', at: 0 },
  ]);
  await driver.flush();
  const countsOf = (names: readonly string[]) =>
    driver
      .stages()
      .filter(({ name }) => names.includes(name))
      .map(({ name, in: came, out, retracted }) => [name, came, out, retracted]);
  const others = ['all_', 'plain', 'days', 'pairs'];
  const before = countsOf(others);
  assert.deepEqual(await driver.redrive({ kind: 'late' }), { sent: 1, stored: 1, stillDead: 0 });
  await driver.flush();
  assert.deepEqual(countsOf(others), before);
  assert.deepEqual(
    (await driver.rows(minutes)).map(({ c }) => c),
    [1, 1],
  );
  assert.deepEqual(await driver.rows(days), [{ w: new Date(0), c: 2 }]);
  // what is joined with it afterwards finds it once
  await driver.send(f, [{ n: 3, k: 'b', at: 500 }]);
  assert.deepEqual(
    (await driver.rows(pairs)).map(({ n, times }) => [n, times]),
    [
      [1, 1],
      [2, 4],
      [2, 6],
      [3, 6],
      [3, 9],
    ],
  );
  assert.equal(driver.stages().find(({ name }) => name === 'pairs')?.out, 5);
  assert.ok(driver.ledger().balanced);
});
