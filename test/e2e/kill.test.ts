// kill -9 at seeded moments while generated rows flow, started again each time: what is left equals an undisturbed run, row for row.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { positions } from '../../examples/bus/generator.ts';
import { lines } from '../../examples/bus/write-csv.ts';
import { nodeFiles } from '../../src/control/system.ts';
import { systemClock } from '../../src/core/clock.ts';
import { type Random, random } from '../../src/core/random.ts';
import { keyOf, valueIn } from '../../src/log/batch.ts';
import { embeddedLog } from '../../src/log/embedded/embedded.ts';
import { DuckDatabase } from '../../src/process/duckdb/database.ts';
import type { Progress } from '../../src/process/progress.ts';
import {
  busFile,
  type Cli,
  cli,
  fixture,
  jsonOf,
  lettersOf,
  opened,
  type RunReport,
  sameTables,
  startCli,
  temporary,
} from './tools.ts';

/** What is run, and killed. */
type Victim = {
  readonly file: string;
  /** Words that each life gets; a life may replay at a pace of its own, so that it commits more often. */
  readonly words: (dice: Random) => string[];
  readonly topic: string;
  readonly kills: number;
  readonly seed: string;
};

test('killed at 24 moments, 100,000 rows with 20 broken ones end as in an undisturbed run', {
  timeout: 240_000,
}, async (t) => {
  const folder = await temporary(t);
  const file = join(folder, 'bus.csv');
  await writeFile(file, brokenCsv(100_000, 20, random('broken')));
  const words = (dice: Random) => [
    '--set',
    `file=${file}`,
    '--set',
    `pace=${dice.pick(['full', '25000/s', '25000/s', '15000/s', '15000/s'])}`,
  ];
  const { ledger, letters } = await survive(t, folder, {
    file: busFile,
    words,
    topic: 'bus_positions',
    kills: 24,
    seed: 'bus',
  });
  assert.deepEqual(ledger, {
    in: 100_000,
    out: 99_980,
    filtered: 0,
    deduplicated: 0,
    late: 0,
    dead: 20,
    inFlight: 0,
    balanced: true,
  });
  assert.equal(letters, 20);
});

test('with three partitions and windows, the watermarks come out the same', { timeout: 120_000 }, async (t) => {
  const folder = await temporary(t);
  const file = join(folder, 'bus.csv');
  await writeFile(file, brokenCsv(60_000, 6, random('partitions')));
  const words = (dice: Random) => [
    '--set',
    `file=${file}`,
    '--set',
    `pace=${dice.pick(['full', '40000/s', '20000/s'])}`,
  ];
  const { ledger } = await survive(t, folder, {
    file: fixture('partitions.ts'),
    words,
    topic: 'positions',
    kills: 12,
    seed: 'three',
  });
  assert.deepEqual([ledger.in, ledger.late, ledger.dead, ledger.balanced], [60_000, 0, 6, true]);
});

test('generated traffic goes on from its seed as if nothing had been', { timeout: 120_000 }, async (t) => {
  const folder = await temporary(t);
  const words = (dice: Random) => [
    '--set',
    'count=40000',
    '--set',
    `rate=${dice.pick(['1000000/s', '15000/s', '15000/s', '15000/s'])}`,
  ];
  const { ledger } = await survive(t, folder, {
    file: busFile,
    words,
    topic: 'bus_positions',
    kills: 8,
    seed: 'simulate',
  });
  assert.deepEqual([ledger.in, ledger.out, ledger.balanced], [40_000, 40_000, true]);
});

/** Runs once undisturbed and once with kills, and compares all that is left. */
async function survive(
  t: TestContext,
  folder: string,
  victim: Victim,
): Promise<{ ledger: RunReport['pipelines'][0]['ledger']; letters: number }> {
  const [calm, killed] = [join(folder, 'calm'), join(folder, 'killed')];
  const run = (data: string, more: string[]) => ['run', victim.file, ...more, '--once', '--json', '--data', data];
  const dice = random(victim.seed);
  const plain = victim.words({ ...dice, pick: (values) => values[0]! });
  const undisturbed = await timed(() => cli(t, ...run(calm, plain)));
  assert.equal(undisturbed.result.code, 0, undisturbed.result.error);
  const [expected] = jsonOf<RunReport>(undisturbed.result).pipelines;
  // the same with nothing left to do: starting and stopping alone
  const idle = await timed(() => cli(t, ...run(calm, plain)));
  const whole = await sizeOf(join(calm, 'log'));

  const moments: string[] = [];
  let lives = 0;
  for (let landed = 0; landed < victim.kills && lives < 2 * victim.kills; lives++) {
    const child = startCli(t, run(killed, victim.words(dice)));
    const isWhole = (await sizeOf(join(killed, 'log'))) >= whole;
    const left = isWhole || moments.length >= 0.8 * victim.kills ? 'little' : 'much';
    const growth = (1.6 * whole) / victim.kills;
    const { moment, comes } = momentOf(dice, left, { killed, child, idleMs: idle.ms, growth });
    await Promise.race([comes, child.ended]);
    child.process.kill('SIGKILL');
    const ended = await child.ended;
    if (ended.signal !== 'SIGKILL') assert.equal(ended.code, 0, `life ${lives} ended by itself: ${ended.error}`);
    else {
      landed++;
      moments.push(`${moment} ${await consumed(killed, folder)}`);
    }
  }
  const final = await cli(t, ...run(killed, plain));
  assert.equal(final.code, 0, final.error);
  const [got] = jsonOf<RunReport>(final).pipelines;
  t.diagnostic(`undisturbed ${undisturbed.ms.toFixed(0)} ms, of them start and stop ${idle.ms.toFixed(0)} ms`);
  t.diagnostic(`killed in ${moments.length} of ${lives} lives, with so many records committed: ${moments.join(', ')}`);
  assert.equal(moments.length, victim.kills, 'kills that came before the end');
  const midway = new Set(
    moments.map((one) => Number(one.split(' ')[1])).filter((n) => n > 0 && n < expected!.ledger.in),
  );
  assert.ok(midway.size >= victim.kills / 8, `the kills did not meet the work: ${moments.join(', ')}`);

  assert.deepEqual(got!.ledger, expected!.ledger);
  assert.deepEqual(got!.tables, expected!.tables);
  assert.deepEqual(await logOf(killed, victim.topic), await logOf(calm, victim.topic));
  const [one, other] = [await opened(t, killed), await opened(t, calm)];
  await sameTables(one, other, Object.keys(expected!.tables));
  const letters = await lettersOf(one);
  // when it was put aside and the number it got may differ, since a transaction that was killed takes numbers with it
  const timeless = (all: typeof letters) => all.map((letter) => ({ ...letter, id: 0, at: 0 }));
  assert.deepEqual(timeless(letters), timeless(await lettersOf(other)));
  await Promise.all([one.close(), other.close()]);
  return { ledger: got!.ledger, letters: letters.length };
}

/** When a life ends: while it starts, after it has appended so much, around a commit, or (where little is left to do) while it stops. */
function momentOf(
  dice: Random,
  left: 'much' | 'little',
  { killed, child, idleMs, growth }: { killed: string; child: Cli; idleMs: number; growth: number },
): { moment: string; comes: Promise<unknown> } {
  const [kind, share, afterMs] = [dice.next(), dice.next(), dice.pick([0, 1, 5, 20, 50])];
  const later = (event: Promise<unknown>) => event.then(() => sleep(afterMs));
  const grown = async (bytes: number, ...parts: string[]) => {
    const size = async () =>
      (await Promise.all(parts.map((part) => sizeOf(join(killed, part))))).reduce((a, b) => a + b);
    const before = await size();
    const lives = () => child.process.exitCode === null && child.process.signalCode === null;
    while (lives() && Math.abs((await size()) - before) < bytes) await sleep(4);
  };
  if (kind < 0.12) return { moment: 'start', comes: sleep(idleMs * share) };
  if (left === 'much' && kind < 0.7)
    return { moment: 'append', comes: later(grown(Math.max(1, growth * share), 'log')) };
  if (left === 'much' || kind < 0.5) {
    const committed = grown(1, 'log').then(() => grown(1, 'tables.duckdb', 'tables.duckdb.wal'));
    return { moment: 'commit', comes: later(left === 'much' ? committed : sleep(idleMs * share)) };
  }
  return { moment: 'stop', comes: later(once(child.process.stdout!, 'data')) };
}

/** Records that a data folder says are processed, read from a copy of its tables. */
async function consumed(folder: string, into: string): Promise<number> {
  for (const end of ['', '.wal']) {
    await rm(join(into, `copy.duckdb${end}`), { force: true });
    await copyFile(join(folder, `tables.duckdb${end}`), join(into, `copy.duckdb${end}`)).catch(() => undefined);
  }
  const database = await DuckDatabase.open({ path: join(into, 'copy.duckdb') });
  try {
    const session = await database.session();
    const rows = await session.rows('select state from meta.progress').catch(() => []);
    session.close();
    return rows[0] ? (JSON.parse(String(rows[0][0])) as Progress).consumed : 0;
  } finally {
    database.close();
  }
}

async function timed<T>(work: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const started = performance.now();
  const result = await work();
  return { result, ms: performance.now() - started };
}

/** Per partition: how many records, and a hash of their keys, values and times in order. Two that are equal have no record twice. */
async function logOf(folder: string, topic: string): Promise<{ records: number; hash: string }[]> {
  const log = await embeddedLog({
    folder: join(folder, 'log'),
    files: nodeFiles(),
    clock: systemClock(),
    readOnly: true,
  });
  const { partitions } = await log.topic(topic);
  const found: { records: number; hash: string }[] = [];
  for (const { partition, start, end } of partitions) {
    const hash = createHash('sha256');
    let next = start;
    while (next < end) {
      for (const batch of await log.read(topic, partition, next, { recordsMax: 20_000, bytesMax: 2 ** 22 })) {
        assert.equal(batch.baseOffset, next, 'a gap in the log');
        for (let i = 0; i < batch.count; i++) {
          hash.update(`${batch.times[i]} `);
          hash.update(keyOf(batch, i) ?? 'none');
          hash.update(valueIn(batch, i)!);
        }
        next += batch.count;
      }
    }
    found.push({ records: end - start, hash: hash.digest('hex') });
  }
  await log.close();
  return found;
}

/** Bytes of a file, or of all files below a folder; 0 where there is none. */
async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => ['']);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        (one) => one.size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, one) => sum + one, 0);
}

/** A file of generated traffic, some of whose rows are broken, each in its way. */
function brokenCsv(rows: number, broken: number, dice: Random): string {
  const all = [...lines(positions(random(7)), rows)];
  const chosen = new Set<number>();
  while (chosen.size < broken) chosen.add(dice.whole(1, rows));
  const ways: ((row: string) => string)[] = [
    (row) => row.slice(0, row.lastIndexOf(',')),
    (row) => `${row},more`,
    (row) => row.replace(/^[^,]*/, 'yesterday'),
    (row) => `"never closed${row}`,
    (row) => row.replace(/,\d,/, ',north,'),
  ];
  [...chosen].forEach((i, n) => {
    all[i] = ways[n % ways.length]!(all[i]!);
  });
  return `${all.join('\n')}\n`;
}
