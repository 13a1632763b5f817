// Taxi rides as they end, and what they earn in each zone and minute.
import { double, line, long, pipeline, simulate, sql, stream, table, text, timestamp, topic } from 'millrace';

export const rides = topic(
  'rides',
  { id: text(), zone: text(), km: double(), fare: double(), ended_at: timestamp() },
  { key: 'zone', time: 'ended_at', lateness: '10s' },
).from(
  simulate({
    seed: 1,
    count: 10_000,
    *rows(random, { startMs }) {
      for (let i = 0; ; i++) {
        const km = random.whole(5, 200) / 10;
        const fare = i % 1000 === 999 ? 'none' : 3 + 2 * km; // one in a thousand is broken
        const ended_at = startMs + i * 100 - random.whole(0, 5000); // and they come out of order
        yield { id: random.uuid(), zone: random.pick(['Astoria', 'Harlem', 'Soho']), km, fare, ended_at };
      }
    },
  }),
);

export const fares = stream(
  'fares',
  { zone: text(), minute: timestamp(), rides: long(), mean_fare: double() },
  sql`
    select zone, window_start as minute, count(*) as rides, avg(fare) as mean_fare
    from ${rides.tumble('1 minute')}
    group by zone, window_start`,
  { time: 'minute' },
);

const ride = table('ride', rides, { key: 'id', keep: '7 days' });
const fareByZone = table('fare_by_zone', fares, { key: ['zone', 'minute'] });

export default pipeline('rides', {
  tables: [ride, fareByZone],
  charts: [line(fareByZone, { x: 'minute', y: 'mean_fare', by: 'zone' })],
});
