// Stopping: a signal lets what is in flight be stored within the deadline, what was cut short is read again, a pause does no harm.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadPipeline } from '../../src/control/load.ts';
import type { Millrace, PipelineStatus } from '../../src/control/millrace.ts';
import {
  busFile,
  fixture,
  jsonOf,
  opened,
  type RunReport,
  rowsOf,
  runOnce,
  sameTables,
  startCli,
  temporary,
  until,
} from './tools.ts';

const tables = ['bus_traffic_processed', 'line_delay', 'bus_latest'];

/** Endless traffic, faster than it is processed, so that buffers are full. */
const endless = (folder: string, rate = '100000/s') => [
  'run',
  busFile,
  '--set',
  `rate=${rate}`,
  '--json',
  '--data',
  folder,
];

/** Ends the traffic of a folder at so many rows, and compares with a run of its own of so many. */
async function endsAlike(t: Parameters<typeof temporary>[0], folder: string, rows: number): Promise<void> {
  const params = { count: String(rows), rate: '1000000/s' };
  const got = await runOnce(t, folder, busFile, params);
  const wanted = await runOnce(t, join(await temporary(t), 'data'), busFile, params);
  assert.deepEqual(got.status.ledger, wanted.status.ledger);
  assert.deepEqual([got.status.ledger.in, got.status.ledger.late], [rows, 0]);
  await sameTables(got.millrace, wanted.millrace, tables);
  await Promise.all([got.millrace.close(), wanted.millrace.close()]);
}

const rowsIn = async (millrace: Millrace) =>
  Number((await rowsOf(millrace, 'select count(*) from bus_traffic_processed'))[0]![0]);

test('SIGTERM with full buffers stores what is in flight, and the next run goes on', {
  timeout: 120_000,
}, async (t) => {
  const folder = join(await temporary(t), 'data');
  let before = 0;
  for (let life = 0; life < 2; life++) {
    const child = startCli(t, endless(folder));
    await until('it says how it goes', () => /degraded|healthy|records|\d\/s/.test(child.error()));
    const askedMs = performance.now();
    child.process.kill('SIGTERM');
    const ended = await child.ended;
    assert.ok(performance.now() - askedMs < 12_000, 'within the deadline of 10 s');
    assert.equal(ended.code, 0, ended.error);
    const [run] = jsonOf<RunReport>(ended).pipelines;
    assert.deepEqual(
      [run!.health, run!.ledger.inFlight, run!.ledger.late, run!.ledger.balanced],
      ['stopped', 0, 0, true],
    );
    assert.ok(run!.ledger.in > before, 'it went on');
    assert.equal(run!.ledger.out, run!.ledger.in);
    before = run!.ledger.in;
  }
  await endsAlike(t, folder, before + 5000);
});

test('a second signal ends at once, and nothing is lost', { timeout: 240_000 }, async (t) => {
  const folder = join(await temporary(t), 'data');
  const child = startCli(t, endless(folder, '50000/s'));
  await until('it says how it goes', () => /degraded|healthy|records|\d\/s/.test(child.error()));
  child.process.kill('SIGTERM');
  await sleep(700);
  child.process.kill('SIGTERM');
  const ended = await child.ended;
  // where all was stored before the second came, the stop was clean
  assert.ok(ended.code === 143 || ended.code === 0, `${ended.code}: ${ended.error}`);
  const millrace = await opened(t, folder);
  const records = (await millrace.topics())[0]!.records;
  await millrace.close();
  await endsAlike(t, folder, records + 1000);
});

test('a deadline that cuts the stop short is told, and what was not stored is read again', {
  timeout: 60_000,
}, async (t) => {
  const folder = join(await temporary(t), 'data');
  const millrace = await opened(t, folder);
  const running = await millrace.start([await loadPipeline(busFile)], {
    params: { count: '120000', rate: '1000000/s' },
  });
  await until('much is in flight', () => running.status()[0]!.ledger.inFlight > 20_000);
  const isWhole = await running.stop(0);
  const [status] = running.status();
  assert.equal(isWhole, false);
  assert.equal(status!.ledger.balanced, true);
  assert.ok(status!.ledger.inFlight > 0);
  assert.equal(await rowsIn(millrace), status!.ledger.out);
  await millrace.close();
  await endsAlike(t, folder, 120_000);
});

test('a micro-batch that takes longer than the deadline is cut short, undone, and read again', {
  timeout: 60_000,
}, async (t) => {
  const folder = join(await temporary(t), 'data');
  const slow = await loadPipeline(fixture('slow.ts'));
  const millrace = await opened(t, folder);
  const running = await millrace.start([slow], { params: { kind: 'long' } });
  await until('a micro-batch is at hand', () => running.status()[0]!.ledger.inFlight > 500);
  const askedMs = performance.now();
  assert.equal(await running.stop(500), false);
  assert.ok(performance.now() - askedMs < 5000, 'it ended');
  const [{ health, ledger }] = running.status() as [PipelineStatus];
  assert.deepEqual(
    [health, ledger.inFlight, ledger.out, ledger.dead, ledger.balanced, running.failures.size],
    ['stopped', ledger.in, 0, 0, true, 0],
  );
  const again = await millrace.start([slow], { params: { kind: 'short' }, withoutSources: true });
  await again.done;
  assert.deepEqual(again.status()[0]!.ledger, { ...ledger, inFlight: 0, out: ledger.in });
  await millrace.close();
});

test('where nothing can interrupt what is at hand, the process ends all the same', { timeout: 60_000 }, async (t) => {
  const folder = join(await temporary(t), 'data');
  const child = startCli(t, [
    'run',
    fixture('slow.ts'),
    '--set',
    'kind=wide',
    '--port',
    '0',
    '--json',
    '--data',
    folder,
  ]);
  await until('it says how it goes', () => /in flight/.test(child.error()));
  const askedMs = performance.now();
  child.process.kill('SIGTERM');
  const ended = await child.ended;
  assert.ok(performance.now() - askedMs < 15_000, 'soon after the deadline of 10 s');
  assert.equal(ended.code, 143, ended.error);
  const millrace = await opened(t, folder);
  const { records } = (await millrace.topics())[0]!;
  const again = await millrace.start([await loadPipeline(fixture('slow.ts'))], {
    params: { kind: 'short' },
    withoutSources: true,
  });
  await again.done;
  const { ledger } = again.status()[0]!;
  assert.deepEqual([ledger.in, ledger.out, ledger.balanced], [records, records, true]);
  await millrace.close();
});

test('stopped and continued by the system, it goes on as if nothing had been', { timeout: 60_000 }, async (t) => {
  const folder = join(await temporary(t), 'data');
  const words = ['run', busFile, '--set', 'rate=15000/s', '--set', 'count=30000', '--once', '--json', '--data', folder];
  const child = startCli(t, words);
  await sleep(1200);
  child.process.kill('SIGSTOP');
  await sleep(4000);
  child.process.kill('SIGCONT');
  const ended = await child.ended;
  assert.equal(ended.code, 0, ended.error);
  assert.equal(jsonOf<RunReport>(ended).pipelines[0]!.ledger.out, 30_000);
  await endsAlike(t, folder, 30_000);
});
