// New York's buses: positions from a CSV file or from a generator, their delays, and the lines that suffer.
import {
  area,
  bar,
  csv,
  double,
  grid,
  heatmap,
  histogram,
  int,
  line,
  long,
  map,
  number,
  param,
  pipeline,
  route,
  scatter,
  simulate,
  sql,
  stream,
  table,
  text,
  timestamp,
  topic,
} from 'millrace';
import { positions } from './generator.ts';
import { headers } from './layout.ts';

const file = param('file', text().describe('A CSV file in the layout of the MTA; without it, traffic is generated.'));
const pace = param('pace', text().describe("How fast the file is replayed: '500/s', '60x' or 'full'."), {
  default: 'full',
});
const rate = param('rate', text().describe("How fast traffic is generated: '200/s'."), { default: '200/s' });
const count = param('count', int().describe('How many positions are generated; without it, no end.'));
const seed = param('seed', int().describe('The same seed generates the same traffic.'), { default: 1 });

export const bus_positions = topic(
  'bus_positions',
  {
    recorded_at: timestamp().describe('When the bus said where it was.'),
    direction: int().describe('0 or 1: there and back.'),
    line: text(),
    origin: text().optional(),
    origin_latitude: double().optional(),
    origin_longitude: double().optional(),
    destination: text().optional(),
    destination_latitude: double().optional(),
    destination_longitude: double().optional(),
    vehicle: text(),
    latitude: double(),
    longitude: double(),
    next_stop: text().optional(),
    proximity: text().optional().describe("How near the next stop is: 'at stop', 'approaching', '0.8 miles away'."),
    distance_m: int().optional().describe('Metres to the next stop.'),
    expected_at: timestamp().optional().describe('When the bus will be at the next stop, as far as is known.'),
    scheduled: text().optional().describe('HH:MM:SS of the day of service, which goes on past midnight: 24:06:14.'),
  },
  { key: 'vehicle', time: 'recorded_at', lateness: '3 minutes' },
).from(
  csv({ file, columns: headers, missing: ['NA', ''], pace }).or(
    simulate({ seed, count, rate, rows: (random) => positions(random) }),
  ),
);

export const bus_processed = stream(
  'bus_processed',
  {
    ...bus_positions.fields,
    recorded_year: int(),
    recorded_month: int(),
    recorded_day: int(),
    recorded_hour: int(),
    recorded_minute: int(),
    recorded_second: int(),
    expected_year: int().optional(),
    expected_month: int().optional(),
    expected_day: int().optional(),
    expected_hour: int().optional(),
    expected_minute: int().optional(),
    expected_second: int().optional(),
    scheduled_hour: int().optional().describe('24 and more after midnight.'),
    scheduled_minute: int().optional(),
    scheduled_second: int().optional(),
    scheduled_key: text().describe('The scheduled time, empty where it is missing: a key must always be there.'),
    delay_s: int().optional().describe('Seconds behind the schedule; below 0: ahead of it.'),
  },
  // The schedule knows no date: the delay is the difference of two times of day, taken to be less than half a day either way.
  // % keeps the sign of what it divides, so a day and a half is added first.
  sql`
    select *,
      year(recorded_at)::int as recorded_year, month(recorded_at)::int as recorded_month, day(recorded_at)::int as recorded_day,
      hour(recorded_at)::int as recorded_hour, minute(recorded_at)::int as recorded_minute, second(recorded_at)::int as recorded_second,
      year(expected_at)::int as expected_year, month(expected_at)::int as expected_month, day(expected_at)::int as expected_day,
      hour(expected_at)::int as expected_hour, minute(expected_at)::int as expected_minute, second(expected_at)::int as expected_second,
      split_part(scheduled, ':', 1)::int as scheduled_hour,
      split_part(scheduled, ':', 2)::int as scheduled_minute,
      split_part(scheduled, ':', 3)::int as scheduled_second,
      coalesce(scheduled, '') as scheduled_key,
      (expected_hour * 3600 + expected_minute * 60 + expected_second
        - (scheduled_hour * 3600 + scheduled_minute * 60 + scheduled_second) % 86400 + 129600) % 86400 - 43200 as delay_s
    from ${bus_positions}`,
  { time: 'recorded_at' },
);

export const delays = stream(
  'line_delays',
  { line: text(), minute: timestamp(), positions: long(), mean_delay_s: double(), p95_delay_s: double() },
  sql`
    select line, window_start as minute, count(*) as positions,
      avg(delay_s) as mean_delay_s, quantile_cont(delay_s, 0.95) as p95_delay_s
    from ${bus_processed.tumble('1 minute')}
    where delay_s is not null
    group by line, window_start`,
  { time: 'minute' },
);

// A position may fit two scheduled trips: it is then there once for each, and the scheduled time tells them apart.
export const bus_traffic_processed = table('bus_traffic_processed', bus_processed, {
  key: ['recorded_at', 'vehicle', 'scheduled_key'],
});
export const line_delay = table('line_delay', delays, { key: ['line', 'minute'] });
export const bus_latest = table('bus_latest', bus_processed, {
  key: 'vehicle',
  version: 'recorded_at',
  columns: [
    'vehicle',
    'line',
    'direction',
    'destination',
    'latitude',
    'longitude',
    'next_stop',
    'proximity',
    'distance_m',
    'recorded_at',
    'expected_at',
    'scheduled',
    'delay_s',
  ],
});

export default pipeline('bus', {
  tables: [bus_traffic_processed, line_delay, bus_latest],
  get: {
    '/delays/:line': route({ summary: 'How late a line was in its last 60 minutes' }, ({ params }) =>
      line_delay.where({ line: params.line }).last(60),
    ),
    '/buses': route(
      {
        summary: 'Where the buses are, the latest first',
        query: {
          line: text().optional(),
          late_s: int().optional().describe('Only those that are at least so many seconds late.'),
          limit: int().optional().describe('1 to 1,000; 100 where it is not given.'),
          after: text().optional().describe('`next` of the page before.'),
        },
      },
      ({ query }) =>
        bus_latest
          .where({ line: query.line, delay_s: { gte: query.late_s } })
          .order('-delay_s')
          .limit(query.limit ?? 100)
          .after(query.after),
    ),
    '/buses/:vehicle': route({ summary: 'Where a bus is' }, ({ params }) =>
      bus_latest.where({ vehicle: params.vehicle }).one(),
    ),
  },
  charts: [
    number(bus_traffic_processed, { title: 'Positions' }),
    number(bus_latest, { title: 'Buses' }),
    number(bus_traffic_processed, { title: 'Mean delay', value: 'delay_s', aggregate: 'mean', unit: 's' }),
    number(bus_latest, { title: 'Longest delay now', value: 'delay_s', aggregate: 'max', unit: 's' }),
    map(bus_latest, {
      title: 'Buses by delay',
      latitude: 'latitude',
      longitude: 'longitude',
      color: 'delay_s',
      columns: ['vehicle', 'line', 'next_stop', 'recorded_at'],
      unit: 's',
    }),
    grid(bus_latest, {
      title: 'Next stops',
      columns: ['vehicle', 'line', 'delay_s', 'next_stop', 'expected_at'],
      limit: 200,
    }),
    line(bus_traffic_processed, {
      title: 'Mean delay over time',
      x: 'recorded_at',
      every: 'auto',
      y: 'delay_s',
      aggregate: 'mean',
      unit: 's',
    }),
    area(bus_traffic_processed, {
      title: 'Positions over time, by direction',
      x: 'recorded_at',
      every: 'auto',
      by: 'direction',
    }),
    line(line_delay, {
      title: 'Mean delay of each line',
      x: 'minute',
      every: 'auto',
      y: 'mean_delay_s',
      by: 'line',
      aggregate: 'mean',
      weight: 'positions',
      unit: 's',
    }),
    bar(bus_traffic_processed, {
      title: 'Mean delay by line',
      x: 'line',
      y: 'delay_s',
      aggregate: 'mean',
      unit: 's',
    }),
    bar(bus_traffic_processed, {
      title: 'Mean delay by hour',
      x: 'recorded_hour',
      y: 'delay_s',
      aggregate: 'mean',
      unit: 's',
    }),
    heatmap(bus_traffic_processed, {
      title: 'Mean delay by line and hour',
      x: 'recorded_hour',
      y: 'line',
      value: 'delay_s',
      aggregate: 'mean',
      unit: 's',
    }),
    histogram(bus_traffic_processed, { title: 'How late they are', value: 'delay_s', bins: 40, unit: 's' }),
    scatter(line_delay, {
      title: 'The slowest twentieth against the mean, of each line and minute',
      x: 'mean_delay_s',
      y: 'p95_delay_s',
      trend: true,
      unit: 's',
    }),
  ],
});
