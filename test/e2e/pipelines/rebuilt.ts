// What a rebuild must make again: windows, a stream over them, versions, joins by time, the row before, dedupe, letters, three partitions.
import {
  csv,
  int,
  long,
  param,
  pipeline,
  simulate,
  sql,
  stream,
  table,
  text,
  timestamp,
  topic,
} from '../../../src/index.ts';

const file = param('file', text());
const count = param('count', int());
const rate = param('rate', text());
/** One reading in so many has a value that a query fails for. */
const failing = param('failing', int(), { default: '700' });
/** Another query of the same streams: what a rebuild is for. */
const factor = param('factor', int(), { default: '1' });

const base = Date.parse('2026-03-01T00:00:00Z');

/** Generated readings; a row in 20 comes twice. */
function* readings(): Generator<{ n: number; device: string; value: number; at: number }> {
  for (let i = 0; ; i++) {
    const n = i % 20 === 19 ? i - 1 : i;
    yield { n, device: `d${(n * 7) % 11}`, value: (n * 13) % 97, at: base + n * 400 };
  }
}

/** The limits that hold for devices: they change now and then. */
function* limits(): Generator<{ device: string; most: number; since: number }> {
  for (let i = 0; ; i++) yield { device: `d${i % 11}`, most: 40 + (i % 30), since: base + i * 1500 };
}

export const reading = topic(
  'reading',
  { n: int(), device: text(), value: int(), at: timestamp() },
  { key: 'device', time: 'at', lateness: '10 seconds', partitions: 3 },
).from(simulate({ seed: 1, count, rate, rows: readings }));

const limit = topic(
  'limit',
  { device: text(), most: int(), since: timestamp() },
  { key: 'device', time: 'since', lateness: '10 seconds' },
).from(simulate({ seed: 2, count: 120, rate: '1000000/s', rows: limits }));

const place = topic('place', { device: text(), city: text() }, { key: 'device' }).from(csv({ file }));

const places = table('places', place, { key: 'device' });
const limitNow = table('limit_now', limit, { key: 'device' });

const once = reading.dedupe({ by: ['n'], within: '1 hour' });
const fine = stream(
  'fine',
  { n: int(), device: text(), value: int(), at: timestamp() },
  sql`select n, device, case when n % ${failing} = 7 then error('a number that fails') else value * ${factor} end as value, "at" from ${once}`,
  { time: 'at' },
);
const minutes = stream(
  'minutes',
  { w: timestamp(), device: text(), count: long(), sum: long() },
  sql`select window_start as w, device, count(*) as count, sum(value)::bigint as sum from ${fine.tumble('1 minute')} group by all`,
  { time: 'w' },
);
const busy = stream('busy', minutes.fields, sql`select * from ${minutes} where count > 12`);
const placed = stream(
  'placed',
  { n: int(), city: text() },
  sql`select f.n, p.city from ${fine} f join ${places} p on p.device = f.device`,
);
const over = stream(
  'over',
  { n: int(), most: int() },
  sql`select f.n, l.most from ${fine} f join ${limitNow} l on l.device = f.device where f.value > l.most`,
);
const steps = stream(
  'steps',
  { n: int(), step: int() },
  sql`select r.n, r.value - r.previous.value as step from ${reading.previous({ by: ['device'] })} r where r.previous is not null`,
);
const near = stream(
  'near',
  { n: int(), since: timestamp(), most: int() },
  sql`select f.n, l.since, l.most from ${reading} f join ${limit.within('5 seconds')} l on l.device = f.device`,
);

const tables = [
  table('minutes', minutes, { key: ['w', 'device'] }),
  // no window in its key: of each device the newest window that holds
  table('last_minute', minutes, { key: 'device' }),
  table('busy', busy, { key: ['w', 'device'] }),
  table('placed', placed, { key: 'n' }),
  table('over', over, { key: 'n' }),
  table('steps', steps, { key: 'n' }),
  table('near', near, { key: ['n', 'since'] }),
  table('all_readings', reading, { key: 'n' }),
  places,
  limitNow,
];

export default pipeline('rebuilt', { tables });
