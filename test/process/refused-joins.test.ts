// Joins by time that cannot be followed are refused at check, with a remedy, whatever the order of the tables in the pipeline.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  drive,
  int,
  long,
  pipeline,
  type Sql,
  sql,
  stream,
  type Table,
  table,
  text,
  timestamp,
  topic,
} from '../../src/index.ts';

const price = topic('price', { item: text(), price: int(), at: timestamp() }, { key: 'item', time: 'at' });
const prices = table('prices', price, { key: 'item' });
const offer = topic('offer', { item: text(), at: timestamp() }, { time: 'at' });
const sale = topic('sale', { n: int(), item: text(), at: timestamp() }, { time: 'at' });
const counted = stream(
  'counted',
  { item: text(), w: timestamp(), c: long() },
  sql`select item, window_start as w, count(*) as c from ${price.tumble('1 minute')} group by all`,
  { time: 'w' },
);
const counts = table('counts', counted, { key: 'item' });
const offered = stream(
  'offered',
  { item: text(), at: timestamp() },
  sql`select o.item, o.at from ${offer} o join ${prices} p on p.item = o.item`,
  { time: 'at' },
);
const offers = table('offers', offered, { key: 'item' });
const visit = topic('visit', { item: text(), at: timestamp() }, { time: 'at' });
const near = stream(
  'near',
  { item: text(), at: timestamp() },
  sql`select v.item, v.at from ${visit} v join ${offer.within('1 minute')} o on o.item = v.item`,
  { time: 'at' },
);
const nearby = table('nearby', near, { key: 'item' });
const timeless = stream('timeless', { n: int(), item: text() }, sql`select n, item from ${sale}`);
const timelessPrice = stream('timeless_price', { item: text() }, sql`select item from ${price}`);
const timelessPrices = table('timeless_prices', timelessPrice, { key: 'item' });
const soldBy = { n: int() };

const cases: [string, Sql, Table[], message: RegExp, remedy: RegExp][] = [
  [
    'a lookup of a table over windows',
    sql`select s.n from ${sale} s join ${counts} c on c.item = s.item`,
    [counts as unknown as Table],
    /stream 'counted' that feeds it retracts rows/,
    /before their windows/,
  ],
  [
    'a lookup of a table over a stream that joins by time',
    sql`select s.n from ${sale} s join ${offers} o on o.item = s.item`,
    [offers as unknown as Table, prices as unknown as Table],
    /stream 'offered' that feeds it retracts rows/,
    /before their windows/,
  ],
  [
    'a lookup of a table over a stream that joins within a time',
    sql`select s.n from ${sale} s join ${nearby} o on o.item = s.item`,
    [nearby as unknown as Table],
    /stream 'near' that feeds it retracts rows/,
    /before their windows/,
  ],
  [
    'a lookup with USING',
    sql`select s.n from ${sale} s join ${prices} p using (item)`,
    [prices as unknown as Table],
    /this join of it is not of the form JOIN … ON …/,
    /Write join \$\{prices\} x on x/,
  ],
  [
    'a lookup in a subquery',
    sql`select s.n from ${sale} s where exists (select 1 from ${prices} p where p.item = s.item)`,
    [prices as unknown as Table],
    /must stand on the right of a JOIN … ON … in the outer FROM clause/,
    /Write from \$\{…\} join \$\{prices\} x on x/,
  ],
  [
    'within over a stream of windows',
    sql`select s.n from ${sale} s join ${counted.within('1 minute')} c on c.item = s.item`,
    [],
    /stream 'counted' that feeds it retracts rows/,
    /before their windows/,
  ],
  [
    'within for rows of windows',
    sql`select c.c::integer as n from ${counted} c join ${offer.within('1 minute')} o on o.item = c.item`,
    [],
    /rows of stream 'counted', which may be retracted/,
    /read what stream 'counted' reads/,
  ],
  [
    'a lookup for a stream without a time',
    sql`select s.n from ${timeless} s join ${prices} p on p.item = s.item`,
    [prices as unknown as Table],
    /stream 'timeless' has no time/,
    /Declare the time of stream 'timeless'/,
  ],
  [
    'within for a stream without a time',
    sql`select s.n from ${timeless} s join ${offer.within('1 minute')} p on p.item = s.item`,
    [],
    /stream 'timeless' has no time/,
    /Declare the time of stream 'timeless'/,
  ],
  [
    'a lookup of a table over a stream without a time',
    sql`select s.n from ${sale} s join ${timelessPrices} p on p.item = s.item`,
    [timelessPrices as unknown as Table],
    /stream 'timeless_price' that feeds it has no time/,
    /Declare the time of stream 'timeless_price'/,
  ],
  [
    'a lookup beside previous()',
    sql`select s.n from ${sale.previous({ by: ['item'] })} s join ${prices} p on p.item = s.item`,
    [prices as unknown as Table],
    /reads each row with the one before it/,
    /a stream of each/,
  ],
  [
    'previous() of rows of windows',
    sql`select c::integer as n from ${counted.previous({ by: ['item'] })}`,
    [],
    /previous cannot read rows that may be retracted/,
    /previous over topic 'price'/,
  ],
];

describe('refused at check, with a remedy', () => {
  for (const [what, query, tables, message, remedy] of cases)
    test(what, async () => {
      const out = table('out', stream('s', soldBy, query), { key: 'n' });
      for (const ordered of [
        [out, ...tables],
        [...tables, out],
      ])
        await assert.rejects(drive(pipeline('p', { tables: ordered as Table[] })), (error: Error) => {
          assert.match(error.message, message);
          assert.match((error as Error & { remedy: string }).remedy, remedy);
          return true;
        });
    });
});
