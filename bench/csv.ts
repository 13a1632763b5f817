// How fast CSV becomes rows: 17 columns in the layout of the MTA, beside the limit of reading the bytes alone.
import { createWriteStream } from 'node:fs';
import { mkdtemp, open as openDisk, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { headers } from '../examples/bus/layout.ts';
import { bus_positions } from '../examples/bus/pipeline.ts';
import { random } from '../src/core/random.ts';
import { open } from '../src/ingest/csv/open.ts';
import { readBytes } from '../src/ingest/csv/window.ts';
import { context, diskFiles } from '../test/ingest/tools.ts';

const rowCount = Number(process.argv[2] ?? 1_000_000);

const { fields } = bus_positions;

async function generate(path: string): Promise<void> {
  const dice = random('bench/csv');
  const stops = Array.from({ length: 4000 }, (_, i) => `${dice.whole(1, 200)} ST/AVENUE ${dice.whole(1, 99)} N${i}`);
  const out = createWriteStream(path);
  out.write(`${Object.values(headers).join(',')}\n`);
  const clock = (seconds: number) =>
    [seconds / 3600, (seconds / 60) % 60, seconds % 60]
      .map((one) => String(Math.floor(one)).padStart(2, '0'))
      .join(':');
  const place = (base: number) => (base + dice.next()).toFixed(6);
  for (let i = 0; i < rowCount; ) {
    let part = '';
    for (const end = Math.min(rowCount, i + 5000); i < end; i++) {
      const second = Math.floor((i * 86_000) / rowCount);
      const expected = dice.next() < 0.1 ? 'NA' : `2017-06-01 ${clock(Math.min(86_399, second + dice.whole(5, 600)))}`;
      part +=
        `2017-06-01 ${clock(second)},${dice.whole(0, 1)},B${dice.whole(1, 178)},${dice.pick(stops)},${place(40)},${place(-74)},` +
        `${dice.pick(stops)},${place(40)},${place(-74)},NYCT_${dice.whole(1, 1103)},${place(40)},${place(-74)},` +
        `${dice.pick(stops)},approaching,${dice.whole(0, 900)},${expected},${clock(second + 3600)}\n`;
    }
    if (!out.write(part)) await new Promise<void>((resolve) => out.once('drain', () => resolve()));
  }
  await new Promise<void>((resolve) => out.end(() => resolve()));
}

async function readRaw(path: string): Promise<number> {
  const startMs = performance.now();
  const file = await openDisk(path, 'r');
  const target = Buffer.alloc(readBytes);
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(target, 0, target.length, at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  await file.close();
  return performance.now() - startMs;
}

async function readRows(path: string): Promise<{ ms: number; rows: number; refusals: number }> {
  const startMs = performance.now();
  const source = await open(
    { file: path, columns: headers, missing: ['', 'NA'] },
    context(fields, { files: diskFiles }),
  );
  let rows = 0;
  let refusals = 0;
  for await (const batch of source.batches()) {
    rows += batch.rows.length;
    refusals += batch.refusals.length;
  }
  await source.close();
  return { ms: performance.now() - startMs, rows, refusals };
}

const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-csv-'));
try {
  const path = join(folder, 'rows.csv');
  await generate(path);
  const megabytes = (await stat(path)).size / 1e6;
  const show = (name: string, ms: number) =>
    console.log(
      `${name.padEnd(28)} ${Math.round((rowCount / ms) * 1000)
        .toLocaleString('en')
        .padStart(12)} rows/s ${((megabytes / ms) * 1000).toFixed(0).padStart(8)} MB/s`,
    );
  await readRaw(path);
  console.log(`csv: ${rowCount.toLocaleString('en')} rows of 17 columns, ${megabytes.toFixed(0)} MB`);
  show('limit: read the bytes', await readRaw(path));
  for (let run = 1; run <= 3; run++) {
    const { ms, rows, refusals } = await readRows(path);
    if (rows !== rowCount || refusals > 0) throw new Error(`${rows} rows, ${refusals} refusals, not ${rowCount} rows`);
    show(`parse and accept, run ${run}`, ms);
  }
  console.log(`resident ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`);
} finally {
  await rm(folder, { recursive: true });
}
