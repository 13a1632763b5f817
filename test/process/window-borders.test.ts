// Windows at their borders, with the fewest rows that show them: when a window ends, which rows are late for it, where a session is parted.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Relation } from '../../src/define/relation.ts';
import { drive, int, long, pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';

const f = topic('f', { n: int(), k: text().optional(), at: timestamp() }, { time: 'at' });
const minute = f.tumble('1 minute');
const hop = f.hop('1 minute', { every: '30 s' });
const session = f.session('10 s', { by: ['k'] });

/** How many rows each window has, by key where the windows are sessions. */
function counted(view: Relation) {
  const fields = { k: text(), w: timestamp(), e: timestamp(), n: long() };
  const key = view.window?.kind === 'session' ? sql`coalesce(k, 'none')` : sql`''`;
  const counts = stream(
    'counted',
    fields,
    sql`select ${key} as k, window_start as w, window_end as e, count(*) as n from ${view} group by all`,
  );
  const out = table('out', counts, { key: ['w', 'e', 'k'] });
  return { out, made: pipeline('p', { tables: [out] }) };
}

const at = (ms: number, k: string | null = 'a') => ({ n: 0, k, at: ms });

/** `start..end: rows` of what is in the table after each part was sent, behind the key of a session, and how many are late; times in milliseconds. */
async function sent(view: Relation, ...parts: (ReturnType<typeof at>[] | 'flush' | 'pause')[]): Promise<string[][]> {
  const { out, made } = counted(view);
  await using driver = await drive(made);
  const seen: string[][] = [];
  for (const part of parts) {
    if (part === 'flush') await driver.flush();
    else if (part === 'pause') await driver.advance('3 s');
    else await driver.send(f, part);
    const { late } = driver.ledger();
    const windows = (await driver.rows(out)).map(({ k, w, e, n }) =>
      `${k} ${w.getTime()}..${e.getTime()}: ${n}`.trim(),
    );
    seen.push(late > 0 ? [`${late} late`, ...windows] : windows);
  }
  return seen;
}

describe('a window is emitted when the watermark is at its end, and not a millisecond before', () => {
  test('of a fixed size', async () => {
    const [, before, there] = await sent(minute, [at(1000)], [at(59_999)], [at(60_000)]);
    assert.deepEqual([before, there], [[], ['0..60000: 2']]);
  });

  test('that hops', async () => {
    const [, before, there] = await sent(hop, [at(1000)], [at(29_999)], [at(30_000)]);
    assert.deepEqual([before, there], [[], ['-30000..30000: 2']]);
  });

  test('that is a session', async () => {
    const [, before, there] = await sent(session, [at(0)], [at(9999, 'b')], [at(10_000, 'b')]);
    assert.deepEqual([before, there], [[], ['a 0..10000: 1']]);
  });

  test('of a local day, by the clock of its zone', async () => {
    const day = f.tumble('1 day', { zone: 'America/New_York' });
    // its midnight is at five o'clock in UTC, and each step passes no more than an hour
    const five = 5 * 3_600_000;
    const [, before, there] = await sent(day, [at(five - 3_600_000)], [at(five - 1)], [at(five)]);
    assert.deepEqual([before, there], [[], [`${five - 86_400_000}..${five}: 2`]]);
  });
});

describe('a row is late', () => {
  test('where its window ends at the watermark, and not where it ends a millisecond after it', async () => {
    assert.deepEqual((await sent(minute, [at(60_000)], [at(59_999)], 'flush')).at(-1), ['1 late', '60000..120000: 1']);
    assert.deepEqual((await sent(minute, [at(59_999)], [at(0)], 'flush')).at(-1), ['0..60000: 2']);
  });

  test('for a session where it is behind the watermark, and not where it is at it', async () => {
    assert.deepEqual((await sent(session, [at(20_000)], [at(19_999, 'b')], 'flush')).at(-1), [
      '1 late',
      'a 20000..30000: 1',
    ]);
    assert.deepEqual((await sent(session, [at(20_000)], [at(20_000, 'b')], 'flush')).at(-1), [
      'a 20000..30000: 1',
      'b 20000..30000: 1',
    ]);
  });

  test('where its last window has ended, and not before, where windows hop', async () => {
    const seen = await sent(hop, [at(1000)], [at(31_000)], [at(29_000)], 'flush');
    assert.ok(seen.at(-1)!.includes('0..60000: 3'));
    assert.deepEqual((await sent(hop, [at(60_000)], [at(29_000)], 'flush')).at(-1), [
      '1 late',
      '30000..90000: 1',
      '60000..120000: 1',
    ]);
  });
});

describe('a window holds', () => {
  test('what begins with it and nothing that begins with the next one, before 1970 as well', async () => {
    const times = [-60_001, -60_000, -1, 0, 59_999, 60_000].map((ms) => at(ms));
    assert.deepEqual((await sent(minute, times, 'flush')).at(-1), [
      '-120000..-60000: 1',
      '-60000..0: 2',
      '0..60000: 2',
      '60000..120000: 1',
    ]);
    assert.deepEqual((await sent(hop, times, 'flush')).at(-1), [
      '-120000..-60000: 1',
      '-90000..-30000: 2',
      '-60000..0: 2',
      '-30000..30000: 2',
      '0..60000: 2',
      '30000..90000: 2',
      '60000..120000: 1',
    ]);
  });

  test('the rows of a key that are less than the gap apart, where it is a session', async () => {
    assert.deepEqual((await sent(session, [at(0), at(9999), at(19_999)], 'flush')).at(-1), [
      'a 0..19999: 2',
      'a 19999..29999: 1',
    ]);
  });

  test('the rows without a key as those of one key, where it is a session', async () => {
    const seen = await sent(session, [at(0, null), at(1000)], 'pause', [at(5000, null)], 'pause', [at(60_000)]);
    assert.deepEqual(seen, [
      [],
      ['none 0..10000: 1', 'a 1000..11000: 1'],
      ['none 0..15000: 2', 'a 1000..11000: 1'],
      ['none 0..15000: 2', 'a 1000..11000: 1'],
      ['none 0..15000: 2', 'a 1000..11000: 1'],
    ]);
  });

  test('all rows of a session that lasts for days', async () => {
    const days = f.session('1 day', { by: ['k'] });
    const hour = 3_600_000;
    const parts = Array.from({ length: 5 }, (_, i) => [at(i * 20 * hour)]);
    assert.deepEqual((await sent(days, ...parts, 'flush')).at(-1), [`a 0..${104 * hour}: 5`]);
  });
});

test('rows that a query takes from a window are in the order of their times and places', async () => {
  const listed = stream(
    'listed',
    { w: timestamp(), s: text() },
    sql`select window_start as w, string_agg(n::text, ' ') as s from ${minute} group by window_start`,
  );
  const out = table('out', listed, { key: 'w' });
  await using driver = await drive(pipeline('p', { tables: [out] }));
  for (const n of [3, 1, 2]) await driver.send(f, [{ n, k: 'a', at: n === 3 ? 1000 : 2000 }]);
  await driver.send(f, [{ n: 4, k: 'a', at: 500 }]);
  await driver.flush();
  assert.deepEqual(
    (await driver.rows(out)).map(({ s }) => s),
    ['4 3 1 2'],
  );
});
