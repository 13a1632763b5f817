// The public names, one by one.
export { type Driver, drive } from './control/drive.ts';
export type { MillraceError } from './core/errors.ts';
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
export { param } from './define/param.ts';
export { pipeline } from './define/pipeline.ts';
export { refuse, route } from './define/route.ts';
export { sql } from './define/sql.ts';
export { stream } from './define/stream.ts';
export { table } from './define/table.ts';
export { topic } from './define/topic.ts';
export { csv } from './ingest/csv/csv.ts';
export { http } from './ingest/http/http.ts';
export { simulate } from './ingest/simulate/simulate.ts';
export { webhook } from './ingest/webhook/webhook.ts';
