// Windows by a time that a stream computes, windows over those windows, and sessions: whatever comes late and whenever the engine ends.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { drive, int, long, pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';

const minuteMs = 60_000;
const line = topic('line', { n: int(), day: text(), hour: text(), k: text() }, { key: 'k', partitions: 3 });
const measured = stream(
  'measured',
  { n: int(), k: text(), at: timestamp() },
  sql`select n, k, strptime(day || ' ' || hour, '%d/%m/%Y %H.%M.%S') as "at" from ${line} where n % 7 <> 3`,
  { time: 'at', lateness: '30s' },
);
const minutes = stream(
  'minutes',
  { w: timestamp(), c: long(), sum: long() },
  sql`select window_start as w, count(*) as c, sum(n)::bigint as sum from ${measured.tumble('1 minute')} group by window_start`,
  { time: 'w' },
);
const hops = stream(
  'hops',
  { w: timestamp(), c: long(), most: long() },
  sql`select window_start as w, count(*) as c, max(c) as most from ${minutes.hop('10 minutes', { every: '5 minutes' })} group by window_start`,
);
const sessions = stream(
  'sessions',
  { k: text(), w: timestamp(), c: long() },
  sql`select k, window_start as w, count(*) as c from ${measured.session('90s', { by: ['k'] })} group by k, window_start`,
  { time: 'w' },
);
const tens = stream(
  'tens',
  { w: timestamp(), c: long() },
  sql`select window_start as w, sum(c)::bigint as c from ${sessions.tumble('10 minutes')} group by window_start`,
);
const tables = {
  minutes: table('minutes', minutes, { key: 'w' }),
  hops: table('hops', hops, { key: 'w' }),
  sessions: table('sessions', sessions, { key: ['k', 'w'] }),
  tens: table('tens', tens, { key: 'w' }),
};
const made = pipeline('p', { tables: Object.values(tables) });

type Row = { n: number; k: string; at: number };

/** A record whose time lies in two texts. */
function recordOf({ n, k, at }: Row) {
  const [year, month, day, ...clock] = new Date(at).toISOString().split(/\D/);
  return { n, k, day: `${day}/${month}/${year}`, hour: clock.slice(0, 3).join('.') };
}

/** Windows of one size by their start, each made of the rows in it. */
function windows<T, R>(
  rows: readonly T[],
  timeOf: (row: T) => number,
  starts: (ms: number) => number[],
  make: (rows: T[]) => R,
) {
  const found = new Map<number, T[]>();
  for (const row of rows) for (const start of starts(timeOf(row))) found.set(start, [...(found.get(start) ?? []), row]);
  return [...found].sort(([a], [b]) => a - b).map(([start, some]) => ({ w: new Date(start), ...make(some) }));
}

const floor = (ms: number, size: number) => Math.floor(ms / size) * size;

function expected(all: readonly Row[]) {
  const rows = all.filter(({ n }) => n % 7 !== 3);
  const perMinute = windows(
    rows,
    ({ at }) => at,
    (ms) => [floor(ms, minuteMs)],
    (some) => ({ c: some.length, sum: some.reduce((sum, { n }) => sum + n, 0) }),
  );
  const perSession: { k: string; w: Date; c: number }[] = [];
  for (const k of new Set(rows.map((row) => row.k).sort())) {
    let last = Number.NEGATIVE_INFINITY;
    for (const { at } of rows.filter((row) => row.k === k).sort((a, b) => a.at - b.at)) {
      if (at - last >= 90_000) perSession.push({ k, w: new Date(at), c: 0 });
      perSession.at(-1)!.c++;
      last = at;
    }
  }
  return {
    minutes: perMinute,
    hops: windows(
      perMinute,
      ({ w }) => w.getTime(),
      (ms) => [floor(ms, 5 * minuteMs) - 5 * minuteMs, floor(ms, 5 * minuteMs)],
      (some) => ({ c: some.length, most: Math.max(...some.map(({ c }) => c)) }),
    ),
    sessions: perSession,
    tens: windows(
      perSession,
      ({ w }) => w.getTime(),
      (ms) => [floor(ms, 10 * minuteMs)],
      (some) => ({ c: some.reduce((sum, { c }) => sum + c, 0) }),
    ),
  };
}

describe('windows by a time that a stream computes, and windows over them', () => {
  test('equal a recomputation, over three partitions, with late letters sent again, restarts and pauses', async () => {
    const start = Date.UTC(2024, 4, 1, 8);
    const row = fc.record({ k: fc.constantFrom('a', 'b', 'c', 'd', 'e'), at: fc.nat(1500) });
    const after = fc.constantFrom('restart', 'pause', 'redrive', 'send', 'more', 'more', 'more', 'more');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(row, after), { minLength: 1, maxLength: 40 }), async (steps) => {
        await using driver = await drive(made);
        const all = steps.map(([{ k, at }], n) => ({ n, k, at: start + at * 1000 }));
        let batch: Row[] = [];
        for (const [i, [, what]] of steps.entries()) {
          batch.push(all[i]!);
          if (what === 'more' && i < steps.length - 1) continue;
          await driver.send(line, batch.map(recordOf));
          batch = [];
          if (what === 'restart') await driver.restart();
          else if (what === 'pause') await driver.advance('3 s');
          else if (what === 'redrive') await driver.redrive({ kind: 'late' });
        }
        await driver.redrive({ kind: 'late' });
        await driver.flush();
        const wanted = expected(all);
        assert.deepEqual(await driver.dead(), []);
        assert.deepEqual(await driver.rows(tables.minutes), wanted.minutes);
        assert.deepEqual(await driver.rows(tables.hops), wanted.hops);
        assert.deepEqual(await driver.rows(tables.sessions), wanted.sessions);
        assert.deepEqual(await driver.rows(tables.tens), wanted.tens);
        assert.ok(driver.ledger().balanced);
      }),
      { numRuns: 12, interruptAfterTimeLimit: 60_000 },
    );
  });

  test('have the lateness of the stream: a row within it is not late, one beyond it is', async () => {
    const one = topic('one', { n: int(), at: timestamp() }, { time: 'at' });
    const some = stream('some', { at: timestamp() }, sql`select "at" from ${one} where n > 0`, {
      time: 'at',
      lateness: '1 hour',
    });
    const counted = stream(
      'counted',
      { w: timestamp(), c: long() },
      sql`select window_start as w, count(*) as c from ${some.tumble('1 minute')} group by window_start`,
    );
    const out = table('counted', counted, { key: 'w' });
    await using driver = await drive(pipeline('p', { tables: [out] }));
    const at = (minute: number, n = 1) => ({ n, at: minute * minuteMs });
    // a row that the stream leaves out has no part in its watermark
    await driver.send(one, [at(0), at(50), at(0), at(1000, 0), at(0)]);
    assert.deepEqual(await driver.dead(), []);
    await driver.send(one, [at(61), at(0)]);
    assert.deepEqual(
      (await driver.dead()).map(({ kind, stage }) => [kind, stage]),
      [['late', 'counted']],
    );
    assert.deepEqual(await driver.rows(out), [{ w: new Date(0), c: 3 }]);
  });
});
