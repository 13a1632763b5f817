// Joins by time: versions of an endless table, rows of another topic within a span. The rows are the same however the records arrive.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { double, drive, int, long, pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';

const price = topic('price', { item: text(), price: int(), at: timestamp() }, { key: 'item', time: 'at' });
const prices = table('prices', price, { key: 'item', version: 'at' });
const sale = topic('sale', { n: int(), item: text(), at: timestamp() }, { time: 'at' });

type Price = { item: string; price: number; at: number };
type Sale = { n: number; item: string; at: number };

/** The price that holds at a time: the newest before it, or the first. */
const priceAt = (all: readonly Price[], item: string, at: number): number | null => {
  const own = all
    .map((one, place) => ({ ...one, place }))
    .filter((one) => one.item === item)
    .sort((a, b) => a.at - b.at || a.place - b.place);
  return (own.filter((one) => one.at <= at).at(-1) ?? own[0])?.price ?? null;
};

describe('a looked-up table without an end', () => {
  const sold = stream(
    'sold',
    { n: int(), price: int() },
    sql`select s.n, p.price from ${sale} s join ${prices} p on p.item = s.item`,
  );
  const kept = stream(
    'kept',
    { n: int(), price: int().optional() },
    sql`select s.n, p.price from ${sale} s left join ${prices} p on p.item = s.item and p.price > 1`,
  );
  const hours = stream(
    'hours',
    { w: timestamp(), n: long(), sum: double().optional() },
    sql`select window_start as w, count(*) as n, sum(p.price) as sum from ${sale.tumble('1 minute')} s left join ${prices} p on p.item = s.item group by window_start`,
  );
  const tables = {
    sold: table('sold', sold, { key: 'n' }),
    kept: table('kept', kept, { key: 'n' }),
    hours: table('hours', hours, { key: 'w' }),
  };
  const made = pipeline('shop', { tables: [prices, tables.sold, tables.kept, tables.hours] });

  test('is joined by the version that held when the record happened; the first one holds before it, too', async () => {
    await using driver = await drive(made);
    await driver.send(sale, [
      { n: 1, item: 'tea', at: 1000 },
      { n: 2, item: 'tea', at: 5000 },
    ]);
    assert.deepEqual(await driver.rows(tables.sold), []);
    await driver.send(price, [{ item: 'tea', price: 3, at: 4000 }]);
    assert.deepEqual(await driver.rows(tables.sold), [
      { n: 1, price: 3 },
      { n: 2, price: 3 },
    ]);
    await driver.send(price, [{ item: 'tea', price: 4, at: 4500 }]);
    assert.deepEqual(await driver.rows(tables.sold), [
      { n: 1, price: 3 },
      { n: 2, price: 4 },
    ]);
    await driver.send(sale, [{ n: 3, item: 'tea', at: 4200 }]);
    assert.equal((await driver.rows(tables.sold))[2]?.price, 3);
    assert.ok(driver.ledger().balanced);
  });

  test('drops a partner that the condition no longer lets through', async () => {
    await using driver = await drive(made);
    await driver.send(price, [{ item: 'tea', price: 7, at: 9000 }]);
    await driver.send(sale, [{ n: 1, item: 'tea', at: 10 }]);
    assert.deepEqual(await driver.rows(tables.kept), [{ n: 1, price: 7 }]);
    await driver.send(price, [{ item: 'tea', price: 1, at: 5000 }]);
    assert.deepEqual(await driver.rows(tables.kept), [{ n: 1, price: null }]);
  });

  test('gives the same rows for every order of the topics, every split and restarts', async () => {
    const moment = fc.nat(200_000);
    const item = fc.constantFrom('tea', 'rice', 'salt');
    const event = fc.oneof(
      fc.record({ price: fc.integer({ min: 1, max: 9 }), item, at: moment }),
      fc.record({ item, at: moment }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { minLength: 1, maxLength: 25 }),
        fc.array(fc.boolean(), { minLength: 25, maxLength: 25 }),
        fc.boolean(),
        async (events, cuts, restarts) => {
          await using driver = await drive(made);
          const priced: Price[] = [];
          const sales: Sale[] = [];
          let batch: typeof events = [];
          const send = async () => {
            const ps = batch.filter((one) => 'price' in one) as Price[];
            const ss = batch.filter((one) => !('price' in one)).map((one, i) => ({ ...one, n: sales.length + i }));
            priced.push(...ps);
            sales.push(...ss);
            if (ss.length > 0) await driver.send(sale, ss);
            if (ps.length > 0) await driver.send(price, ps);
            batch = [];
          };
          for (const [i, one] of events.entries()) {
            batch.push(one);
            if (cuts[i]) await send();
            if (cuts[i] && restarts) await driver.restart();
          }
          await send();
          await driver.redrive({ kind: 'late' });
          await driver.flush();
          const expected = sales.map(({ n, item, at }) => ({ n, price: priceAt(priced, item, at) }));
          assert.deepEqual(
            await driver.rows(tables.sold),
            expected.filter((one) => one.price !== null),
          );
          assert.deepEqual(
            await driver.rows(tables.kept),
            expected.map(({ n, price }) => ({ n, price: (price ?? 0) > 1 ? price : null })),
          );
          const minutes = new Map<number, { n: number; sum: number | null }>();
          for (const { n, at } of sales) {
            const w = Math.floor(at / 60_000) * 60_000;
            const one = minutes.get(w) ?? { n: 0, sum: null };
            const { price } = expected[n]!;
            minutes.set(w, { n: one.n + 1, sum: price === null ? one.sum : (one.sum ?? 0) + price });
          }
          assert.deepEqual(
            await driver.rows(tables.hours),
            [...minutes].sort(([a], [b]) => a - b).map(([w, one]) => ({ w: new Date(w), ...one })),
          );
          assert.ok(driver.ledger().balanced);
        },
      ),
      { numRuns: 15, interruptAfterTimeLimit: 60_000 },
    );
  });
});

describe('within', () => {
  const order = topic('order', { id: int(), k: text(), at: timestamp() }, { time: 'at', partitions: 2 });
  const payment = topic('payment', { p: int(), k: text(), at: timestamp() }, { time: 'at' });
  const paid = stream(
    'paid',
    { id: int(), p: int() },
    sql`select o.id, p.p from ${order} o join ${payment.within({ before: '10 s', after: '1 minute' })} p on p.k = o.k`,
  );
  const open = stream(
    'open_orders',
    { id: int() },
    sql`select o.id from ${order} o anti join ${payment.within('30 s')} p on p.k = o.k`,
  );
  const tables = { paid: table('paid', paid, { key: ['id', 'p'] }), open: table('open_orders', open, { key: 'id' }) };
  const made = pipeline('orders', { tables: [tables.paid, tables.open] });

  test('joins two streams within a time, the same for every order of arrival', async () => {
    const one = fc.record({ isOrder: fc.boolean(), k: fc.constantFrom('a', 'b'), at: fc.nat(150_000) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(one, { minLength: 1, maxLength: 25 }),
        fc.array(fc.boolean(), { minLength: 25, maxLength: 25 }),
        fc.boolean(),
        async (events, cuts, restarts) => {
          await using driver = await drive(made);
          const numbered = events.map((event, i) => ({ ...event, i }));
          let batch: typeof numbered = [];
          const send = async () => {
            const orders = batch.filter(({ isOrder }) => isOrder).map(({ k, at, i }) => ({ id: i, k, at }));
            const payments = batch.filter(({ isOrder }) => !isOrder).map(({ k, at, i }) => ({ p: i, k, at }));
            if (orders.length > 0) await driver.send(order, orders);
            if (payments.length > 0) await driver.send(payment, payments);
            batch = [];
          };
          for (const event of numbered) {
            batch.push(event);
            if (cuts[event.i]) await send();
            if (cuts[event.i] && restarts) await driver.restart();
          }
          await send();
          const orders = numbered.filter(({ isOrder }) => isOrder);
          const payments = numbered.filter(({ isOrder }) => !isOrder);
          assert.deepEqual(
            await driver.rows(tables.paid),
            orders.flatMap((o) =>
              payments
                .filter((p) => p.k === o.k && p.at >= o.at - 10_000 && p.at <= o.at + 60_000)
                .map((p) => ({ id: o.i, p: p.i })),
            ),
          );
          assert.deepEqual(
            await driver.rows(tables.open),
            orders
              .filter((o) => !payments.some((p) => p.k === o.k && Math.abs(p.at - o.at) <= 30_000))
              .map((o) => ({ id: o.i })),
          );
          assert.ok(driver.ledger().balanced);
        },
      ),
      { numRuns: 15, interruptAfterTimeLimit: 60_000 },
    );
  });
});

describe('with the fewest records', () => {
  const sold = stream(
    'sold',
    { n: int(), price: int() },
    sql`select s.n, p.price from ${sale} s join ${prices} p on p.item = s.item`,
  );
  const out = table('sold', sold, { key: 'n' });
  const made = pipeline('shop', { tables: [out, prices] });
  const cost = (price: number, at: number, item = 'tea') => ({ item, price, at });
  const sell = (n: number, at: number, item = 'tea') => ({ n, item, at });

  test('a version holds from its own moment on, and up to that of the next one', async () => {
    await using driver = await drive(made);
    await driver.send(price, [cost(1, 1000), cost(2, 2000), cost(3, 3000)]);
    await driver.send(sale, [sell(1, 1999), sell(2, 2000), sell(3, 2999), sell(4, 3000)]);
    assert.deepEqual(
      (await driver.rows(out)).map((one) => one.price),
      [1, 2, 2, 3],
    );
  });

  test('versions are in the order of their times, whatever comes first; of one time the later in the log holds', async () => {
    await using driver = await drive(made);
    await driver.send(sale, [sell(1, 1500), sell(2, 2500), sell(3, 3500)]);
    await driver.send(price, [cost(3, 3000)]);
    await driver.send(price, [cost(1, 1000)]);
    await driver.send(price, [cost(9, 2000), cost(2, 2000)]);
    assert.deepEqual(
      (await driver.rows(out)).map((one) => one.price),
      [1, 2, 3],
    );
  });

  test('a version that is a week old holds, and so does one before it for a record of its time', async () => {
    const day = 86_400_000;
    await using driver = await drive(made);
    await driver.send(price, [cost(1, 0), cost(2, 1000)]);
    await driver.send(sale, [sell(1, 0), sell(2, 7 * day), sell(3, 8 * day)]);
    await driver.send(sale, [sell(4, 9 * day), sell(5, 500)]);
    assert.deepEqual(
      (await driver.rows(out)).map((one) => one.price),
      [1, 2, 2, 2, 1],
    );
  });

  test('records of two partitions with one offset are two records', async () => {
    const spread = topic(
      'spread',
      { n: int(), item: text(), at: timestamp() },
      { time: 'at', key: 'item', partitions: 2 },
    );
    const both = stream(
      'both',
      { n: int(), price: int() },
      sql`select s.n, p.price from ${spread} s join ${prices} p on p.item = s.item`,
    );
    const rows = table('both', both, { key: 'n' });
    await using driver = await drive(pipeline('p', { tables: [rows, prices] }));
    // these keys are in different partitions
    await driver.send(spread, [sell(1, 0, 'a'), sell(2, 0, 'd')]);
    await driver.send(price, [cost(1, 0, 'a'), cost(2, 0, 'd')]);
    await driver.send(price, [cost(3, 0, 'a')]);
    assert.deepEqual(
      (await driver.rows(rows)).map((one) => one.price),
      [3, 2],
    );
  });

  test('a condition may need another side: what changes is computed anew by time', async () => {
    const tax = topic('tax', { price: int(), rate: int(), at: timestamp() }, { key: 'price', time: 'at' });
    const taxes = table('taxes', tax, { key: 'price' });
    const taxed = stream(
      'taxed',
      { n: int(), rate: int().optional() },
      sql`select s.n, t.rate from ${sale} s join ${prices} p on p.item = s.item left join ${taxes} t on t.price = p.price`,
    );
    const rows = table('taxed', taxed, { key: 'n' });
    await using driver = await drive(pipeline('p', { tables: [rows, prices, taxes] }));
    await driver.send(price, [cost(5, 0)]);
    await driver.send(sale, [sell(1, 1000), sell(2, 2000)]);
    await driver.send(tax, [{ price: 5, rate: 7, at: 0 }]);
    await driver.send(tax, [{ price: 5, rate: 19, at: 2000 }]);
    assert.deepEqual(
      (await driver.rows(rows)).map((one) => one.rate),
      [7, 19],
    );
  });

  test('a session follows a version that comes after it', async () => {
    const visits = stream(
      'visits',
      { item: text(), w: timestamp(), sum: long() },
      sql`select s.item, window_start as w, sum(p.price)::bigint as sum from ${sale.session('1 minute', { by: ['item'] })} s join ${prices} p on p.item = s.item group by all`,
    );
    const rows = table('visits', visits, { key: ['item', 'w'] });
    await using driver = await drive(pipeline('p', { tables: [rows, prices] }));
    await driver.send(price, [cost(1, 0)]);
    await driver.send(sale, [sell(1, 1000), sell(2, 2000), sell(3, 600_000, 'rice')]);
    assert.deepEqual(
      (await driver.rows(rows)).map(({ sum }) => sum),
      [2],
    );
    await driver.send(price, [cost(10, 2000)]);
    await driver.send(sale, [sell(4, 600_001, 'rice')]);
    assert.deepEqual(
      (await driver.rows(rows)).map(({ sum }) => sum),
      [11],
    );
  });

  test('what happened within a time before or after, with both borders', async () => {
    const near = stream(
      'near',
      { n: int(), price: int() },
      sql`select s.n, p.price from ${sale} s join ${price.within({ before: '1 s', after: '5 s' })} p on p.item = s.item`,
    );
    const rows = table('near', near, { key: ['n', 'price'] });
    const around = [8999, 9000, 10_000, 15_000, 15_001].map((at, i) => cost(i, at));
    for (const isSaleFirst of [true, false]) {
      await using driver = await drive(pipeline('p', { tables: [rows] }));
      if (isSaleFirst) await driver.send(sale, [sell(1, 10_000)]);
      await driver.send(price, around);
      if (!isSaleFirst) await driver.send(sale, [sell(1, 10_000)]);
      assert.deepEqual(
        (await driver.rows(rows)).map((one) => one.price),
        [1, 2, 3],
      );
    }
  });
});
