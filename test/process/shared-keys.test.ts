// Tables whose key several rows of windows share: which row is there, whatever came first, and what is there once it is retracted.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { drive, int, long, pipeline, type Sql, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';

const f = topic('f', { n: int(), k: text(), at: timestamp() }, { time: 'at' });
const minute = f.tumble('1 minute');
const at = (n: number, ms: number, k = 'a') => ({ n, k, at: ms });
const fields = { k: text(), w: timestamp(), n: long() };

type Rows = ReturnType<typeof stream<typeof fields>>;
type Options = { readonly key?: 'k' | ['k', 'w']; readonly version?: 'n'; readonly over?: (rows: Rows) => Sql };

/** A table with one row of each `k`, over windows. */
function keyed(query: Sql, { over, ...options }: Options = {}) {
  const rows = stream('s', fields, query);
  const out = table('out', over ? stream('over', fields, over(rows)) : rows, { key: 'k', ...options });
  return { out, made: pipeline('p', { tables: [out] }) };
}
const counts = sql`select k, window_start as w, count(*) as n from ${minute} group by all`;

describe('of the rows of a key, a table over windows has', () => {
  for (const [what, over] of [
    ['windows', undefined],
    ['a stream over windows', (rows: Rows) => sql`select k, w, n from ${rows}`],
  ] as const)
    test(`that of the newest window of ${what}, also where an older one is emitted after it`, async () => {
      const { out, made } = keyed(counts, over ? { over } : {});
      await using driver = await drive(made);
      await driver.send(f, [at(1, 70_000), at(2, 130_000)]);
      await driver.send(f, [at(3, 1000)]);
      await driver.redrive({ kind: 'late' });
      await driver.flush();
      assert.deepEqual(await driver.rows(out), [{ k: 'a', w: new Date(120_000), n: 1 }]);
    });

  test('that of the highest version, where the table has one', async () => {
    const { out, made } = keyed(counts, { version: 'n' });
    await using driver = await drive(made);
    await driver.send(f, [at(1, 0), at(2, 1), at(3, 60_000), at(4, 120_000)]);
    assert.deepEqual(await driver.rows(out), [{ k: 'a', w: new Date(0), n: 2 }]);
  });

  const each = sql`select k, window_start as w, n::bigint as n from ${minute}`;

  test('the greatest, where one window has several', async () => {
    for (const key of ['k', ['k', 'w']] as const) {
      const { out, made } = keyed(each, { key: key as 'k' });
      await using driver = await drive(made);
      await driver.send(f, [at(7, 0), at(9, 1), at(8, 2), at(1, 60_000, 'b')]);
      assert.deepEqual(
        (await driver.rows(out, { k: 'a' })).map(({ n }) => n),
        [9],
      );
    }
  });

  test('the greatest, where the window is emitted once more and has another one', async () => {
    for (const options of [{}, { over: (rows: Rows) => sql`select k, w, n from ${rows}` }])
      for (const [first, then] of [
        [5, 3],
        [3, 5],
      ] as const) {
        const { out, made } = keyed(each, { key: ['k', 'w'], ...options });
        await using driver = await drive(made);
        await driver.send(f, [at(first, 0)]);
        await driver.advance('3 s');
        await driver.send(f, [at(then, 1)]);
        await driver.flush();
        assert.deepEqual(
          (await driver.rows(out)).map(({ n }) => n),
          [5],
        );
      }
  });

  test('that of the newest window, where the key is of a coarser time that replaces the start', async () => {
    const hours = stream(
      'hours',
      { ...f.fields, window_start: timestamp(), window_end: timestamp() },
      sql`select * replace (date_trunc('hour', window_start) as window_start) from ${minute}`,
    );
    const out = table('out', hours, { key: 'window_start' });
    await using driver = await drive(pipeline('p', { tables: [out] }));
    await driver.send(f, [at(1, 70_000), at(2, 130_000)]);
    await driver.send(f, [at(3, 1000)]);
    await driver.redrive({ kind: 'late' });
    assert.equal((await driver.rows(out))[0]?.n, 1);
  });

  test('the greatest of sessions that begin together, whichever was emitted first', async () => {
    const sessions = sql`select k, window_start as w, count(*) as n from ${f.session('10 s', { by: ['k'] })} group by all`;
    const out = table('out', stream('s', fields, sessions), { key: 'w' });
    await using driver = await drive(pipeline('p', { tables: [out] }));
    await driver.send(f, [at(1, 0, 'b'), at(2, 60_000, 'c'), at(3, 0, 'a')]);
    await driver.redrive({ kind: 'late' });
    assert.equal((await driver.rows(out))[0]?.k, 'b');
  });

  test('that of the newest record of a join by time, whichever found its partner first', async () => {
    const price = topic('price', { item: text(), p: int(), at: timestamp() }, { time: 'at', key: 'item' });
    const prices = table('prices', price, { key: 'item' });
    const paid = stream(
      'paid',
      { shop: text(), n: int(), p: int() },
      sql`select 'only' as shop, f.n, p.p from ${f} f join ${prices} p on p.item = f.k`,
    );
    const out = table('out', paid, { key: 'shop' });
    await using driver = await drive(pipeline('p', { tables: [out, prices] }));
    await driver.send(f, [at(1, 0, 'a'), at(2, 0, 'b')]);
    await driver.send(price, [{ item: 'b', p: 1, at: 0 }]);
    await driver.send(price, [{ item: 'a', p: 1, at: 0 }]);
    assert.deepEqual(await driver.rows(out), [{ shop: 'only', n: 2, p: 1 }]);
    await driver.send(price, [{ item: 'b', p: 5, at: 0 }]);
    assert.deepEqual(await driver.rows(out), [{ shop: 'only', n: 2, p: 5 }]);
  });
});

describe('a row that is emitted once more', () => {
  const values = { w: timestamp(), k: text().optional() };

  test('is not retracted where it is the same, without a value as well', async () => {
    const rows = stream(
      's',
      values,
      sql`select window_start as w, null::varchar as k from ${minute} group by window_start`,
    );
    const out = table('out', rows, { key: 'w' });
    await using driver = await drive(pipeline('p', { tables: [out] }));
    for (const ms of [0, 1, 2]) {
      await driver.send(f, [at(1, ms)]);
      await driver.advance('3 s');
    }
    const [stage] = driver.stages();
    assert.deepEqual([stage?.out, stage?.retracted], [1, 0]);
  });

  test('is retracted as often as the window has it less often', async () => {
    const same = stream(
      's',
      values,
      sql`select window_start as w, 'x' as k from ${minute} qualify row_number() over (partition by window_start order by n desc) <= 6 - max(n) over (partition by window_start)`,
      { time: 'w' },
    );
    const hours = stream(
      'hours',
      { h: timestamp(), c: long() },
      sql`select window_start as h, count(*) as c from ${same.tumble('1 hour')} group by window_start`,
      { emit: 'change' },
    );
    const out = table('out', hours, { key: 'h' });
    await using driver = await drive(pipeline('p', { tables: [out] }));
    const seen: unknown[] = [];
    for (const [i, n] of [1, 2, 3, 5].entries()) {
      await driver.send(f, [at(n, i)]);
      await driver.advance('3 s');
      seen.push((await driver.rows(out))[0]?.c);
    }
    // of 1 to 4 rows at most 5, 4, 3 and 1
    assert.deepEqual(seen, [1, 2, 3, 1]);
  });

  test('by another window than the one that no longer has it stays when that other window loses it', async () => {
    const names = stream('s', { k: text() }, sql`select k from ${minute} group by k, window_start having sum(n) > 0`, {
      emit: 'change',
    });
    const out = table('out', names, { key: 'k' });
    await using driver = await drive(pipeline('p', { tables: [out] }));
    await driver.send(f, [at(1, 0)]);
    // the first window loses it in the batch in which the second one gets it
    await driver.send(f, [at(-1, 1), at(1, 60_000)]);
    assert.deepEqual(await driver.rows(out), [{ k: 'a' }]);
    await driver.send(f, [at(-1, 60_001), at(1, 120_000, 'b')]);
    assert.deepEqual(await driver.rows(out), [{ k: 'b' }]);
  });
});
