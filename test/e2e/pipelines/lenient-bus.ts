// The bus pipeline after its cause of dead letters is fixed: a scheduled time that is none counts as missing.
import { int, long, pipeline, sql, stream, table, text, timestamp } from 'millrace';
import {
  bus_positions,
  bus_processed as strict,
  delays as strictDelays,
  bus_latest as strictLatest,
} from '../../../examples/bus/pipeline.ts';

const bus_processed = stream(
  'bus_processed',
  { ...strict.fields, scheduled_hour: int().optional() },
  sql`
    select *,
      year(recorded_at)::int as recorded_year, month(recorded_at)::int as recorded_month, day(recorded_at)::int as recorded_day,
      hour(recorded_at)::int as recorded_hour, minute(recorded_at)::int as recorded_minute, second(recorded_at)::int as recorded_second,
      year(expected_at)::int as expected_year, month(expected_at)::int as expected_month, day(expected_at)::int as expected_day,
      hour(expected_at)::int as expected_hour, minute(expected_at)::int as expected_minute, second(expected_at)::int as expected_second,
      try_cast(split_part(scheduled, ':', 1) as int) as scheduled_hour,
      try_cast(split_part(scheduled, ':', 2) as int) as scheduled_minute,
      try_cast(split_part(scheduled, ':', 3) as int) as scheduled_second,
      coalesce(scheduled, '') as scheduled_key,
      (expected_hour * 3600 + expected_minute * 60 + expected_second
        - (scheduled_hour * 3600 + scheduled_minute * 60 + scheduled_second) % 86400 + 129600) % 86400 - 43200 as delay_s
    from ${bus_positions}`,
  { time: 'recorded_at' },
);

const delays = stream(
  'line_delays',
  { ...strictDelays.fields, line: text(), minute: timestamp(), positions: long() },
  sql`
    select line, window_start as minute, count(*) as positions,
      avg(delay_s) as mean_delay_s, quantile_cont(delay_s, 0.95) as p95_delay_s
    from ${bus_processed.tumble('1 minute')}
    where delay_s is not null
    group by line, window_start`,
  { time: 'minute' },
);

export default pipeline('bus', {
  tables: [
    table('bus_traffic_processed', bus_processed, { key: ['recorded_at', 'vehicle', 'scheduled_key'] }),
    table('line_delay', delays, { key: ['line', 'minute'] }),
    table('bus_latest', bus_processed, {
      key: 'vehicle',
      version: 'recorded_at',
      columns: Object.keys(strictLatest.fields) as (keyof typeof strictLatest.fields)[],
    }),
  ],
});
