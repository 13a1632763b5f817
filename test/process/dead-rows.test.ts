// A stream over windows that fails for a row of a window: the row is put aside, the others go on, and the letter goes with its row.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { double, drive, int, pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';

const f = topic('f', { n: int(), s: text(), at: timestamp() }, { time: 'at' });
const most = stream(
  'most',
  { w: timestamp(), s: text() },
  sql`select window_start as w, max(s) as s from ${f.tumble('1 minute')} group by window_start`,
  { time: 'w' },
);
const at = (minute: number, s: string, n = minute) => ({ n, s, at: minute * 60_000 });

describe('a row of a window that makes a stream fail', () => {
  const number = stream('number', { w: timestamp(), v: double() }, sql`select w, s::double as v from ${most}`);
  const hours = stream(
    'hours',
    { h: timestamp(), sum: double() },
    sql`select window_start as h, sum(s::double) as sum from ${most.tumble('1 hour')} group by window_start`,
  );
  const after = stream('after', { w: timestamp(), v: double() }, sql`select w, v + 1 as v from ${number}`);
  const tables = {
    most: table('most', most, { key: 'w' }),
    number: table('number', number, { key: 'w' }),
    after: table('after', after, { key: 'w' }),
    hours: table('hours', hours, { key: 'h' }),
  };
  const made = pipeline('p', { tables: Object.values(tables) });

  test('lies in the dead letters with what it holds, and the others are stored', async () => {
    await using driver = await drive(made);
    await driver.send(f, [at(0, '1'), at(1, 'bad'), at(2, '3'), at(3, '4')]);
    await driver.send(f, [at(4, '5')]);
    await driver.flush();
    assert.deepEqual(
      (await driver.rows(tables.number)).map(({ w, v }) => [w.getTime() / 60_000, v]),
      [
        [0, 1],
        [2, 3],
        [3, 4],
        [4, 5],
      ],
    );
    assert.equal((await driver.rows(tables.after)).length, 4);
    assert.deepEqual(
      (await driver.rows(tables.hours)).map(({ sum }) => sum),
      [13],
    );
    const letters = await driver.dead();
    assert.deepEqual(letters.map(({ stage, offset }) => [stage, offset]).sort(), [
      ['hours', undefined],
      ['number', undefined],
    ]);
    assert.match(Buffer.from(letters[0]!.bytes).toString(), /bad/);
    assert.deepEqual([driver.ledger().dead, driver.ledger().out, driver.ledger().balanced], [0, 5, true]);
    assert.equal(driver.stages().find(({ name }) => name === 'number')!.dead, 1);
  });

  test('lies there too where its window is emitted while it is still open', async () => {
    await using driver = await drive(made);
    await driver.send(f, [at(0, '1'), at(1, 'bad')]);
    await driver.flush();
    assert.deepEqual(
      (await driver.rows(tables.number)).map(({ v }) => v),
      [1],
    );
    assert.deepEqual((await driver.dead()).map(({ stage }) => stage).sort(), ['hours', 'number']);
    assert.deepEqual(
      (await driver.rows(tables.hours)).map(({ sum }) => sum),
      [1],
    );
    await driver.send(f, [at(2, '3')]);
    await driver.flush();
    assert.deepEqual(
      (await driver.rows(tables.hours)).map(({ sum }) => sum),
      [4],
    );
    assert.equal((await driver.rows(tables.after)).length, 2);
    assert.ok(driver.ledger().balanced);
  });

  test('leaves the dead letters when its window has another row', async () => {
    await using driver = await drive(made);
    await driver.send(f, [at(0, 'bad'), at(1, '2')]);
    await driver.flush();
    assert.equal((await driver.dead()).length, 2);
    await driver.send(f, [at(0, 'x', 9)]);
    await driver.redrive({ kind: 'late' });
    await driver.flush();
    assert.deepEqual(
      (await driver.dead()).map(({ bytes }) => /x/.test(Buffer.from(bytes).toString())),
      [true, true],
    );
    assert.ok(driver.ledger().balanced);
  });

  test('survives a restart, and says how it comes again', async () => {
    await using driver = await drive(made);
    await driver.send(f, [at(0, 'bad'), at(1, '2')]);
    await driver.flush();
    await driver.restart();
    await driver.send(f, [at(2, '3')]);
    await driver.flush();
    assert.equal((await driver.rows(tables.number)).length, 2);
    const { stillDead } = await driver.redrive();
    assert.equal(stillDead, 2);
    assert.match((await driver.dead())[0]!.reason, /millrace rebuild p (number|hours)/);
  });
});
