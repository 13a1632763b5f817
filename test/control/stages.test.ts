// The counts of each stream and table: what lies in the dead letters counts where it was put aside, until it is sent again.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { drive, int, long, pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';
import { serving, temporary } from './tools.ts';

const event = topic('event', { n: int(), word: text(), at: timestamp() }, { time: 'at' });
const one = (n: number, word: string, second = n) => ({ n, word, at: second * 1000 });

type Driver = Awaited<ReturnType<typeof drive>>;
const stage = (driver: Driver, noun: string, name: string) =>
  driver.stages().find((found) => found.noun === noun && found.name === name)!;
const zero = { in: 0, out: 0, filtered: 0, deduplicated: 0, late: 0, dead: 0, retracted: 0, replaced: 0, expired: 0 };

describe('a stage that puts records aside', () => {
  const parsed = stream(
    'parsed',
    { n: int(), i: int() },
    sql`select n, cast(word as integer) as i from ${event} where n < 9`,
  );
  // of the same name as the stream: each has counts of its own
  const kept = table('parsed', parsed, { key: 'n', unique: ['i'] });

  test('has them in its counts, and no more once they are sent again', async () => {
    await using driver = await drive(pipeline('p', { tables: [kept] }));
    await driver.send(event, [one(1, '1'), one(2, 'x'), one(3, 'y'), one(9, '9')]);
    const stream = { noun: 'stream', name: 'parsed', ...zero };
    assert.deepEqual(stage(driver, 'stream', 'parsed'), { ...stream, in: 4, out: 1, filtered: 1, dead: 2 });
    assert.deepEqual(await driver.redrive({}, (record) => ({ ...record, word: record.n })), {
      sent: 2,
      stored: 2,
      stillDead: 0,
    });
    assert.deepEqual(stage(driver, 'stream', 'parsed'), { ...stream, in: 4, out: 3, filtered: 1 });
    assert.deepEqual(stage(driver, 'table', 'parsed'), { noun: 'table', name: 'parsed', ...zero, in: 3, out: 3 });
    assert.ok(driver.ledger().balanced);
  });

  test('keeps them in its counts while they are refused again', async () => {
    await using driver = await drive(pipeline('p', { tables: [kept] }));
    await driver.send(event, [one(2, 'x'), one(3, 'y')]);
    await driver.redrive();
    await driver.redrive();
    assert.deepEqual(stage(driver, 'stream', 'parsed'), { noun: 'stream', name: 'parsed', ...zero, in: 2, dead: 2 });
  });

  test('is the table, where that refuses a row', async () => {
    await using driver = await drive(pipeline('p', { tables: [kept] }));
    await driver.send(event, [one(1, '7'), one(2, '7'), one(3, '8')]);
    assert.deepEqual(stage(driver, 'table', 'parsed'), {
      noun: 'table',
      name: 'parsed',
      ...zero,
      in: 3,
      out: 2,
      dead: 1,
    });
    assert.equal(stage(driver, 'stream', 'parsed').dead, 0);
    await driver.redrive({}, (record) => ({ ...record, word: '9' }));
    assert.deepEqual(stage(driver, 'table', 'parsed'), { noun: 'table', name: 'parsed', ...zero, in: 3, out: 3 });
  });
});

describe('a window', () => {
  const summed = stream(
    'summed',
    { minute: timestamp(), n: long(), sum: int() },
    sql`select window_start as minute, count(*) as n, sum(cast(word as integer))::int as sum from ${event.tumble('1 minute')} group by all`,
  );
  const minutes = pipeline('p', { tables: [table('minutes', summed, { key: 'minute' })] });

  test('counts once what it took and then failed for', async () => {
    await using driver = await drive(minutes);
    await driver.send(event, [one(1, '1'), one(2, 'x'), one(3, '3')]);
    await driver.flush();
    const { in: arrived, dead } = stage(driver, 'stream', 'summed');
    assert.deepEqual([arrived, dead], [3, 1]);
    await driver.redrive({}, (record) => ({ ...record, word: '2' }));
    await driver.flush();
    assert.deepEqual([stage(driver, 'stream', 'summed').in, stage(driver, 'stream', 'summed').dead], [3, 0]);
    assert.deepEqual((await driver.rows(table('minutes', summed, { key: 'minute' })))[0], {
      minute: new Date(0),
      n: 3,
      sum: 6,
    });
    assert.ok(driver.ledger().balanced);
  });

  test('counts what is late until it is sent again', async () => {
    await using driver = await drive(minutes);
    await driver.send(event, [one(1, '1'), one(2, '2', 100)]);
    await driver.send(event, [one(3, '3', 2)]);
    const { in: arrived, late } = stage(driver, 'stream', 'summed');
    assert.deepEqual([arrived, late, driver.ledger().late], [3, 1, 1]);
    await driver.redrive({ kind: 'late' });
    const after = stage(driver, 'stream', 'summed');
    assert.deepEqual([after.in, after.late, driver.ledger().late, driver.ledger().balanced], [3, 0, 0, true]);
  });
});

describe('a stage whose rows may be retracted', () => {
  const positive = stream(
    'positive',
    { minute: timestamp(), sum: long() },
    sql`select window_start as minute, sum(n)::bigint as sum from ${event.tumble('1 minute')} group by all having sum(n) > 0`,
    { emit: 'change' },
  );
  const large = stream('large', { minute: timestamp() }, sql`select minute from ${positive} where sum > 3`);
  const words = stream('words', { n: int(), word: text() }, sql`select n, word from ${event}`);
  const made = pipeline('p', {
    tables: [
      table('minutes', positive, { key: 'minute' }),
      table('larger', large, { key: 'minute' }),
      table('word', words, { key: 'n' }),
      table('events', event, { key: 'n' }),
    ],
  });

  test('tells how many were, and the others do not', async (t) => {
    const { node, post, settled } = await serving(t, await temporary(t), [made]);
    const send = async (n: number) => {
      await post('event', one(n, 'x', 1));
      await settled();
    };
    const retracted = (...ids: string[]) => ids.map((id) => node(id).retracted);
    const windowed = ['stream:positive', 'stream:large', 'table:minutes', 'table:larger'];
    await send(5);
    assert.deepEqual(retracted(...windowed), [0, 0, 0, 0]);
    await send(-2);
    // 5 is retracted and 3 emitted in its place: the row of the table is written anew
    assert.deepEqual(retracted(...windowed), [1, 1, 0, 1]);
    await send(-3);
    assert.deepEqual(retracted(...windowed), [2, 1, 1, 1]);
    assert.deepEqual(retracted('stream:words', 'table:word', 'table:events', 'topic:event'), [
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
