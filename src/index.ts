// The public names, one by one.
export { type DriveOptions, type Driver, drive } from './control/drive.ts';
export type { Duration } from './core/durations.ts';
export { MillraceError } from './core/errors.ts';
export type { Random } from './core/random.ts';
export { area, bar, grid, heatmap, histogram, line, map, number, scatter, share } from './define/chart.ts';
export type { Field, Fields, Input, Row } from './define/fields.ts';
export {
  bool,
  bytes,
  date,
  decimal,
  double,
  float,
  int,
  json,
  list,
  long,
  oneOf,
  text,
  timestamp,
} from './define/fields.ts';
export { type Param, param } from './define/param.ts';
export { type Pipeline, pipeline } from './define/pipeline.ts';
export { type Place, place } from './define/place.ts';
export type { Read } from './define/read.ts';
export type { NewRecord } from './define/record.ts';
export { refuse, route } from './define/route.ts';
export { type SecretOptions, secret } from './define/secret.ts';
export { type Sql, sql } from './define/sql.ts';
export { type Stream, stream } from './define/stream.ts';
export { type Table, table } from './define/table.ts';
export type { TimestampOptions } from './define/time-reading.ts';
export { type Topic, topic } from './define/topic.ts';
export { csv } from './ingest/csv/csv.ts';
export { http } from './ingest/http/http.ts';
export { simulate } from './ingest/simulate/simulate.ts';
export { webhook } from './ingest/webhook/webhook.ts';
