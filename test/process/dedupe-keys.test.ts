// Deduplication by keys and at times of all kinds, and what it is made of: the table of kept keys, the comparison within a micro-batch.
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

const within = 60_000;

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
