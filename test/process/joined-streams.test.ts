// What comes behind a join by time, and what fails in it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { drive, int, long, pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';

const price = topic('price', { item: text(), price: int(), at: timestamp() }, { key: 'item', time: 'at' });
const prices = table('prices', price, { key: 'item' });
const sale = topic('sale', { n: int(), item: text(), at: timestamp() }, { time: 'at' });

test('an open window over a stream that joins by time follows a new version when nothing else comes', async () => {
  const sold = stream(
    'sold',
    { price: int(), at: timestamp() },
    sql`select p.price, s.at from ${sale} s join ${prices} p on p.item = s.item`,
    { time: 'at' },
  );
  const minutes = stream(
    'minutes',
    { w: timestamp(), sum: long() },
    sql`select window_start as w, sum(price)::bigint as sum from ${sold.tumble('1 minute')} group by window_start`,
  );
  const out = table('minutes', minutes, { key: 'w' });
  await using driver = await drive(pipeline('p', { tables: [out, prices] }));
  await driver.send(sale, [
    { n: 1, item: 'tea', at: 100 },
    { n: 2, item: 'tea', at: 5000 },
  ]);
  await driver.send(price, [{ item: 'tea', price: 1, at: 50 }]);
  await driver.advance('3 s');
  assert.deepEqual(await driver.rows(out), [{ w: new Date(0), sum: 2 }]);
  await driver.send(price, [{ item: 'tea', price: 10, at: 4000 }]);
  await driver.advance('3 s');
  assert.deepEqual(await driver.rows(out), [{ w: new Date(0), sum: 11 }]);
});

test('a record that such a query fails for becomes a dead letter, whatever its relations are called', async () => {
  const fields = { n: int(), price: int().optional() };
  for (const query of [
    sql`select o.n, case when o.n = 2 then error('two') else p.price end as price from ${sale} o left join ${price.within('1 minute')} p on p.item = o.item`,
    sql`select p.n, case when p.n = 2 then error('two') else o.price end as price from ${sale} p left join ${prices} o on o.item = p.item`,
  ]) {
    const out = table('out', stream('s', fields, query), { key: 'n' });
    await using driver = await drive(pipeline('p', { tables: [out, prices] }));
    await driver.send(price, [{ item: 'tea', price: 4, at: 0 }]);
    await driver.send(
      sale,
      [1, 2, 3].map((n) => ({ n, item: 'tea', at: n })),
    );
    const row = (n: number) => ({ n, price: 4 });
    assert.deepEqual(await driver.rows(out), [row(1), row(3)]);
    assert.deepEqual(
      (await driver.dead()).map(({ stage, record }) => [stage, (record as { n: number } | undefined)?.n]),
      [['s', 2]],
    );
    await driver.redrive({}, (record) => ({ ...record, n: 7 }));
    assert.deepEqual(await driver.rows(out), [row(1), row(3), row(7)]);
    assert.ok(driver.ledger().balanced);
  }
});

test('a letter of the other side that is sent again corrects what it is joined with, at once', async () => {
  const checked = stream(
    'checked',
    { item: text(), p: int(), at: timestamp() },
    sql`select item, case when price = 0 then error('zero') else price end as p, "at" from ${price}`,
    { time: 'at' },
  );
  const known = table('known', checked, { key: 'item' });
  const sold = stream(
    'sold',
    { n: int(), p: int() },
    sql`select s.n, k.p from ${sale} s join ${known} k on k.item = s.item`,
  );
  const out = table('sold', sold, { key: 'n' });
  for (const at of [0, 5000]) {
    await using driver = await drive(pipeline('p', { tables: [out, known] }));
    await driver.send(sale, [{ n: 1, item: 'tea', at }]);
    await driver.send(price, [{ item: 'tea', price: 0, at }]);
    assert.deepEqual(await driver.rows(out), []);
    await driver.redrive({}, (record) => ({ ...record, price: 4 }));
    assert.deepEqual(await driver.rows(out), [{ n: 1, p: 4 }]);
    assert.ok(driver.ledger().balanced);
  }
});

test('a new version corrects a record at the first moment of 1970', async () => {
  const sold = stream(
    'sold',
    { n: int(), p: int() },
    sql`select s.n, p.price as p from ${sale} s join ${prices} p on p.item = s.item`,
  );
  const out = table('sold', sold, { key: 'n' });
  await using driver = await drive(pipeline('p', { tables: [out, prices] }));
  await driver.send(sale, [{ n: 1, item: 'tea', at: 0 }]);
  await driver.send(price, [{ item: 'tea', price: 4, at: 0 }]);
  assert.deepEqual(await driver.rows(out), [{ n: 1, p: 4 }]);
});

test('a topic joined with itself within a time has the same rows for every split: orders without a cancellation', async () => {
  const event = topic(
    'event',
    { n: int(), kind: text(), k: text(), at: timestamp() },
    { time: 'at', key: 'k', partitions: 2 },
  );
  const kept = stream(
    'kept',
    { n: int() },
    sql`select o.n from ${event} o anti join ${event.within({ before: '0s', after: '10 minutes' })} c on c.k = o.k and c.kind = 'cancel' where o.kind = 'order'`,
  );
  const orders = stream('orders', event.fields, sql`select * from ${event} where kind = 'order'`, { time: 'at' });
  const cancels = stream('cancels', event.fields, sql`select * from ${event} where kind = 'cancel'`, { time: 'at' });
  const pairs = stream(
    'pairs',
    { n: int(), c: int() },
    sql`select o.n, c.n as c from ${orders} o join ${cancels.within('10 minutes')} c on c.k = o.k`,
  );
  const tables = { kept: table('kept', kept, { key: 'n' }), pairs: table('pairs', pairs, { key: ['n', 'c'] }) };
  const one = fc.record({
    kind: fc.constantFrom('order', 'cancel', 'other'),
    // in both partitions
    k: fc.constantFrom('a', 'c', 'd'),
    at: fc.nat(3000).map((s) => s * 1000),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(one, { minLength: 1, maxLength: 20 }),
      fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }),
      fc.boolean(),
      async (list, cuts, restarts) => {
        await using driver = await drive(pipeline('p', { tables: [tables.kept, tables.pairs] }));
        const all = list.map((event, n) => ({ ...event, n }));
        let batch: typeof all = [];
        for (const event_ of all) {
          batch.push(event_);
          if (!cuts[event_.n] && event_.n < all.length - 1) continue;
          await driver.send(event, batch);
          batch = [];
          if (restarts) await driver.restart();
        }
        const of = (kind: string) => all.filter((one) => one.kind === kind);
        const isNear = (o: (typeof all)[0], c: (typeof all)[0], beforeMs: number) =>
          c.k === o.k && c.at >= o.at - beforeMs && c.at <= o.at + 600_000;
        assert.deepEqual(
          await driver.rows(tables.kept),
          of('order')
            .filter((o) => !of('cancel').some((c) => isNear(o, c, 0)))
            .map(({ n }) => ({ n })),
        );
        assert.deepEqual(
          await driver.rows(tables.pairs),
          of('order').flatMap((o) =>
            of('cancel')
              .filter((c) => isNear(o, c, 600_000))
              .map((c) => ({ n: o.n, c: c.n })),
          ),
        );
        assert.ok(driver.ledger().balanced);
      },
    ),
    { numRuns: 10, interruptAfterTimeLimit: 60_000 },
  );
});
