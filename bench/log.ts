// How fast the embedded log appends and reads, beside the raw limit: the same bytes by write and fdatasync, in the same run.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFiles } from '../src/control/system.ts';
import { systemClock } from '../src/core/clock.ts';
import { type Batch, BatchBuilder } from '../src/log/batch.ts';
import { crc32c } from '../src/log/embedded/crc32c.ts';
import { embeddedLog } from '../src/log/embedded/embedded.ts';
import { encodeBatch } from '../src/log/embedded/format.ts';

const valueBytes = 180;
const megabytesMax = Number(process.argv[2] ?? 200);
const clock = systemClock();
const files = nodeFiles();
const folder = await mkdtemp(join(process.env.MILLRACE_BENCH_FOLDER ?? tmpdir(), 'millrace-bench-log-'));

function makeBatch(records: number): Batch {
  const builder = new BatchBuilder(records * (valueBytes + 8));
  const key = new Uint8Array(8).fill(7);
  const value = Uint8Array.from({ length: valueBytes }, (_, i) => (i * 31) & 255);
  for (let i = 0; i < records; i++) builder.add(1_500_000_000_000 + i, key, value);
  return builder.take();
}

/** Seconds that a task takes. */
async function seconds(task: () => Promise<void>): Promise<number> {
  const began = clock.elapsed();
  await task();
  return (clock.elapsed() - began) / 1000;
}

/** Runs `count` tasks, `atOnce` at a time, as that many sources would. */
async function inParallel(count: number, atOnce: number, task: () => Promise<unknown>): Promise<void> {
  let left = count;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (left-- > 0) await task();
    }),
  );
}

function row(name: string, records: number, bytes: number, took: number, limit?: number): void {
  const ratio = limit === undefined ? '' : `  ${(limit / took).toFixed(2)} of the limit`;
  const perSecond = Math.round(records / took).toLocaleString('en');
  console.log(
    `  ${name.padEnd(34)} ${perSecond.padStart(12)} records/s ${(bytes / took / 1e6).toFixed(1).padStart(8)} MB/s${ratio}`,
  );
}

const parts = encodeBatch(makeBatch(10_000), undefined).parts;
const crcBytes = parts.reduce((sum, part) => sum + part.length, 0) * 100;
const crcSeconds = await seconds(async () => {
  for (let i = 0; i < 100; i++) for (const part of parts) crc32c(part);
});
console.log(`CRC-32C: ${Math.round(crcBytes / crcSeconds / 1e6)} MB/s\n`);

for (const { records, atOnce } of [
  { records: 10_000, atOnce: 1 },
  { records: 10_000, atOnce: 4 },
  { records: 2000, atOnce: 1 },
  { records: 2000, atOnce: 8 },
  { records: 500, atOnce: 8 },
  { records: 1, atOnce: 1000 },
]) {
  const batch = makeBatch(records);
  const encoded = encodeBatch(batch, undefined);
  const count = Math.max(atOnce, Math.min(2000 * atOnce, Math.floor((megabytesMax * 1e6) / encoded.length)), 20);
  const bytes = count * encoded.length;
  const groupParts = Array.from({ length: atOnce }, () => encoded.parts).flat();
  console.log(`${count} batches of ${records} records (${encoded.length} bytes), ${atOnce} at a time`);

  // the limit and the log take turns, so that a disk that changes its mood hits both
  const raw = await files.openWrite(join(folder, `raw-${records}-${atOnce}`));
  const log = await embeddedLog({ folder: join(folder, `log-${records}-${atOnce}`), files, clock, cacheBytesMax: 0 });
  await log.createTopic('bench', { partitions: 1, retention: {} });
  const turns = 4;
  let position = 0;
  let rawSeconds = 0;
  let logSeconds = 0;
  const perTurn = Math.floor(count / turns / atOnce) * atOnce;
  for (let turn = 0; turn < turns; turn++) {
    rawSeconds += await seconds(async () => {
      for (let i = 0; i < perTurn; i += atOnce) {
        await raw.write(groupParts, position);
        await raw.sync();
        position += atOnce * encoded.length;
      }
    });
    logSeconds += await seconds(() => inParallel(perTurn, atOnce, () => log.append('bench', 0, batch)));
  }
  await raw.close();
  const total = perTurn * turns;
  row('write + fdatasync, the limit', total * records, (bytes * total) / count, rawSeconds);
  row('append, durable', total * records, (bytes * total) / count, logSeconds, rawSeconds);

  const { end } = log.range('bench', 0);
  let read = 0;
  const readSeconds = await seconds(async () => {
    while (read < end)
      for (const { count } of await log.read('bench', 0, read, { recordsMax: 20_000, bytesMax: 8 * 2 ** 20 }))
        read += count;
  });
  row('read from files', read, (bytes * total) / count, readSeconds);
  await log.close();
  let opened = 0;
  opened = await seconds(async () => {
    await (await embeddedLog({ folder: join(folder, `log-${records}-${atOnce}`), files, clock })).close();
  });
  console.log(`  opening it again: ${(opened * 1000).toFixed(0)} ms\n`);
}
await rm(folder, { recursive: true });
