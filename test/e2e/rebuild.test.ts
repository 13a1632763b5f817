// A rebuild of all of a pipeline while records flow, killed with SIGKILL again and again: what is left equals a clean run over the same log.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadPipeline } from '../../src/control/load.ts';
import { random } from '../../src/core/random.ts';
import { fixture, lettersOf, opened, runOnce, sameTables, temporary, until } from './tools.ts';

const kills = 10;
const records = 2_100;
const tables = [
  ...['minutes', 'last_minute', 'busy', 'placed', 'over', 'steps', 'near', 'all_readings'],
  ...['places', 'limit_now'],
];

test('killed at 10 moments, a rebuild beside 300 records a second ends as a clean run', {
  timeout: 150_000,
}, async (t) => {
  const folder = await temporary(t);
  const file = await placesIn(folder);
  const data = join(folder, 'data');
  const params = (count: number, factor: number, rate = '300/s') => ({
    ...{ file, rate },
    ...{ count: String(count), factor: String(factor) },
  });
  // rows of another query, which must all go
  await (await runOnce(t, data, fixture('rebuilt.ts'), params(records / 3, 1, '1000000/s'))).millrace.close();
  const dice = random('rebuild');
  const landed: string[] = [];
  for (let life = 0; life < kills; life++) {
    const moment = dice.pick(['begun', 'first', 'half', 'last', 'last', 'over', 'over']);
    const afterMs = dice.pick([0, 1, 3, 10, 30]);
    const seen = await live(t, data, params(records, 2), 'begin', { moment, afterMs });
    landed.push(`${seen.at(-1)}+${afterMs}`);
    assert.deepEqual(
      seen.filter((line) => /^(gap|failed)/.test(line)),
      [],
    );
  }
  t.diagnostic(`killed at: ${landed.join(', ')}`);
  // what was begun goes on by itself; another one is whole
  await live(t, data, params(records, 2), 'end');
  const { millrace, status } = await runOnce(t, data, fixture('rebuilt.ts'), params(records, 2, '1000000/s'));
  const clean = await runOnce(t, join(folder, 'clean'), fixture('rebuilt.ts'), params(records, 2, '1000000/s'));
  assert.deepEqual(status.ledger, clean.status.ledger);
  assert.ok(status.ledger.balanced && status.ledger.dead > 0);
  await sameTables(millrace, clean.millrace, tables);
  const timeless = (all: Awaited<ReturnType<typeof lettersOf>>) =>
    all.map(({ stage, partition, offset, reason }) => [stage, partition, offset, reason].join(' ')).sort();
  assert.deepEqual(timeless(await lettersOf(millrace)), timeless(await lettersOf(clean.millrace)));
});

/** Runs a life, and kills it so many milliseconds after it has told a moment; resolves with what it has told. */
async function live(
  t: TestContext,
  data: string,
  params: object,
  how: 'begin' | 'end',
  kill?: { readonly moment: string; readonly afterMs: number },
): Promise<string[]> {
  const child = spawn(process.execPath, [fixture('rebuild-life.ts'), data, JSON.stringify(params), how], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const seen: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    seen.push(line);
    // moments may be missed; the later ones then count
    if (kill && (line === kill.moment || line === 'over')) {
      await sleep(kill.afterMs);
      child.kill('SIGKILL');
      break;
    }
  }
  await ended;
  if (!kill) assert.equal(child.exitCode, 0, seen.join('\n'));
  return seen;
}

/** Nine of the eleven devices, and where they are. */
async function placesIn(folder: string): Promise<string> {
  const file = join(folder, 'places.csv');
  await writeFile(file, ['device,city', ...Array.from({ length: 9 }, (_, i) => `d${i},city${i % 3}`)].join('\n'));
  return file;
}

const rows = Number(process.env.MILLRACE_REBUILD_ROWS ?? 0);

test('many records in the log are made again while 2,000 a second flow', {
  skip: rows > 0 ? false : 'MILLRACE_REBUILD_ROWS=1000000 runs it',
}, async (t) => {
  const folder = await temporary(t);
  const params = { file: await placesIn(folder), failing: '1000000000' };
  const data = join(folder, 'data');
  const started = performance.now();
  const loaded = await runOnce(t, data, fixture('rebuilt.ts'), { ...params, count: String(rows), rate: '1000000/s' });
  t.diagnostic(`loaded ${rows} records in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  await loaded.millrace.close();
  const millrace = await opened(t, data);
  const given = { ...params, count: String(10 * rows), rate: '2000/s' };
  const running = await millrace.start([await loadPipeline(fixture('rebuilt.ts'))], { params: given });
  const backend = millrace.backend(running);
  const view = () => backend.pipelines()[0]!;
  const lags = async (isOver: () => boolean) => {
    const seen: number[] = [];
    while (!isOver()) {
      seen.push(view().ledger.inFlight);
      await sleep(50);
    }
    seen.sort((one, other) => one - other);
    const at = (share: number) => `${((seen[Math.floor(share * (seen.length - 1))]! / 2000) * 1000).toFixed(0)} ms`;
    return `half of the time below ${at(0.5)}, 95 % below ${at(0.95)}, at most ${at(1)}`;
  };
  // the generator first goes over the rows that it has given before
  await until('records flow', () => view().run.records > 4000, 120_000);
  const calmEnd = performance.now() + 10_000;
  t.diagnostic(`records wait without a rebuild: ${await lags(() => performance.now() > calmEnd)}`);
  const begun = performance.now();
  await backend.rebuild('rebuilt', undefined, false);
  let total = 0;
  const waits = await lags(() => {
    total = view().rebuild?.total ?? total;
    return view().rebuild === undefined;
  });
  const seconds = (performance.now() - begun) / 1000;
  t.diagnostic(`made again: ${total} records in ${seconds.toFixed(1)} s, ${(total / seconds).toFixed(0)} a second`);
  t.diagnostic(`records wait meanwhile: ${waits}`);
  await running.stop();
  assert.ok(view().ledger.balanced);
});
