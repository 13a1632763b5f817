// A pipeline whose generator fails: what the console says of it, beside one that goes on.
import { int, pipeline, simulate, sql, stream, table, topic } from 'millrace';

const steps = topic('steps', { n: int() }, { key: 'n' }).from(
  simulate({
    seed: 1,
    rate: '500/s',
    rows: function* () {
      for (let n = 0; n < 20; n++) yield { n };
      throw new Error('the generator is out of order');
    },
  }),
);
const even = stream('even', { n: int() }, sql`select n from ${steps} where n % 2 = 0`);

export default pipeline('broken', { tables: [table('evens', even, { key: 'n' })] });
