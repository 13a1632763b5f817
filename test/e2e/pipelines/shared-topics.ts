// The topics that the pipelines of shared-zones.ts and shared-rides.ts read, each from a CSV file.
import { csv, int, param, table, text, topic } from 'millrace';

const pace = param('pace', text(), { default: 'full' });

/** Read by both pipelines. */
export const rides = topic('rides', { n: int(), zone: int() }, { partitions: 2 }).from(
  csv({ file: param('rides', text()), pace }),
);

const zone = topic('zone', { id: int(), name: text() }, { key: 'id' }).from(
  csv({ file: param('zones', text()), pace }),
);

/** Kept by one pipeline, looked up by the other. */
export const zones = table('zones', zone, { key: 'id' });
