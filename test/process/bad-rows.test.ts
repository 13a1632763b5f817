// Rows that the SQL fails for: exactly those are put aside, with what is needed to fix them; all others are stored.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { drive, int, long, oneOf, pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';
import { split } from './reference.ts';

const raw = topic(
  'raw',
  { n: int(), kind: text(), word: text().optional(), big: long(), at: timestamp() },
  { time: 'at', lateness: '1 hour' },
);
const parsed = stream(
  'parsed',
  { n: int(), number: int(), word: text(), colour: oneOf('red', 'blue'), small: int() },
  sql`select n, cast(kind as integer) as number, word, case when n % 2 = 0 then 'red' else word end as colour, cast(big as integer) as small
    from ${raw} where kind <> 'skip'`,
);
const good = table('good', parsed, { key: 'n' });
const made = pipeline('bad', { tables: [good] });

type Event = { n: number; kind: string; word: string | null; big: number; at: number };

/** What is wrong with a record, in the order in which its columns are computed; undefined where nothing is. */
const faults: readonly ((event: Event) => RegExp | undefined)[] = [
  ({ kind }) => (/^-?\d{1,9}$/.test(kind) ? undefined : /convert|cast/i),
  ({ word }) => (word === null ? /NOT NULL|null/i : undefined),
  ({ n, word }) => (n % 2 === 0 || word === 'blue' ? undefined : /CHECK|one of/i),
  ({ big }) => (Math.abs(big) < 2 ** 31 ? undefined : /out of range|INT64|INT32/i),
];
const isBad = (event: Event) => event.kind !== 'skip' && faults.some((fault) => fault(event));

const record = fc
  .tuple(
    fc.oneof({ weight: 8, arbitrary: fc.constantFrom('1', '-20') }, fc.constantFrom('x', '', '99999999999', 'skip')),
    fc.oneof({ weight: 8, arbitrary: fc.constant('blue') }, fc.constantFrom(null, 'green', "o'brien")),
    fc.oneof({ weight: 8, arbitrary: fc.constant(5) }, fc.constant(2 ** 31)),
  )
  .map(([kind, word, big]) => ({ kind, word, big }));
const records = fc
  .array(record, { minLength: 1, maxLength: 80 })
  .map((list) => list.map((one, n): Event => ({ ...one, n, at: n })));

describe('rows that fail', () => {
  test('at any place of any batch are the only ones put aside, each with stage, reason, place and bytes', async () => {
    await fc.assert(
      fc.asyncProperty(records, fc.array(fc.nat(1000), { maxLength: 4 }), async (list, cuts) => {
        await using driver = await drive(made);
        for (const part of split(list, cuts)) await driver.send(raw, part);
        const stored = await driver.rows(good);
        assert.deepEqual(
          stored.map(({ n }) => n),
          list.filter((one) => one.kind !== 'skip' && !isBad(one)).map(({ n }) => n),
        );
        const letters = await driver.dead();
        assert.deepEqual(
          letters.map(({ offset }) => offset).sort((a, b) => a! - b!),
          list.filter(isBad).map(({ n }) => n),
        );
        for (const letter of letters) {
          const event = list[letter.offset!]!;
          assert.deepEqual(
            [letter.kind, letter.stage, letter.code, letter.topic, letter.partition, letter.pipeline],
            ['dead', 'parsed', 'ROW_FAILED', 'raw', 0, 'bad'],
          );
          assert.deepEqual(letter.record, { ...event, at: new Date(event.at) });
          assert.ok(
            faults.some((fault) => fault(event)?.test(letter.reason)),
            `${JSON.stringify(event)}: ${letter.reason}`,
          );
        }
        const ledger = driver.ledger();
        const skipped = list.filter(({ kind }) => kind === 'skip').length;
        assert.deepEqual(
          [ledger.in, ledger.out, ledger.filtered, ledger.dead, ledger.balanced],
          [list.length, stored.length, skipped, letters.length, true],
        );
      }),
      { numRuns: 12 },
    );
  });

  test('can be fixed and sent again', async () => {
    await using driver = await drive(made);
    await driver.send(raw, [
      { n: 0, kind: '1', word: 'blue', big: 1, at: 0 },
      { n: 2, kind: 'x', word: 'blue', big: 1, at: 0 },
      { n: 4, kind: 'y', word: 'blue', big: 1, at: 0 },
    ]);
    assert.deepEqual(await driver.redrive(), { sent: 2, stored: 0, stillDead: 2 });
    const [first] = await driver.dead();
    assert.equal(first!.tries, 1);
    assert.deepEqual(await driver.redrive({ ids: [first!.id] }, (record) => ({ ...record, kind: '7' })), {
      sent: 1,
      stored: 1,
      stillDead: 0,
    });
    const fixed = stream(
      'parsed',
      parsed.fields,
      sql`select n, coalesce(try_cast(kind as integer), 0) as number, word, 'red' as colour, 1 as small from ${raw}`,
    );
    const tables = [table('good', fixed, { key: 'n' })];
    await driver.restart(pipeline('bad', { tables }));
    assert.deepEqual(await driver.redrive(), { sent: 1, stored: 1, stillDead: 0 });
    assert.deepEqual(
      (await driver.rows(good)).map(({ n, number }) => [n, number]),
      [
        [0, 1],
        [2, 7],
        [4, 0],
      ],
    );
    assert.deepEqual([driver.ledger().out, driver.ledger().dead, driver.ledger().balanced], [3, 0, true]);
  });

  test('may be all of a large batch', async () => {
    await using driver = await drive(made);
    const list = Array.from({ length: 300 }, (_, n) => ({ n, kind: 'x', word: 'blue', big: 1, at: n }));
    await driver.send(raw, list);
    assert.equal(driver.ledger().dead, 300);
    assert.ok(driver.ledger().balanced);
  });
});

describe('rows that make a window fail', () => {
  const summed = stream(
    'summed',
    { minute: timestamp(), total: long() },
    sql`select window_start as minute, sum(cast(kind as integer)) as total from ${raw.tumble('1 minute')} group by window_start`,
  );
  const counted = stream(
    'counted',
    { minute: timestamp(), n: long(), least: int() },
    sql`select window_start as minute, count(*) as n, min(cast(word as integer)) as least from ${raw.hop('2 minutes', { every: '1 minute' })} group by window_start`,
  );
  const totals = table('totals', summed, { key: 'minute' });
  const counts = table('counts', counted, { key: 'minute' });
  const minute = (count: number) => new Date(count * 60_000);
  const one = (n: number, at: number, kind: string, word = '1') => ({ n, kind, word, big: 0, at });

  test('are found and put aside, and the windows are given without them', async () => {
    await using driver = await drive(pipeline('windows', { tables: [totals] }));
    const list = Array.from({ length: 40 }, (_, n) => one(n, n * 10_000, n % 7 === 3 ? 'x' : '1'));
    for (const part of split(list, [5, 23])) await driver.send(raw, part);
    await driver.send(raw, [one(40, 7_200_000, '5')]);
    await driver.flush();
    const left = list.filter(({ kind }) => kind === '1');
    const expected = Array.from({ length: 7 }, (_, i) => ({
      minute: minute(i),
      total: left.filter(({ at }) => Math.floor(at / 60_000) === i).length,
    }));
    assert.deepEqual(await driver.rows(totals), [...expected, { minute: minute(120), total: 5 }]);
    const letters = await driver.dead();
    assert.deepEqual(
      letters.map(({ offset, stage, code }) => [offset, stage, code]),
      [3, 10, 17, 24, 31, 38].map((n) => [n, 'summed', 'ROW_FAILED']),
    );
    assert.deepEqual(letters[0]!.record, { ...list[3], at: new Date(30_000) });
    assert.deepEqual([driver.ledger().out, driver.ledger().dead, driver.ledger().balanced], [35, 6, true]);
    assert.deepEqual(await driver.redrive({}, (record) => ({ ...record, kind: '100' })), {
      sent: 6,
      stored: 6,
      stillDead: 0,
    });
    await driver.flush();
    const total = (await driver.rows(totals)).reduce((sum, row) => sum + Number(row.total), 0);
    assert.equal(total, 34 + 600 + 5);
    assert.deepEqual([driver.ledger().out, driver.ledger().dead, driver.ledger().balanced], [41, 0, true]);
  });

  test('have a reason each that names their own value', async () => {
    await using driver = await drive(pipeline('windows', { tables: [totals] }));
    const values = ['1', 'first', 'second', 'third'];
    await driver.send(
      raw,
      values.map((value, n) => one(n, n, value)),
    );
    await driver.flush();
    assert.deepEqual(
      (await driver.dead()).map(({ offset, reason }) => [offset, /'(\w+)'/.exec(reason)?.[1]]),
      [
        [1, 'first'],
        [2, 'second'],
        [3, 'third'],
      ],
    );
    assert.deepEqual(await driver.rows(totals), [{ minute: minute(0), total: 1 }]);
  });

  test('are not those that fail alone but not among the others', async () => {
    const mean = stream(
      'mean',
      { minute: timestamp(), n: long(), least: int() },
      sql`select window_start as minute, count(*) as n, min(cast(word as integer)) as least from ${raw.tumble('1 minute')} group by window_start`,
    );
    const means = table('means', mean, { key: 'minute' });
    await using driver = await drive(pipeline('mean', { tables: [means] }));
    const nothing = (n: number, at: number) => ({ ...one(n, at, '1'), word: null });
    await driver.send(raw, [
      nothing(0, 0),
      one(1, 1, '1', '7'),
      nothing(2, 2),
      nothing(3, 60_000),
      one(4, 7_200_000, '1', '3'),
    ]);
    await driver.flush();
    assert.deepEqual(await driver.rows(means), [
      { minute: minute(0), n: 3, least: 7 },
      { minute: minute(120), n: 1, least: 3 },
    ]);
    assert.deepEqual(
      (await driver.dead()).map(({ offset }) => offset),
      [3],
    );
    assert.ok(driver.ledger().balanced);
  });

  test('are put aside only for the stream that they fail; sent again they go there alone', async () => {
    await using driver = await drive(pipeline('two', { tables: [totals, counts] }));
    await driver.send(raw, [one(0, 0, '1'), one(1, 1, 'x'), one(2, 2, 'y', 'z'), one(3, 7_200_000, '1')]);
    await driver.flush();
    assert.deepEqual(
      (await driver.dead()).map(({ stage, offset }) => [stage, offset]),
      [
        ['summed', 1],
        ['summed', 2],
        ['counted', 2],
      ],
    );
    assert.deepEqual([driver.ledger().out, driver.ledger().dead, driver.ledger().balanced], [2, 2, true]);
    await driver.redrive({ stage: 'summed' }, (record) => ({ ...record, kind: '10' }));
    await driver.flush();
    assert.deepEqual(await driver.rows(totals, { minute: minute(0) }), [{ minute: minute(0), total: 21 }]);
    assert.deepEqual(await driver.rows(counts, { minute: minute(0) }), [{ minute: minute(0), n: 2, least: 1 }]);
    assert.deepEqual([driver.ledger().out, driver.ledger().dead], [3, 1]);
    await driver.redrive({}, (record) => ({ ...record, word: '-5' }));
    await driver.flush();
    assert.deepEqual(await driver.rows(counts, { minute: minute(0) }), [{ minute: minute(0), n: 3, least: -5 }]);
    assert.deepEqual([driver.ledger().out, driver.ledger().dead, driver.ledger().balanced], [4, 0, true]);
  });
});
