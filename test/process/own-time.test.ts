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

describe('a time that a stream computes, with the fewest records', () => {
  const bare = topic('bare', { n: int(), k: text(), ms: long() }, { key: 'k', partitions: 2, idle: '10 s' });
  const timed = stream(
    'timed',
    { n: int(), at: timestamp() },
    sql`select n, case when n = 0 then error('zero') else make_timestamp_ms(ms) end as "at" from ${bare}`,
    { time: 'at', lateness: '1 minute' },
  );
  const counts = { w: timestamp(), c: long() };
  const counted = stream(
    'counted',
    counts,
    sql`select window_start as w, count(*) as c from ${timed.tumble('1 minute')} group by window_start`,
  );
  const out = table('counted', counted, { key: 'w' });
  const one = pipeline('p', { tables: [out] });
  // 'd' is in the other partition
  const at = (minute: number, k = 'a') => ({ n: 1, k, ms: minute * minuteMs });
  const shown = (rows: readonly { w: Date; c: number | bigint }[]) =>
    rows.map(({ w, c }) => [w.getTime() / minuteMs, c]);

  test('never goes back: a row is late behind the newest before it, whichever batches they came in', async () => {
    // the watermark stays at the fourth minute
    const rows = [at(5), at(4.5), at(3)];
    for (const parts of [[rows], rows.map((row) => [row])]) {
      await using driver = await drive(one);
      for (const part of parts) await driver.send(bare, part);
      assert.deepEqual(
        (await driver.dead()).map(({ kind, offset }) => [kind, offset]),
        [['late', 2]],
      );
    }
  });

  test('closes a window by the lateness after its end', async () => {
    await using driver = await drive(one);
    await driver.send(bare, [at(0), at(1.99)]);
    assert.deepEqual(await driver.rows(out), []);
    await driver.send(bare, [at(2)]);
    assert.deepEqual(shown(await driver.rows(out)), [[0, 1]]);
  });

  test('is the least of the partitions', async () => {
    await using driver = await drive(one);
    await driver.send(bare, [at(9), at(0, 'd')]);
    assert.deepEqual(await driver.rows(out), []);
    await driver.send(bare, [at(9, 'd')]);
    assert.deepEqual(shown(await driver.rows(out)), [[0, 1]]);
  });

  test('is not moved by a letter that is sent again', async () => {
    await using driver = await drive(one);
    await driver.send(bare, [{ ...at(0), n: 0 }]);
    await driver.redrive({}, (record) => ({ ...record, n: 1, ms: 1000 * minuteMs }));
    await driver.send(bare, [at(0)]);
    assert.deepEqual([await driver.dead(), driver.ledger().out], [[], 2]);
  });

  test('makes no letter of a source late', async () => {
    await using driver = await drive(one);
    await driver.send(bare, [at(9), { ...at(1), ms: 'no number' as never }]);
    assert.deepEqual(await driver.redrive({}, (record) => ({ ...record, ms: minuteMs })), {
      sent: 1,
      stored: 1,
      stillDead: 0,
    });
    assert.deepEqual([shown(await driver.rows(out)), await driver.dead()], [[[1, 1]], []]);
  });

  test('does not go back where a partition comes again that was quiet: what is closed is corrected at once', async () => {
    await using driver = await drive(one);
    await driver.send(bare, [at(0), at(0, 'd')]);
    await driver.advance('10 s');
    await driver.send(bare, [at(9)]);
    assert.deepEqual(shown(await driver.rows(out)), [[0, 2]]);
    await driver.send(bare, [at(1, 'd')]);
    await driver.send(bare, [at(3, 'd')]);
    assert.deepEqual(shown(await driver.rows(out)), [
      [0, 2],
      [1, 1],
      [3, 1],
    ]);
  });

  test('of windows: a window over them waits for those that may still begin in it', async () => {
    const event = topic('event', { at: timestamp() }, { time: 'at' });
    const tens = stream(
      'tens',
      counts,
      sql`select window_start as w, count(*) as c from ${event.hop('10 minutes', { every: '5 minutes' })} group by 1`,
      { time: 'w' },
    );
    const over = stream(
      'over',
      counts,
      sql`select window_start as w, count(*) as c from ${tens.tumble('10 minutes')} group by 1`,
    );
    const rows = table('over', over, { key: 'w' });
    await using driver = await drive(pipeline('p', { tables: [rows] }));
    const send = (minute: number) => driver.send(event, [{ at: minute * minuteMs }]);
    await send(6);
    await send(10);
    await send(15);
    assert.deepEqual(await driver.rows(rows, { w: new Date(0) }), []);
    await send(20);
    assert.deepEqual(shown(await driver.rows(rows, { w: new Date(0) })), [[0, 2]]);
    assert.equal(driver.stages().find(({ name }) => name === 'over')?.retracted, 0);
  });

  test('of a record that is sent again with another time: the windows that it was in lose it', async () => {
    const twice = stream(
      'twice',
      { at: timestamp() },
      sql`select make_timestamp_ms(ms + unnest([0, 120000])) as "at" from ${bare}`,
      { time: 'at' },
    );
    const pairs = stream(
      'pairs',
      counts,
      sql`select window_start as w, count(*) as c from ${twice.tumble('1 minute')} group by window_start`,
    );
    const rows = table('pairs', pairs, { key: 'w' });
    await using driver = await drive(pipeline('p', { tables: [rows] }));
    // the first row of the second record is late, and the second one is not
    await driver.send(bare, [at(1), at(1), at(20)]);
    await driver.redrive({ kind: 'late' }, (record) => ({ ...record, ms: 10 * minuteMs }));
    assert.deepEqual(shown(await driver.rows(rows)), [
      [1, 1],
      [3, 1],
      [10, 1],
      [12, 1],
      [20, 1],
    ]);
    assert.ok(driver.ledger().balanced);
  });
});
