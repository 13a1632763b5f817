// Micro-batches that take far longer than a stop may: of many rows for each record, or (`wide`) in one expression that nothing interrupts.
import { int, long, param, pipeline, simulate, sql, stream, table, text, topic } from 'millrace';

const kind = param('kind', text(), { default: 'long' });
const event = topic('event', { n: int() }).from(
  simulate({
    seed: 1,
    rate: '1000/s',
    *rows() {
      for (let n = 0; ; n++) yield { n };
    },
  }),
);
const spread = stream(
  'spread',
  { n: int(), i: long() },
  sql`select e.n, r.i from ${event} e, range(case when ${kind} = 'long' then 1000000000 else 1 end) r(i)
    where ${kind} <> 'long' or hash(e.n + r.i) = 0`,
);
const wide = stream(
  'wide',
  { n: int(), total: long() },
  sql`select n, case when ${kind} = 'wide' then len(list_sort(list_transform(range(20000000), x -> hash(x + n)))) else 0 end as total from ${event}`,
);

export default pipeline('slow', {
  tables: [table('spread', spread, { key: ['n', 'i'] }), table('wide', wide, { key: 'n' })],
});
