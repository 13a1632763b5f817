// What the tests of lookups share: zones from some source, and rides that look them up.
import type { Millrace } from '../../src/control/millrace.ts';
import type { SourceDefinition } from '../../src/define/source.ts';
import { int, simulate, sql, stream, table, text, topic } from '../../src/index.ts';

export const zonesCsv = (count: number) =>
  `id,name\n${Array.from({ length: count }, (_, id) => `${id},zone ${id}`).join('\n')}\n`;

/** Zones from some source, kept in a table. */
export function zonesOf(...sources: SourceDefinition[]) {
  const zone = sources.reduce((made, one) => made.from(one), topic('zone', { id: int(), name: text() }, { key: 'id' }));
  return table('zones', zone, { key: 'id' });
}

/** Rides that look up their zone: each one of `count`, spread over as many zones. */
export function ridesOf(zones: ReturnType<typeof zonesOf>, ...sources: SourceDefinition[]) {
  const ride = sources.reduce((made, one) => made.from(one), topic('ride', { n: int(), zone: int() }));
  const named = stream(
    'named',
    { n: int(), name: text() },
    sql`select r.n, z.name from ${ride} r join ${zones} z on z.id = r.zone`,
  );
  return table('named', named, { key: 'n' });
}

export const drawnRides = (count: number, zones: number, more: object = {}) =>
  simulate({
    seed: 1,
    count,
    ...more,
    *rows() {
      for (let n = 0; ; n++) yield { n, zone: (n * 19) % zones };
    },
  });

/** The fates of the rides, whatever the zones are. */
export const matched = async (millrace: Millrace) =>
  Number((await millrace.query('select count(*) from named')).rows[0]![0]);
