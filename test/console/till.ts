// A pipeline whose windows are emitted with every change and corrected: what was sold in each minute, and refunds that take it back.
import {
  bar,
  double,
  grid,
  number,
  pipeline,
  place,
  sql,
  stream,
  table,
  text,
  timestamp,
  topic,
  webhook,
} from 'millrace';

const sales = topic(
  'sales',
  { product: text(), amount: double(), at: timestamp() },
  { time: 'at', lateness: '1 h' },
).from(webhook());

const earning = stream(
  'earning',
  { minute: timestamp(), product: text(), takings: double() },
  sql`
    select window_start as minute, product, sum(amount) as takings
    from ${sales.tumble('1 minute')}
    group by window_start, product
    having sum(amount) > 0`,
  { emit: 'change', time: 'minute' },
);

const earned = table('earned', earning, { key: ['product', 'minute'] });

export default pipeline('till', {
  tables: [earned, table('sold', sales, { key: place() })],
  charts: [
    number(earned, { title: 'Products that earn' }),
    bar(earned, { title: 'Takings of each product', x: 'product', y: 'takings' }),
    grid(earned, { title: 'What earns', columns: ['product', 'takings'], limit: 20 }),
  ],
});
