// How long a record takes from its arrival to its committed row at 10,000 records a second, with the parts of a micro-batch.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHistogram } from 'node:perf_hooks';
import { positions } from '../examples/bus/generator.ts';
import pipeline, { bus_positions } from '../examples/bus/pipeline.ts';
import { TopicWriter } from '../src/control/feeder.ts';
import { openParts, registerTopics } from '../src/control/folder.ts';
import { Pump } from '../src/control/pump.ts';
import { system as realSystem } from '../src/control/system.ts';
import { random } from '../src/core/random.ts';
import { recordAcceptor } from '../src/define/accept.ts';
import type { Prepared, Processor, SourceReport, StepEvents } from '../src/process/engine.ts';

const perSecond = Number(process.argv[2] ?? 10_000);
const seconds = Number(process.argv[3] ?? 30);
const warmUpSeconds = 3;
const tickMs = 5;

const folder = await mkdtemp(join(process.env.MILLRACE_BENCH_FOLDER ?? tmpdir(), 'millrace-latency-'));
const system = realSystem();
const parts = await openParts(
  {
    path: folder,
    database: { path: join(folder, 'tables.duckdb'), tempFolder: join(folder, 'temp') },
    log: join(folder, 'log'),
    registry: join(folder, 'registry.db'),
  },
  system,
);
const { log, store, engine } = parts;
const schemaIds = await registerTopics(parts, pipeline);
await store.prepare(pipeline.name, pipeline.tables);
const processor = await engine.open(pipeline, new Map());

/** When each batch arrived: its first offset, its count, and its time in milliseconds. */
const arrivals: { offset: number; count: number; atMs: number }[] = [];
const durable = createHistogram();
const committed = createHistogram();
const batchSizes = createHistogram();
let isMeasuring = false;
const micros = (ms: number) => Math.max(1, Math.round(ms * 1000));

const watched: Processor = Object.create(processor, {
  progress: { get: () => processor.progress },
  prepare: { value: (batches: Parameters<Processor['prepare']>[0]) => processor.prepare(batches) },
  tidy: { value: () => processor.tidy() },
  flush: { value: () => processor.flush() },
  save: { value: (reports: SourceReport[]) => processor.save(reports) },
  step: {
    async value(prepared: Prepared, reports: SourceReport[], events: StepEvents) {
      const result = await processor.step(prepared, reports, events);
      const now = performance.now();
      if (isMeasuring) batchSizes.record(prepared.count);
      while (arrivals[0] && arrivals[0].offset + arrivals[0].count <= prepared.next) {
        const { count, atMs } = arrivals.shift()!;
        if (isMeasuring) for (let i = 0; i < count; i++) committed.record(micros(now - atMs));
      }
      return result;
    },
  },
});

const stop = new AbortController();
const pump = new Pump({
  pipeline,
  processor: watched,
  log,
  clock: system.clock,
  random: system.random,
  troubled: (error) => error && console.error(error.message),
});
const pumping = pump.run(stop.signal);
const writer = new TopicWriter(bus_positions, schemaIds.get('bus_positions')!, system.clock);
const accept = recordAcceptor(bus_positions.fields);
const traffic = positions(random('latency'));
const began = performance.now();
let sent = 0;
while (performance.now() - began < (warmUpSeconds + seconds) * 1000) {
  const atMs = performance.now();
  isMeasuring = atMs - began > warmUpSeconds * 1000;
  const due = Math.floor(((atMs - began) / 1000) * perSecond) - sent;
  if (due > 0) {
    for (let i = 0; i < due; i++) writer.add(0, accept(traffic.next().value));
    sent += due;
    const offset = log.range('bus_positions', 0).end;
    void log.append('bus_positions', 0, writer.take(0)!).then((first) => {
      if (isMeasuring) for (let i = 0; i < due; i++) durable.record(micros(performance.now() - atMs));
      arrivals.push({ offset: Math.max(first, offset), count: due, atMs });
      arrivals.sort((a, b) => a.offset - b.offset);
    });
  }
  await system.clock.sleep(tickMs);
}
pump.drain();
await pumping;
stop.abort();

const show = (name: string, histogram: typeof committed, divisor: number, unit: string) =>
  console.log(
    `  ${name.padEnd(34)} p50 ${(histogram.percentile(50) / divisor).toFixed(1).padStart(7)}${unit}   p99 ${(histogram.percentile(99) / divisor).toFixed(1).padStart(7)}${unit}   max ${(histogram.max / divisor).toFixed(1).padStart(7)}${unit}`,
  );
console.log(
  `${perSecond.toLocaleString('en')} records/s of 17 columns for ${seconds} s, ${sent.toLocaleString('en')} in all; every batch durable\n`,
);
show('arrival → durable in the log', durable, 1000, ' ms');
show('arrival → committed row', committed, 1000, ' ms');
show('records of a micro-batch', batchSizes, 1, '');
console.log('\n  parts');
for (const [name, ms] of Object.entries(processor.parts))
  console.log(`    ${name.padEnd(32)} ${(ms / 1000).toFixed(2).padStart(6)} s`);
processor.close();
await store.close();
parts.database.close();
await log.close();
await parts.registry.close();
await rm(folder, { recursive: true });
