// What depends on the order of rows in a window does not depend on the batches: rows are in the order of their event times.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { double, drive, int, pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';

const f = topic(
  'f',
  { n: int(), k: text(), v: double(), z: double(), at: timestamp() },
  { key: 'k', time: 'at', partitions: 3 },
);
const records = Array.from({ length: 24 }, (_, n) => ({
  n,
  k: 'abcdefgh'[n % 8]!,
  v: n / 3,
  z: n % 2 ? 0 : -0,
  at: 24_000 - n * 1000,
}));
const minutes = f.tumble('1 minute');
const queries = {
  'first, list and ties of arg_max': sql`select window_start as w, concat(first(n)::text, ' ', list(n)::text, ' ', arg_max(n, n % 3)::text) as x from ${minutes} group by window_start`,
  'the last digits of a sum': sql`select window_start as w, avg(v * v / 7)::text as x from ${minutes} group by window_start`,
  'the last digits of the sum of a column': sql`select window_start as w, sum(v)::text as x from ${minutes} group by window_start`,
  'which zero is the least': sql`select window_start as w, min(z)::text as x from ${minutes} group by window_start`,
  'which zero a group is called by': sql`select window_start as w, z::text as x from ${minutes} group by window_start, z`,
  'DISTINCT ON': sql`select distinct on (window_start) window_start as w, n::text as x from ${minutes}`,
  'ties of QUALIFY': sql`select window_start as w, n::text as x from ${minutes} qualify row_number() over (partition by window_start order by n % 3) = 1`,
};

for (const [name, query] of Object.entries(queries))
  test(`${name}: the same in one batch and one by one`, async () => {
    const late = { kind: 'late' } as const;
    const found = [];
    for (const batches of [[records], records.map((record) => [record])]) {
      const out = table('out', stream('s', { w: timestamp(), x: text() }, query), { key: 'w' });
      await using driver = await drive(pipeline('p', { tables: [out] }));
      for (const batch of batches) await driver.send(f, batch);
      await driver.redrive(late);
      await driver.flush();
      found.push(await driver.rows(out));
    }
    assert.deepEqual(found[0], found[1]);
    if (name.startsWith('first')) assert.match(found[0]![0]!.x, /^23 \[23, 22, 21, 20/);
  });

test('rows that windows emit for one time are in the order of their values, whichever was emitted first', async () => {
  const perKey = stream(
    'per_key',
    { k: text(), w: timestamp() },
    sql`select k, window_start as w from ${minutes} group by all`,
    { time: 'w', emit: 'change' },
  );
  const keys = stream(
    'keys',
    { w: timestamp(), x: text() },
    sql`select window_start as w, string_agg(k, ' ') as x from ${perKey.tumble('1 hour')} group by window_start`,
  );
  const out = table('out', keys, { key: 'w' });
  for (const batches of [[['c', 'a', 'd', 'b']], [['d'], ['b'], ['a'], ['c']]]) {
    await using driver = await drive(pipeline('p', { tables: [out] }));
    for (const batch of batches)
      await driver.send(
        f,
        batch.map((k) => ({ n: 0, k, v: 0, z: 0, at: 0 })),
      );
    await driver.flush();
    assert.equal((await driver.rows(out))[0]?.x, 'a b c d');
  }
});
