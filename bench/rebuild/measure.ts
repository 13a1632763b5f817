// Measures how long records wait that come in all the time: without a rebuild, beside one, and after it.
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { closeParts, type Folder } from '../../src/control/folder.ts';
import { start } from '../../src/control/start.ts';
import { openData, prepared } from './data.ts';
import type { Subject } from './subjects.ts';
import { type Phase, Traffic } from './traffic.ts';

/** What is measured: records in the log, records a second, seconds of each phase. */
export type Numbers = { readonly rows: number; readonly rate: number; readonly seconds: number };

const warmUpSeconds = 5;
const afterSeconds = 10;
const readMs = 50;

export async function measure(subject: Subject, { rows, rate, seconds }: Numbers): Promise<void> {
  const { pipeline } = subject;
  const root = await mkdtemp(join(process.env.MILLRACE_BENCH_FOLDER ?? tmpdir(), 'millrace-rebuild-'));
  const data = join(root, 'data');
  try {
    const params = await subject.params(rows, root);
    await prepared(subject, rows, data, params);
    const folder = await openData(data);
    const { running, runners, rebuilds } = await start(folder, [pipeline], { params });
    const runner = runners[0]!;
    const traffic = new Traffic(folder, runner, subject, rows, rate);
    const during = async (isOver: () => boolean) => {
      traffic.mark();
      while (!isOver()) await sleep(readMs);
      return traffic.phase();
    };
    console.log(
      `${pipeline.name}: ${count(rows)} records in the log, ${count(rate)} records/s come in, ${availableParallelism()} cores, load ${load()}\n`,
    );
    traffic.begin();
    await during(after(warmUpSeconds));
    show('without a rebuild', await during(after(seconds)));
    const reading = readAll(folder, subject.growing);
    const began = performance.now();
    await rebuilds.begin(runner, undefined);
    let total = 0;
    let spent: Readonly<Record<string, number>> = {};
    const beside = await during(() => {
      const status = rebuilds.status(runner);
      if (status?.state === 'failed') throw new Error(status.reason);
      total = status?.total ?? total;
      if (status) spent = rebuilds.parts(runner);
      return status === undefined;
    });
    const took = (performance.now() - began) / 1000;
    const { reads, gaps } = await reading.end();
    show('beside a rebuild', beside);
    console.log(`      the rebuild: ${sharesOf(spent, took)}`);
    show('after it', await during(after(afterSeconds)));
    console.log(
      `\n  made again: ${count(total)} records in ${took.toFixed(1)} s, ${count(total / took)} records/s; ${count(reads)} reads of the tables meanwhile, ${gaps} saw fewer rows than the one before; load ${load()}`,
    );
    await traffic.end();
    await running.stop();
    await closeParts(folder);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Counts the rows of tables all the time, one table after the other: no count may be less than the one before. */
function readAll(folder: Folder, tables: readonly string[]): { end(): Promise<{ reads: number; gaps: number }> } {
  let isOver = false;
  const done = (async () => {
    const least = new Map<string, number>();
    let reads = 0;
    let gaps = 0;
    for (; !isOver; reads++) {
      const table = tables[reads % tables.length]!;
      const rows = await folder.store.count(table);
      if (rows < (least.get(table) ?? 0)) gaps++;
      least.set(table, rows);
      await sleep(readMs);
    }
    return { reads, gaps };
  })();
  return {
    end() {
      isOver = true;
      return done;
    },
  };
}

function after(seconds: number): () => boolean {
  const endMs = performance.now() + seconds * 1000;
  return () => performance.now() > endMs;
}

const count = (value: number) => Math.round(value).toLocaleString('en');
const load = () => loadavg()[0]!.toFixed(1);

function show(name: string, { p50, p99, max, records, seconds, batchP50, loopP99, parts }: Phase): void {
  const ms = (value: number) => `${value.toFixed(0).padStart(6)} ms`;
  console.log(
    `  ${name.padEnd(20)} p50 ${ms(p50)}   p99 ${ms(p99)}   max ${ms(max)}   ${count(records)} records in ${seconds.toFixed(0)} s, ${batchP50} in a micro-batch; event loop p99 ${loopP99.toFixed(0)} ms`,
  );
  console.log(`      ${sharesOf(parts, seconds)}`);
}

/** The shares of the time that parts took; those that say something. */
function sharesOf(parts: Readonly<Record<string, number>>, seconds: number): string {
  return Object.entries(parts)
    .map(([part, spentMs]) => [part, spentMs / seconds / 10] as const)
    .filter(([, share]) => share >= 0.5)
    .map(([part, share]) => `${part} ${share.toFixed(1)} %`)
    .join(', ');
}
