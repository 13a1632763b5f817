// Tables whose key is the place of the record: each record has rows of its own, whatever they hold, and is there once.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { MillraceError } from '../../src/core/errors.ts';
import {
  type Driver,
  drive,
  int,
  list,
  long,
  pipeline,
  place,
  type Stream,
  sql,
  stream,
  table,
  text,
  timestamp,
  topic,
} from '../../src/index.ts';

const line = topic(
  'line',
  { host: text(), text: text(), tags: list(text()), at: timestamp() },
  { key: 'host', time: 'at', partitions: 3 },
);
const one = (host: string, words: string, ...tags: string[]) => ({ host, text: words, tags, at: 1000 });
const all = table('all_lines', line, { key: place(), columns: ['text'] });

/** A table's counts: a table has the rows that it has counted, which `ledger().balanced` says as well. */
function countsOf(driver: Driver, name: string) {
  const { out, replaced, retracted, expired } = driver
    .stages()
    .find((stage) => stage.noun === 'table' && stage.name === name)!;
  return { out, replaced, retracted, expired };
}

describe('a table by place over a topic', () => {
  test('has a row for each record, also where they are the same, in the order of the log', async () => {
    await using driver = await drive(pipeline('logs', { tables: [all] }));
    await driver.send(line, [one('a', 'same'), one('a', 'same'), one('d', 'other')]);
    await driver.restart();
    await driver.send(line, [one('a', 'same')]);
    assert.deepEqual(await driver.rows(all), [
      { _partition: 1, _offset: 0, text: 'same' },
      { _partition: 1, _offset: 1, text: 'same' },
      { _partition: 1, _offset: 2, text: 'same' },
      { _partition: 2, _offset: 0, text: 'other' },
    ]);
    assert.deepEqual(countsOf(driver, 'all_lines'), { out: 4, replaced: 0, retracted: 0, expired: 0 });
    assert.ok(driver.ledger().balanced);
  });

  test('may leave out every column of the topic', async () => {
    const places = table('places', line, { key: place(), columns: [] });
    await using driver = await drive(pipeline('logs', { tables: [places] }));
    await driver.send(line, [one('a', 'x'), one('a', 'y')]);
    assert.deepEqual(await driver.rows(places), [
      { _partition: 1, _offset: 0 },
      { _partition: 1, _offset: 1 },
    ]);
  });

  test('keeps the rows of a time, and refuses a value that must be unique', async () => {
    const kept = table('kept', line, { key: place(), columns: ['text', 'at'], keep: '1 minute', unique: ['text'] });
    await using driver = await drive(pipeline('logs', { tables: [kept] }), { startMs: 600_000 });
    const at = (words: string, second: number) => ({ ...one('a', words), at: second * 1000 });
    await driver.send(line, [at('x', 1), at('y', 2), at('x', 3)]);
    assert.deepEqual(
      (await driver.dead()).map(({ offset, reason }) => [offset, reason]),
      [[2, 'table kept: another row has the same text, which must be unique']],
    );
    await driver.send(line, [at('y', 4), at('z', 100)]);
    assert.deepEqual(
      (await driver.rows(kept)).map((row) => [row._offset, row.text]),
      [[4, 'z']],
    );
    // what has expired claims nothing any more
    await driver.send(line, [at('x', 101)]);
    assert.equal((await driver.rows(kept)).length, 2);
    assert.deepEqual(countsOf(driver, 'kept'), { out: 4, replaced: 0, retracted: 0, expired: 2 });
    assert.deepEqual([driver.ledger().dead, driver.ledger().balanced], [2, true]);
  });
});

describe('a table by place over a stream', () => {
  // unnest() in the outer select: rows of one record come in no order of their own
  const words = stream('words', { tag: text() }, sql`select unnest(tags) as tag from ${line} where text <> 'none'`);
  const long = stream('long', { tag: text() }, sql`select tag from ${words} where length(tag) > 1`);
  const tables = {
    words: table('words', words, { key: place() }),
    // a stream that makes one row of each, of which a record has several all the same
    long: table('long', long, { key: place() }),
  };
  const whole = pipeline('tags', { tables: Object.values(tables) });

  test('numbers the rows of a record by their values, from 0', async () => {
    await using driver = await drive(whole);
    await driver.send(line, [one('a', 'x', 'b', 'dd', 'a', 'b', 'cc'), one('a', 'none', 'z'), one('a', 'y', 'dd')]);
    assert.deepEqual(
      (await driver.rows(tables.words)).map((row) => [row._offset, row._number, row.tag]),
      [
        [0, 0, 'a'],
        [0, 1, 'b'],
        [0, 2, 'b'],
        [0, 3, 'cc'],
        [0, 4, 'dd'],
        [2, 0, 'dd'],
      ],
    );
    assert.deepEqual(
      (await driver.rows(tables.long)).map((row) => [row._offset, row._number, row.tag]),
      [
        [0, 0, 'cc'],
        [0, 1, 'dd'],
        [2, 0, 'dd'],
      ],
    );
    assert.ok(driver.ledger().balanced);
  });

  test('has the same rows, whatever the batches and restarts', async () => {
    const tag = fc.constantFrom('a', 'b', 'cc', 'dd', 'c\'"');
    const record = fc.record({
      host: fc.constantFrom('a', 'd', 'f'),
      text: fc.constantFrom('x', 'none'),
      tags: fc.array(tag, { maxLength: 5 }),
      at: fc.constant(1000),
    });
    const batches = fc.array(fc.array(record, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 });
    const rowsOf = async (driver: Driver) =>
      Promise.all([tables.words, tables.long].map((of) => driver.rows(of as typeof tables.words)));
    await fc.assert(
      fc.asyncProperty(batches, fc.array(fc.boolean()), async (parts, restarts) => {
        await using driver = await drive(whole);
        for (const [i, part] of parts.entries()) {
          await driver.send(line, part);
          if (restarts[i]) await driver.restart();
        }
        const found = await rowsOf(driver);
        await using clean = await drive(whole);
        await clean.send(line, parts.flat());
        assert.deepEqual(found, await rowsOf(clean));
        const stored = parts.flat().filter(({ text }) => text !== 'none');
        assert.equal(found[0]!.length, stored.flatMap(({ tags }) => tags).length);
        assert.equal(found[1]!.length, stored.flatMap(({ tags }) => tags).filter((one) => one.length > 1).length);
        assert.ok(driver.ledger().balanced);
      }),
      { numRuns: 10 },
    );
  });
});

describe('a record that is sent again', () => {
  const parsed = stream(
    'parsed',
    { n: int() },
    sql`select unnest(range(cast(text as integer)))::int as n from ${line} where text <> 'none'`,
  );
  const counted = table('counted', parsed, { key: place() });
  const strict = table('strict', line, { key: 'host', unique: ['text'] });
  const both = pipeline('numbers', { tables: [counted, strict] });
  const rows = async (driver: Driver) =>
    (await driver.rows(counted)).map(({ _offset, _number, n }) => [_offset, _number, n]);

  test('gets its row where it is, once', async () => {
    await using driver = await drive(pipeline('numbers', { tables: [counted] }));
    await driver.send(line, [one('a', '1'), one('a', 'two'), one('a', '1')]);
    assert.equal((await driver.redrive({}, (record) => ({ ...record, text: '2' }))).stored, 1);
    assert.deepEqual(await rows(driver), [
      [0, 0, 0],
      [1, 0, 0],
      [1, 1, 1],
      [2, 0, 0],
    ]);
    assert.deepEqual(countsOf(driver, 'counted'), { out: 4, replaced: 0, retracted: 0, expired: 0 });
    assert.ok(driver.ledger().balanced);
  });

  for (const [text, expected, counts] of [
    [
      '1',
      [
        [0, 0, 0],
        [0, 1, 1],
        [1, 0, 0],
      ],
      { out: 5, replaced: 2 },
    ],
    [
      'none',
      [
        [0, 0, 0],
        [0, 1, 1],
      ],
      { out: 4, replaced: 2 },
    ],
  ] as const)
    test(`takes the rows out that a table has of it, since another one refused it: fixed to ${text}`, async () => {
      await using driver = await drive(both);
      // the second one is refused by the other table, and so is in none
      await driver.send(line, [one('a', '2'), one('b', '2')]);
      assert.deepEqual([driver.ledger().dead, (await rows(driver)).length], [1, 2]);
      // it is made again by itself: then the letter of the other table is none of its own
      await driver.rebuild('parsed');
      assert.deepEqual([driver.ledger().dead, (await rows(driver)).length], [1, 4]);
      assert.equal((await driver.redrive({}, (record) => ({ ...record, text }))).stored, 1);
      assert.deepEqual(
        (await rows(driver)).map(([, ...row]) => row),
        expected.map(([, ...row]) => row),
      );
      assert.deepEqual(countsOf(driver, 'counted'), { ...counts, retracted: 0, expired: 0 });
      assert.ok(driver.ledger().balanced);
    });
});

describe('check refuses a table by place', () => {
  const minutes = stream(
    'minutes',
    { w: timestamp(), n: long() },
    sql`select window_start as w, count(*) as n from ${line.tumble('1 minute')} group by all`,
    { time: 'w' },
  );
  const many = stream('many', minutes.fields, sql`select * from ${minutes} where n > 3`);
  const near = stream(
    'near',
    { host: text() },
    sql`select a.host from ${line} a join ${line.within('1 minute')} b on a.host = b.host`,
  );

  for (const [what, from] of [
    ['a window', minutes],
    ['a stream over one', many],
    ['a join by time', near],
  ] as const)
    test(`over ${what}`, async () => {
      await assert.rejects(
        drive(pipeline('p', { tables: [table('t', from as Stream, { key: place() })] })),
        (error) => {
          assert.ok(error instanceof MillraceError);
          assert.deepEqual([error.code, error.place], ['PIPELINE_INVALID', "table 't'"]);
          assert.match(error.message, /may retract them/);
          assert.match(error.remedy!, /key/);
          return true;
        },
      );
    });

  test('that is looked up by version, of which its rows have none', async () => {
    const host = topic('host', { host: text(), at: timestamp() }, { time: 'at' });
    const hosts = table('hosts', host, { key: place() });
    const joined = stream(
      'joined',
      { host: text() },
      sql`select h.host from ${line} l join ${hosts} h on h.host = l.host`,
    );
    const made = pipeline('p', { tables: [hosts, table('joined', joined, { key: 'host' })] });
    await assert.rejects(drive(made), (error) => {
      assert.ok(error instanceof MillraceError);
      assert.deepEqual([error.code, error.place], ['PIPELINE_INVALID', "stream 'joined'"]);
      assert.match(error.message, /no row of it is a later version/);
      assert.match(error.remedy!, /host\.within/);
      return true;
    });
  });
});
