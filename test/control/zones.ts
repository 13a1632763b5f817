// What the tests of lookups share: zones from some source, rides that look them up, a data folder with files beside it.
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Millrace, PipelineStatus, StartOptions } from '../../src/control/millrace.ts';
import { open } from '../../src/control/open.ts';
import type { Pipeline } from '../../src/define/pipeline.ts';
import type { SourceDefinition } from '../../src/define/source.ts';
import { int, simulate, sql, stream, table, text, topic } from '../../src/index.ts';
import { temporary } from './tools.ts';

/** A data folder, and files beside it. */
export async function folderOf(t: TestContext, contents: Record<string, string> = {}) {
  const folder = await temporary(t);
  const path = (name: string) => join(dirname(folder), name);
  for (const [name, content] of Object.entries(contents)) await writeFile(path(name), content);
  const within = async <T>(work: (millrace: Millrace) => Promise<T>): Promise<T> => {
    const millrace = await open({ folder });
    try {
      return await work(millrace);
    } finally {
      await millrace.close();
    }
  };
  const run = (pipelines: readonly Pipeline[], options: StartOptions = {}) =>
    within(async (millrace): Promise<PipelineStatus[]> => {
      const running = await millrace.start(pipelines, { once: true, ...options });
      await running.done;
      for (const failure of running.failures.values()) throw failure;
      return running.status();
    });
  return { folder, path, within, run };
}

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
