// What a key costs: log lines into a table by place, and into one with a key of its own, in one run and in turns.
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TopicWriter } from '../src/control/feeder.ts';
import { openParts, registerTopics } from '../src/control/folder.ts';
import { Pump } from '../src/control/pump.ts';
import { system as realSystem } from '../src/control/system.ts';
import { limits } from '../src/core/limits.ts';
import { long, pipeline, place, table, text, timestamp, topic } from '../src/index.ts';

const count = Number(process.argv[2] ?? 1_000_000);
const rounds = Number(process.argv[3] ?? 3);

const line = topic('line', { id: long(), host: text(), level: text(), text: text(), at: timestamp() }, { time: 'at' });
const tables = {
  'place()': table('lines', line, { key: place() }),
  'a key, rows in the order of the log': table('lines', line, { key: 'id' }),
};

type Result = { seconds: number; writing: number; bytes: number };
const results = new Map<string, Result[]>();

console.log(
  `${count.toLocaleString('en')} lines of a log into one table, ${rounds} times in turns; the best of each\n`,
);
// the first run of a process compiles its code
for (const one of Object.values(tables)) await run(one, 50_000);
for (let round = 0; round < rounds; round++)
  for (const [key, one] of Object.entries(tables))
    results.set(key, [...(results.get(key) ?? []), await run(one, count)]);
for (const [key, all] of results) {
  const best = (of: keyof Result) => Math.min(...all.map((one) => one[of]));
  console.log(
    `${key.padEnd(38)} ${whole(count / best('seconds'))} records/s   writing the table ${best('writing').toFixed(2)} s   ${(best('bytes') / 1e6).toFixed(0)} MB`,
  );
}

/** A pipeline with the table takes records that are in its log already. */
async function run(one: (typeof tables)[keyof typeof tables], records: number): Promise<Result> {
  const made = pipeline('bench', { tables: [one as never] });
  const path = await mkdtemp(join(process.env.MILLRACE_BENCH_FOLDER ?? tmpdir(), 'millrace-places-'));
  const system = realSystem();
  const file = join(path, 'tables.duckdb');
  const parts = await openParts(
    {
      path,
      database: { path: file, tempFolder: join(path, 'temp') },
      log: join(path, 'log'),
      registry: join(path, 'registry.db'),
    },
    system,
  );
  try {
    const schemaIds = await registerTopics(parts, made);
    await parts.store.prepare(made.name, made.tables);
    const processor = await parts.engine.open(made, new Map());
    const writer = new TopicWriter(line, schemaIds.get('line')!, system.clock);
    for (let n = 0; n < records; ) {
      for (let i = 0; i < limits.batchRecordsMax && n < records; i++, n++)
        writer.add(0, [n, `host-${n % 40}`, n % 9 ? 'info' : 'warn', `GET /things/${n * 7919} 200 in ${n % 83} ms`, n]);
      await parts.log.append('line', 0, writer.take(0)!);
    }
    const pump = new Pump({ ...parts, ...system, pipeline: made, processor, troubled: () => undefined });
    pump.drain();
    const started = performance.now();
    await pump.run(new AbortController().signal);
    const seconds = (performance.now() - started) / 1000;
    const stored = await parts.store.count('lines');
    if (stored !== records) throw new Error(`${stored} rows of ${records} records`);
    const writing = (processor.parts['table lines'] ?? 0) / 1000;
    processor.close();
    return { seconds, writing, bytes: (await stat(file)).size };
  } finally {
    await parts.store.close();
    parts.database.close();
    await parts.log.close();
    await parts.registry.close();
    await rm(path, { recursive: true, force: true });
  }
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en').padStart(9);
}
