// A pipeline whose values have more digits than a number of JavaScript: a whole number, a decimal, and JSON.
import { decimal, double, json, long, pipeline, sql, stream, table, text, topic, webhook } from 'millrace';

const wide = topic('wide', { id: long(), amount: decimal(38, 10), data: json(), price: text() }, { key: 'id' }).from(
  webhook(),
);

const priced = stream(
  'priced',
  { ...wide.fields, price: double() },
  sql`select id, amount, data, price::double as price from ${wide}`,
);

export default pipeline('wide', { tables: [table('priced', priced, { key: 'id' })] });
