// A pipeline for the tests of the backend: a topic of four partitions, windows, a lookup, a stream that fails for bad fares.
import {
  double,
  int,
  long,
  oneOf,
  param,
  pipeline,
  sql,
  stream,
  table,
  text,
  timestamp,
  topic,
} from '../../src/index.ts';

export const zone = topic('zone', { id: int(), name: text() }, { key: 'id' });
export const ride = topic(
  'ride',
  {
    n: int(),
    zone: int().describe('Where it began.'),
    fare: text(),
    kind: oneOf('day', 'night').optional(),
    rider: text().optional().personal(),
    at: timestamp(),
  },
  { key: 'n', time: 'at', lateness: '10 s', partitions: 4 },
);
const zones = table('zones', zone, { key: 'id' });
const rateToken = param('rate_token', text(), { default: 'hush-hush' });

/** Fails where the fare is no number. */
const paid = stream(
  'paid',
  { n: int(), fare: double(), rider: text().optional().personal(), secret: text() },
  sql`select n, cast(fare as double) as fare, rider, ${rateToken} as secret from ${ride}`,
);
const named = stream(
  'named',
  { n: int(), name: text() },
  sql`select r.n, z.name from ${ride} r join ${zones} z on z.id = r.zone`,
);
const minutes = stream(
  'minutes',
  { minute: timestamp(), rides: long() },
  sql`select window_start as minute, count(*) as rides from ${ride.dedupe({ by: ['n'], within: '1 hour' }).tumble('1 minute')} group by all`,
);

export const rides = pipeline('rides', {
  tables: [
    zones,
    table('paid', paid, { key: 'n', unique: ['rider'] }),
    table('named', named, { key: 'n' }),
    table('minutes', minutes, { key: 'minute' }),
  ],
});

/** A record of the topic `ride`. */
export const one = (n: number, more: Record<string, unknown> = {}) => ({
  n,
  zone: 1,
  fare: String(n),
  at: new Date(Date.UTC(2026, 10, 22, 8, 0, n)).toISOString(),
  ...more,
});
