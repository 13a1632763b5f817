// The pipeline of the console's tests: orders that are posted, their prices read by SQL, and what was sold in each minute.
import {
  bar,
  double,
  grid,
  line,
  long,
  number,
  pipeline,
  sql,
  stream,
  table,
  text,
  timestamp,
  topic,
  webhook,
} from 'millrace';

const orders = topic(
  'orders',
  {
    id: text(),
    product: text(),
    price: text().describe('As it was typed: one that is no number fails in the SQL, and is fixed as a dead letter.'),
    buyer: text().personal(),
    note: text().optional(),
    at: timestamp(),
  },
  { key: 'id', time: 'at', lateness: '10s' },
).from(webhook());

const priced = stream(
  'priced',
  { ...orders.fields, price: double() },
  sql`select id, product, cast(price as double) as price, buyer, note, "at" from ${orders}`,
  { time: 'at' },
);

const minutes = stream(
  'minutes',
  { product: text(), minute: timestamp(), orders: long(), takings: double() },
  sql`
    select product, window_start as minute, count(*) as orders, sum(price) as takings
    from ${priced.tumble('1 minute')}
    group by product, window_start`,
  { time: 'minute' },
);

const sold = table('sold', priced, { key: 'id' });
const takings = table('takings', minutes, { key: ['product', 'minute'] });

export default pipeline('shop', {
  tables: [sold, takings],
  charts: [
    number(sold, { title: 'Orders' }),
    bar(sold, { title: 'Sold of each product', x: 'product', y: 'price' }),
    line(takings, { title: 'Takings a minute', x: 'minute', y: 'takings', by: 'product' }),
    grid(sold, { title: 'Newest orders', columns: ['id', 'product', 'price', 'at'], limit: 20 }),
  ],
});
