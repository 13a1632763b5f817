// Letters are kept in bulk: all that is known of each, in their order, in a time that thousands of them do not make long.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DuckDatabase } from '../../src/process/duckdb/database.ts';
import { asideColumns, asideOf, Keeper, makeKeeper } from '../../src/process/duckdb/keeper.ts';
import type { Aside } from '../../src/process/engine.ts';

const word = fc.string({ unit: 'binary', maxLength: 20 });
const whole = fc.option(fc.nat(Number.MAX_SAFE_INTEGER), { nil: undefined });
const letter: fc.Arbitrary<Aside> = fc.record({
  kind: fc.constantFrom('dead', 'late'),
  noun: fc.constantFrom('source', 'topic', 'stream', 'table', undefined),
  stage: word,
  code: word,
  reason: word,
  topic: word,
  partition: fc.option(fc.nat(1000), { nil: undefined }),
  offset: whole,
  place: fc.option(word, { nil: undefined }),
  source: fc.option(word, { nil: undefined }),
  sequence: whole,
  bytes: fc.uint8Array(),
});

async function opened(t: { after(work: () => void): void }) {
  const database = await DuckDatabase.open();
  const session = await database.session();
  t.after(() => {
    session.close();
    database.close();
  });
  await makeKeeper(session);
  return { session, keeper: new Keeper(session, 'rides', () => 1234) };
}

test('letters are kept as they are, numbered in their order', async (t) => {
  const { session, keeper } = await opened(t);
  const kept = async () =>
    (await session.rows(`select ${asideColumns} from meta.aside order by id`)).map((row) => asideOf(row));
  let last = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(letter, { maxLength: 30 }), { maxLength: 3 }), async (puts) => {
      for (const letters of puts) await keeper.put(letters);
      const all = puts.flat();
      assert.deepEqual(
        await kept(),
        all.map((one, i) => ({
          ...one,
          bytes: Buffer.from(one.bytes),
          id: last + i + 1,
          pipeline: 'rides',
          atMs: 1234,
          tries: 0,
        })),
      );
      last += all.length;
      await session.run('delete from meta.aside');
    }),
    { numRuns: 50 },
  );
});

test('a flood of letters is kept in a few statements, in order', async (t) => {
  const { session, keeper } = await opened(t);
  const count = 33_000;
  const flood = Array.from(
    { length: count },
    (_, i): Aside => ({
      kind: 'dead',
      noun: 'source',
      stage: 'source:s',
      code: 'RECORD_INVALID',
      reason: `field n: '${i}' is no number`,
      topic: 't',
      partition: undefined,
      offset: undefined,
      place: `line ${i}`,
      source: 's',
      sequence: i,
      bytes: Buffer.from(`line ${i}`),
    }),
  );
  const prepare = session.connection.prepare.bind(session.connection);
  let statements = 0;
  session.connection.prepare = (sql) => {
    statements++;
    return prepare(sql);
  };
  const started = performance.now();
  await session.transaction(() => keeper.put(flood));
  t.diagnostic(`${count} letters took ${Math.round(performance.now() - started)} ms`);
  assert.ok(statements <= 5, `${statements} statements`);
  const [[isInOrder, n]] = (await session.rows('select bool_and(id = sequence + 1), count(*) from meta.aside')) as [
    unknown[],
  ];
  assert.deepEqual([isInOrder, Number(n)], [true, count]);
});

test('pipelines of one folder save and take what is their own', async (t) => {
  const { session, keeper } = await opened(t);
  const other = new Keeper(session, 'walks', () => 1234);
  const [mine, theirs] = [await keeper.load(), await other.load()];
  await keeper.save({ ...mine, consumed: 7 });
  assert.deepEqual([(await keeper.load()).consumed, (await other.load()).consumed], [7, theirs.consumed]);
  const [one] = fc.sample(letter, 1);
  await keeper.put([one!]);
  await other.put([one!]);
  const ids = (await session.rows('select id from meta.aside order by id')).map(([id]) => Number(id));
  assert.equal((await other.take(ids)).length, 1);
  assert.deepEqual(await session.rows('select pipeline from meta.aside'), [['rides']]);
});
