// Kills a process again and again while a pipeline is made again beside records that come in, and compares what is left with a clean run.
import { spawn } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { closeParts, type Folder } from '../../src/control/folder.ts';
import { open } from '../../src/control/open.ts';
import { start } from '../../src/control/start.ts';
import { type Random, random } from '../../src/core/random.ts';
import { openData, prepared, runToEnd } from './data.ts';
import type { Subject } from './subjects.ts';

export type Kills = { readonly rows: number; readonly rate: number; readonly kills: number; readonly seed: number };

/** When a process is killed: so many milliseconds after something is seen. */
type Moment = {
  readonly name: string;
  readonly isNow: (seen: Seen) => boolean;
  readonly afterMs: number;
};

/** What a process has told. */
type Seen = { event: string; done: number; total: number };

/** The moments of one kill after the other: a rebuild goes on where it was, so that shares of it only grow. */
function momentsOf(dice: Random, kills: number): Moment[] {
  const round = ['making', 'early', 'middle', 'late', 'catching up', 'swap', 'after', 'middle', 'swap', 'after'];
  return Array.from({ length: kills }, (_, i): Moment => {
    const name = round[i % round.length]!;
    const within = (low: number, high: number) => low + (high - low) * dice.next();
    const share = (low: number, high: number): Moment => {
      const wanted = within(low, high);
      return {
        name: `at ${(100 * wanted).toFixed(0)} %`,
        isNow: ({ done, total }) => total > 0 && done >= total * wanted,
        afterMs: 0,
      };
    };
    if (name === 'making') return { name, isNow: ({ event }) => event === 'started', afterMs: within(0, 600) };
    if (name === 'early') return share(0.02, 0.3);
    if (name === 'middle') return share(0.35, 0.6);
    if (name === 'late') return share(0.65, 0.95);
    if (name === 'catching up')
      return { name, isNow: ({ done, total }) => total > 0 && total - done < 30_000, afterMs: within(0, 500) };
    if (name === 'swap') return { name, isNow: ({ event }) => event === 'swap', afterMs: within(0, 400) };
    return { name, isNow: ({ event }) => event === 'over', afterMs: within(0, 300) };
  });
}

export async function kill(name: string, subject: Subject, { rows, rate, kills, seed }: Kills): Promise<void> {
  const { pipeline } = subject;
  const root = await mkdtemp(join(process.env.MILLRACE_BENCH_FOLDER ?? tmpdir(), 'millrace-rebuild-'));
  const data = join(root, 'data');
  try {
    const params = await subject.params(rows, root);
    await prepared(subject, rows, data, params);
    console.log(
      `${pipeline.name}: ${count(rows)} records in the log, ${count(rate)} records/s come in, seed ${seed}\n`,
    );
    const least = new Map<string, number>();
    let gaps = 0;
    const life = JSON.stringify({ data, subject: name, params, rate });
    for (const [i, moment] of momentsOf(random(String(seed)), kills).entries()) {
      const began = performance.now();
      const seen = await live(life, moment, (table, rowCount) => {
        if (rowCount < (least.get(table) ?? 0)) gaps++;
        least.set(table, Math.max(least.get(table) ?? 0, rowCount));
      });
      console.log(
        `  kill ${String(i + 1).padStart(2)}  ${moment.name.padEnd(12)} + ${moment.afterMs.toFixed(0).padStart(3)} ms: ${count(seen.done)} of ${count(seen.total)} records made again${seen.event === 'over' ? ', over' : ''}, after ${((performance.now() - began) / 1000).toFixed(1)} s`,
      );
    }
    const folder = await openData(data);
    const began = performance.now();
    const { running, runners, rebuilds } = await start(folder, [pipeline], { params });
    while (rebuilds.status(runners[0]!)) await sleep(50);
    await running.stop(60_000);
    console.log(`  the last one was finished in ${((performance.now() - began) / 1000).toFixed(1)} s`);
    for (const failure of running.failures.values()) throw failure;
    const { ledger } = runners[0]!.status();
    await closeParts(folder);
    // the same records, processed from the beginning by a process that nobody kills
    const clean = join(root, 'clean');
    await cp(data, clean, { recursive: true });
    const emptied = await open({ folder: clean });
    await emptied.remove({ noun: 'pipeline', name: pipeline.name });
    await emptied.close();
    const [made, other] = [await openData(data), await openData(clean)];
    const expected = await runToEnd(other, pipeline, params);
    const wrong: string[] = [];
    if (JSON.stringify(ledger) !== JSON.stringify(expected.ledger))
      wrong.push(`ledger, wanted ${JSON.stringify(expected.ledger)}`);
    for (const table of pipeline.tables.map((one) => one.name)) {
      const [got, wanted] = [await hashOf(made, table), await hashOf(other, table)];
      console.log(
        `  ${table.padEnd(24)} ${got === wanted ? 'equal' : 'DIFFERS'}  ${got}${got === wanted ? '' : `, wanted ${wanted}`}`,
      );
      if (got !== wanted) wrong.push(table);
    }
    console.log(`  ledger ${JSON.stringify(ledger)}`);
    console.log(
      `\n  ${kills} kills, ${gaps} reads saw fewer rows than one before; ${wrong.length === 0 ? 'all tables and the ledger are those of a clean run' : `NOT as a clean run: ${wrong.join('; ')}`}`,
    );
    if (wrong.length > 0 || gaps > 0 || !ledger.balanced) process.exitCode = 1;
    await closeParts(made);
    await closeParts(other);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Runs a life until its moment has come and kills it; resolves with what it told last. @throws where the rebuild fails */
async function live(life: string, moment: Moment, counted: (table: string, rows: number) => void): Promise<Seen> {
  const child = spawn(process.execPath, [...process.execArgv, join(import.meta.dirname, 'victim.ts'), life], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const seen: Seen = { event: '', done: 0, total: 0 };
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const [event, ...words] = line.split(' ');
      if (event === 'failed') throw new Error(line);
      if (event === 'rows') counted(words[0]!, Number(words[1]));
      else if (event === 'done') Object.assign(seen, { done: Number(words[0]), total: Number(words[1]) });
      else seen.event = event!;
      // a moment may be missed: once it is over, that is the moment
      if (!moment.isNow(seen) && seen.event !== 'over') continue;
      await sleep(moment.afterMs);
      return seen;
    }
    throw new Error(`the process ended by itself, after '${seen.event}'`);
  } finally {
    child.kill('SIGKILL');
    await closed;
  }
}

async function hashOf(folder: Folder, table: string): Promise<string> {
  const session = await folder.database.session();
  try {
    const [row] = await session.rows(`select count(*), sum(hash(t)::hugeint) from store."${table}" t`);
    return row!.join(' ');
  } finally {
    session.close();
  }
}

const count = (value: number) => Math.round(value).toLocaleString('en');
