// What a stream knows of the records before a restart: each kind of state with the fewest records that need it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { drive, int, long, pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';

const f = topic('f', { n: int(), k: text(), at: timestamp() }, { time: 'at' });
const g = topic('g', { v: int(), k: text(), at: timestamp() }, { time: 'at', key: 'k' });
const at = (n: number, ms: number, k = 'a') => ({ n, k, at: ms });
const of = (v: number, ms: number, k = 'a') => ({ v, k, at: ms });

describe('after a restart a stream knows', () => {
  for (const emit of ['close', 'change'] as const)
    test(`the rows of windows, those of sessions and what was emitted of them, with emit: '${emit}'`, async () => {
      const tables = [f.tumble('1 minute'), f.session('1 minute', { by: ['k'] })].map((view, i) => {
        const last = stream(
          `last_${i}`,
          { w: timestamp(), n: int(), c: long() },
          sql`select window_start as w, max(n) as n, count(*) as c from ${view} group by k, window_start`,
          { emit },
        );
        return table(`last_${i}`, last, { key: ['w', 'n'] });
      });
      await using driver = await drive(pipeline('p', { tables }));
      await driver.send(f, [at(1, 0)]);
      await driver.advance('3 s');
      await driver.restart();
      await driver.send(f, [at(2, 1000)]);
      await driver.flush();
      for (const out of tables) assert.deepEqual(await driver.rows(out), [{ w: new Date(0), n: 2, c: 2 }], out.name);
    });

  test('the versions of a table, and the rows of the other topic', async () => {
    const versions = table('versions', g, { key: 'k' });
    const looked = stream(
      'looked',
      { n: int(), v: int() },
      sql`select f.n, v.v from ${f} f join ${versions} v on v.k = f.k`,
    );
    const near = stream(
      'near',
      { n: int(), v: int() },
      sql`select f.n, g.v from ${f} f join ${g.within('1 minute')} g on g.k = f.k`,
    );
    const tables = [table('looked', looked, { key: 'n' }), table('near', near, { key: 'n' })];
    await using driver = await drive(pipeline('p', { tables: [...tables, versions] }));
    await driver.send(g, [of(7, 0)]);
    await driver.restart();
    await driver.send(f, [at(1, 1000)]);
    for (const out of tables) assert.deepEqual(await driver.rows(out), [{ n: 1, v: 7 }], out.name);
    // and what it was joined with: a version that comes later takes its place
    await driver.restart();
    await driver.send(g, [of(8, 500)]);
    assert.deepEqual(await driver.rows(tables[0]!), [{ n: 1, v: 8 }]);
  });

  test('the row before of a key', async () => {
    const deltas = stream(
      'deltas',
      { n: int(), before: int().optional() },
      sql`select n, previous.n as before from ${f.previous({ by: ['k'] })}`,
    );
    const out = table('deltas', deltas, { key: 'n' });
    await using driver = await drive(pipeline('p', { tables: [out] }));
    await driver.send(f, [at(1, 0), at(2, 0), at(3, 0, 'b')]);
    await driver.restart();
    await driver.send(f, [at(4, 0)]);
    assert.equal((await driver.rows(out)).at(-1)?.before, 2);
  });

  test('the keys that it has seen', async () => {
    const once = stream('once', { n: int() }, sql`select n from ${f.dedupe({ by: ['k'], within: '1 minute' })}`);
    const out = table('once', once, { key: 'n' });
    await using driver = await drive(pipeline('p', { tables: [out] }));
    await driver.send(f, [at(1, 0)]);
    await driver.restart();
    await driver.send(f, [at(2, 1000)]);
    assert.deepEqual(await driver.rows(out), [{ n: 1 }]);
  });

  test('that its sessions were emitted before they ended: the next row changes them at once', async () => {
    const sessions = stream(
      'sessions',
      { w: timestamp(), c: long() },
      sql`select window_start as w, count(*) as c from ${f.session('1 minute', { by: ['k'] })} group by k, window_start`,
    );
    const out = table('sessions', sessions, { key: 'w' });
    await using driver = await drive(pipeline('p', { tables: [out] }));
    await driver.send(f, [at(1, 0)]);
    await driver.advance('3 s');
    await driver.restart();
    await driver.send(f, [at(2, 1000)]);
    assert.deepEqual(await driver.rows(out), [{ w: new Date(0), c: 2 }]);
  });

  test('how far a time of its own has come: what is late stays late', async () => {
    const bare = topic('bare', { n: int(), ms: long() });
    const timed = stream('timed', { at: timestamp() }, sql`select make_timestamp_ms(ms) as "at" from ${bare}`, {
      time: 'at',
    });
    const minutes = stream(
      'minutes',
      { w: timestamp(), c: long() },
      sql`select window_start as w, count(*) as c from ${timed.tumble('1 minute')} group by window_start`,
    );
    const out = table('minutes', minutes, { key: 'w' });
    await using driver = await drive(pipeline('p', { tables: [out] }));
    await driver.send(bare, [{ n: 1, ms: 90_000 }]);
    await driver.restart();
    await driver.send(bare, [{ n: 2, ms: 0 }]);
    assert.equal(driver.ledger().late, 1);
  });
});
