// Deduplication within a time equals one record after the other, however the rows come; chained with windows and with what is sent again.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  double,
  drive,
  int,
  list,
  long,
  pipeline,
  sql,
  stream,
  table,
  text,
  timestamp,
  topic,
} from '../../src/index.ts';
import { DuckDatabase } from '../../src/process/duckdb/database.ts';
import { forgetKeys, joined, makeDedupe, repeatsAmong } from '../../src/process/duckdb/dedupe.ts';
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

  describe('of keys and times of all kinds', () => {
    const fields = { n: int(), v: double().optional(), tags: list(text()), at: timestamp() };
    const values = topic('values', fields, { time: 'at', lateness: '10 minutes' });
    const kept = stream(
      'kept',
      { n: int() },
      sql`select n from ${values.dedupe({ by: ['v', 'tags'], within: '1 minute' })}`,
    );
    const rows = table('kept', kept, { key: 'n' });
    const made = pipeline('dedupe', { tables: [rows] });
    const day = 86_400_000;
    type Value = { n: number; v?: number; tags: string[]; at: number };
    const keyOf = ({ v, tags }: Value) => `${v === undefined ? 'none' : v === 0 ? 0 : v}${JSON.stringify(tags)}`;

    /** One record after the other; what is more than a day and `within` behind the watermark of a record is not known to it. */
    function oneByOne(some: readonly Value[]): number[] {
      const found: Value[] = [];
      let newest = Number.NEGATIVE_INFINITY;
      for (const one of some) {
        const oldest = newest - 600_000 - within - day;
        const isRepeated = found.some(
          (other) => keyOf(other) === keyOf(one) && Math.abs(other.at - one.at) < within && other.at >= oldest,
        );
        if (!isRepeated) found.push(one);
        newest = Math.max(newest, one.at);
      }
      return found.map(({ n }) => n);
    }

    const value = fc.record({
      v: fc.constantFrom(0, -0, Number.NaN, 1.5, undefined),
      tags: fc.constantFrom<string[]>([], ['a'], ['a', 'b']),
      at: fc
        .tuple(
          fc.constantFrom(0, 3_600_000, day, 2 * day, 3 * day, -400 * day),
          fc.integer({ min: -70_000, max: 70_000 }),
        )
        .map(([base, beside]) => base + beside),
    });
    const some = fc
      .array(value, { minLength: 1, maxLength: 80 })
      .map((all) => all.map(({ v, ...one }, n): Value => ({ n, ...one, ...(v === undefined ? {} : { v }) })));

    test('equals a recomputation for every split into batches, with restarts', async () => {
      await fc.assert(
        fc.asyncProperty(some, fc.array(fc.nat(1000), { maxLength: 6 }), fc.boolean(), async (all, cuts, restarts) => {
          await using driver = await drive(made);
          for (const part of split(all, cuts)) {
            await driver.send(values, part);
            if (restarts) await driver.restart();
          }
          assert.deepEqual(
            (await driver.rows(rows)).map(({ n }) => n),
            oneByOne(all),
          );
          assert.ok(driver.ledger().balanced);
        }),
        { numRuns: 25 },
      );
    });

    test('takes 0 and -0 for one key, and NaN for itself, within a micro-batch and across', async () => {
      await using driver = await drive(made);
      await driver.send(values, [
        { n: 1, v: 0, tags: [], at: 0 },
        { n: 2, v: -0, tags: [], at: 1 },
        { n: 3, v: Number.NaN, tags: [], at: 2 },
      ]);
      await driver.send(values, [
        { n: 4, v: -0, tags: [], at: 3 },
        { n: 5, v: Number.NaN, tags: [], at: 4 },
      ]);
      assert.deepEqual(
        (await driver.rows(rows)).map(({ n }) => n),
        [1, 3],
      );
    });

    test('knows the keys that were kept when the type of a field has become wider', async () => {
      const build = (type: ReturnType<typeof int> | ReturnType<typeof long>) => {
        const grown = topic('grown', { id: type, at: timestamp() }, { time: 'at' });
        const view = grown.dedupe({ by: ['id'], within: '1 minute' });
        const single = stream('single', { at: timestamp() }, sql`select "at" from ${view}`);
        return { grown, single: table('single', single, { key: 'at' }) };
      };
      const before = build(int());
      const after = build(long());
      await using driver = await drive(pipeline('grown', { tables: [before.single] }));
      await driver.send(before.grown, [{ id: 1, at: 0 }]);
      await driver.restart(pipeline('grown', { tables: [after.single] }));
      await driver.send(after.grown, [
        { id: 1, at: 5 },
        { id: 2, at: 6 },
      ]);
      assert.deepEqual(
        (await driver.rows(after.single)).map(({ at }) => at.getTime()),
        [0, 6],
      );
    });
  });

  describe('the table of kept keys', () => {
    const deduping = {
      dedupe: { by: ['k', 'v'], withinMs: within },
      keys: 'state."p/once/keys"',
      duplicates: 'temp.main."once/duplicates"',
    };
    const keyFields = { k: text().optional(), v: double() };

    test('keeps what version 0.2 had put there as JSON, and starts anew where other fields are compared', async () => {
      const database = await DuckDatabase.open({});
      const session = await database.session();
      await session.run('create schema state');
      await session.run(`create table ${deduping.keys} (k varchar, ts bigint)`);
      await session.run(
        `insert into ${deduping.keys} select cast(to_json([k, cast(v as varchar)]) as varchar), ts from
          (values ('a"]', -0.5::double, 7), (null, 'nan'::double, 8)) t(k, v, ts)`,
      );
      await makeDedupe(session, deduping, keyFields);
      assert.deepEqual(await session.rows(`select * from ${deduping.keys} order by ts`), [
        ['a"]', -0.5, 7n],
        [null, Number.NaN, 8n],
      ]);
      await makeDedupe(session, { ...deduping, dedupe: { by: ['v'], withinMs: within } }, keyFields);
      assert.deepEqual(await session.rows(`select * from ${deduping.keys}`), []);
      session.close();
      database.close();
    });

    test('loses the keys that the watermark has left behind by a day and within', async () => {
      const database = await DuckDatabase.open({});
      const session = await database.session();
      await session.run('create schema state');
      await makeDedupe(session, deduping, keyFields);
      await session.run(`insert into ${deduping.keys} values ('a', 1, 0), ('b', 1, 1)`);
      await forgetKeys(session, deduping, 86_400_000 + within + 1);
      assert.deepEqual(await session.rows(`select ts from ${deduping.keys}`), [[1n]]);
      session.close();
      database.close();
    });
  });

  test('compares a row with the kept rows of its own stretch of time and of both beside it', () => {
    const times = [0, 99, 100, 199, 200, 50, -1, -100, -101];
    const rows = { groups: times.map(() => 1), times, watermarks: times.map(() => -1e15) };
    const repeated = repeatsAmong(rows, { by: ['k'], withinMs: 100 });
    assert.deepEqual(
      repeated.map((i) => times[i]),
      [99, 199, 50, -1, -101],
    );
  });

  test('parts the times of a micro-batch into eight stretches at most, farther apart than within reaches', () => {
    const at = (low: number, high = low) => ({ low, high });
    assert.deepEqual(joined([at(0, 5), at(6, 9)], 1), [at(0, 9)]);
    assert.deepEqual(joined([at(0, 5), at(8, 9)], 1), [at(0, 5), at(8, 9)]);
    const far = [0, 100, 200, 300, 400, 490, 600, 700, 800].map((time) => at(time));
    assert.deepEqual(joined(far, 1), [...far.slice(0, 4), at(400, 490), ...far.slice(6)]);
    assert.deepEqual(joined([], 1), []);
  });
});
