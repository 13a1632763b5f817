// Grouping sets over windows: each row is of one window, and is retracted with it, also where the key of a session is computed under its name.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drive, int, long, pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';

const f = topic('f', { n: int(), k: text().optional(), tag: text(), at: timestamp() }, { time: 'at' });
const fields = { k: text(), w: timestamp(), tag: text(), c: long() };

test('sessions by a key that the query computes under its own name have a row for each set', async () => {
  for (const query of [
    sql`select coalesce(k, 'none') as k, window_start as w, coalesce(tag, 'all') as tag, count(*) as c
      from ${f.session('10 s', { by: ['k'] })} group by grouping sets ((window_start, k), (window_start, k, tag))`,
    sql`select coalesce(s.k, 'none') as k, window_start as w, coalesce(tag, 'all') as tag, count(*) as c
      from ${f.session('10 s', { by: ['k'] })} s group by s.k, w, rollup (tag)`,
  ]) {
    const out = table('out', stream('s', fields, query), { key: ['k', 'w', 'tag'] });
    await using driver = await drive(pipeline('p', { tables: [out] }));
    const rows = async () => (await driver.rows(out)).map(({ k, w, tag, c }) => `${k} ${w.getTime()} ${tag}: ${c}`);
    const at = (k: string | null, ms: number, tag: string) => ({ n: 0, k, tag, at: ms });
    await driver.send(f, [at('a', 5000, 'x'), at(null, 5000, 'x'), at(null, 6000, 'y')]);
    await driver.advance('3 s');
    const before = ['a 5000 all: 1', 'a 5000 x: 1', 'none 5000 all: 2', 'none 5000 x: 1', 'none 5000 y: 1'];
    assert.deepEqual((await rows()).sort(), before);
    await driver.send(f, [at('a', 6000, 'y')]);
    await driver.flush();
    assert.deepEqual((await rows()).sort(), ['a 5000 all: 2', 'a 5000 x: 1', 'a 5000 y: 1', ...before.slice(2)]);
    assert.ok(driver.ledger().balanced);
  }
});
