// Windows that a query fails for: the bad row is put aside, and all that was to be emitted with it is emitted after all.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { drive, long, pipeline, type Sql, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';

const f = topic('f', { k: text(), s: text(), at: timestamp() }, { time: 'at', key: 'k', partitions: 2, idle: '10 s' });
const minuteMs = 60_000;
const sums = { w: timestamp(), sum: long() };
const summed = (query: Sql, emit: 'close' | 'change' = 'close') => {
  const out = table('out', stream('sums', sums, query, { emit }), { key: 'w' });
  return { out, made: pipeline('p', { tables: [out] }) };
};
const perMinute = sql`select window_start as w, sum(s::int)::bigint as sum from ${f.tumble('1 minute')} group by window_start`;
// 'd' is in the other partition
const at = (s: string, minute: number, k = 'a') => ({ k, s, at: minute * minuteMs });

describe('a window that fails is emitted without the row that it fails for', () => {
  test("with emit: 'change', at once", async () => {
    for (const query of [
      perMinute,
      sql`select window_start as w, sum(s::int)::bigint as sum from ${f.session('1 minute', { by: ['k'] })} group by k, window_start`,
    ]) {
      const { out, made } = summed(query, 'change');
      await using driver = await drive(made);
      await driver.send(f, [at('1', 0), at('x', 0), at('2', 0)]);
      assert.deepEqual(await driver.rows(out), [{ w: new Date(0), sum: 3 }]);
      assert.deepEqual(
        (await driver.dead()).map(({ stage, offset }) => [stage, offset]),
        [['sums', 1]],
      );
      await driver.redrive({}, (record) => ({ ...record, s: '5' }));
      assert.deepEqual(await driver.rows(out), [{ w: new Date(0), sum: 8 }]);
      assert.ok(driver.ledger().balanced);
    }
  });

  test('where it was closed and rows of a partition come that was quiet, with all that came with the bad one', async () => {
    const { out, made } = summed(perMinute);
    await using driver = await drive(made);
    await driver.send(f, [at('1', 0), at('1', 0, 'd')]);
    await driver.advance('10 s');
    await driver.send(f, [at('1', 5)]);
    assert.deepEqual(await driver.rows(out), [{ w: new Date(0), sum: 2 }]);
    await driver.send(f, [at('3', 0, 'd'), at('x', 1, 'd'), at('7', 1, 'd')]);
    assert.deepEqual(await driver.rows(out), [
      { w: new Date(0), sum: 5 },
      { w: new Date(minuteMs), sum: 7 },
    ]);
    assert.deepEqual([driver.ledger().dead, driver.ledger().balanced], [1, true]);
  });

  test('where it is joined with a version that comes later', async () => {
    const price = topic('price', { k: text(), p: text(), at: timestamp() }, { time: 'at', key: 'k' });
    const prices = table('prices', price, { key: 'k' });
    const paid = stream(
      'paid',
      { s: text(), p: long() },
      sql`select f.s, case when f.s = 'x' and p.p = '2' then error('both') else p.p::bigint end as p from ${f} f join ${prices} p on p.k = f.k`,
    );
    const out = table('paid', paid, { key: 's' });
    await using driver = await drive(pipeline('p', { tables: [out, prices] }));
    await driver.send(price, [{ k: 'a', p: '1', at: 0 }]);
    await driver.send(f, [at('w', 0), at('x', 0)]);
    await driver.send(price, [{ k: 'a', p: '2', at: 0 }]);
    assert.deepEqual(await driver.rows(out), [{ s: 'w', p: 2 }]);
    assert.deepEqual([driver.ledger().dead, driver.ledger().balanced], [1, true]);
  });
});
