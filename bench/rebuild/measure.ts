// Measures records that come in all the time: without a rebuild, beside one, and after it.

import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Folder } from '../../src/control/folder.ts';
import { start } from '../../src/control/start.ts';
import pipeline from '../../test/e2e/pipelines/rebuilt.ts';
import { closed, openData, placesFile, tables } from './data.ts';
import { type Phase, Traffic } from './traffic.ts';

export type Numbers = { readonly rows: number; readonly rate: number; readonly seconds: number };

export async function measure({ rows, rate, seconds }: Numbers): Promise<void> {
  const root = await mkdtemp(join(process.env.MILLRACE_BENCH_FOLDER ?? tmpdir(), 'millrace-rebuild-'));
  try {
    const file = await placesFile(root);
    const params = { file, failing: '1000000000', count: String(rows), rate: '1000000/s' };
    const data = join(root, 'data');
    const cached = process.env.MILLRACE_BENCH_CACHE;
    if (cached && existsSync(cached)) await cp(cached, data, { recursive: true });
    else {
      const began = performance.now();
      const folder = await openData(data);
      const loaded = await start(folder, [pipeline], { params, once: true });
      await loaded.running.done;
      for (const failure of loaded.running.failures.values()) throw failure;
      await closed(folder);
      console.log(`  loaded in ${((performance.now() - began) / 1000).toFixed(1)} s`);
      if (cached) await cp(data, cached, { recursive: true });
    }
    const folder = await openData(data);
    const { running, runners, rebuilds } = await start(folder, [pipeline], { params });
    const runner = runners[0]!;
    const traffic = new Traffic(folder, runner, rows, rate);
    const phase = async (name: string, until: () => Promise<boolean> | boolean) => {
      traffic.mark();
      while (!(await until())) await new Promise((resolve) => setTimeout(resolve, 20));
      show(name, traffic.phase());
    };
    const after = (s: number) => {
      const end = performance.now() + s * 1000;
      return () => performance.now() > end;
    };
    console.log(
      `${rows.toLocaleString('en')} records in the log, ${rate.toLocaleString('en')} records/s, ${availableParallelism()} cores, load ${loadavg()[0]!.toFixed(1)}\n`,
    );
    traffic.begin();
    await after3(after(5));
    await phase('without a rebuild', after(seconds));
    const before = await counts(folder);
    await rebuilds.begin(runner, undefined);
    const began = performance.now();
    let total = 0;
    let least = before;
    let gaps = 0;
    await phase('beside a rebuild', async () => {
      const status = rebuilds.status(runner);
      total = status?.total ?? total;
      const now = await counts(folder);
      gaps += now.filter((count, i) => count < least[i]!).length;
      least = now;
      if (status?.state === 'failed') throw new Error(status.reason);
      return status === undefined;
    });
    const took = (performance.now() - began) / 1000;
    console.log(
      `  made again: ${total.toLocaleString('en')} records in ${took.toFixed(1)} s, ${Math.round(total / took).toLocaleString('en')} records/s; ${gaps} gaps; load ${loadavg()[0]!.toFixed(1)}`,
    );
    await phase('after it', after(Math.min(seconds, 10)));
    await traffic.end();
    await running.stop();
    await closed(folder);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function after3(isOver: () => boolean): Promise<void> {
  while (!isOver()) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function counts(folder: Folder): Promise<number[]> {
  return Promise.all(tables.map((name) => folder.store.count(name)));
}

function show(name: string, phase: Phase): void {
  const ms = (value: number) => `${value.toFixed(0).padStart(6)} ms`;
  console.log(
    `  ${name.padEnd(20)} p50 ${ms(phase.p50)}   p99 ${ms(phase.p99)}   max ${ms(phase.max)}   (${phase.records.toLocaleString('en')} records in ${phase.seconds.toFixed(1)} s, micro-batch ${phase.batchP50}, loop p99 ${phase.loopP99.toFixed(0)} ms)`,
  );
  const parts = Object.entries(phase.parts)
    .filter(([, spent]) => spent > 20)
    .map(([part, spent]) => `${part} ${(spent / phase.seconds / 10).toFixed(1)} %`);
  console.log(`      ${parts.join(', ')}`);
}
