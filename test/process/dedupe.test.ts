// Deduplication within a time equals one record after the other, however the rows come; chained with windows and with what is sent again.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { drive, int, long, pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';
import { split } from './reference.ts';

type Event = { n: number; k: string; at: number };

const raw = topic('raw', { n: int(), k: text().optional(), at: timestamp() }, { time: 'at', lateness: '10 minutes' });
const within = 60_000;
const once = stream(
  'once',
  { n: int(), k: text().optional(), at: timestamp() },
  sql`select n, k, "at" from ${raw.dedupe({ by: ['k'], within: '1 minute' })}`,
  { time: 'at' },
);
const minutes = stream(
  'minutes',
  { minute: timestamp(), n: long() },
  sql`select window_start as minute, count(*) as n from ${once.tumble('1 minute')} group by window_start`,
);
const direct = stream(
  'direct',
  { minute: timestamp(), n: long() },
  sql`select window_start as minute, count(*) as n from ${raw.dedupe({ by: ['k'], within: '1 minute' }).tumble('1 minute')} group by window_start`,
);
const tables = {
  once: table('once', once, { key: 'n' }),
  minutes: table('minutes', minutes, { key: 'minute' }),
  direct: table('direct', direct, { key: 'minute' }),
};

/** One record after the other: kept where no kept one of its key is nearer than `within`. */
function sequential(list: readonly Event[]): Event[] {
  const kept: Event[] = [];
  for (const event of list) {
    if (!kept.some((one) => one.k === event.k && Math.abs(one.at - event.at) < within)) kept.push(event);
  }
  return kept;
}

function counts(list: readonly Event[]): { minute: Date; n: number }[] {
  const found = new Map<number, number>();
  for (const { at } of list) {
    const minute = Math.floor(at / 60_000) * 60_000;
    found.set(minute, (found.get(minute) ?? 0) + 1);
  }
  return [...found].sort(([a], [b]) => a - b).map(([minute, n]) => ({ minute: new Date(minute), n }));
}

const times = fc.oneof(
  fc.integer({ min: -300_000, max: 300_000 }),
  fc.constantFrom(0, 59_999, 60_000, 60_001, 120_000, -60_000),
);

describe('dedupe', () => {
  test('equals a sequential model for every split into batches, and for the windows after it', async () => {
    const list = fc
      .array(fc.record({ k: fc.constantFrom('a', 'b', 'a"]', ''), at: times }), { minLength: 1, maxLength: 60 })
      .map((some) => some.map((one, n) => ({ n, ...one })));
    const made = pipeline('dedupe', { tables: Object.values(tables) });
    await fc.assert(
      fc.asyncProperty(list, fc.array(fc.nat(1000), { maxLength: 5 }), fc.boolean(), async (list, cuts, restarts) => {
        await using driver = await drive(made);
        for (const part of split(list, cuts)) {
          await driver.send(raw, part);
          if (restarts) await driver.restart();
        }
        await driver.flush();
        const kept = sequential(list);
        assert.deepEqual(
          await driver.rows(tables.once),
          kept.map((one) => ({ ...one, at: new Date(one.at) })),
        );
        assert.deepEqual(await driver.rows(tables.minutes), counts(kept));
        assert.deepEqual(await driver.rows(tables.direct), counts(kept));
        const ledger = driver.ledger();
        assert.deepEqual(
          [ledger.in, ledger.out, ledger.deduplicated, ledger.balanced],
          [list.length, kept.length, list.length - kept.length, true],
        );
      }),
      { numRuns: 20 },
    );
  });

  test('compares with what was kept, not with what was left out, in one micro-batch as in several', async () => {
    const records = [0, 50, 70, 109, 110, 130].map((second, n) => ({ n, k: 'a', at: second * 1000 }));
    for (const cuts of [[], [1, 2, 3, 4, 5], [2], [3]]) {
      await using driver = await drive(pipeline('dedupe', { tables: [tables.once] }));
      for (const part of split(records, cuts)) await driver.send(raw, part);
      assert.deepEqual(
        (await driver.rows(tables.once)).map(({ n }) => n),
        [0, 2, 5],
        `cut at ${cuts}`,
      );
    }
  });

  test('takes a missing value for a value like another', async () => {
    await using driver = await drive(pipeline('dedupe', { tables: [tables.once] }));
    await driver.send(raw, [
      { n: 1, at: 0 },
      { n: 2, at: 10 },
      { n: 3, k: 'null', at: 20 },
    ]);
    assert.deepEqual(
      (await driver.rows(tables.once)).map(({ n }) => n),
      [1, 3],
    );
  });

  test('does not leave out a late record that is sent again to its window', async () => {
    for (const [rows, name] of [
      [tables.minutes, 'minutes'],
      [tables.direct, 'direct'],
    ] as const) {
      await using driver = await drive(pipeline('dedupe', { tables: [rows] }));
      await driver.send(raw, [{ n: 0, k: 'a', at: 5_000_000 }]);
      await driver.send(raw, [
        { n: 1, k: 'b', at: 5_000_000 },
        { n: 2, k: 'b', at: 5_000_001 },
        { n: 3, k: 'c', at: 1000 },
      ]);
      assert.deepEqual(
        (await driver.dead()).map(({ kind, stage, offset }) => [kind, stage, offset]),
        [['late', name, 3]],
      );
      assert.deepEqual(await driver.redrive(), { sent: 1, stored: 1, stillDead: 0 });
      await driver.flush();
      assert.deepEqual(await driver.rows(rows), [
        { minute: new Date(0), n: 1 },
        { minute: new Date(4_980_000), n: 2 },
      ]);
      assert.ok(driver.ledger().balanced);
    }
  });

  test('forgets keys that time has left far behind', async () => {
    await using driver = await drive(pipeline('dedupe', { tables: [tables.once] }));
    for (let day = 0; day < 4; day++) await driver.send(raw, [{ n: day, k: 'a', at: day * 86_400_000 }]);
    await driver.send(raw, [{ n: 9, k: 'a', at: 3 * 86_400_000 + 59_999 }]);
    assert.deepEqual(
      (await driver.rows(tables.once)).map(({ n }) => n),
      [0, 1, 2, 3],
    );
  });

  test('does not compare with what is more than a day too late to be known, whether it was forgotten or not', async () => {
    const day = 86_400_000;
    const records = [
      { n: 0, k: 'a', at: 0 },
      { n: 1, k: 'b', at: 0 },
      // from here on the watermark is a day, within and the lateness ahead, and a millisecond more than that
      { n: 2, k: 'z', at: day + within + 600_000 },
      { n: 3, k: 'a', at: 1 },
      { n: 4, k: 'y', at: day + within + 600_001 },
      { n: 5, k: 'b', at: 1 },
      { n: 6, k: 'x', at: 3 * day },
    ];
    for (const cuts of [[], [2], [3], [4], [5], [3, 5], [1, 2, 3, 4, 5, 6]]) {
      await using driver = await drive(pipeline('dedupe', { tables: [tables.once] }));
      for (const part of split(records, cuts)) await driver.send(raw, part);
      assert.deepEqual(
        (await driver.rows(tables.once)).map(({ n }) => n),
        [0, 1, 2, 4, 5, 6],
        `cut at ${cuts}`,
      );
    }
  });
});
