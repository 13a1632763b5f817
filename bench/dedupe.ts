// What deduplication costs: unique keys through a pipeline with `dedupe`, and through the same one without it, in one run.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TopicWriter } from '../src/control/feeder.ts';
import { openParts, registerTopics } from '../src/control/folder.ts';
import { Pump } from '../src/control/pump.ts';
import { system as realSystem } from '../src/control/system.ts';
import { limits } from '../src/core/limits.ts';
import type { Relation } from '../src/define/relation.ts';
import { pipeline, sql, stream, table, text, timestamp, topic } from '../src/index.ts';

const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [50_000, 100_000, 200_000, 400_000];

const fields = { id: text(), at: timestamp() };
const raw = topic('raw', fields, { time: 'at', lateness: '10 seconds' });

console.log("unique keys, a millisecond apart, within '10 seconds'\n");
console.log('      records     with dedupe          without     ratio');
// the first run of a process compiles its code
for (const input of [raw, raw.dedupe({ by: ['id'], within: '10 seconds' })]) await secondsOf(20_000, input);
let first = 0;
for (const count of sizes) {
  const without = await secondsOf(count, raw);
  const seconds = await secondsOf(count, raw.dedupe({ by: ['id'], within: '10 seconds' }));
  const rate = count / seconds;
  first ||= rate;
  console.log(
    `  ${whole(count)} ${whole(rate)} records/s ${whole(count / without)} records/s   ${(without / seconds).toFixed(2)}   ${(rate / first).toFixed(2)} of the first rate`,
  );
}

/** Seconds that a pipeline takes for so many records that are in its log already. */
async function secondsOf(count: number, input: Relation | typeof raw): Promise<number> {
  const once = stream('once', fields, sql`select id, "at" from ${input}`, { time: 'at' });
  const made = pipeline('bench', { tables: [table('once', once, { key: 'id' })] });
  const path = await mkdtemp(join(process.env.MILLRACE_BENCH_FOLDER ?? tmpdir(), 'millrace-dedupe-'));
  const system = realSystem();
  const parts = await openParts(
    {
      path,
      database: { path: join(path, 'tables.duckdb'), tempFolder: join(path, 'temp') },
      log: join(path, 'log'),
      registry: join(path, 'registry.db'),
    },
    system,
  );
  try {
    const schemaIds = await registerTopics(parts, made);
    await parts.store.prepare(made.name, made.tables);
    const processor = await parts.engine.open(made, new Map());
    const writer = new TopicWriter(raw, schemaIds.get('raw')!, system.clock);
    for (let n = 0; n < count; ) {
      for (let i = 0; i < limits.batchRecordsMax && n < count; i++, n++) writer.add(0, [`key ${n * 7919}`, n]);
      await parts.log.append('raw', 0, writer.take(0)!);
    }
    const pump = new Pump({ ...parts, ...system, pipeline: made, processor, troubled: () => undefined });
    pump.drain();
    const started = performance.now();
    await pump.run(new AbortController().signal);
    const seconds = (performance.now() - started) / 1000;
    const stored = await parts.store.count('once');
    if (stored !== count) throw new Error(`${stored} rows of ${count} records`);
    processor.close();
    return seconds;
  } finally {
    await parts.store.close();
    parts.database.close();
    await parts.log.close();
    await parts.registry.close();
    await rm(path, { recursive: true, force: true });
  }
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en').padStart(11);
}
