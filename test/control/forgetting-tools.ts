// What the tests of forgetting share: what a data folder holds, and what a clean run over its log makes.
import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endlessLookups } from '../../src/control/finite.ts';
import { closeParts, type Folder, openParts, registerTopics } from '../../src/control/folder.ts';
import { ledgerOf } from '../../src/control/ledger.ts';
import type { Ledger } from '../../src/control/millrace.ts';
import { openFolder } from '../../src/control/open.ts';
import { definitionOf } from '../../src/control/rebuild-parts.ts';
import { system } from '../../src/control/system.ts';
import { resolveParams } from '../../src/define/param.ts';
import { scopeOf, shadowOf } from '../../src/define/shadow.ts';
import type { Pipeline } from '../../src/index.ts';
import { quote } from '../../src/process/database.ts';
import { newCounts, rowsBy } from '../../src/process/progress.ts';
import { readAll, recordsOf } from '../contracts/log.ts';

/** The files of a folder that hold a text, by their paths in it. */
export async function traces(folder: string, text: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && (await readFile(path)).includes(text)) found.push(path.slice(folder.length + 1));
  }
  return found.sort();
}

/** All records of the log, by topic and partition. */
export async function recordsIn({ log }: Folder): Promise<Record<string, ReturnType<typeof recordsOf>>> {
  const all: Record<string, ReturnType<typeof recordsOf>> = {};
  for (const { name, partitions } of await log.topics())
    for (const { partition } of partitions)
      all[`${name}/${partition}`] = (await readAll(log, name, partition)).flatMap(recordsOf);
  return all;
}

/** Columns that number rows by the batches they came in, and relations of the moment. */
const numbers = /^(_id|_parent|_row)$/;
const momentary = /\/(changed|refused)$/;

/** What pipelines have made: tables, what their streams keep, letters (without those of sources), ledgers. */
export type Made = {
  readonly tables: Record<string, string[]>;
  readonly states: Record<string, string[]>;
  readonly letters: string[];
  readonly ledgers: Record<string, Omit<Ledger, 'in'>>;
};

/** What pipelines have made in a folder that is open. `ofSources`: with the letters of sources. */
export async function madeIn(folder: Folder, pipelines: readonly Pipeline[], ofSources = false): Promise<Made> {
  const session = await folder.database.session();
  try {
    const found = await session.rows(
      `select schema_name, table_name from duckdb_tables() where database_name = current_database() and schema_name in ('state', 'store') order by all`,
    );
    const made: Made = { tables: {}, states: {}, letters: [], ledgers: {} };
    for (const [schema, name] of found) {
      const isTable = schema === 'store';
      if (momentary.test(String(name))) continue;
      const relation = `${schema}.${quote(String(name))}`;
      const columns = (await session.describe(`select * from ${relation}`)).map((one) => one.name);
      // a row that may be retracted has an id for its place
      const isOfWindows = columns.includes('_offset') ? 'case when _partition >= 0 then _offset end as _offset' : '';
      const chosen = columns
        .filter((column) => !numbers.test(column))
        .map((column) => (column === '_offset' ? isOfWindows : quote(column)));
      const rows = await session.rows(
        `select to_json(r)::varchar from (select ${chosen.join(', ')} from ${relation}) r order by 1`,
      );
      (isTable ? made.tables : made.states)[String(name)] = rows.map(([row]) => String(row));
    }
    const letters = await session.rows(
      `select to_json(r)::varchar from (select pipeline, kind, noun, stage, code, reason, topic, part, off, hex(bytes) as bytes from meta.aside
        where ${ofSources ? 'true' : "noun <> 'source'"}) r order by 1`,
    );
    made.letters.push(...letters.map(([row]) => String(row)));
    for (const pipeline of pipelines) {
      const progress = (await folder.engine.progress(pipeline.name))!;
      const tallies = pipeline.tables.map(({ name }) => ({
        table: name,
        rows: made.tables[name]!.length,
        counted: rowsBy({ ...newCounts(), ...progress.stages[`table ${name}`] }),
      }));
      const { in: _, ...ledger } = ledgerOf(pipeline, progress, folder.log, 0, tallies);
      made.ledgers[pipeline.name] = ledger;
      for (const { name } of pipeline.tables) {
        const counts = { ...newCounts(), ...progress.stages[`table ${name}`] };
        assert.equal(rowsBy(counts), made.tables[name]!.length, `the rows that table '${name}' counts`);
      }
    }
    return made;
  } finally {
    session.close();
  }
}

/** Does something with a data folder, open without pipelines. */
export async function within<T>(path: string, work: (folder: Folder) => Promise<T>): Promise<T> {
  const folder = await openFolder({ folder: path }, system());
  try {
    return await work(folder);
  } finally {
    await closeParts(folder);
  }
}

/** What a run over the log of a folder makes in new tables. */
export async function cleanRun(path: string, pipelines: readonly Pipeline[]): Promise<Made> {
  const fresh = await mkdtemp(join(tmpdir(), 'millrace-fresh-'));
  try {
    await cp(join(path, 'log'), join(fresh, 'log'), { recursive: true });
    for (const name of (await readdir(path)).filter((one) => one.startsWith('registry.db')))
      await cp(join(path, name), join(fresh, name));
    const places = { path: fresh, database: {}, log: join(fresh, 'log'), registry: join(fresh, 'registry.db') };
    const folder = await openParts(places, system());
    try {
      for (const pipeline of pipelines) await runThrough(folder, pipeline);
      return await madeIn(folder, pipelines);
    } finally {
      await closeParts(folder);
    }
  } finally {
    await rm(fresh, { recursive: true });
  }
}

/** Makes a part of a rebuild of a pipeline, as one that is killed has done. */
export async function rebuildPartly(folder: Folder, pipeline: Pipeline): Promise<void> {
  const shadow = shadowOf(pipeline, scopeOf(pipeline, undefined)!);
  await folder.engine.beginRebuild(pipeline.name, { definition: definitionOf(pipeline, shadow, new Map()) });
  await runThrough(folder, shadow, false);
}

/** Processes all that the log has of a pipeline's topics, and emits its windows. */
async function runThrough(folder: Folder, pipeline: Pipeline, isNew = true): Promise<void> {
  const params = resolveParams(pipeline.params, {}, {});
  if (isNew) await registerTopics(folder, pipeline);
  await folder.store.prepare(pipeline.name, pipeline.tables);
  const processor = await folder.engine.open(pipeline, params, await endlessLookups(pipeline, params));
  try {
    for (const { name, partitions } of pipeline.topics)
      for (let partition = 0; partition < partitions; partition++)
        for (let from = folder.log.range(name, partition).start; from < folder.log.range(name, partition).end; ) {
          const batches = await folder.log.read(name, partition, from, { recordsMax: 1000, bytesMax: 1e7 });
          await processor.step(await processor.prepare(batches), []);
          from = processor.progress.topics[name]![partition]!.next;
        }
    await processor.flush();
  } finally {
    processor.close();
  }
}
