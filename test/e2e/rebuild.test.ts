// A rebuild of all of a pipeline while records flow, killed with SIGKILL again and again: what is left equals a clean run over the same log.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { random } from '../../src/core/random.ts';
import { fixture, lettersOf, runOnce, sameTables, temporary } from './tools.ts';

const kills = 10;
const records = 12_000;
const tables = [
  ...['minutes', 'last_minute', 'busy', 'placed', 'over', 'steps', 'near', 'all_readings'],
  ...['places', 'limit_now'],
];

test('killed at 10 moments, a rebuild beside 3,000 records a second ends as a clean run', {
  timeout: 180_000,
}, async (t) => {
  const folder = await temporary(t);
  const file = join(folder, 'places.csv');
  await writeFile(file, ['device,city', ...Array.from({ length: 9 }, (_, i) => `d${i},city${i % 3}`)].join('\n'));
  const data = join(folder, 'data');
  const params = (count: number, factor: number, rate = '3000/s') => ({
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
  assert.ok(status.ledger.balanced && status.ledger.dead > 0 && status.ledger.deduplicated > 0);
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
