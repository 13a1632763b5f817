// Gives each ride the name of its zone, which another pipeline keeps.
import { int, pipeline, sql, stream, table, text } from 'millrace';
import { rides, zones } from './shared-topics.ts';

const named = stream(
  'named_rides',
  { n: int(), name: text() },
  sql`select r.n, z.name from ${rides} r join ${zones} z on z.id = r.zone`,
);

export default pipeline('rides', { tables: [table('named_rides', named, { key: 'n' })] });
