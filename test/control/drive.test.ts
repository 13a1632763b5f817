// drive(): what someone who tests a pipeline relies on.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MillraceError } from '../../src/core/errors.ts';
import {
  double,
  drive,
  int,
  long,
  param,
  pipeline,
  sql,
  stream,
  table,
  text,
  timestamp,
  topic,
} from '../../src/index.ts';

const ride = topic(
  'ride',
  { zone: text(), fare: double(), rider: text().optional().personal(), time: timestamp() },
  { key: 'zone', time: 'time', lateness: '10 s' },
);
const least = param('least', double(), { default: 0 });
const fares = stream(
  'fares',
  { zone: text(), minute: timestamp(), rides: long(), fare: double() },
  sql`select zone, window_start as minute, count(*) as rides, avg(fare) as fare from ${ride.tumble('1 minute')} where fare >= ${least} group by zone, window_start`,
);
const byZone = table('by_zone', fares, { key: ['zone', 'minute'] });
const rides = table('rides', ride, { key: ['zone', 'time'] });
const made = pipeline('rides', { tables: [byZone, rides] });
const at = (text: string) => new Date(`2026-11-22T${text}Z`);

describe('drive', () => {
  test('processes what is sent, and gives the rows as users see them, in the order of the key', async () => {
    await using driver = await drive(made);
    const sent = await driver.send(ride, [
      { zone: 'B', fare: 4, time: '2026-11-22T08:00:50Z' },
      { zone: 'A', fare: '10', time: at('08:00:10') },
      { zone: 'A', fare: 20, time: at('08:00:30').getTime() },
    ]);
    assert.deepEqual(sent, { accepted: 3, refused: [] });
    assert.deepEqual(await driver.rows(byZone), []);
    await driver.advance('5 minutes');
    const minute = at('08:00:00');
    assert.deepEqual(await driver.rows(byZone), [
      { zone: 'A', minute, rides: 2, fare: 15 },
      { zone: 'B', minute, rides: 1, fare: 4 },
    ]);
    assert.deepEqual(await driver.rows(byZone, { zone: 'B', minute: at('08:00:00') }), [
      { zone: 'B', minute, rides: 1, fare: 4 },
    ]);
    assert.deepEqual(driver.ledger(), {
      in: 3,
      out: 3,
      filtered: 0,
      deduplicated: 0,
      late: 0,
      dead: 0,
      inFlight: 0,
      balanced: true,
    });
  });

  test('makes an invalid record a dead letter, and names it in its answer', async () => {
    await using driver = await drive(made);
    const { accepted, refused } = await driver.send(ride, [
      { zone: 'A', fare: 1, time: 0 },
      { zone: 'A', fare: 'much', rider: 'Ann', time: 0 },
      null,
    ] as never);
    assert.equal(accepted, 1);
    assert.deepEqual(
      refused.map(({ index, error }) => [index, error.code]),
      [
        [1, 'RECORD_INVALID'],
        [2, 'RECORD_INVALID'],
      ],
    );
    const [letter] = await driver.dead();
    assert.deepEqual([letter!.stage, letter!.place], ['source:ride/drive', 'record 1']);
    assert.equal(driver.ledger().dead, 2);
    assert.deepEqual(await driver.redrive({ ids: [letter!.id] }, (record) => ({ ...record, fare: 3, time: 5 })), {
      sent: 1,
      stored: 1,
      stillDead: 0,
    });
    assert.deepEqual(
      (await driver.rows(rides)).map(({ fare, rider }) => [fare, rider]),
      [
        [1, null],
        [3, 'Ann'],
      ],
    );
    assert.deepEqual([driver.ledger().dead, driver.ledger().out, driver.ledger().balanced], [1, 2, true]);
  });

  test('takes parameters, and refuses those that no one declares', async () => {
    await using driver = await drive(made, { params: { least: '5' } });
    await driver.send(ride, [
      { zone: 'A', fare: 4, time: 0 },
      { zone: 'A', fare: 6, time: 1 },
    ]);
    await driver.flush();
    assert.equal((await driver.rows(byZone))[0]!.fare, 6);
    await assert.rejects(
      drive(made, { params: { most: '5' } }),
      (error) => (error as MillraceError).code === 'PARAM_UNKNOWN',
    );
  });

  test('restarts from what was committed, with a changed pipeline too', async () => {
    await using driver = await drive(made);
    await driver.send(ride, [{ zone: 'A', fare: 4, time: 0 }]);
    const dearer = stream(
      'fares',
      fares.fields,
      sql`select zone, window_start as minute, count(*) as rides, avg(fare) * 2 as fare from ${ride.tumble('1 minute')} group by all`,
    );
    await driver.restart(pipeline('rides', { tables: [table('by_zone', dearer, { key: ['zone', 'minute'] }), rides] }));
    await driver.send(ride, [{ zone: 'A', fare: 6, time: 1 }]);
    await driver.flush();
    assert.deepEqual(
      (await driver.rows(byZone)).map(({ rides, fare }) => [rides, fare]),
      [[2, 10]],
    );
    assert.equal(driver.ledger().in, 2);
  });

  test('keeps rows of a table by event time, up to the time that its clock shows', async () => {
    const latest = table('latest', ride, { key: 'time', keep: '1 minute' });
    await using driver = await drive(pipeline('kept', { tables: [latest] }), { startMs: at('08:00:00').getTime() });
    const send = (...fares: number[]) =>
      driver.send(
        ride,
        fares.map((fare) => ({ zone: 'A', fare, time: at('08:00:00').getTime() + fare * 1000 })),
      );
    const kept = async () => (await driver.rows(latest)).map(({ fare }) => fare);
    await send(-60, 0, 9e6);
    await send(-61);
    assert.deepEqual([await kept(), driver.ledger().out], [[-60, 0, 9e6], 4]);
    await driver.advance('30 s');
    await send(30);
    assert.deepEqual(await kept(), [0, 30, 9e6]);
  });

  test('spreads keys over the partitions, and calls that are not awaited keep their order', async () => {
    const spread = topic('spread', { n: int(), k: text() }, { key: 'k', partitions: 4 });
    const latest = table('latest', spread, { key: 'k' });
    await using driver = await drive(pipeline('spread', { tables: [latest] }));
    await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        driver.send(
          spread,
          [...'abcdef'].map((k) => ({ n, k })),
        ),
      ),
    );
    assert.deepEqual(
      (await driver.rows(latest)).map(({ n }) => n),
      [9, 9, 9, 9, 9, 9],
    );
    assert.equal(driver.ledger().in, 60);
  });

  test('says what check would say before anything runs, and which topic it does not have', async () => {
    const wrong = stream('wrong', { zone: text() }, sql`select nothing as zone from ${ride}`);
    await assert.rejects(drive(pipeline('p', { tables: [table('t', wrong, { key: 'zone' })] })), {
      code: 'SQL_INVALID',
      place: "stream 'wrong'",
    });
    await using driver = await drive(made);
    await assert.rejects(driver.send(topic('other', { a: int() }), [{ a: 1 }]), { code: 'NOT_FOUND' });
    await driver.close();
    await assert.rejects(driver.flush(), MillraceError);
  });
});
