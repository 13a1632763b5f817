// Bus positions over three partitions, each kept and all windowed: what watermarks over several partitions must get right.
import { csv, double, int, long, param, pipeline, place, sql, stream, table, text, timestamp, topic } from 'millrace';
import { headers } from '../../../examples/bus/layout.ts';

const file = param('file', text());
const pace = param('pace', text(), { default: 'full' });

const { recorded_at, direction, line, vehicle, distance_m, scheduled } = headers;

const positions = topic(
  'positions',
  {
    recorded_at: timestamp(),
    direction: int(),
    line: text(),
    vehicle: text(),
    distance_m: int().optional(),
    scheduled: text().optional(),
  },
  { key: 'vehicle', time: 'recorded_at', lateness: '3 minutes', partitions: 3 },
).from(
  csv({
    file,
    pace,
    columns: { recorded_at, direction, line, vehicle, distance_m, scheduled },
    missing: ['NA', ''],
  }),
);

const perLine = stream(
  'per_line',
  { line: text(), minute: timestamp(), positions: long(), metres: double().optional() },
  sql`select line, window_start as minute, count(*) as positions, avg(distance_m) as metres
    from ${positions.tumble('1 minute')} group by line, window_start`,
  { time: 'minute' },
);

const rush = stream(
  'rush',
  { start: timestamp(), positions: long(), vehicles: long() },
  sql`select window_start as start, count(*) as positions, count(distinct vehicle) as vehicles
    from ${positions.hop('5 minutes', { every: '1 minute' })} group by window_start`,
  { time: 'start' },
);

const trips = stream(
  'trips',
  { vehicle: text(), began: timestamp(), ended: timestamp(), positions: long() },
  sql`select vehicle, window_start as began, window_end as ended, count(*) as positions
    from ${positions.session('25 seconds', { by: ['vehicle'] })} group by vehicle, window_start, window_end`,
  { time: 'began' },
);

export default pipeline('partitions', {
  tables: [
    table('all_positions', positions, { key: place(), columns: ['vehicle', 'recorded_at'] }),
    table('latest', positions, { key: 'vehicle', version: 'recorded_at' }),
    table('per_line', perLine, { key: ['line', 'minute'] }),
    table('rush', rush, { key: 'start' }),
    table('trips', trips, { key: ['vehicle', 'began'] }),
  ],
});
